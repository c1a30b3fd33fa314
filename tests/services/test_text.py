"""What is kept of text that people type or paste."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfcare.models import fold
from selfcare.text import lines, one_line

pytestmark = pytest.mark.once

UNSEEN = [
    *"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u200e\u200f\u202e",
    *"\u2060\u2066\u2800\u3164\ufe0f\ufeff\uffa0\U000e0041\U000e0100\x00\x1b\x85\ud800",
]


@pytest.mark.parametrize("character", UNSEEN, ids=ascii)
def test_account_1_a_name_nobody_sees_is_empty(character):
    assert one_line(character) == ""
    assert one_line(f" {character}\u00a0{character * 3}\t") == ""
    assert lines(f"\n{character}\n") == ""
    assert one_line(f"{character}Zoe\u0301 {character} Le\u0301vy") == "Zoé Lévy"


@pytest.mark.parametrize(
    "name", ["نامه\u200cها", "葛\U000e0100城", "👩\u200d🚀", "Αλέξανδρος", "O’Neil"]
)
def test_account_1_a_name_that_needs_its_joiners_keeps_them(name):
    assert one_line(f" {name} ") == lines(name) == name


@given(st.text())
def test_account_1_what_is_kept_stays_as_it_is(text):
    for kept in (one_line(text), lines(text)):
        assert unicodedata.is_normalized("NFC", kept)
    assert one_line(one_line(text)) == one_line(text)
    assert "\n" not in one_line(text)


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Żółć", "zolc"),
        ("Søren Ærø", "soren aero"),
        ("Đorđe", "dorde"),
        ("Iğdır", "igdir"),
        ("Cœur", "coeur"),
        ("Straße", "strasse"),
        ("Þór", "thor"),
        ("L’Oréal", "l'oreal"),
    ],
)
def test_list_1_letters_of_their_own_are_found_as_people_without_them_type(written, typed):
    assert fold(written) == typed
    assert fold(fold(written)) == fold(written)
