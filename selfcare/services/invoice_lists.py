"""Plain PDF invoices: what Factur-X would say of them, in a line of a CSV file (INVOICES-2)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from selfcare.models import InvoiceKind
from selfcare.services import plausible
from selfcare.services.facturx_reading import ReadInvoice
from selfcare.services.spreadsheets import decoded

COLUMNS = ("file", "number", "kind", "contract", "date", "due", "net", "vat", "gross", "currency")


class BadList(ValueError):
    """The CSV file cannot be used; `problems` names each line and what is wrong there."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def read(path: Path) -> list[tuple[Path, ReadInvoice]]:
    """The PDF files that a list names (beside it), and what it says of them.

    Raises:
        BadList: with everything that is wrong; then no line of it counts.
    """
    try:
        text = decoded(path.read_bytes())
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";")
        header, rows = reader.fieldnames or (), list(reader)
    except (OSError, csv.Error) as problem:
        raise BadList([str(problem)]) from None
    if not rows or set(header) != set(COLUMNS):
        raise BadList([f"the header must be {';'.join(COLUMNS)}, with lines under it"])
    found: list[tuple[Path, ReadInvoice]] = []
    problems: list[str] = []
    for number, row in enumerate(rows, 2):
        try:
            if set(row) != set(COLUMNS):
                raise ValueError("too many cells")  # noqa: TRY301 (told like every other problem)
            line = _line(path.parent, {k: (v or "").strip() for k, v in row.items()})
            if line[0] in dict(found):
                raise ValueError(f"{line[0].name} is there twice")  # noqa: TRY301
            found.append(line)
        except ValueError as problem:
            problems.append(f"line {number}: {problem}")
    if problems:
        raise BadList(problems)
    return found


def _line(folder: Path, row: Mapping[str, str]) -> tuple[Path, ReadInvoice]:
    if Path(row["file"]).name != row["file"] or not row["file"]:
        raise ValueError(f"{row['file']!r} is no name of a file beside this list")
    if row["kind"] not in set(InvoiceKind):
        raise ValueError(f"kind {row['kind']!r}: {' or '.join(InvoiceKind)}")
    if not re.fullmatch(r"[A-Z]{3}", row["currency"]):
        raise ValueError(f"{row['currency']!r} is no currency")
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
        issued_on=_day(row["date"]),
        due_on=_day(row["due"]) if row["due"] else None,
        net=net,
        vat=vat,
        gross=gross,
        currency=row["currency"],
        contract_refs=(row["contract"],),
    )


def _day(text: str) -> date:
    """`2016-12-06` or `06/12/2016`."""
    for shape in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
    raise ValueError(f"{text!r} is no date like 2016-12-06")


def _amount(text: str) -> Decimal:
    """`2352.21` or `2 352,21`."""
    try:
        amount = Decimal(re.sub(r"\s", "", text).replace(",", "."))
    except InvalidOperation:
        raise ValueError(f"{text!r} is no amount") from None
    if not plausible.is_amount(amount) or amount != round(amount, 2):
        raise ValueError(f"{text!r} is no amount in cents")
    return amount
