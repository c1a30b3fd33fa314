"""Invoices: taking them in (§5.7)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import structlog
from sqlalchemy import Row, func, select

from selfcare.database import db
from selfcare.models import Contract, Customer, Invoice
from selfcare.services import documents, plausible, pre_invoices
from selfcare.services.facturx_reading import ReadInvoice

log = structlog.get_logger(__name__)


class InvoiceRefused(ValueError):
    """The invoice cannot be taken in; the message says why."""


class AlreadyThere(Exception):
    """The very same document was loaded before."""


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
        paid=read.paid,
        payable=read.payable,
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


def before_in_month(invoice: Invoice) -> int:
    """How many of its kind came in for its contract and month before it: tells downloads apart."""
    first = invoice.issued_on.replace(day=1)
    return db.session.execute(
        select(func.count(Invoice.id)).where(
            Invoice.contract_id == invoice.contract_id,
            Invoice.kind == invoice.kind,
            Invoice.issued_on.between(first, pre_invoices.last_day(first)),
            Invoice.id < invoice.id,
        )
    ).scalar_one()


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
    if not plausible.is_currency(read.currency):
        raise InvoiceRefused(f"unknown currency {read.currency!r}")
    for day in (read.issued_on, read.due_on, read.period_from, read.period_to):
        if day and not plausible.is_day(day):
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
