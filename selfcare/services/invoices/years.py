"""A year of documents as one ZIP file (INVOICES-1), written while it is sent.

One document is in memory at a time. Whether all of them are there is looked up before the first
byte: half a ZIP is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from sqlalchemy import BindParameter, Row, bindparam, select

from selfcare.database import db
from selfcare.models import Invoice
from selfcare.services import documents

MOST = 1_000
LARGEST = 500_000_000
"""Bytes of the PDFs together."""
OFFERED = 12
"""Years back from the present one: as long as the law has invoices kept, and a little more."""

Papers = Sequence[Row[*tuple[Any, ...]]]


class NotPacked(Exception):
    """The year makes no file: it is too large, or the documents named by number are missing."""

    def __init__(self, *missing: str) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


def offered(contract_id: int, today: date) -> tuple[int, ...]:
    """The years with documents, newest first, by a look-up each in one statement."""
    years = tuple(today.year + 1 - back for back in range(OFFERED + 1))
    found = db.session.execute(_look_ups(years), {"contract": contract_id}).one()
    return tuple(year for year, is_there in zip(years, found, strict=True) if is_there)


@lru_cache(maxsize=2)
def _look_ups(years: tuple[int, ...]) -> Any:
    contract_id: BindParameter[int] = bindparam("contract")
    of_each = (select(Invoice.id).where(*_of(contract_id, year)).limit(1) for year in years)
    return select(*(one.exists() for one in of_each))


def papers(contract_id: int, year: int) -> Papers:
    """A year's documents, oldest first, all of them in the store.

    Raises:
        NotPacked: they are more than `MOST` or `LARGEST` allow, or some are not in the store.
        StoreAway: the store does not answer.
    """
    rows = db.session.execute(
        select(
            Invoice.number,
            Invoice.type_code,
            Invoice.issued_on,
            Invoice.pdf_key,
            Invoice.pdf_size,
        )
        .where(*_of(contract_id, year))
        .order_by(Invoice.issued_on, Invoice.id)
        .limit(MOST + 1)
    ).all()
    if len(rows) > MOST or sum(row.pdf_size for row in rows) > LARGEST:
        raise NotPacked
    store = documents.store()
    folders = {row.pdf_key.rpartition("/")[0] for row in rows}
    there = {key for folder in folders for key in store.keys(folder)}
    if lost := [row.number for row in rows if row.pdf_key not in there]:
        raise NotPacked(*lost)
    return rows


def packed(rows: Papers, named: Callable[[Row[Any]], str]) -> Iterator[bytes]:
    """The ZIP file, a document at a time; two of one name are told apart.

    A document that goes meanwhile ends it: what was sent has no directory, and opens nowhere.
    """
    sent, used = _Sent(), set[str]()
    with ZipFile(sent, "w", ZIP_STORED) as file:  # PDFs are compressed already
        for row in rows:
            stem = name = named(row)
            tries = 1
            while name in used:
                tries += 1
                name = f"{stem}-{tries}"
            used.add(name)
            day: date = row.issued_on
            entry = ZipInfo(f"{name}.pdf", (max(day.year, 1980), day.month, day.day, 0, 0, 0))
            file.writestr(entry, documents.store().get(row.pdf_key))
            yield sent.taken()
    yield sent.taken()


def _of(contract_id: int | BindParameter[int], year: int) -> tuple[Any, ...]:
    first, last = date(year, 1, 1), date(year, 12, 31)
    return (Invoice.contract_id == contract_id, Invoice.issued_on.between(first, last))


class _Sent:
    """A file that is only written to, from its beginning to its end."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""

    def taken(self) -> bytes:
        """What was written since; it is let go of."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
