"""Visits that are asked for, answered and invited to, before they begin (STAFF-2).

The contract's referent decides by its policy; in an emergency a second staff member does.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import func, select, update

from selfcare.database import db
from selfcare.models import Account, Contract, SignIn, Visit, VisitKind, now
from selfcare.rights import StaffAbility, VisitPolicy
from selfcare.services.mail.kinds import visits as mails
from selfcare.services.staff import agents, ending
from selfcare.services.staff.visits import begin, hashed, write_down
from selfcare.services.users import places

log = structlog.get_logger(__name__)

ASKED_FOR = timedelta(hours=24)
"""What was asked for may be answered, and begun, for so long."""
INVITED_FOR = timedelta(hours=1)
A_DAY = 40
"""Visits that one agent begins within 24 hours, at most."""
_READABLE = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


class NotAllowed(Exception):
    """The visit is refused; `code` names the reason (`wording.VISIT_REFUSAL`)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What an agent wants to look at, and why."""

    account: Account
    contract: Contract
    reason: str
    ticket: str = ""
    emergency: bool = False


def ask(wish: Wish, *, agent: SignIn) -> Visit:
    """Write down a visit that somebody wants; it begins at once where the policy says "notice".

    Otherwise it waits for the referent, or in an emergency for a second staff member.

    Raises:
        NotAllowed: no role, no such member, one visit already, too many today, contract closed.
    """
    _check_agent(agent)
    _check_member(wish.account, wish.contract)
    policy = _policy_of(wish.contract)
    if policy == VisitPolicy.CLOSED and not wish.emergency:
        raise NotAllowed("closed")
    kind = VisitKind.EMERGENCY if wish.emergency else VisitKind(str(policy))
    visit = Visit(
        kind=kind,
        account=wish.account,
        contract=wish.contract,
        agent_id=agent.account_id,
        reason=wish.reason,
        ticket=wish.ticket,
        expires_at=now() + ASKED_FOR,
        allowed=kind == VisitKind.NOTICE,
    )
    db.session.add(visit)
    db.session.flush()
    if kind == VisitKind.NOTICE:
        return begin(visit, agent=agent)
    write_down("visit.asked", visit, actor=agent.account)
    if kind == VisitKind.APPROVAL and (referent := places.referent_of(wish.contract)):
        mails.visit_asked(referent, visit=visit)
    return visit


def answer(visit: Visit, *, yes: bool, by: Account) -> None:
    """The referent's answer, or in an emergency that of a second staff member.

    Raises:
        NotAllowed: answered meanwhile, lapsed, or not theirs to answer.
    """
    if visit.kind == VisitKind.EMERGENCY:
        if by.id == visit.agent_id or not agents.may(by, StaffAbility.VISIT):
            raise NotAllowed("second_person")
    elif (referent := places.referent_of(visit.contract)) is None or referent.id != by.id:
        raise NotAllowed("referent")
    answered = db.session.execute(
        update(Visit)
        .where(
            Visit.id == visit.id,
            Visit.answered_at.is_(None),
            Visit.ended_at.is_(None),
            Visit.expires_at > now(),
        )
        .values(answered_at=now(), answered_by_id=by.id, allowed=yes)
        .returning(Visit.id)
    ).scalar_one_or_none()
    if answered is None:
        raise NotAllowed("lapsed")
    db.session.refresh(visit)
    write_down("visit.allowed" if yes else "visit.refused", visit, actor=by)


def begin_allowed(visit: Visit, *, agent: SignIn) -> Visit:
    """Begin a visit that was asked for and allowed.

    Raises:
        NotAllowed: not (or no longer) allowed, or what `ask` refuses.
    """
    _check_agent(agent)
    _check_member(visit.account, visit.contract)
    is_new = visit.begun_at is None and visit.ended_at is None
    open_still = is_new and visit.expires_at > now()
    if not (visit.allowed and open_still and visit.agent_id == agent.account_id):
        raise NotAllowed("lapsed")
    policy = _policy_of(visit.contract)
    if visit.kind == VisitKind.APPROVAL and policy == VisitPolicy.CLOSED:
        raise NotAllowed("closed")
    return begin(visit, agent=agent)


def invite(account: Account, contract: Contract) -> tuple[Visit, str]:
    """« Inviter le support »: a code to read out, good for an hour; a new one voids the former."""
    db.session.execute(  # two at the same time wait for each other
        select(Account.id).where(Account.id == account.id).with_for_update(key_share=True)
    )
    db.session.execute(
        update(Visit)
        .where(
            Visit.account_id == account.id,
            Visit.kind == VisitKind.INVITATION,
            Visit.begun_at.is_(None),
            Visit.ended_at.is_(None),
        )
        .values(ended_at=now())
    )
    code = "".join(secrets.choice(_READABLE) for _letter in range(8))
    visit = Visit(
        kind=VisitKind.INVITATION,
        account=account,
        contract=contract,
        expires_at=now() + INVITED_FOR,
        allowed=True,
        token_hash=hashed(code),
    )
    db.session.add(visit)
    db.session.flush()
    write_down("visit.invited", visit, actor=account)
    return visit, code


def accept(code: str, *, reason: str, ticket: str, agent: SignIn) -> Visit:
    """Begin the visit that a customer has read the code of.

    Raises:
        NotAllowed: an unknown or lapsed code, or what `ask` refuses.
    """
    _check_agent(agent)
    bare = "".join(code.split()).replace("-", "").upper()
    visit = db.session.execute(
        select(Visit)
        .where(
            Visit.token_hash == hashed(bare),
            Visit.kind == VisitKind.INVITATION,
            Visit.begun_at.is_(None),
            Visit.ended_at.is_(None),
            Visit.expires_at > now(),
        )
        .with_for_update()
    ).scalar_one_or_none()
    if visit is None:
        raise NotAllowed("code")
    _check_member(
        db.session.get_one(Account, visit.account_id),
        db.session.get_one(Contract, visit.contract_id),
    )
    visit.agent_id, visit.reason, visit.ticket = agent.account_id, reason, ticket
    return begin(visit, agent=agent)


def _check_agent(agent: SignIn) -> None:
    db.session.execute(  # two of one agent at the same time wait for each other
        select(Account.id).where(Account.id == agent.account_id).with_for_update()
    )
    if not agents.may(agent.account, StaffAbility.VISIT):
        raise NotAllowed("role")
    mine = select(func.count()).select_from(Visit).where(Visit.agent_id == agent.account_id)
    present = now()
    if db.session.execute(mine.where(*ending.RUNNING, Visit.expires_at > present)).scalar_one():
        raise NotAllowed("nested")
    ending.end_of_agent(agent.account)  # one whose time is up, before the sweep has come by
    day = mine.where(Visit.begun_at > present - timedelta(days=1))
    if db.session.execute(day).scalar_one() >= A_DAY:
        log.error("staff_visits_limit", agent=agent.account.login)
        raise NotAllowed("too_many")


def _policy_of(contract: Contract) -> VisitPolicy:
    """The referent's rule as it is now; whoever closes the contract waits, and ends this visit."""
    db.session.refresh(contract, ["visit_policy"], with_for_update={"read": True})
    return contract.visit_policy


def _check_member(account: Account, contract: Contract) -> None:
    barred = account.is_staff or account.disabled_at is not None
    if barred or places.place_of(account.id, contract.ref) is None:
        raise NotAllowed("member")
