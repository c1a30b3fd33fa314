"""« À faire »: what waits for somebody, on one contract or on all of theirs (DASH-2, HOME-5).

One statement, however many contracts there are. Nothing is in it that its reader may not open:
the table of rights decides, read in SQL (`places.holds`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import (
    Date,
    Numeric,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    literal,
    null,
    or_,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from selfcare.database import beside_first, db
from selfcare.models import (
    AccessRequest,
    Account,
    ConsoleAccess,
    Contract,
    Invoice,
    Membership,
    Order,
    Subscription,
    Visit,
    VisitKind,
    WishState,
    now,
)
from selfcare.models.access_request import CONSOLE
from selfcare.models.base import UTCDateTime
from selfcare.models.console import TROUBLED
from selfcare.models.order import WAITING
from selfcare.rights import Ability
from selfcare.services.invoices.due import days_around, is_to_pay, left
from selfcare.services.months import TODAY
from selfcare.services.orders.renewals import RENEWED_BY
from selfcare.services.staff.asking import ASKED_FOR
from selfcare.services.users.access_requests import IS_OPEN
from selfcare.services.users.places import holds

SOON = timedelta(days=60)
"""A subscription that ends within this is to be renewed."""
SHOWN = 5
MOST = 50
"""Read of each kind; what is beyond is not counted."""


class Kind(StrEnum):
    """What is to be done, the most urgent first."""

    CONSOLE = "console"
    INVOICE = "invoice"
    VISIT = "visit"
    REQUEST = "request"
    ENDING = "ending"
    MEMBER = "member"
    ORDER = "order"


class Item(NamedTuple):
    """One thing to do.

    Attributes:
        kind: what.
        contract_ref, contract_name: where.
        key: of the thing: a reference, or an id.
        name: of the thing, or of the person it is about.
        day: when it is due, or ends.
        at: since when it waits.
        amount, currency: to pay.
        status: of an order; of a console access, whether it was given up.
        can: whether its reader may do what is to be done: order, open the orders.
    """

    kind: Kind
    contract_ref: str
    contract_name: str
    key: str
    name: str
    day: date | None
    at: datetime | None
    amount: Decimal | None
    currency: str
    status: str
    can: bool

    def days_until(self, today: date) -> int | None:
        """The days left, if it has a day; below zero it is late."""
        return (self.day - today).days if self.day else None


@dataclass(frozen=True)
class Todo:
    """What is shown, and how much there is besides."""

    shown: Sequence[Item]
    others: int
    is_counted: bool
    """False where there are more than `others`: not all were read."""


def of(account_id: int, *, today: date, contract_id: int | None, every: bool) -> Todo:
    """What waits for somebody.

    Args:
        account_id: who.
        today: in their time zone.
        contract_id: on this contract; None: on all of theirs.
        every: show all that was read, not the first few.
    """
    asked = {
        "account": account_id,
        "contract": contract_id,
        "soon": today + SOON,
        "asked_since": now() - ASKED_FOR,
        **days_around(today),
    }
    statement = _statement(db.engine.dialect.name, on_one=contract_id is not None)
    rows = db.session.execute(statement, asked)
    found = sorted((Item(Kind(row[0]), *row[1:]) for row in rows), key=_urgency)
    by_kind = [list(some) for _, some in groupby(found, key=lambda item: item.kind)]
    shown = found if every else sorted(_in_turn(by_kind, SHOWN), key=_urgency)
    full = any(len(some) == MOST for some in by_kind)
    return Todo(shown, len(found) - len(shown), not full)


_ORDER = {kind: place for place, kind in enumerate(Kind)}


def _urgency(item: Item) -> tuple[Any, ...]:
    since = item.at.date() if item.at else date.max
    return _ORDER[item.kind], item.day or since, item.contract_ref, item.key


def _in_turn(by_kind: Sequence[Sequence[Item]], most: int) -> list[Item]:
    """The first of each kind, then the second of each: no kind hides the others."""
    placed = [
        (place, number, item)
        for number, some in enumerate(by_kind)
        for place, item in enumerate(some)
    ]
    return [item for _, _, item in sorted(placed, key=lambda one: one[:2])[:most]]


@lru_cache
def _statement(_dialect: str, *, on_one: bool) -> Any:
    kinds = (_console(), _invoices(), _visits(), _requests(), _endings(), _members(), _orders())
    parts = []
    for chosen, by in kinds:
        mine = chosen.where(
            Membership.account_id == bindparam("account"), Membership.lasts_on(TODAY)
        )
        if on_one:
            mine = mine.where(Membership.contract_id == bindparam("contract"))
        parts.append(mine.order_by(by).limit(MOST).subquery().select())
    return union_all(*parts)


def _chosen(
    kind: Kind,
    *,
    key: Any,
    name: Any = None,
    day: Any = None,
    at: Any = None,
    amount: Any = None,
    currency: Any = None,
    status: Any = None,
    can: Any = None,
) -> Select[Any]:
    """The columns of `Item`, from a place and its contract."""
    nothing = literal("", String)
    return (
        select(
            literal(kind.value, String).label("kind"),
            Contract.ref,
            Contract.name,
            cast(key, String).label("key"),
            (nothing if name is None else name).label("what"),
            (cast(null(), Date) if day is None else day).label("day"),
            (cast(null(), UTCDateTime) if at is None else at).label("at"),
            (cast(null(), Numeric(14, 2)) if amount is None else amount).label("amount"),
            (nothing if currency is None else currency).label("currency"),
            (nothing if status is None else cast(status, String)).label("status"),
            case((true() if can is None else can, 1), else_=0).label("can"),
        )
        .select_from(Membership)
        .join(Contract, Contract.id == Membership.contract_id)
    )


Part = tuple[Select[Any], Any]
"""A kind's rows, and what orders them."""

