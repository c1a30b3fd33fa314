"""Invoices, usage reports, and the lines of one of them (figure 26)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, ClassVar, Self

from sqlalchemy import Row, bindparam, func, select

from selfcare.language import _l
from selfcare.language.document_names import document_name
from selfcare.language.i18n import Reader
from selfcare.lists.columns import Column, amount, day, number
from selfcare.lists.query import ListOf, ListQuery
from selfcare.models import (
    Contract,
    Invoice,
    InvoiceReference,
    PreInvoice,
    PreInvoiceVersion,
    UsageLine,
    UsageReport,
)


def _kind(row: Row[Any], _reader: Reader) -> str:
    return document_name(row.type_code, row.gross, row.corrects)


def _month(first: date, _reader: Reader) -> str:
    return f"{first:%m/%Y}"


class InvoiceList(ListQuery):
    """Date, number, kind, amount excl. tax."""

    name = "invoices"
    statement = select(
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
    page_size = 10
    columns: ClassVar[tuple[Column, ...]] = (
        day("date", _l("Date"), Invoice.issued_on, shows="issued_on"),
        Column("number", _l("Number"), Invoice.number),
        Column("kind", _l("Kind"), None, text=_kind, only_in_export=True),
        amount("net", _l("Amount excl. tax"), Invoice.net, is_number=True),
        amount("vat", _l("VAT"), None, only_in_export=True),
        amount("gross", _l("Amount incl. tax"), None, only_in_export=True),
        Column("currency", _l("Currency"), None, only_in_export=True),
    )
    searched = (func.lower(Invoice.number),)
    searched_dates = (Invoice.issued_on,)
    default_sort = "-date"
    tie_break = Invoice.id

    @classmethod
    def of_contract(cls, contract: Contract) -> ListOf[Self]:
        """Every invoice and credit note of the contract."""
        return cls._of(contract=contract.id)


class UsageReportList(ListQuery):
    """Period, usage, pre-invoice."""

    name = "usage"
    statement = (
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
    page_size = 10
    columns: ClassVar[tuple[Column, ...]] = (
        Column("month", _l("Period"), UsageReport.month, written=_month),
        amount("total", _l("Usage report (excl. tax)"), UsageReport.total),
        Column("currency", _l("Currency"), None, only_in_export=True),
    )
    searched = (func.lower(UsageReport.currency),)
    searched_dates = (UsageReport.month,)
    default_sort = "-month"
    tie_break = UsageReport.id
    joins_decide = False

    @classmethod
    def of_contract(cls, contract: Contract) -> ListOf[Self]:
        """Every month of usage of the contract, and how far its pre-invoice is."""
        return cls._of(contract=contract.id)


class UsageLineList(ListQuery):
    """The lines of one report."""

    name = "lines"
    statement = select(
        UsageLine.id,
        UsageLine.service,
        UsageLine.project,
        UsageLine.label,
        UsageLine.resource,
        UsageLine.quantity,
        UsageLine.unit,
        UsageLine.amount,
    ).where(UsageLine.report_id == bindparam("report"))
    columns: ClassVar[tuple[Column, ...]] = (
        Column("service", _l("Service"), UsageLine.service),
        Column("project", _l("Project"), UsageLine.project),
        Column("label", _l("Description"), UsageLine.label),
        Column("resource", _l("Resource"), UsageLine.resource),
        number("quantity", _l("Quantity"), UsageLine.quantity, is_number=True),
        Column("unit", _l("Unit"), None, only_in_export=True),
        amount("amount", _l("Amount excl. tax"), UsageLine.amount, is_number=True),
    )
    searched = (UsageLine.search_text,)
    default_sort = "-amount"
    tie_break = UsageLine.id

    @classmethod
    def of_report(cls, report: UsageReport) -> ListOf[Self]:
        """Every line of a month's report."""
        return replace(cls._of(report=report.id), about=f"{report.month:%Y-%m}")
