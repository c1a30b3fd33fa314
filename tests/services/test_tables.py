"""Tables that come in (USERS-9, INVOICES-1, INVOICES-2): how they are saved, and their limits."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfcare.services.files import cells, tables
from selfcare.services.files.problems import Problems
from selfcare.services.files.tables import BadHeading, BadTable, Columns
from selfcare.services.invoices import plain_pdfs
from selfcare.services.usage import reading as usage_reading

pytestmark = pytest.mark.once

PARIS = ZoneInfo("Europe/Paris")
COLUMNS = Columns.exactly(("Prénom", "Ville"))
TEXT = "Prénom;Ville\nZoé;Besançon\n"


def rows(content: bytes, **kwargs: Any) -> list[tuple[int, list[str]]]:
    table = tables.read(content, COLUMNS, most=kwargs.pop("most", 10))
    return [(row.number, list(row.cells.values())) for row in table]


@pytest.fixture
def parsed(monkeypatch) -> list[int]:
    """Gets a 1 for each line that the CSV parser gives out."""
    counted: list[int] = []
    reader = csv.reader

    def counting(*args: Any, **kwargs: Any) -> Iterator[list[str]]:
        for line in reader(*args, **kwargs):
            counted.append(1)
            yield line

    monkeypatch.setattr(csv, "reader", counting)
    return counted


class TestSaved:
    @pytest.mark.parametrize(
        "content",
        [
            TEXT.encode(),
            TEXT.encode("utf-8-sig"),
            TEXT.encode("cp1252"),
            TEXT.replace(";", "\t").encode("utf-16"),
            b"\xfe\xff" + TEXT.encode("utf-16-be"),
            TEXT.replace("\n", "\r\n").replace(";", ",").encode(),
            TEXT.replace("\n", "\r").encode(),
            b"sep=;\r\n" + TEXT.encode(),
            TEXT.replace("Ville", '"Ville"').encode(),
            TEXT.replace(";", ";;").encode(),
            TEXT.replace("Prénom;Ville", "VILLE ;prenom").replace("Zoé;Besançon", "Besançon;Zoé")
            .encode(),
        ],
    )  # fmt: skip
    def test_users_9_every_kind_of_table_is_read_alike(self, content):
        (row,) = tables.read(content, COLUMNS, most=10)
        assert (row.number, dict(row.cells)) == (2, {"Prénom": "Zoé", "Ville": "Besançon"})

    def test_users_9_lines_have_the_numbers_a_spreadsheet_shows(self):
        content = '\n;;\nPrénom;Ville\n"Zoé\nAnne";Lyon\n;\nJean;Pau\n'.encode()
        assert rows(content) == [(4, ["Zoé\nAnne", "Lyon"]), (6, ["Jean", "Pau"])]

    def test_users_9_commas_inside_a_heading_are_no_separators(self):
        columns = Columns.exactly(("a, b, c", "d"))
        (row,) = tables.read(b'"a, b, c";d\n1;2\n', columns, most=1)
        assert row.cells == {"a, b, c": "1", "d": "2"}

    def test_users_9_cells_below_no_heading_are_not_lost_in_silence(self):
        first, second = tables.read("Prénom;;Ville\nA;x;B;y\nA\n".encode(), COLUMNS, most=2)
        assert (first.beyond, first.is_cut_off) == (("x", "y"), False)
        assert (second.beyond, second.is_cut_off) == ((), True)

    @pytest.mark.parametrize(
        ("content", "kind", "said"),
        [
            (b"", BadTable, "not a text file"),
            (b";;\n\n", BadTable, "not a text file"),
            (b"PK\x03\x04\0\0", BadTable, "not a text file"),
            (TEXT.encode() + b"\0;b\n", BadTable, "not a text file"),
            (TEXT.encode("utf-16")[:-1], BadTable, "not a text file"),
            (b"\xff\xfe" + "Prénom;Ville\n\ud800;b\n".encode("utf-16-le", "surrogatepass"),
             BadTable, "not a text file"),
            (TEXT.encode() + "\udfff;b\n".encode("utf-8", "surrogatepass"),
             BadTable, "not a text file"),
            (TEXT.encode("utf-8-sig") + b"\xe9;b\n", BadTable, "not a text file"),
            (b"Ville;Autre\nA;B\n", BadHeading, "missing: Prénom"),
            (TEXT.replace("Ville", "Ville;ville").encode(), BadHeading, "appear twice: ville"),
            (TEXT.replace("Ville", "Ville;Pays").encode(), BadHeading, "unknown: Pays"),
            (TEXT.replace("Ville", "Ville" + ";" * 200).encode(), BadHeading, "than 200 columns"),
            (TEXT.splitlines()[0].encode(), BadTable, "no line below"),
            (TEXT.encode() + b'"a;b\n', BadTable, "Line 3 cannot be read"),
            (TEXT.encode() + b"a" * 5001 + b";b\n", BadTable, "Line 3 has a cell of more"),
            (TEXT.encode() + b"a" * 140_000 + b";b\n", BadTable, "Line 3 has a cell of more"),
        ],
    )  # fmt: skip
    def test_users_9_other_files_are_refused_with_their_reason(self, content, kind, said):
        with pytest.raises(kind) as refusal:
            rows(content)
        assert said in str(refusal.value)

    @given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.booleans())
    def test_users_9_no_bytes_break_the_reader(self, data, headed):
        with suppress(Problems):
            assert rows(TEXT.encode() + data if headed else data)


class TestLimits:
    def test_safe_as_many_lines_as_allowed_come_in_and_not_one_more(self):
        content = TEXT.encode() + b"a;b\n" * 9
        assert len(rows(content, most=10)) == 10
        with pytest.raises(BadTable, match="more than 10 lines"):
            rows(content + b"a;b\n", most=10)

    @pytest.mark.parametrize(
        ("line", "read"),
        [(b"x\n", 11), (b";\n", tables.MOST_EMPTY_LINES + 1)],
    )
    def test_safe_a_million_short_lines_are_counted_no_further_than_allowed(
        self, parsed, line, read
    ):
        with pytest.raises(BadTable):
            rows("Prénom;Ville\n".encode() + line * (1_000_000 // len(line)))
        assert len(parsed) == 1 + read

    def test_safe_a_file_of_other_columns_is_refused_at_its_heading(self, parsed):
        with pytest.raises(BadHeading):
            rows(b"x\n" * 500_000)
        assert len(parsed) == 1

    @pytest.mark.parametrize(
        ("load", "heading", "most"),
        [
            (lambda path: usage_reading.read(path.read_bytes(), zone=PARIS),
             ";".join(usage_reading.COLUMNS), usage_reading.MOST_LINES),
            (lambda path: plain_pdfs.read(path, zone=PARIS),
             ";".join(plain_pdfs.COLUMNS), plain_pdfs.MOST_LINES),
        ],
    )  # fmt: skip
    def test_safe_operators_files_are_counted_before_a_line_is_checked(
        self, tmp_path, parsed, monkeypatch, load: Callable[..., Any], heading, most
    ):
        path = tmp_path / "many.csv"
        path.write_bytes(f"{heading}\n".encode() + b"x\n" * (most + 5000))
        for module in (usage_reading, plain_pdfs):
            monkeypatch.setattr(module, "_line", None)
        with pytest.raises(Problems, match=f"more than {most} lines"):
            load(path)
        assert len(parsed) == most + 2

    def test_safe_a_list_that_is_too_large_is_not_read_at_all(self, tmp_path):
        path = tmp_path / "large.csv"
        with path.open("wb") as file:
            file.truncate(plain_pdfs.LARGEST + 1)
        with pytest.raises(Problems, match="larger than 5 MB"):
            plain_pdfs.read(path, zone=PARIS)


class TestCells:
    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("2352.21", "2352.21"),
            ("2 352,21", "2352.21"),
            ("2\xa0352\u202f000,5", "2352000.5"),
            ("-0,5", "-0.5"),
            ("\u22125", "-5"),
            ("1,2E-05", "0.000012"),
            ("+7", "7"),
        ],
    )
    def test_invoices_1_numbers_are_read_as_spreadsheets_write_them(self, text, number):
        assert cells.number(text) == Decimal(number)

    @pytest.mark.parametrize(
        "text",
        ["", "1_000", "1.234.5", "1,234.5", "1 23", "NaN", "inf", "٣", "５", "0x1", "1E999", "--1"],
    )
    def test_invoices_1_what_is_not_a_number_is_not_made_one(self, text):
        with pytest.raises(ValueError, match="is not a number"):
            cells.number(text)

    @pytest.mark.parametrize(
        ("text", "day"),
        [
            ("2016-12-06", (2016, 12, 6)),
            ("06/12/2016", (2016, 12, 6)),
            ("20161206", (2016, 12, 6)),
            ("2016-12-06T23:59:59", (2016, 12, 6)),
            ("20161206T235959", (2016, 12, 6)),
            ("2016-12-31T22:30:00Z", (2016, 12, 31)),  # winter: one hour
            ("2016-12-31T23:30:00Z", (2017, 1, 1)),
            ("2016-08-31T21:30:00Z", (2016, 8, 31)),  # summer: two
            ("2016-08-31T22:30:00Z", (2016, 9, 1)),
            ("2016-08-31 22:30:00.000+00:00", (2016, 9, 1)),
            ("2016-10-01T01:30:00+05:00", (2016, 9, 30)),
            ("2019-03-31T00:59:59Z", (2019, 3, 31)),  # the hour that does not exist follows
            ("2019-10-31T22:59:59Z", (2019, 10, 31)),  # summer time ended on the 27th
            ("2019-10-31T23:00:00Z", (2019, 11, 1)),
        ],
    )
    def test_invoices_1_a_moment_is_on_the_day_that_it_is_where_the_contract_is(self, text, day):
        assert cells.day(text, PARIS) == date(*day)

    @pytest.mark.parametrize("text", ["", "soon", "31/02/2016", "9999-12-31T23:59:59Z", "Z"])
    def test_invoices_1_what_is_not_a_date_is_said(self, text):
        with pytest.raises(ValueError, match="is not a date"):
            cells.day(text, PARIS)

    @given(st.text(max_size=20))
    def test_invoices_1_no_cell_breaks_its_reader(self, text):
        for reader in (cells.number, lambda cell: cells.day(cell, PARIS)):
            with suppress(ValueError):
                reader(text)