_FAILED = and_(text(TROUBLED), ConsoleAccess.state.in_((WishState.QUEUED, WishState.FAILED)))


def _console() -> Part:
    """One's own access, which could not be prepared."""
    found = _chosen(
        Kind.CONSOLE,
        key=ConsoleAccess.id,
        at=ConsoleAccess.changed_at,
        status=ConsoleAccess.state,
        can=holds(Ability.OPEN_DASHBOARD),
    )
    its = and_(
        ConsoleAccess.contract_id == Membership.contract_id,
        ConsoleAccess.account_id == Membership.account_id,
    )
    return found.join(ConsoleAccess, its).where(_FAILED), ConsoleAccess.changed_at


def _members() -> Part:
    """The same of others, for those who can try again."""
    name = Account.first_name + " " + Account.last_name
    found = _chosen(
        Kind.MEMBER,
        key=Account.login,
        name=name,
        at=ConsoleAccess.changed_at,
        status=ConsoleAccess.state,
    )
    its = ConsoleAccess.contract_id == Membership.contract_id
    found = (
        found.join(ConsoleAccess, its)
        .join(Account, Account.id == ConsoleAccess.account_id)
        .where(
            _FAILED,
            ConsoleAccess.account_id != Membership.account_id,
            holds(Ability.SET_CONSOLE_ROLES),
        )
    )
    return found, ConsoleAccess.changed_at


def _invoices() -> Part:
    """Those to pay, as the invoices' page says."""
    found = _chosen(
        Kind.INVOICE,
        key=Invoice.id,
        name=Invoice.number,
        day=Invoice.due_on,
        amount=left(),
        currency=Invoice.currency,
    ).join(Invoice, Invoice.contract_id == Membership.contract_id)
    return found.where(
        holds(Ability.READ_INVOICES), is_to_pay(Membership.contract_id)
    ), Invoice.due_on


def _endings() -> Part:
    """Subscriptions that end soon, and that no order renews."""
    found = _chosen(
        Kind.ENDING,
        key=Subscription.ref,
        name=Subscription.name,
        day=Subscription.ends_on,
        can=holds(Ability.ORDER_SERVICE),
    )
    first = _first(
        Subscription,
        Subscription.ends_on,
        Subscription.ends_on.between(bindparam("today"), bindparam("soon")),
        RENEWED_BY.is_(None),
    )
    found = beside_first(found, Subscription, first).where(holds(Ability.READ_SUBSCRIPTIONS))
    return found, Subscription.ends_on


def _orders() -> Part:
    """Orders that are not carried out yet: the contract's, or one's own."""
    may_read = or_(Order.placed_by_id == Membership.account_id, holds(Ability.READ_ORDERS))
    first = _first(Order, Order.placed_at, text(WAITING), may_read)
    found = _chosen(
        Kind.ORDER,
        key=Order.ref,
        name=Order.ref,
        at=Order.placed_at,
        status=Order.status,
        can=holds(Ability.READ_ORDERS),
    )
    return beside_first(found, Order, first), Order.placed_at


def _first(model: Any, by: Any, *conditions: Any) -> Select[Any]:
    """The keys of what comes first on a contract, as many as are read; there may be thousands."""
    keys = select(model.id).where(model.contract_id == Membership.contract_id, *conditions)
    return keys.order_by(by).limit(MOST).correlate(Membership)


def _requests() -> Part:
    """Accesses that members ask for (ASK-1), for those who can give them."""
    place, asker = aliased(Membership), aliased(Account)
    found = _chosen(
        Kind.REQUEST,
        key=AccessRequest.id,
        name=asker.first_name + " " + asker.last_name,
        at=AccessRequest.asked_at,
    )
    can_give = or_(
        holds(Ability.CHANGE_USER),
        and_(AccessRequest.section == CONSOLE, holds(Ability.SET_CONSOLE_ROLES)),
    )
    found = (
        found.join(AccessRequest, AccessRequest.contract_id == Membership.contract_id)
        .join(place, place.id == AccessRequest.membership_id)
        .join(asker, asker.id == place.account_id)
        .where(IS_OPEN, can_give)
    )
    return found, AccessRequest.asked_at


def _visits() -> Part:
    """Visits that support asks the referent for (STAFF-2)."""
    found = _chosen(Kind.VISIT, key=Visit.id, name=Visit.reason, at=Visit.asked_at)
    found = found.join(Visit, Visit.contract_id == Membership.contract_id).where(
        Membership.is_referent,
        holds(Ability.SEE_SUPPORT_CONTACT),
        Visit.kind == VisitKind.APPROVAL,
        Visit.asked_at > bindparam("asked_since"),
        Visit.answered_at.is_(None),
        Visit.ended_at.is_(None),
    )
    return found, Visit.asked_at
