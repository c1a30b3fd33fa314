"""One word for one thing, in French, too (l10n)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
FRENCH = ROOT / "translations/fr/LC_MESSAGES/messages.po"
TEMPLATES = ROOT / "selfcare/templates"
BREAKS = re.compile(r"« | »| (?:[:;!?](?!\w)|%%)")
"""A plain space where French has one that no line breaks at."""
NO_WORD = re.compile(
    r"\be-mails?\b|\bcourriels?\b|(?<![\w.@/-])mails?\b(?![\w.@/-])", re.IGNORECASE
)


def messages() -> list[tuple[str, str]]:
    """Each text: English, French; plurals joined."""
    with FRENCH.open("rb") as file:
        read = read_po(file, locale="fr")
    return [(_joined(one.id), _joined(one.string)) for one in read if one.id]


def _joined(text: Any) -> str:
    return text if isinstance(text, str) else " ".join(text)


def test_l10n_french_says_email_as_the_guide_does():
    assert [french for _, french in messages() if NO_WORD.search(french)] == []


def test_l10n_french_breaks_no_line_before_a_sign_or_inside_guillemets():
    assert [french for _, french in messages() if BREAKS.search(french)] == []


def test_l10n_apostrophes_are_those_of_print():
    assert [texts for texts in messages() if "'" in "".join(texts)] == []


def test_l10n_no_template_writes_the_colon_after_a_label_itself():
    """French has a space before it: `%(label)s: %(value)s` is a text."""
    colons = re.compile(r"\}\}(?:\{%[^%]*%\})*: ?\{\{")
    assert [
        f"{file.name}: {found.group()}"
        for file in TEMPLATES.rglob("*.*")
        for found in colons.finditer(file.read_text())
    ] == []


def test_l10n_english_has_email_addresses_and_mails():
    assert [english for english, _ in messages() if "e-mail" in english.lower()] == []


def test_l10n_an_access_key_is_not_a_passkey():
    """« Clé d’accès » is a passkey; the console's access keys keep the guide's name."""
    mixed = [
        (english, french)
        for english, french in messages()
        if (re.search("clés? d’accès", french, re.IGNORECASE) and "passkey" not in english.lower())
        or (re.search("access key", french, re.IGNORECASE) and "access key" not in english.lower())
    ]
    assert mixed == []
