"""Invoices: taking them in, and what the invoices page shows of them (§5.7)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import structlog
from babel import Locale
from sqlalchemy import Row, select

from selfcare.database import db
from selfcare.models import Contract, Customer, Invoice, InvoiceKind
from selfcare.services import documents
from selfcare.services.facturx_reading import ReadInvoice
from selfcare.services.figures import Spend, last_months, spend_of

log = structlog.get_logger(__name__)

_YEARS = range(2000, 2100)


class InvoiceRefused(ValueError):
    """The invoice cannot be taken in; the message says why."""


class AlreadyThere(Exception):
    """The very same document was loaded before."""


@dataclass(frozen=True)
class Overview:
    """What stands above the lists, and on the dashboard."""

    latest: Row[*tuple[Any, ...]] | None
    spend: list[Spend]
    """Excl. tax, per currency, credit notes deducted."""


def add(
    read: ReadInvoice, pdf: bytes, *, keep: bool = True, contract_ref: str | None = None
) -> Invoice:
    """Take an invoice in: its row, its PDF, its XML; all of them or nothing.

    The documents are put last, when the database has nothing against the row any more, under
    names made of their content: whatever stops us here, loading again comes out the same.

    Args:
        keep: put the documents; a dry run does not, and rolls the row back.
        contract_ref: the contract of a document that names none of ours.

    Raises:
        AlreadyThere: the same file is there already.
        InvoiceRefused: another invoice has its number, its contract is unknown or not the buyer's,
            or it says something no invoice says.
    """
    digest = hashlib.sha256(pdf).hexdigest()
    _check_plausible(read)
    _check_unknown(read.number, digest)
    contract = _contract_of(read, contract_ref)
    folder = f"invoices/{contract.ref}/{digest}"
    invoice = Invoice(
        number=read.number,
        contract_id=contract.id,
        kind=read.kind,
        issued_on=read.issued_on,
        due_on=read.due_on,
        period_from=read.period_from,
        period_to=read.period_to,
        net=read.net,
        vat=read.vat,
        gross=read.gross,
        currency=read.currency,
        lines=read.lines,
        digest=digest,
        pdf_key=f"{folder}.pdf",
        pdf_size=len(pdf),
        xml_key=f"{folder}.xml" if read.xml else None,
        xml_size=len(read.xml) if read.xml else None,
    )
    db.session.add(invoice)
    db.session.flush()
    if keep:
        _put(invoice, pdf, read.xml)
    return invoice


def check_new(pdf: bytes) -> None:
    """Say at once, before anything is read in it, that a file was loaded.

    Raises:
        AlreadyThere: it was.
    """
    digest = hashlib.sha256(pdf).hexdigest()
    if db.session.execute(select(Invoice.id).where(Invoice.digest == digest)).first():
        raise AlreadyThere


def _put(invoice: Invoice, pdf: bytes, xml: bytes | None) -> None:
    store = documents.store()
    store.put(invoice.pdf_key, pdf)
    if xml and invoice.xml_key:
        store.put(invoice.xml_key, xml)
    log.info("invoice_loaded", number=invoice.number, contract=invoice.contract_id)


def _check_plausible(read: ReadInvoice) -> None:
    """What a schema lets through and no invoice says."""
    if len(read.number) > 40:
        raise InvoiceRefused("its number is longer than 40 characters")
    if not read.number.isprintable():
        raise InvoiceRefused(f"its number has characters that cannot be read: {read.number!r}")
    if read.currency not in Locale("en").currencies:
        raise InvoiceRefused(f"unknown currency {read.currency!r}")
    for day in (read.issued_on, read.due_on, read.period_from, read.period_to):
        if day and day.year not in _YEARS:
            raise InvoiceRefused(f"the date {day} cannot be right")


def _check_unknown(number: str, digest: str) -> None:
    same = db.session.execute(
        select(Invoice.digest).where((Invoice.number == number) | (Invoice.digest == digest))
    ).scalars()
    for known in same:
        if known == digest:
            raise AlreadyThere
        raise InvoiceRefused(f"another document with the number {number} is there already")


def _contract_of(read: ReadInvoice, told: str | None) -> Contract:
    """The contract a document names, or that we were told, if it is its buyer's."""
    refs = list(dict.fromkeys(ref.upper() for ref in read.contract_refs))
    found = _contracts(refs)
    if not found and told:
        found = _contracts([told.upper()])
        refs.append(told)
    if not found:
        named = ", ".join(refs) or "none (in BT-12, BT-13, BT-10, BT-46)"
        raise InvoiceRefused(f"unknown contract: it names {named}")
    if len(found) > 1:
        raise InvoiceRefused(f"it names several contracts: {', '.join(refs)}")
    contract, customer = found[0]
    if told and contract.ref != told.upper():
        raise InvoiceRefused(f"it names the contract {contract.ref}, not {told}")
    if read.siren and customer.siren and read.siren != customer.siren:
        raise InvoiceRefused(
            f"its buyer has the SIREN {read.siren}, the customer of {contract.ref} {customer.siren}"
        )
    return contract


def _contracts(refs: list[str]) -> Sequence[Row[*tuple[Contract, Customer]]]:
    return db.session.execute(
        select(Contract, Customer)
        .join(Customer, Customer.id == Contract.customer_id)
        .where(Contract.ref.in_(refs))
    ).all()


def overview(contract_id: int, today: date) -> Overview:
    """The latest invoice, and what was invoiced in each of the last 12 months (DASH-1).

    One statement: an invoice older than that is only looked for where there is no newer one.
    """
    months = last_months(today)
    shown = select(
        Invoice.id, Invoice.kind, Invoice.issued_on, Invoice.net, Invoice.currency
    ).where(Invoice.contract_id == contract_id)
    newest_first = shown.order_by(Invoice.issued_on.desc(), Invoice.id.desc())
    rows = db.session.execute(newest_first.where(Invoice.issued_on >= months[0])).all()
    latest = next((row for row in rows if row.kind == InvoiceKind.INVOICE), None)
    if latest is None:  # credit notes are in the history only
        of_old = newest_first.where(Invoice.kind == InvoiceKind.INVOICE).limit(1)
        latest = db.session.execute(of_old).one_or_none()
    amounts: dict[str, dict[date, Decimal]] = {}
    for row in rows:
        of_currency = amounts.setdefault(row.currency, {})
        month = row.issued_on.replace(day=1)
        of_currency[month] = of_currency.get(month, Decimal(0)) + row.net
    most_used_first = sorted(amounts.items(), key=lambda item: (-len(item[1]), item[0]))
    spend = [
        spend_of(currency, months, [of_currency.get(month) for month in months[:-1]])
        for currency, of_currency in most_used_first
    ]
    return Overview(latest, spend)
