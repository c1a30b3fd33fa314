"""Subscriptions that end: whoever may renew them is told by mail (SUBS-3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy import or_, select, text, update

from selfcare import config
from selfcare.background.jobs import job
from selfcare.database import db
from selfcare.models import Account, Contract, Membership, Subscription
from selfcare.rights import Ability, Rights
from selfcare.services import months
from selfcare.services.mail.kinds import orders as mails
from selfcare.services.orders.renewals import RENEWED_BY
from selfcare.services.users.places import holds

ROUND = 500


@job(queue="sweeps")
def remind() -> None:
    """Tell of the ends that are near, once for each of the days of `RENEWAL_NOTICES`.

    Those of a contract share one mail. The rows are marked in the transaction of the mails: a
    worker that is killed has told of nothing, and two at once tell of different ones.
    """
    today = months.today()
    due = (
        select(Subscription, RENEWED_BY.label("renewed_by"))
        .where(text("remind_on IS NOT NULL"), Subscription.remind_on <= today)
        .order_by(Subscription.remind_on, Subscription.id)
        .limit(ROUND)
        .with_for_update(of=Subscription, skip_locked=True)
    )
    told: dict[int, list[Subscription]] = defaultdict(list)
    for one, renewed_by in db.session.execute(due):
        if is_news(one, today) and not renewed_by:
            told[one.contract_id].append(one)
        db.session.execute(
            update(Subscription)
            .where(Subscription.id == one.id)
            .values(remind_on=next_look(one, today))
            .execution_options(synchronize_session=False)
        )
    for contract_id, ending in told.items():
        _tell(contract_id, sorted(ending, key=lambda one: (one.ends_on, one.ref)))


def is_news(one: Subscription, today: date) -> bool:
    """Whether one of the days has come since it was last looked at, and it has not ended.

    Days before it was taken out do not count: who has just ordered knows.
    """
    known = max(one.remind_on or today, months.local_day(one.subscribed_at) + timedelta(days=1))
    return today <= one.ends_on and any(known <= day <= today for day in _days(one))


def next_look(one: Subscription, today: date) -> date | None:
    """The next of the days; None if there is no more."""
    return min((day for day in _days(one) if day > today), default=None)


def _days(one: Subscription) -> Iterable[date]:
    return [one.ends_on - timedelta(days=days) for days in config.current().days_of_notice]


def _tell(contract_id: int, ending: Sequence[Subscription]) -> None:
    """Mail whoever may order there, of what they may see: all, or what they took out themselves."""
    contract = db.session.get_one(Contract, contract_id)
    takers = {one.subscribed_by_id for one in ending}
    people = (
        select(Account, Membership)
        .join(Membership, Membership.account_id == Account.id)
        .where(
            Membership.contract_id == contract_id,
            Membership.lasts_on(months.TODAY),
            Account.disabled_at.is_(None),
            holds(Ability.ORDER_SERVICE),
            or_(
                holds(Ability.READ_SUBSCRIPTIONS),
                Membership.is_referent,
                Account.id.in_(takers),
            ),
        )
        .order_by(Account.id)
    )
    told, open_to = {}, set()
    for account, membership in db.session.execute(people):
        if Rights(membership.profiles).may(Ability.READ_SUBSCRIPTIONS):
            open_to.add(account)
        every = account in open_to or membership.is_referent
        told[account] = [one for one in ending if every or one.subscribed_by_id == account.id]
    mails.subscription_ends(contract, told, open_to=open_to)
