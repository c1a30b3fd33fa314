"""Reading usage reports: the operator's CSV of 27 columns (facts.md).

`;` between cells, decimal commas, one header line. A line with a `SubsChargeType` tells of a
subscription: the portal knows those itself, and a pre-invoice counts them from there, so such
lines are checked but not kept (docs/adr/0502).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from selfcare.services import plausible
from selfcare.services.spreadsheets import decoded

COLUMNS = (
    *("BillingMode", "BeginDate", "EndDate", "ServiceID", "TenantLabel", "Country", "Region"),
    *("ServiceCloud", "CodeLabel", "ChargeLabel", "IdResource", "Project", "Tags", "Quantity"),
    *("BillingUnit", "UnitPrice", "Amount", "VolumeDiscount", "DiscountedAmount", "Currency"),
    *("SubsChargeType", "SubsBeginDate", "SubsEndDate", "SubsUpfront", "SubsUpfrontDiscounted"),
    *("SubsFlavor", "SubsDuration"),
)
LARGEST = 20_000_000
MOST_LINES = 100_000
MOST_PROBLEMS = 20

_DATES = ("%Y-%m-%d", "%d/%m/%Y", "%Y%m%d")
_LENGTHS = {"ServiceCloud": 80, "Project": 120, "IdResource": 160, "BillingUnit": 40}


class BadReport(ValueError):
    """The file cannot be loaded; `problems` names each line and what is wrong there."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class ReadLine:
    """One line of usage."""

    service: str
    project: str
    label: str
    resource: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount: Decimal


@dataclass(frozen=True)
class ReadReport:
    """A month of usage of one contract."""

    contract_ref: str
    month: date
    currency: str
    lines: list[ReadLine]

    @property
    def total(self) -> Decimal:
        """The usage of the month, rounded once, as invoices are: half a cent makes one."""
        whole = sum((line.amount for line in self.lines), Decimal(0))
        return whole.quantize(Decimal("0.01"), ROUND_HALF_UP)


def check_size(size: int) -> None:
    """Whether a file may be read at all.

    Raises:
        BadReport: it is too large.
    """
    if size > LARGEST:
        raise BadReport([f"larger than {LARGEST // 1_000_000} MB"])


def read(content: bytes) -> ReadReport:
    """Read and check a whole report.

    Raises:
        BadReport: with the first problems, by line.
    """
    rows = _rows(content)
    lines: list[ReadLine] = []
    problems: list[str] = []
    seen: dict[str, set[str]] = {"TenantLabel": set(), "Currency": set(), "month": set()}
    for number, row in rows:
        try:
            line = _line(row)
            seen["month"].add(f"{_begins(row):%Y-%m}")
        except ValueError as problem:
            problems.append(f"line {number}: {problem}")
            continue
        seen["TenantLabel"].add(row["TenantLabel"].upper())
        seen["Currency"].add(row["Currency"].upper())
        if not row["SubsChargeType"]:
            lines.append(line)
    for name, values in seen.items():
        if len(values) > 1:
            problems.append(f"several values of {name} in one report: {', '.join(sorted(values))}")
    if problems:
        raise BadReport(problems[:MOST_PROBLEMS])
    contract, currency, month = (next(iter(values)) for values in seen.values())
    report = ReadReport(contract, date.fromisoformat(f"{month}-01"), currency, lines)
    if not plausible.is_amount(report.total):
        raise BadReport([f"its total, {report.total}, cannot be right"])
    return report


def _rows(content: bytes) -> list[tuple[int, Mapping[str, str]]]:
    """The lines after the header as column → text, with their numbers in the file."""
    check_size(len(content))
    text = decoded(content)
    if "\0" in text:
        raise BadReport(["no text file"])
    try:
        every = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    except csv.Error as problem:
        raise BadReport([f"no CSV file: {problem}"]) from None
    header = [cell.strip() for cell in every[0]] if every else []
    if header != list(COLUMNS):
        missing = [name for name in COLUMNS if name not in header]
        said = f"missing: {', '.join(missing)}" if missing else "in another order, or more of them"
        raise BadReport([f"the header is not that of a usage report (27 columns): {said}"])
    rows: list[tuple[int, Mapping[str, str]]] = []
    problems = []
    for number, cells in enumerate(every[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(COLUMNS):
            problems.append(f"line {number}: {len(cells)} cells instead of {len(COLUMNS)}")
            continue
        rows.append((number, dict(zip(COLUMNS, (c.strip() for c in cells), strict=True))))
    if problems:
        raise BadReport(problems[:MOST_PROBLEMS])
    if not rows or len(rows) > MOST_LINES:
        raise BadReport(["no line" if not rows else f"more than {MOST_LINES} lines"])
    return rows


def _line(row: Mapping[str, str]) -> ReadLine:
    for name in ("TenantLabel", "ServiceCloud", "Currency"):
        if not row[name]:
            raise ValueError(f"{name} is empty")
    if not plausible.is_currency(row["Currency"].upper()):
        raise ValueError(f"Currency: {row['Currency']!r} is no currency")
    for name, longest in _LENGTHS.items():
        if len(row[name]) > longest:
            raise ValueError(f"{name}: more than {longest} characters")
    amount = _number(row, "Amount")
    if row["DiscountedAmount"]:
        amount = _number(row, "DiscountedAmount")
    label = " – ".join(dict.fromkeys(filter(None, (row["CodeLabel"], row["ChargeLabel"]))))
    return ReadLine(
        service=row["ServiceCloud"],
        project=row["Project"],
        label=label[:160],
        resource=row["IdResource"],
        quantity=_number(row, "Quantity"),
        unit=row["BillingUnit"],
        unit_price=_number(row, "UnitPrice"),
        amount=amount,
    )


def _number(row: Mapping[str, str], name: str) -> Decimal:
    """`1 234,56`; nothing counts as zero."""
    text = re.sub(r"[\s\u00a0\u202f]", "", row[name]).replace(",", ".")
    try:
        number = Decimal(text or 0)
    except InvalidOperation:
        raise ValueError(f"{name}: {row[name]!r} is no number") from None
    if not number.is_finite() or abs(number) >= 10**10:
        raise ValueError(f"{name}: {row[name]!r} is no number")
    return number


def _day(row: Mapping[str, str], name: str) -> date:
    text = row[name].split("T")[0].split(" ")[0]
    for shape in _DATES:
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
    raise ValueError(f"{name}: {row[name]!r} is no date")


def _begins(row: Mapping[str, str]) -> date:
    begins = _day(row, "BeginDate")
    if not plausible.is_day(begins):
        raise ValueError(f"BeginDate: {row['BeginDate']!r} cannot be right")
    return begins
