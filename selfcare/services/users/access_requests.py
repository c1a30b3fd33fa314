"""« Demander cet accès »: a member asks, the referent is told, a manager answers (ASK-1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, or_, select, text

from selfcare import config
from selfcare.database import db, lock
from selfcare.models import AccessRequest, Account, Contract, Membership, RequestState, now
from selfcare.models.access_request import CONSOLE
from selfcare.rights import Ability, Access, Profile, Rights, Section
from selfcare.services.mail.kinds import access as mails
from selfcare.services.safety import audit, throttling
from selfcare.services.users import places
from selfcare.services.users.places import Place

AGAIN_AFTER = timedelta(days=1)
"""The same access can be asked for again only after that, even if the request was declined."""
SHOWN = 20
"""Open requests that a page of managers shows."""
LONGEST_REASON = 300
IS_OPEN = text("access_requests.state = 'open'")
"""In the words of the index of open requests."""


WaitingRows = Select[int, int, int, str, str, datetime, str, str, str]


class NothingToAsk(Exception):
    """They have it, asked for it less than a day ago, or give such accesses themselves."""


class AnsweredMeanwhile(Exception):
    """Somebody else was quicker."""


def may_answer(rights: Rights, access: Access) -> bool:
    """Whether these rights give such an access, to others and to their owner."""
    console = access.section is None and rights.may(Ability.SET_CONSOLE_ROLES)
    return console or rights.may(Ability.CHANGE_USER)


def ask(place: Place, access: Access, *, by: Account) -> AccessRequest:
    """Write it down and tell the referent; an open request for the same is told once more.

    Raises:
        NothingToAsk: nothing was written.
        TooManyAttempts: this person asked for much lately; nothing was written.
    """
    membership, contract = place.membership, place.contract
    lock(membership)
    rights = Rights(membership.profiles, place.rights.console_roles)
    former = next((one for one in recent(membership.id) if one.access == access), None)
    if access.is_held(rights) or may_answer(rights, access):
        raise NothingToAsk
    if former and not may_be_repeated(former):
        raise NothingToAsk
    throttling.of_subject("access-request", str(by.id), config.current().throttle_recovery).take()
    if former and former.state == RequestState.OPEN:
        wanted = former
        wanted.asked_at = now()
    else:
        wanted = AccessRequest(
            membership_id=membership.id,
            contract_id=contract.id,
            section=str(access.section or CONSOLE),
            profile=str(access.profile) if access.section else "",
        )
        db.session.add(wanted)
    db.session.flush()
    if referent := places.referent_of(contract):
        mails.access_asked(referent, contract=contract, by=by, wanted=wanted)
    told = {"access": [[wanted.section, wanted.profile]]}
    audit.record("access.asked", actor=by, subject=by, contract=contract, details=told)
    return wanted


def recent(membership_id: int) -> Sequence[AccessRequest]:
    """A member's requests that are open or less than a day old, the latest first."""
    return (
        db.session.execute(
            select(AccessRequest)
            .where(
                AccessRequest.membership_id == membership_id,
                or_(IS_OPEN, AccessRequest.asked_at > now() - AGAIN_AFTER),
            )
            .order_by(AccessRequest.asked_at.desc(), AccessRequest.id.desc())
        )
        .scalars()
        .all()
    )


def may_be_repeated(request: AccessRequest) -> bool:
    """Whether the same may be asked for again by now."""
    return request.state == RequestState.GRANTED or request.asked_at <= now() - AGAIN_AFTER


def waiting(*, console_only: bool = False) -> WaitingRows:
    """Open requests, the oldest first, with who asks; the caller says on which contracts.

    `console_only`: those that a manager of console users can answer.
    """
    found = (
        select(
            AccessRequest.id,
            AccessRequest.contract_id,
            AccessRequest.membership_id,
            AccessRequest.section,
            AccessRequest.profile,
            AccessRequest.asked_at,
            Account.first_name,
            Account.last_name,
            Account.login,
        )
        .join(Membership, Membership.id == AccessRequest.membership_id)
        .join(Account, Account.id == Membership.account_id)
        .where(IS_OPEN)
        .order_by(AccessRequest.asked_at, AccessRequest.id)
    )
    return found.where(AccessRequest.section == CONSOLE) if console_only else found


def waiting_on(contract: Contract, *, console_only: bool = False) -> list[Row[Any]]:
    """The open requests of a contract, the oldest first, as many as a page shows."""
    found = waiting(console_only=console_only).where(AccessRequest.contract_id == contract.id)
    return list(db.session.execute(found.limit(SHOWN)))


def open_of(membership_id: int) -> list[AccessRequest]:
    """One member's open requests, for whoever changes their roles."""
    found = select(AccessRequest).where(IS_OPEN, AccessRequest.membership_id == membership_id)
    return list(db.session.execute(found.order_by(AccessRequest.id)).scalars())


def with_requested(
    profiles: Mapping[Section, Profile], asked: Sequence[AccessRequest], request_id: str | None
) -> Mapping[Section, Profile]:
    """These profiles with the one that a request asks for, for the form that gives it."""
    for one in asked:
        if str(one.id) == request_id and one.access.section:
            return {**profiles, one.access.section: one.access.profile}
    return profiles


def settle(
    account: Account, contract: Contract, rights: Rights, *, by: Account | None
) -> datetime | None:
    """Requests that these new rights fulfil are granted; says when the latest was asked for."""
    mine = select(Membership.id).filter_by(account_id=account.id, contract_id=contract.id)
    found = select(AccessRequest).where(
        IS_OPEN, AccessRequest.membership_id == mine.scalar_subquery()
    )
    fulfilled = [
        one
        for one in db.session.execute(found.with_for_update()).scalars()
        if one.access.is_held(rights)
    ]
    for one in fulfilled:
        _answer(one, RequestState.GRANTED, by=by)
    return max((one.asked_at for one in fulfilled), default=None)


def decline(request: AccessRequest, *, by: Account, reason: str) -> None:
    """Say no; the person is told, with the reason if there is one.

    Raises:
        AnsweredMeanwhile: nothing was changed.
    """
    lock(request)
    if request.state != RequestState.OPEN:
        raise AnsweredMeanwhile
    _answer(request, RequestState.DECLINED, by=by)
    asker = db.session.execute(
        select(Account)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.id == request.membership_id)
    ).scalar_one()
    contract = db.session.get_one(Contract, request.contract_id)
    mails.access_declined(asker, contract=contract, by=by, declined=request, reason=reason)
    told = {"access": [[request.section, request.profile]]}
    audit.record("access.declined", actor=by, subject=asker, contract=contract, details=told)


def _answer(request: AccessRequest, state: RequestState, *, by: Account | None) -> None:
    request.state, request.answered_at = state, now()
    request.answered_by_id = by.id if by else None
    db.session.flush()
