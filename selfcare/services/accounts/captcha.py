"""« Recopier les caractères »: an image, the same read aloud, or a plain question (AUTH-2).

Never the only defence: whoever asks is slowed down as well (`throttling`). The challenge stays in
the database, its answer is good once and for ten minutes. The question is for those who can use
neither image nor sound; `CAPTCHA_QUESTION=0` turns it off.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from selfcare.language import _
from selfcare.models import fold
from selfcare.services.accounts import challenges

GOOD_FOR = timedelta(minutes=10)
LENGTH = 5
ALPHABET = "ACEFHJKLMNPRTUVXY34679"
"""No two that look alike (0 O, 1 I, 5 S, 2 Z, 8 B) or, as far as that goes, sound alike."""
VOICES = Path(__file__).parent / "voices"
"""A folder per language, with a folder per character (`scripts/french-voice`)."""
_KIND = "captcha"
_WORDS = ("nuage", "jardin", "matin", "soleil", "fleur", "bateau", "citron", "papier")
_NUMBERS = {
    "fr": ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
}


@dataclass(frozen=True)
class Captcha:
    """One challenge: its name, and its question if it is one."""

    name: str
    data: dict[str, Any]

    @property
    def is_question(self) -> bool:
        """Whether it is read as text."""
        return "sum" in self.data or "letter" in self.data

    def question(self, language: str) -> str:
        """The question in the reader's language; numbers are spelled out."""
        numbers = _NUMBERS[language]
        if "sum" in self.data:
            first, second = (numbers[number] for number in self.data["sum"])
            return str(_("How much is %(first)s plus %(second)s?", first=first, second=second))
        word, number = self.data["letter"]
        text = _(
            "Write letter number %(number)s of the word “%(word)s”.",
            number=numbers[number],
            word=word,
        )
        return str(text)

    def answers(self) -> Iterator[str]:
        """The accepted answers, folded."""
        if "letter" in self.data:
            word, number = self.data["letter"]
            yield word[number - 1]
        elif "sum" in self.data:
            total = sum(self.data["sum"])
            yield str(total)
            for numbers in _NUMBERS.values():
                if total < len(numbers):
                    yield fold(numbers[total])
        else:
            yield fold(self.data["text"])


def make(*, question: bool = False) -> Captcha:
    """A new challenge."""
    if not question:
        data: dict[str, Any] = {"text": "".join(secrets.choice(ALPHABET) for _n in range(LENGTH))}
    elif secrets.randbelow(2):
        data = {"sum": [1 + secrets.randbelow(9), 1 + secrets.randbelow(9)]}
    else:
        word = secrets.choice(_WORDS)
        data = {"letter": [word, 1 + secrets.randbelow(len(word))]}
    return Captcha(challenges.put(_KIND, data, good_for=GOOD_FOR), data)


def look(name: str) -> Captcha | None:
    """A challenge that still waits for its answer."""
    data = challenges.look(_KIND, name)
    return Captcha(name, data) if data else None


def solved(name: str, answer: str) -> bool:
    """Whether that is the answer; asked once, the challenge is gone either way."""
    data = challenges.take(_KIND, name)
    if data is None:
        return False
    given = "".join(fold(answer).split())
    return any(
        secrets.compare_digest(given.encode(), a.encode()) for a in Captcha("", data).answers()
    )


def picture(name: str) -> bytes | None:
    """The characters as PNG; None for a challenge that is gone, or has no picture."""
    text = (challenges.look(_KIND, name) or {}).get("text")
    if not text:
        return None
    out = io.BytesIO()  # in 4 colours: far lighter, no less readable
    _painter().generate_image(text).quantize(4).save(out, "PNG", optimize=True)
    return out.getvalue()


def sound(name: str, language: str) -> bytes | None:
    """The characters read aloud in that language, as WAV."""
    text = (challenges.look(_KIND, name) or {}).get("text")
    return bytes(_speaker(language).generate(text)) if text else None


@lru_cache
def _painter() -> Any:
    from captcha.image import ImageCaptcha  # noqa: PLC0415 (Pillow takes 50 ms to import)

    return ImageCaptcha(width=220, height=80)


@lru_cache
def _speaker(language: str) -> Any:
    from captcha.audio import AudioCaptcha  # noqa: PLC0415 (30 ms, and rarely used)

    ours = VOICES / language
    return AudioCaptcha(str(ours) if ours.is_dir() else None)  # the library itself has English
