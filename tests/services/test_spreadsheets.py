"""LIST-1: tables that go out hold no formula, whichever separator a spreadsheet takes."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from selfcare.services.files import spreadsheets

pytestmark = pytest.mark.once

NUMBER = re.compile(r"-?\d+([.,]\d+)?", re.ASCII)
FORMULA = re.compile(r"[\s\x00-\x1f\x7f\u200b-\u200f\u2060\ufeff\"]*[=+\-@＝＋－＠﹦﹢﹣﹫]")
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from(';,\t\r\n"|=+-@＝ \xa0'), max_size=12
)


def parsed(text: str, delimiter: str) -> list[list[str]]:
    """As a spreadsheet does: a quotation mark counts at a cell's beginning only."""
    return list(
        csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    )


@given(st.lists(TEXTS, min_size=1, max_size=4))
@example(["a;=1+1"])
@example(["a\t=1+1", "b"])
@example(['a;"=1+1'])
@example(["x", "a\n=1+1"])
@example(["＝1+1"])
@example([" \xa0=1+1"])
@example(["a;\u200b@x"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_list_1_no_separator_makes_a_formula_of_a_text(language, texts):
    assume(not any(NUMBER.fullmatch(text) for text in texts))
    written = "".join(spreadsheets.lines([texts], language=language))
    for delimiter in ";,\t|":
        for row in parsed(written, delimiter):
            assert not any(FORMULA.match(cell) for cell in row), (delimiter, row)


@given(st.lists(TEXTS.filter(lambda text: "\0" not in text), min_size=1, max_size=4))
@pytest.mark.parametrize(("language", "delimiter"), [("fr", ";"), ("en", ",")])
def test_list_1_nothing_but_quotes_before_formulas_is_added(language, delimiter, texts):
    (row,) = parsed("".join(spreadsheets.lines([texts], language=language)), delimiter)
    for cell, text in zip(row, texts, strict=True):
        assert cell.replace("'", "") == text.replace("'", "")
        if not re.search(r"[=+\-@＝＋－＠﹦﹢﹣﹫]|^[\t\r\n]", text):
            assert cell == text


@pytest.mark.parametrize("number", ["0", "-5", "-5,00", "3596.45", "-0.1186"])
def test_list_1_numbers_stay_numbers(number):
    assert spreadsheets.cell(number) == number


def test_list_1_libreoffice_which_parts_at_every_separator_shifts_no_column():
    written = "".join(spreadsheets.lines([["a;b", "c,d", "e\tf", "-5,00"]], language="fr"))
    assert written.startswith("\ufeff")
    assert re.findall(r'"((?:[^"]|"")*)"(?:[;,\t]|\r\n)', written) == [
        "a;b", "c,d", "e\tf", "-5,00",
    ]  # fmt: skip
