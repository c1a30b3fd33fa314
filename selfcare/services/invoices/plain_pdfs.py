"""Plain PDF invoices: what Factur-X would say of them, in a line of a CSV file (INVOICES-2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from selfcare.models import InvoiceKind
from selfcare.services.files import cells, limits, tables
from selfcare.services.files.problems import Problems, check_size
from selfcare.services.files.tables import BadHeading, Columns
from selfcare.services.invoices.facturx.reading import ReadInvoice

COLUMNS = ("file", "number", "kind", "contract", "date", "due", "net", "vat", "gross", "currency")
LARGEST = 5_000_000
MOST_LINES = 10_000


def read(path: Path, *, zone: ZoneInfo) -> dict[Path, ReadInvoice]:
    """The PDF files that a list names (beside it), and what it says of them.

    Raises:
        Problems: everything that is wrong; then no line of it counts.
    """
    try:
        check_size(path.stat().st_size, largest=LARGEST)
        table = tables.read(path.read_bytes(), Columns.exactly(COLUMNS), most=MOST_LINES)
    except OSError as problem:
        raise Problems([str(problem)]) from None
    except BadHeading as bad:
        raise Problems([f"{bad} The heading has to be {';'.join(COLUMNS)}."]) from None
    found: dict[Path, ReadInvoice] = {}
    problems: list[str] = []
    for row in table:
        try:
            if row.beyond:
                raise ValueError("too many cells")  # noqa: TRY301 (told like every other problem)
            pdf, told = _line(path.parent, row.cells, zone)
            if pdf in found:
                raise ValueError(f"{pdf.name} is there twice")  # noqa: TRY301
            found[pdf] = told
        except ValueError as problem:
            problems.append(f"line {row.number}: {problem}")
    if problems:
        raise Problems(problems)
    return found


def _line(folder: Path, row: Mapping[str, str], zone: ZoneInfo) -> tuple[Path, ReadInvoice]:
    if Path(row["file"]).name != row["file"] or not row["file"]:
        raise ValueError(f"{row['file']!r} is not the name of a file beside this list")
    if row["kind"] not in set(InvoiceKind):
        raise ValueError(f"kind {row['kind']!r}: {' or '.join(InvoiceKind)}")
    if not re.fullmatch(r"[A-Z]{3}", row["currency"]):
        raise ValueError(f"{row['currency']!r} is not a currency")
    if not row["number"]:
        raise ValueError("the number is missing")
    net, vat, gross = (_amount(row[name]) for name in ("net", "vat", "gross"))
    if net + vat != gross:
        raise ValueError(f"the amounts do not add up: {net} + {vat} is not {gross}")
    if row["kind"] == InvoiceKind.CREDIT_NOTE and gross > 0:
        net, vat, gross = -net, -vat, -gross
    return folder / row["file"], ReadInvoice(
        number=row["number"],
        kind=InvoiceKind(row["kind"]),
        issued_on=cells.day(row["date"], zone),
        due_on=cells.day(row["due"], zone) if row["due"] else None,
        net=net,
        vat=vat,
        gross=gross,
        currency=row["currency"],
        contract_refs=(row["contract"],),
    )


def _amount(text: str) -> Decimal:
    """An amount in cents."""
    amount = cells.number(text)
    if not limits.is_amount(amount) or amount != round(amount, 2):
        raise ValueError(f"{text!r} is not an amount in cents")
    return amount
