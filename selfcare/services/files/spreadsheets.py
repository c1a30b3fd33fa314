"""Tables that go out as CSV, as a spreadsheet of the reader's language opens them (LIST-1)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

_BOM = "\ufeff"
"""Without it, Excel takes UTF-8 for Windows' code page."""
_STREAMED = 500
"""Lines that are sent at once."""

_UNSEEN = r"[\s\x00-\x1f\x7f\u200b-\u200f\u2060\ufeff\"]*"
_SIGN = r"[=+\-@＝＋－＠﹦﹢﹣﹫]"
"""Characters that begin a formula; Excel also accepts their wide and small forms."""
_FORMULA = re.compile(rf"[\t\r\n]|{_UNSEEN}{_SIGN}")
_SEPARATOR = re.compile(r"[;,\t\r\n|]")
_LATER_FORMULA = re.compile(rf"({_SEPARATOR.pattern}{_UNSEEN})({_SIGN}?)")
"""Some of what is unseen separates, too: whatever follows is read once, be it a formula or not."""
_NUMBER = re.compile(r"-?\d+([.,]\d+)?", re.ASCII)


def lines(rows: Iterable[Iterable[str]], *, language: str) -> Iterator[str]:
    """A CSV file in pieces: UTF-8 with a byte order mark, `;` between cells in French, else `,`.

    Every cell is quoted: LibreOffice parts cells at all separators it knows unless they are.
    """
    buffer = io.StringIO(_BOM)
    buffer.seek(0, io.SEEK_END)
    delimiter = ";" if language == "fr" else ","
    writer = csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    for number, row in enumerate(rows, 1):
        writer.writerow(map(cell, row))
        if number % _STREAMED == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def cell(text: str) -> str:
    """A cell's text, made text for a spreadsheet, too, where it would begin a formula (OWASP).

    A spreadsheet whose separator is another one begins cells in the middle of ours, and heeds no
    quotation marks there: what follows any separator is made text as well. Numbers stay numbers,
    negative ones too, or a column with a credit note adds up wrong.
    """
    if _NUMBER.fullmatch(text):
        return text
    if _FORMULA.match(text):
        text = f"'{text}"
    return _LATER_FORMULA.sub(_as_text, text)


def _as_text(found: re.Match[str]) -> str:
    before, sign = found.groups()
    return _SEPARATOR.sub(r"\g<0>'", before) + sign if sign else before
