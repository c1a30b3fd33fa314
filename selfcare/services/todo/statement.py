"""One statement for all kinds of what waits, however many contracts there are.

Nothing is in it that its reader may not open: the table of rights decides, read in SQL
(`places.holds`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

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

from selfcare.database import among, beside_first
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
)
from selfcare.models.access_request import CONSOLE
from selfcare.models.base import UTCDateTime
from selfcare.models.console import TROUBLED
from selfcare.models.order import WAITING
from selfcare.rights import Ability
from selfcare.services.invoices.due import is_to_pay, left
from selfcare.services.months import TODAY
from selfcare.services.orders.renewals import RENEWED_BY
from selfcare.services.todo.items import Kind
from selfcare.services.users.access_requests import IS_OPEN
from selfcare.services.users.places import holds

MOST = 50
"""Read of each kind; what is beyond is not counted."""


@lru_cache
def statement(_dialect: str, *, on_one: bool) -> Any:
    """Read what waits for `account` on `contract`, or on all of theirs: `MOST` of each kind.

    The columns are those of `Item`; `waiting.of` gives the values.
    """
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

_GIVEN_UP = (WishState.QUEUED, WishState.FAILED)
_FAILED = and_(text(TROUBLED), among(ConsoleAccess.state, _GIVEN_UP))


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
