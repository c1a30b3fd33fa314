"""Invoices, usage reports and pre-invoices of the demo: real files, loaded as an operator would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update

from demo.data_files import read
from demo.factur_x import Bill, document
from selfcare.database import db
from selfcare.models import Account, Contract, Customer, Invoice, now
from selfcare.services.invoices import loading
from selfcare.services.invoices.facturx import reading as facturx_reading
from selfcare.services.months import first_day, last_day
from selfcare.services.pre_invoices import working_out
from selfcare.services.usage import reading as usage_reading
from selfcare.services.usage import reports

REF = "OCB0000124"
NOT_INVOICED = "OCB0000412"
"""The contract that has a pre-invoice, and no invoice yet."""

MONTHS = 12
LATE_BY = 6
SUBSCRIPTIONS = Decimal("1000.00")
_CENTS = Decimal("0.01")


def add(moment: datetime | None = None) -> int:
    """Add the papers in the caller's transaction, unless there are some; return how many.

    Args:
        moment: the "today" that recent ones end at; the present one unless said.
    """
    found = db.session.execute(
        select(Contract, Customer)
        .join(Customer, Customer.id == Contract.customer_id)
        .where(Contract.ref == REF)
    ).one_or_none()
    if found is None or db.session.execute(select(Invoice.id).limit(1)).first():
        return 0
    contract, customer = found
    today = (moment or now()).date()
    count = 0
    for month in (*read("papers")["usage"]["months"], *_months_before(today, MONTHS)):
        reports.load(_report(month))
        count += 1
    for bill in _bills(today, contract, customer):
        pdf = document(bill)
        loading.load(facturx_reading.read(pdf), pdf)
        count += 1
    if _exists(NOT_INVOICED):
        reports.load(_report(_months_before(today, 1)[0], NOT_INVOICED))
        count += 1
    db.session.execute(
        update(Account)
        .where(Account.login == "paul.dupont")
        .values(has_ece_changes=True, has_ece_incidents=True)
    )
    return count


def _exists(ref: str) -> bool:
    return db.session.execute(select(Contract.id).where(Contract.ref == ref)).first() is not None


def _bills(today: date, contract: Contract, customer: Customer) -> Iterator[Bill]:
    """Yield the guide's invoices, recent ones, one of each special kind, one in Swiss francs."""
    shown = read("papers")["invoice"]
    common: dict[str, Any] = {
        "contract_ref": REF,
        "customer": customer.name,
        "siren": customer.siren or "",
    }
    for row in shown:
        yield Bill(row["number"], row["issued_on"], lines=_lines(row["net"]), **common)
    months = _months_before(today, MONTHS)
    monthly = [bill for bill in _monthly(contract, months, common) if bill.issued_on <= today]
    # The newest is late by some days, so that one sees how that is said.
    late = min(30, (today - monthly[-1].issued_on).days - LATE_BY)
    yield from (*monthly[:-1], replace(monthly[-1], days_to_pay=max(0, late)))
    yield Bill(
        f"FA-{months[-1]:%Y-%m}-AC",
        monthly[-1].issued_on - timedelta(days=1),
        lines=(("Acompte : migration de vos serveurs", Decimal("1200.00")),),
        is_prepayment=True,
        days_to_pay=60,
        **common,
    )
    corrected = monthly[-4]
    yield replace(
        corrected,
        number=f"{corrected.number}-R",
        issued_on=corrected.issued_on + timedelta(days=9),
        lines=(*corrected.lines, ("Rectification : usage d'Elastic IP", Decimal("-12.40"))),
        corrects=(corrected.number, corrected.issued_on),
    )
    yield Bill(
        f"AV-{months[-2]:%Y-%m}",
        months[-2].replace(day=20),
        lines=(("Geste commercial", Decimal("150.00")),),
        is_credit_note=True,
        **common,
    )
    yield Bill(
        f"FA-{months[-3]:%Y-%m}-CHF",
        months[-3].replace(day=15),
        lines=(("Prestation de conseil à Genève", Decimal("900.00")),),
        currency="CHF",
        **common,
    )


def _monthly(contract: Contract, months: list[date], common: dict[str, Any]) -> Iterator[Bill]:
    for number, month in enumerate(months):
        issued_on = first_day(month, ahead=1) + timedelta(days=3 + number % 4)
        lines = _worked_out(contract, month)
        yield Bill(f"FA-{issued_on:%Y-%m%d}", issued_on, lines=lines, **common)


def _worked_out(contract: Contract, month: date) -> tuple[tuple[str, Decimal], ...]:
    """Return an invoice for the amount that the month's pre-invoice announced."""
    report = reports.of_month(contract.id, month)
    if report is None:
        return ()
    first, *_ = working_out.work_out(report, working_out.vat_rate(contract))
    services = [(row.service, row.whole) for row in reports.groups(report.id)]
    others = [
        (f"Versement initial : {line.name}" if line.kind == "upfront" else line.name, line.amount)
        for line in first.lines
        if line.kind != "usage"
    ]
    return (*dict.fromkeys(services), *others)


def _lines(net: Decimal) -> tuple[tuple[str, Decimal], ...]:
    return (("Usage du mois", net - SUBSCRIPTIONS), ("Abonnements en cours", SUBSCRIPTIONS))


def _report(month: date, ref: str = REF) -> bytes:
    """Return a month of usage in the operator's 27 columns; each month differs a little."""
    lines = [";".join(usage_reading.COLUMNS)]
    for number, row in enumerate(read("papers")["usage"]["lines"], 1):
        service, label, project, quantity, unit, price = row
        used = Decimal(quantity) * (100 + month.month * number % 17) / 100
        cells = {
            "BillingMode": "PostPaid",
            "BeginDate": f"{month:%Y-%m-%d}",
            "EndDate": f"{last_day(month):%Y-%m-%d}",
            "TenantLabel": ref,
            "Country": "FR",
            "Region": "eu-west-0",
            "ServiceCloud": service,
            "CodeLabel": label,
            "IdResource": f"{label.lower().replace(' ', '-')}-{number:02}",
            "Project": project,
            "Quantity": str(used).replace(".", ","),
            "BillingUnit": unit,
            "UnitPrice": str(price).replace(".", ","),
            "Amount": str((used * price).quantize(_CENTS)).replace(".", ","),
            "Currency": "EUR",
        }
        lines.append(";".join(cells.get(name, "") for name in usage_reading.COLUMNS))
    return "\r\n".join(lines).encode()


def _months_before(today: date, count: int) -> list[date]:
    """Return the first days of the full months before today's, oldest first."""
    return [first_day(today, ahead=ahead) for ahead in range(-count, 0)]
