"""Invoices: taking them in (§5.7)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Row, select

from selfcare import config
from selfcare.database import db
from selfcare.models import USUAL_TYPE, Contract, Customer, Invoice, InvoiceReference
from selfcare.services import documents
from selfcare.services.files import limits

if TYPE_CHECKING:  # an XML parser; the web process reads no invoice
    from selfcare.services.invoices.facturx.reading import ReadInvoice

log = structlog.get_logger(__name__)

FORESEEN = timedelta(days=62)
"""How far ahead a document may be dated and still be the latest: two months."""


class InvoiceRefused(ValueError):
    """The invoice cannot be loaded; the message says why."""


class InvoiceAlreadyLoaded(Exception):
    """The very same document was loaded before."""


def load(
    read: ReadInvoice,
    pdf: bytes,
    *,
    keep: bool = True,
    contract_ref: str | None = None,
    any_seller: bool = False,
) -> Invoice:
    """Load an invoice: its row, its PDF, its XML; all of them or nothing.

    The documents are put last, when the database has nothing against the row any more, under
    names made of their content: whatever stops us here, loading again comes out the same.

    Args:
        keep: put the documents; a dry run does not, and rolls the row back.
        contract_ref: the contract of a document that names none of ours.
        any_seller: load it from whatever company.

    Raises:
        AlreadyThere: the same file is there already.
        InvoiceRefused: another invoice has its number, its seller is not us, its contract is
            unknown or not the buyer's, or it says something no invoice says.
    """
    digest = hashlib.sha256(pdf).hexdigest()
    _check_plausible(read)
    _check_unknown(read.number, digest)
    if not any_seller:
        _check_seller(read)
    contract = _contract_of(read, contract_ref)
    invoice = _row(read, contract, digest, pdf)
    db.session.add(invoice)
    db.session.flush()
    db.session.add_all(
        InvoiceReference(invoice_id=invoice.id, number=other.number, issued_on=other.issued_on)
        for other in read.refers_to
    )
    db.session.flush()
    if keep:
        _put(invoice, pdf, read.xml)
    return invoice


def _row(read: ReadInvoice, contract: Contract, digest: str, pdf: bytes) -> Invoice:
    folder = f"invoices/{contract.ref}/{digest}"
    return Invoice(
        number=read.number,
        contract_id=contract.id,
        kind=read.kind,
        type_code=read.type_code or USUAL_TYPE[read.kind],
        issued_on=read.issued_on,
        due_on=read.due_on,
        payment_terms=read.payment_terms,
        period_from=read.period_from,
        period_to=read.period_to,
        net=read.net,
        vat=read.vat,
        gross=read.gross,
        paid=read.paid,
        rounding=read.rounding,
        for_others=read.for_others,
        payable=read.payable,
        currency=read.currency,
        lines=read.lines,
        digest=digest,
        pdf_key=f"{folder}.pdf",
        pdf_size=len(pdf),
        xml_key=f"{folder}.xml" if read.xml else None,
        xml_size=len(read.xml) if read.xml else None,
    )


def check_new(pdf: bytes) -> None:
    """Say at once, before anything is read in it, that a file was loaded.

    Raises:
        AlreadyThere: it was.
    """
    digest = hashlib.sha256(pdf).hexdigest()
    if db.session.execute(select(Invoice.id).where(Invoice.digest == digest)).first():
        raise InvoiceAlreadyLoaded


def remarks(read: ReadInvoice, today: date) -> Iterator[str]:
    """Warnings for the operator about a document that is accepted."""
    yield from read.remarks
    if read.issued_on > today + FORESEEN:
        yield f"it is dated {read.issued_on}: it will not be shown as the latest invoice before"


def related(invoice: Invoice) -> tuple[Sequence[Row[*tuple[str, date | None, int | None]]], ...]:
    """The documents that an invoice names (number, date, id), and those that name it.

    The id is of the contract's own document with that number, where there is one.
    """
    named = db.session.execute(
        select(InvoiceReference.number, InvoiceReference.issued_on, Invoice.id)
        .outerjoin(
            Invoice,
            (Invoice.number == InvoiceReference.number)
            & (Invoice.contract_id == invoice.contract_id),
        )
        .where(InvoiceReference.invoice_id == invoice.id)
        .order_by(InvoiceReference.id)
    ).all()
    naming = db.session.execute(
        select(Invoice.number, Invoice.issued_on, Invoice.id)
        .join(InvoiceReference, InvoiceReference.invoice_id == Invoice.id)
        .where(
            InvoiceReference.number == invoice.number,
            Invoice.contract_id == invoice.contract_id,
        )
        .order_by(Invoice.issued_on, Invoice.id)
    ).all()
    return named, naming


def _put(invoice: Invoice, pdf: bytes, xml: bytes | None) -> None:
    store = documents.store()
    store.put(invoice.pdf_key, pdf)
    if xml and invoice.xml_key:
        store.put(invoice.xml_key, xml)
    log.info("invoice_loaded", number=invoice.number, contract=invoice.contract_id)


def _check_plausible(read: ReadInvoice) -> None:
    """Values that a schema accepts but an invoice cannot hold."""
    if len(read.number) > 40:
        raise InvoiceRefused("its number is longer than 40 characters")
    if not read.number.isprintable():
        raise InvoiceRefused(f"its number has characters that cannot be read: {read.number!r}")
    if not limits.is_currency(read.currency):
        raise InvoiceRefused(f"unknown currency {read.currency!r}")
    for day in (read.issued_on, read.due_on, read.period_from, read.period_to):
        if day and not limits.is_day(day):
            raise InvoiceRefused(f"the date {day} cannot be right")


def _check_unknown(number: str, digest: str) -> None:
    same = db.session.execute(
        select(Invoice.digest).where((Invoice.number == number) | (Invoice.digest == digest))
    ).scalars()
    for known in same:
        if known == digest:
            raise InvoiceAlreadyLoaded
        raise InvoiceRefused(f"another document with the number {number} is there already")


def _check_seller(read: ReadInvoice) -> None:
    """Whether the seller (BG-4) is one that `INVOICE_SELLERS` names; a plain PDF names none."""
    ours = set(config.current().sellers)
    if not ours or read.xml is None or ours & set(_companies(read.seller_ids)):
        return
    named = ", ".join(read.seller_ids) or "no identifier (in BT-30, BT-31)"
    raise InvoiceRefused(f"its seller is {read.seller!r}, {named}: not one of INVOICE_SELLERS")


def _companies(identifiers: Iterable[str]) -> Iterator[str]:
    """The identifiers, and the SIREN that a SIRET begins and a French VAT number ends with."""
    for identifier in identifiers:
        yield identifier
        if re.fullmatch(r"\d{14}", identifier):
            yield identifier[:9]
        if re.fullmatch(r"FR[0-9A-Z]{2}\d{9}", identifier):
            yield identifier[4:]


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
