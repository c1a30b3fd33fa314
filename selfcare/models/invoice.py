"""Invoices that came in, and the usage reports and pre-invoices of each month (§5.7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from selfcare.models.base import Base, Searchable, now
from selfcare.models.document_types import InvoiceKind
from selfcare.models.wish import Wish, rules_of_a_wish


class Invoice(Base):
    """One document as its issuer made it: amounts read from it, never worked out (INVOICES-2).

    A credit note's amounts are kept negative, so that sums come out right.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        CheckConstraint("kind IN ('invoice', 'credit_note')", name="kind"),
        Index(None, "contract_id", "issued_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    kind: Mapped[InvoiceKind] = mapped_column(String(16), default=InvoiceKind.INVOICE)
    type_code: Mapped[str] = mapped_column(String(3), default="380")
    """The exact type, finer than its kind (BT-3): a key of `DOCUMENT_TYPES`."""
    issued_on: Mapped[date]
    due_on: Mapped[date | None]
    payment_terms: Mapped[str] = mapped_column(String(2000), default="")
    """The payment terms, in its own words (BT-20)."""
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    net: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    vat: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    gross: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    paid: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    """Paid already when it was issued (BT-113); None where the document does not say."""
    rounding: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    """The rounding of the amount to pay (BT-114), likewise."""
    for_others: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    """The amount collected for somebody else (BT-179), likewise."""
    payable: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    """The amount left to pay (BT-115), likewise."""
    currency: Mapped[str] = mapped_column(String(3))
    lines: Mapped[list[Any]] = mapped_column(default=list)
    """Its lines as the XML tells them, for the readable page: name, quantity, amount."""
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the PDF: the same file twice is once."""
    pdf_key: Mapped[str] = mapped_column(String(160))
    pdf_size: Mapped[int]
    xml_key: Mapped[str | None] = mapped_column(String(160))
    xml_size: Mapped[int | None]
    loaded_at: Mapped[datetime] = mapped_column(default=now)


class InvoiceReference(Base):
    """A document that an invoice names: what it corrects, credits or settles (BT-25, BT-26).

    By its number: whether that document was loaded, before or after, is looked up when shown.
    """

    __tablename__ = "invoice_references"
    __table_args__ = (UniqueConstraint("invoice_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id", ondelete="CASCADE"))
    number: Mapped[str] = mapped_column(String(80), index=True)
    issued_on: Mapped[date | None]


class UsageReport(Base):
    """The usage of a contract in a month."""

    __tablename__ = "usage_reports"
    __table_args__ = (UniqueConstraint("contract_id", "month"), Index(None, "month"))

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    month: Mapped[date]
    """The month's first day."""
    currency: Mapped[str] = mapped_column(String(3))
    total: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    digest: Mapped[str] = mapped_column(String(64))
    csv_key: Mapped[str] = mapped_column(String(160))
    csv_size: Mapped[int]
    loaded_at: Mapped[datetime] = mapped_column(default=now)
    pre_invoice: Mapped[PreInvoice] = relationship(
        lazy="joined", innerjoin=True, cascade="all", passive_deletes=True
    )


class PreInvoice(Wish, Base):
    """The wish for a report's pre-invoice (INVOICES-1); a change of what it is made from renews it.

    It is made with its report.
    """

    __tablename__ = "pre_invoices"
    __table_args__ = rules_of_a_wish()

    report_id: Mapped[int] = mapped_column(
        ForeignKey("usage_reports.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    version: Mapped[int] = mapped_column(default=0)
    """The number of the newest version; 0 while there is none."""


class PreInvoiceVersion(Base):
    """A pre-invoice as it was made once: it may have been downloaded, so it is never changed."""

    __tablename__ = "pre_invoice_versions"
    __table_args__ = (UniqueConstraint("report_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("usage_reports.id", ondelete="CASCADE"))
    number: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(default=now)
    content: Mapped[list[Any]] = mapped_column(default=list)
    """The content of the PDF, for the readable page."""
    fingerprint: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the source data: the same data makes no new version."""
    key: Mapped[str] = mapped_column(String(160))
    size: Mapped[int]


class UsageShare(Base):
    """A report's amount for one service in one project, added up once, when the report is loaded.

    Pages read these instead of adding up a hundred thousand lines a month. In cents, shared out
    so that the report's shares make exactly its total.
    """

    __tablename__ = "usage_shares"
    __table_args__ = (UniqueConstraint("report_id", "service", "project"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("usage_reports.id", ondelete="CASCADE"))
    service: Mapped[str] = mapped_column(String(80))
    project: Mapped[str] = mapped_column(String(120), default="")
    lines: Mapped[int]
    amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))


class UsageLine(Searchable, Base):
    """One line of a usage report."""

    __tablename__ = "usage_lines"
    __table_args__ = (Index(None, "report_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("usage_reports.id", ondelete="CASCADE"))
    service: Mapped[str] = mapped_column(String(80))
    project: Mapped[str] = mapped_column(String(120), default="")
    label: Mapped[str] = mapped_column(String(160))
    resource: Mapped[str] = mapped_column(String(160), default="")
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    unit: Mapped[str] = mapped_column(String(40), default="")
    unit_price: Mapped[Decimal] = mapped_column(Numeric(18, 8))
    amount: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    """After the volume discount, as the file has it; only totals are rounded."""

    def search_terms(self) -> Iterable[str | None]:
        """Service, project, description and resource."""
        return (self.service, self.project, self.label, self.resource)
