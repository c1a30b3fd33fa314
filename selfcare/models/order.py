"""Orders, the counter behind their references, their timeline and drafts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Numeric,
    String,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from selfcare.models.account import Account
from selfcare.models.base import Base, Searchable, index_of, now
from selfcare.models.contract import Contract

LONGEST_NAME, LONGEST_REGION = 120, 32
"""Of a subscription: what the catalogue makes must fit."""
LONGEST_NOTE = 500

AUTOMATIC_TO_DO = "fulfilment = 'automatic' AND status IN ('submitted', 'in_progress')"
"""The orders that a job carries out, and has not yet."""
WAITING = "orders.status IN ('submitted', 'in_progress')"
"""The orders that are not carried out yet."""
RENEWS = "renews_id IS NOT NULL AND status <> 'cancelled'"
"""The orders that renew a subscription."""


class OrderStatus(StrEnum):
    """The progress of an order; `wording.ORDER_STATUS` names it."""

    SUBMITTED = "submitted"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class PriceKind(StrEnum):
    """How a catalogue price is to be read."""

    MONTHLY = "monthly"
    FROM_MONTHLY = "from_monthly"
    ONCE = "once"
    QUOTE = "quote"


BY_PRICE = "coalesce({}price, -1)"
BY_STATUS = (
    "(CASE {}status WHEN 'submitted' THEN 0 WHEN 'in_progress' THEN 1"
    " WHEN 'completed' THEN 2 ELSE 3 END)"
)
"""The order of a price and of a status, in the words of an index and of a statement alike."""


class Order(Searchable, Base):
    """An order: it keeps the wording and price it was placed with."""

    __tablename__ = "orders"
    searched_words_change = False

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    placed_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    placed_at: Mapped[datetime] = mapped_column(default=now)
    name_fr: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    price: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    price_kind: Mapped[PriceKind] = mapped_column(String(16), default=PriceKind.MONTHLY)
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    status: Mapped[OrderStatus] = mapped_column(String(16), default=OrderStatus.SUBMITTED)
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    labels: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The form's wording of the parameters that day: `{"needs": {"fr": …, "en": …}}`.

    That of the option chosen stands beside it as `chosen`, where there were options.
    """
    service_version: Mapped[int | None]
    """The number of the catalogue's version it was made with."""
    draft_key: Mapped[str | None] = mapped_column(String(43))
    """The draft it was made from: one draft is one order, however often it is sent (SERVICES-3)."""
    fulfilment: Mapped[str] = mapped_column(String(16), default="manual")
    """The way it is carried out: `manual` (an operator) or `automatic` (a job)."""
    upfront: Mapped[Decimal] = mapped_column(Numeric(12, 2), default=Decimal(0))
    months: Mapped[int | None]
    """The duration of the subscription; None if the order leads to none."""
    subscription_name: Mapped[str | None] = mapped_column(String(LONGEST_NAME))
    renews_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    """The order whose subscription this one renews (SUBS-3)."""
    starts_on: Mapped[date | None]
    """The first day of a renewal; None: what it leads to starts on the 1st after the order."""

    contract: Mapped[Contract] = relationship(lazy="raise_on_sql")
    placed_by: Mapped[Account] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        CheckConstraint(
            "status IN ('submitted', 'in_progress', 'completed', 'cancelled')", name="status"
        ),
        CheckConstraint(
            "price_kind IN ('monthly', 'from_monthly', 'once', 'quote')", name="price_kind"
        ),
        Index("uq_orders_draft_key", "draft_key", unique=True),
        Index(
            "uq_orders_renews_id",
            "renews_id",
            unique=True,
            sqlite_where=text(RENEWS),
            postgresql_where=text(RENEWS),
        ),
        Index(None, "contract_id", "placed_at", "id"),
        Index(None, "placed_by_id", "placed_at", "id"),
        Index(None, "contract_id", "placed_by_id", "placed_at", "id"),
        Index(None, "contract_id", "status", "placed_at", "id"),
        Index(None, "contract_id", "placed_by_id", "status", "placed_at", "id"),
        Index(None, "contract_id", "ref", "id"),
        Index(None, "contract_id", "name_fr", "id"),
        Index(None, "contract_id", "name_en", "id"),
        Index("ix_orders_by_price", "contract_id", text(BY_PRICE.format("")), "id"),
        Index("ix_orders_by_status", "contract_id", text(BY_STATUS.format("")), "id"),
        index_of(WAITING.replace("orders.", ""), "ix_orders_waiting", "contract_id", "placed_at"),
        index_of(AUTOMATIC_TO_DO, "ix_orders_automatic_to_do", "placed_at"),
    )

    def name(self, locale: str) -> str:
        """The service ordered, in the reader's language."""
        return self.name_en if locale == "en" else self.name_fr

    def search_terms(self) -> Iterable[str | None]:
        """Reference, both names, who ordered, and the parameters' values."""
        values = (str(value) for value in self.parameters.values())
        return (self.ref, self.name_fr, self.name_en, self.placed_by.login, *values)


PRICE_RANK: ColumnElement[Any] = literal_column(BY_PRICE.format("orders."))
"""« Sur devis » below every amount, on both databases alike."""
STATUS_RANK: ColumnElement[Any] = literal_column(BY_STATUS.format("orders."))
"""The order of `OrderStatus`."""


class OrderCounter(Base):
    """The last number given in a customer's month (ORDERS-2)."""

    __tablename__ = "order_counters"

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    month: Mapped[str] = mapped_column(String(4), primary_key=True)
    last: Mapped[int]


class OrderEvent(Base):
    """One move of an order: the timeline on its page, and the trace of who moved it."""

    __tablename__ = "order_events"
    __table_args__ = (Index(None, "order_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(default=now)
    status: Mapped[OrderStatus] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(String(64))
    """A login, or `operator` or `automatic`."""
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE), default="")
    """Said to the customer: why it was cancelled, for example."""


class OrderDraft(Base):
    """An order being prepared: what was entered, and the price its summary showed (SERVICES-3)."""

    __tablename__ = "order_drafts"
    __table_args__ = (Index(None, "created_at"),)

    key: Mapped[str] = mapped_column(String(43), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    entered: Mapped[dict[str, Any]]
    version: Mapped[int]
    """The version of the service that the summary was shown with."""
    shown_on: Mapped[date]
    """The day it was shown: the order starts what it says only in the same month."""
    renews_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    """The order whose subscription it is to renew (SUBS-3)."""
    created_at: Mapped[datetime] = mapped_column(default=now)
