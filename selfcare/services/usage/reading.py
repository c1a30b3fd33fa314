"""Reading usage reports: the operator's CSV of 27 columns (INVOICES-1).

`;` between cells, decimal commas, one header line. A line with a `SubsChargeType` tells of a
subscription: the portal knows those itself, and a pre-invoice counts them from there, so such
lines are checked but not kept (docs/adr/0502).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from selfcare.services.files import cells, limits, tables
from selfcare.services.files.problems import Problems, check_size
from selfcare.services.files.tables import BadTable, Columns, Row

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

_TOO_MUCH = 10**10
"""Numbers the database takes are below it."""
_LENGTHS = {"ServiceCloud": 80, "Project": 120, "IdResource": 160, "BillingUnit": 40}


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


def read(content: bytes, *, zone: ZoneInfo) -> ReadReport:
    """Read and check a whole report.

    Args:
        content: the file.
        zone: where the contract is: a `BeginDate` in UTC belongs to the month that it is there.

    Raises:
        Problems: the first ones, by line.
    """
    check_size(len(content), largest=LARGEST)
    try:
        table = tables.read(content, Columns.exactly(COLUMNS), most=MOST_LINES)
    except BadTable as bad:
        raise Problems([f"not a usage report of {len(COLUMNS)} columns: {bad}"]) from None
    lines: list[ReadLine] = []
    problems: list[str] = []
    seen: dict[str, set[str]] = {"TenantLabel": set(), "Currency": set(), "month": set()}
    for row in table:
        try:
            line = _line(row)
            seen["month"].add(f"{_begins(row.cells['BeginDate'], zone):%Y-%m}")
        except ValueError as problem:
            problems.append(f"line {row.number}: {problem}")
            if len(problems) == MOST_PROBLEMS:
                raise Problems(problems) from None
            continue
        seen["TenantLabel"].add(row.cells["TenantLabel"].upper())
        seen["Currency"].add(row.cells["Currency"].upper())
        if not row.cells["SubsChargeType"]:
            lines.append(line)
    for name, values in seen.items():
        if len(values) > 1:
            some = ", ".join(sorted(values)[:MOST_PROBLEMS])
            problems.append(f"several values of {name} in one report: {some}")
    if problems:
        raise Problems(problems)
    contract, currency, month = (next(iter(values)) for values in seen.values())
    report = ReadReport(contract, date.fromisoformat(f"{month}-01"), currency, lines)
    if not limits.is_amount(report.total):
        raise Problems([f"its total, {report.total}, cannot be right"])
    return report


def _line(row: Row) -> ReadLine:
    found = row.cells
    if row.is_cut_off or row.beyond:
        raise ValueError(f"not {len(COLUMNS)} cells as in the heading")
    for name in ("TenantLabel", "ServiceCloud", "Currency"):
        if not found[name]:
            raise ValueError(f"{name} is empty")
    if not limits.is_currency(found["Currency"].upper()):
        raise ValueError(f"Currency: {found['Currency']!r} is not a currency")
    for name, longest in _LENGTHS.items():
        if len(found[name]) > longest:
            raise ValueError(f"{name}: more than {longest} characters")
    label = " – ".join(dict.fromkeys(filter(None, (found["CodeLabel"], found["ChargeLabel"]))))
    return ReadLine(
        service=found["ServiceCloud"],
        project=found["Project"],
        label=label[:160],
        resource=found["IdResource"],
        quantity=_number(found, "Quantity"),
        unit=found["BillingUnit"],
        unit_price=_number(found, "UnitPrice"),
        amount=_amount(found),
    )


def _amount(found: Mapping[str, str]) -> Decimal:
    """The cost of usage; an empty cell is never read as zero."""
    if not found["Amount"] and not found["SubsChargeType"]:
        raise ValueError("Amount is empty")
    amount = _number(found, "Amount")
    return _number(found, "DiscountedAmount") if found["DiscountedAmount"] else amount


def _number(found: Mapping[str, str], name: str) -> Decimal:
    """A number; an empty cell is zero."""
    try:
        number = cells.number(found[name] or "0")
    except ValueError as problem:
        raise ValueError(f"{name}: {problem}") from None
    if abs(number) >= _TOO_MUCH:
        raise ValueError(f"{name}: {found[name]!r} cannot be right")
    return number


def _begins(text: str, zone: ZoneInfo) -> date:
    try:
        begins = cells.day(text, zone)
    except ValueError as problem:
        raise ValueError(f"BeginDate: {problem}") from None
    if not limits.is_day(begins):
        raise ValueError(f"BeginDate: {text!r} cannot be right")
    return begins
