"""What a password must be (AUTH-3): the one object that forms, hints, commands and docs read.

Most rules are patterns that Python and browsers read alike, so that the hint shown while typing
(`static/password.js`) is the check made on submit. Those that need more are checked here only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from selfcare.language import _l
from selfcare.models import fold

SPECIAL = "#!.@_-/"
_COMMON_CORES = 3000
"""How many of the most used words are refused with signs round them, too (« Azerty-12 »)."""


class Level(StrEnum):
    """What the page calls a password."""

    INVALID = "invalid"
    MEDIUM = "medium"
    STRONG = "strong"


@dataclass(frozen=True)
class Rule:
    """One thing a password must be.

    Attributes:
        key: its name in pages and tests.
        text: what it says, translated when shown.
        pattern: a regular expression for the whole password; None if checked otherwise.
        max_bytes: the longest it may be in UTF-8, where that is the rule.
    """

    key: str
    text: Any
    pattern: str | None = None
    max_bytes: int | None = None

    def met(self, password: str, login: str) -> bool:
        """Whether the password of this login meets it."""
        if self.pattern is not None:
            return re.fullmatch(self.pattern, password) is not None
        if self.max_bytes is not None:
            return len(password.encode()) <= self.max_bytes
        return _not_the_login(password, login) if self.key == "login" else not is_common(password)


def _not_the_login(password: str, login: str) -> bool:
    return password.casefold() != login.casefold()


@dataclass(frozen=True)
class PasswordRules:
    """All of them. A portal password has no limit in bytes, an API password has 72: bcrypt's."""

    min_length: int = 8
    max_length: int = 128
    strong_length: int = 10
    max_bytes: int | None = None

    def rules(self) -> Iterator[Rule]:
        """In the order the page states them."""
        everything = r"[\s\S]"
        yield Rule(
            "length",
            _l("at least %(count)s characters", count=self.min_length),
            f"{everything}{{{self.min_length},}}",
        )
        yield Rule("lower", _l("1 lowercase letter"), f"{everything}*[a-z]{everything}*")
        yield Rule("upper", _l("1 uppercase letter"), f"{everything}*[A-Z]{everything}*")
        yield Rule("digit", _l("1 digit"), f"{everything}*[0-9]{everything}*")
        yield Rule(
            "special",
            _l("1 special character among %(characters)s", characters=" ".join(SPECIAL)),
            f"{everything}*[#!.@_/\\-]{everything}*",
        )
        yield Rule("login", _l("different from your login"))
        yield Rule(
            "longest",
            _l("at most %(count)s characters", count=self.max_length),
            f"{everything}{{0,{self.max_length}}}",
        )
        if self.max_bytes:
            yield Rule(
                "bytes",
                _l(
                    "at most %(count)s bytes (an accented letter counts for 2 or more)",
                    count=self.max_bytes,
                ),
                max_bytes=self.max_bytes,
            )
        yield Rule("common", _l("not a common password, even with extra characters"))

    def broken(self, password: str, *, login: str) -> list[Rule]:
        """The rules a password does not meet; one that is too long is asked no other."""
        password = composed(password)
        if len(password) > self.max_length:
            return [rule for rule in self.rules() if rule.key == "longest"]
        return [rule for rule in self.rules() if not rule.met(password, login)]

    def level(self, password: str, *, login: str) -> Level:
        """How good it is (AUTH-3): nothing is strong that would be refused."""
        if self.broken(password, login=login):
            return Level.INVALID
        return Level.STRONG if len(composed(password)) >= self.strong_length else Level.MEDIUM


def composed(password: str) -> str:
    """The one spelling of « é », which some keyboards send as two characters (NFC)."""
    return unicodedata.normalize("NFC", password)


def is_common(password: str) -> bool:
    """Whether it is one of the most used passwords, or one of the first of them in disguise."""
    ranks, plain = _ranks(), fold(password)
    bare = _core(plain)
    cores = (bare, bare.translate(_DISGUISES), _core(plain.translate(_DISGUISES)))
    return plain in ranks or any(ranks.get(core, _COMMON_CORES) < _COMMON_CORES for core in cores)


def _core(plain: str) -> str:
    """From its first letter to its last one."""
    found = _CORE.search(plain)
    return found[0] if found else ""


_CORE = re.compile(r"[a-z](?:[\s\S]*[a-z])?")
_DISGUISES = str.maketrans("@013457$!", "aoleastsi")


@lru_cache
def _ranks() -> Mapping[str, int]:
    """Password → rank; read when the first password is set (50 ms), not when the portal starts."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    return {word: rank for rank, word in enumerate(FREQUENCY_LISTS["passwords"])}
