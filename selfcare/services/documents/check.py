"""Whether the document store and the database tell the same (ADR 503).

A process killed between putting a document and committing its row leaves a document that nobody
can reach; a corrected usage report leaves its former one. A row whose document is gone is worse.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Invoice, PreInvoiceVersion, UsageReport
from selfcare.services import documents


@dataclass(frozen=True)
class Findings:
    """Keys, sorted."""

    orphans: list[str]
    """Documents that no row names."""
    lost: list[str]
    """Documents that rows name and that are not there."""


def check() -> Findings:
    """Compare all keys of the store with all keys of the rows.

    The store is read first: what a load brings in meanwhile is in both, or in the rows only and
    looked for again.
    """
    there = set(documents.store().keys())
    named = _named()
    lost = [key for key in sorted(named - there) if not _is_there(key)]
    return Findings(sorted(there - named), lost)


def delete(keys: list[str]) -> int:
    """Delete those documents that, by now, still no row names; gives how many.

    Loading a file again names a document that was an orphan before.
    """
    orphans = sorted(set(keys) - _named())
    for key in orphans:
        documents.store().delete(key)
    return len(orphans)


def _named() -> set[str]:
    db.session.rollback()  # see what others committed by now
    invoices = db.session.execute(select(Invoice.pdf_key, Invoice.xml_key)).all()
    others = [
        *db.session.execute(select(UsageReport.csv_key)).all(),
        *db.session.execute(select(PreInvoiceVersion.key)).all(),  # every version, for good
    ]
    return {key for keys in (*invoices, *others) for key in keys if key}


def _is_there(key: str) -> bool:
    try:
        documents.store().get(key)
    except documents.DocumentMissing:
        return False
    return True
