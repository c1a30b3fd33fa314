"""Subscriptions, and the sums of a contract's that the dashboard and the invoices' page draw."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Connection,
    ForeignKey,
    Index,
    Numeric,
    Select,
    String,
    delete,
    event,
    func,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Mapper, mapped_column, object_session, relationship

from selfcare.models.base import Base, Searchable, index_of
from selfcare.models.contract import Contract
from selfcare.models.order import LONGEST_NAME, LONGEST_REGION, Order


class SubscriptionStatus(StrEnum):
    """Derived from the dates, never stored (SUBS-2)."""

    SUBSCRIBED = "subscribed"
    ACTIVE = "active"
    ENDED = "ended"


LONGEST_NOTICE = timedelta(days=90)
"""Before a subscription's end: nobody is told of it earlier."""


def first_reminder(ends_on: date) -> date:
    """The first day on which somebody may have to be told of an end."""
    return ends_on - LONGEST_NOTICE


class Subscription(Searchable, Base):
    """What a completed order gave rise to; exists in no other case (SUBS-2)."""

    __tablename__ = "subscriptions"
    searched_words_change = False

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), unique=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    subscribed_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    subscribed_at: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    months: Mapped[int]
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    upfront: Mapped[Decimal] = mapped_column(Numeric(12, 2), default=Decimal(0))
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    region: Mapped[str] = mapped_column(String(LONGEST_REGION), default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    remind_on: Mapped[date | None] = mapped_column(
        default=lambda context: first_reminder(context.get_current_parameters()["ends_on"])
    )
    """When to see next whether somebody is to be told of its end; None once all is told (SUBS-3).

    Nothing else of a subscription changes.
    """

    order: Mapped[Order] = relationship(lazy="raise_on_sql")
    contract: Mapped[Contract] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dates"),
        Index(None, "contract_id", "subscribed_at", "id"),
        Index(None, "subscribed_by_id", "subscribed_at", "id"),
        Index(None, "contract_id", "subscribed_by_id", "subscribed_at", "id"),
        Index(None, "contract_id", "ref", "id"),
        Index(None, "contract_id", "name", "id"),
        Index(None, "contract_id", "price", "id"),
        Index(None, "contract_id", "starts_on", "id"),
        Index(None, "contract_id", "ends_on", "id"),
        Index(None, "contract_id", "subscribed_by_id", "starts_on", "id"),
        Index(None, "contract_id", "subscribed_by_id", "ends_on", "id"),
        index_of("remind_on IS NOT NULL", None, "remind_on"),
    )

    def search_terms(self) -> Iterable[str | None]:
        """Reference and name (dates are searched as dates)."""
        return (self.ref, self.name)


def subscription_status(starts_on: date, ends_on: date, today: date) -> SubscriptionStatus:
    """`subscribed` until the start date, `active` until the end date has passed, then `ended`."""
    if today < starts_on:
        return SubscriptionStatus.SUBSCRIBED
    return SubscriptionStatus.ACTIVE if today <= ends_on else SubscriptionStatus.ENDED


class SubscriptionTotal(Base):
    """What the subscriptions of one service, currency and period cost a contract together.

    Thousands of subscriptions are few periods: they begin on the 1st and last some years. A page
    reads these rows, so its time does not grow with the subscriptions (docs/adr/0505).
    """

    __tablename__ = "subscription_totals"

    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"), primary_key=True)
    ends_on: Mapped[date] = mapped_column(primary_key=True)
    starts_on: Mapped[date] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    name_fr: Mapped[str] = mapped_column(String(120), primary_key=True)
    """Both names are those of the service ordered."""
    name_en: Mapped[str] = mapped_column(String(120), primary_key=True)
    count: Mapped[int]
    price: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    """Per month."""
    upfront: Mapped[Decimal] = mapped_column(Numeric(14, 2))

    @staticmethod
    def work_out_all(connection: Connection) -> None:
        """Make all rows anew, after subscriptions were written past the models."""
        connection.execute(delete(SubscriptionTotal))
        connection.execute(insert(SubscriptionTotal).from_select(_COLUMNS, _totals()))


_KEY = ("contract_id", "ends_on", "starts_on", "currency", "name_fr", "name_en")
_SUMS = ("count", "price", "upfront")
_COLUMNS = (*_KEY, *_SUMS)


def _totals() -> Select[*tuple[Any, ...]]:
    key = [getattr(Order if name.startswith("name") else Subscription, name) for name in _KEY]
    return (
        select(*key, func.count(), func.sum(Subscription.price), func.sum(Subscription.upfront))
        .join(Order, Order.id == Subscription.order_id)
        .group_by(*key)
    )


@event.listens_for(Subscription, "after_insert")
def _add_to_total(_mapper: Mapper[Any], connection: Connection, row: Subscription) -> None:
    """Add a new subscription to its row, in one statement: two may come at the same time."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    one = _totals().where(Subscription.id == row.id)
    statement = dialect.insert(SubscriptionTotal).from_select(_COLUMNS, one)
    more = {
        name: getattr(SubscriptionTotal, name) + getattr(statement.excluded, name) for name in _SUMS
    }
    connection.execute(statement.on_conflict_do_update(index_elements=_KEY, set_=more))


@event.listens_for(Subscription, "before_update")
@event.listens_for(Subscription, "before_delete")
def _refuse(_mapper: Mapper[Any], _connection: Connection, row: Subscription) -> None:
    session = object_session(row)
    if session is None or row in session.deleted or session.is_modified(row):
        raise TypeError(f"a subscription stays as it was made, its total counts on it: {row.ref}")
