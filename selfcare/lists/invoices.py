"""Invoices and usage reports: two lists on one page, each with its own prefix (figure 26)."""

from __future__ import annotations

from typing import ClassVar

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, func, select

from selfcare.database import Chosen, Rows
from selfcare.document_names import document_name
from selfcare.lists.query import Column, ListQuery
from selfcare.models import (
    Invoice,
    InvoiceReference,
    PreInvoice,
    PreInvoiceVersion,
    UsageLine,
    UsageReport,
)
from selfcare.wording import plain_amount, plain_number


class InvoiceList(ListQuery):
    """Date, number, kind, amount excl. tax."""

    name = "invoices"
    prefix = "i_"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("date", _l("Date"), Invoice.issued_on, lambda r, reader: reader.day(r.issued_on)),
        Column("number", _l("Number"), Invoice.number, lambda r, _: r.number),
        Column(
            "kind",
            _l("Kind"),
            None,
            lambda r, _: document_name(r.type_code, r.gross, r.corrects),
            only_in_export=True,
        ),
        Column(
            "net",
            _l("Amount excl. tax"),
            Invoice.net,
            lambda r, reader: plain_amount(r.net, reader),
            is_number=True,
        ),
        Column(
            "vat",
            _l("VAT"),
            None,
            lambda r, reader: plain_amount(r.vat, reader),
            only_in_export=True,
        ),
        Column(
            "gross",
            _l("Amount incl. tax"),
            None,
            lambda r, reader: plain_amount(r.gross, reader),
            only_in_export=True,
        ),
        Column("currency", _l("Currency"), None, lambda r, _: r.currency, only_in_export=True),
    )
    searched = (func.lower(Invoice.number),)
    searched_dates = (Invoice.issued_on,)
    default_sort = "-date"
    tie_break = Invoice.id


class UsageReportList(ListQuery):
    """Period, usage, pre-invoice."""

    name = "usage"
    prefix = "u_"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("month", _l("Period"), UsageReport.month, lambda r, _: f"{r.month:%m/%Y}"),
        Column(
            "total",
            _l("Usage excl. tax"),
            UsageReport.total,
            lambda r, reader: plain_amount(r.total, reader),
            is_number=True,
        ),
        Column("currency", _l("Currency"), None, lambda r, _: r.currency, only_in_export=True),
    )
    searched = (func.lower(UsageReport.currency),)
    searched_dates = (UsageReport.month,)
    default_sort = "-month"
    tie_break = UsageReport.id
    joins_decide = False


class UsageLineList(ListQuery):
    """The lines of one report."""

    name = "lines"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("service", _l("Service"), UsageLine.service, lambda r, _: r.service),
        Column("project", _l("Project"), UsageLine.project, lambda r, _: r.project),
        Column("label", _l("Description"), UsageLine.label, lambda r, _: r.label),
        Column("resource", _l("Resource"), UsageLine.resource, lambda r, _: r.resource),
        Column(
            "quantity",
            _l("Quantity"),
            UsageLine.quantity,
            lambda r, reader: plain_number(r.quantity, reader),
            is_number=True,
        ),
        Column("unit", _l("Unit"), None, lambda r, _: r.unit, only_in_export=True),
        Column(
            "amount",
            _l("Amount excl. tax"),
            UsageLine.amount,
            lambda r, reader: plain_amount(r.amount, reader),
            is_number=True,
        ),
    )
    searched = (UsageLine.search_text,)
    default_sort = "-amount"
    tie_break = UsageLine.id


_INVOICES: Rows = select(
    Invoice.id,
    Invoice.number,
    Invoice.kind,
    Invoice.type_code,
    select(func.min(InvoiceReference.number))
    .where(InvoiceReference.invoice_id == Invoice.id)
    .scalar_subquery()
    .label("corrects"),
    Invoice.issued_on,
    Invoice.net,
    Invoice.vat,
    Invoice.gross,
    Invoice.currency,
    Invoice.pdf_size,
    Invoice.xml_size,
).where(Invoice.contract_id == bindparam("contract"))


def of_contract(contract_id: int) -> Chosen:
    """Every invoice and credit note of the contract."""
    return Chosen(_INVOICES, {"contract": contract_id})


_REPORTS: Rows = (
    select(
        UsageReport.id,
        UsageReport.month,
        UsageReport.total,
        UsageReport.currency,
        UsageReport.csv_size,
        PreInvoice.attempts.label("pre_invoice_attempts"),
        PreInvoiceVersion.size.label("pre_invoice_size"),
    )
    .join(PreInvoice, PreInvoice.report_id == UsageReport.id)
    .outerjoin(
        PreInvoiceVersion,
        (PreInvoiceVersion.report_id == UsageReport.id)
        & (PreInvoiceVersion.number == PreInvoice.version),
    )
    .where(UsageReport.contract_id == bindparam("contract"))
)


def usage_of_contract(contract_id: int) -> Chosen:
    """Every month of usage of the contract, and how far its pre-invoice is."""
    return Chosen(_REPORTS, {"contract": contract_id})


_LINES: Rows = select(
    UsageLine.id,
    UsageLine.service,
    UsageLine.project,
    UsageLine.label,
    UsageLine.resource,
    UsageLine.quantity,
    UsageLine.unit,
    UsageLine.amount,
).where(UsageLine.report_id == bindparam("report"))


def lines_of(report_id: int) -> Chosen:
    """Every line of a report."""
    return Chosen(_LINES, {"report": report_id})
