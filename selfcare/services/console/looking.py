"""Looking at a contract's console: which groups and people are there, and what differs.

It never undoes what was done there (USERS-8). A look is a wish that is wished again when it is
done; a large contract takes several rounds, and what was read by then stands in the row.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from time import monotonic

import structlog
from sqlalchemy import delete, select, update

from selfcare.background import claims
from selfcare.background.claims import Claim
from selfcare.background.jobs import Overtaken, job
from selfcare.database import db, insert_unless_there
from selfcare.models import (
    Account,
    ConsoleAccess,
    ConsoleGroup,
    ConsoleLook,
    Contract,
    ContractConsole,
    WishState,
    now,
)
from selfcare.services.console import domains, unknown
from selfcare.services.console.domains import LONGEST_GROUP
from selfcare.services.console.iam import Overview, iam
from selfcare.services.console.iam.errors import ContractMissing, Forbidden, IamProblem

ROUND = 10.0
"""Seconds for which one job looks; others have their turn before the next."""

OFTEN, RARELY = timedelta(minutes=15), timedelta(hours=1)
"""Until the next look: where something has changed, and where nothing has for a while."""

log = structlog.get_logger(__name__)


def ask(contract_id: int) -> None:
    """« Comparer maintenant »: due from now on, so that a lost wake-up only makes it later."""
    _make_due(contract_id)
    look.after_commit(contract_id)


def _make_due(contract_id: int) -> None:
    values = {"state": WishState.QUEUED, "attempts": 0, "quiet": 0}
    insert_unless_there(ConsoleLook, contract_id=contract_id, due_at=now(), **values)
    waiting = (ConsoleLook.contract_id == contract_id) & (ConsoleLook.state == WishState.QUEUED)
    db.session.execute(update(ConsoleLook).where(waiting).values(due_at=now()))


@job(queue="iam", once=True)
def look(contract_id: int) -> None:
    """Look at one contract now: somebody waits for it."""
    _make_due(contract_id)
    db.session.commit()
    if _look(contract_id, within=ROUND):
        look.after_commit(contract_id)


@job(queue="looks", once=True)
def look_on() -> None:
    """Look at whichever contract is due, and at the next, in one process, with one token."""
    until = monotonic() + ROUND
    while contract_id := claims.next_due(ConsoleLook):
        if (left := until - monotonic()) <= 0:
            look_on.after_commit()
            return
        try:
            _look(contract_id, within=left)
        except Overtaken:
            db.session.rollback()


def _look(contract_id: int, *, within: float) -> bool:
    """Look for so many seconds; whether there is a rest."""
    if (mine := claims.claim(ConsoleLook, contract_id)) is None:
        return False
    with mine:
        row = mine.seen()
        began, rest = row.began_at or now(), row.rest
        ref = db.session.get_one(Contract, contract_id).ref
        db.session.commit()  # nothing stays locked while the IAM answers
        try:
            found = iam().overview(ref, rest=rest, within=within)
            sound = found.rest is not None or _is_sound(ref)
        except ContractMissing:
            found, sound = Overview(frozenset(), {}), False
        except IamProblem as problem:  # with retries of its own, an outage gathers thousands
            log.warning("console_not_seen", ref=ref, code=problem.code, problem=str(problem))
            _end(mine.held(), OFTEN, problem.code)
            return False
        if found.rest is not None:
            row = mine.held()
            row.began_at, row.rest = began, found.rest
            claims.hand_on(row)
            db.session.commit()
            return True
        if not sound:
            domains.doubt(contract_id)
        _note(mine, found, began)
        return False


def _is_sound(ref: str) -> bool:
    """Whether what the portal prepared is there; a service account that may not ask believes it."""
    try:
        return iam().is_sound(ref)
    except Forbidden:
        return True


def _note(mine: Claim[ConsoleLook], found: Overview, began: datetime) -> None:
    contract_id, row = mine.row_id, mine.held()
    mark = hashlib.sha256(repr(_sorted(found)).encode()).hexdigest()
    row.quiet = row.quiet + 1 if row.found == mark else 0
    row.found = mark
    _note_groups(contract_id, found, began)
    differing = _note_people(contract_id, found, began)
    differing += unknown.note(contract_id, found.users.values(), began)
    db.session.execute(
        update(ContractConsole)
        .where(ContractConsole.contract_id == contract_id)
        .values(looked_at=began, differing=differing)
    )
    _end(row, min(OFTEN * 2 ** min(row.quiet, 4), RARELY))


def _end(row: ConsoleLook, pause: timedelta, problem: str | None = None) -> None:
    """This look is over, or came to nothing for this reason; saved at once."""
    row.began_at, row.rest = None, None
    claims.later(row, pause)
    row.problem = problem
    db.session.commit()


def _sorted(found: Overview) -> object:
    people = [
        (one.key, one.username, one.email, one.enabled, sorted(one.groups))
        for one in found.users.values()
    ]
    return sorted(found.groups), sorted(people)


def _note_groups(contract_id: int, found: Overview, began: datetime) -> None:
    for name in found.groups:
        if len(name) <= LONGEST_GROUP:
            insert_unless_there(ConsoleGroup, contract_id=contract_id, name=name, seen_at=began)
    db.session.execute(
        update(ConsoleGroup)
        .where(ConsoleGroup.contract_id == contract_id, ConsoleGroup.name.in_(found.groups))
        .values(seen_at=began)
    )
    db.session.execute(
        delete(ConsoleGroup).where(
            ConsoleGroup.contract_id == contract_id, ConsoleGroup.seen_at < began
        )
    )


def _note_people(contract_id: int, found: Overview, began: datetime) -> int:
    """Note what those have who were settled before we looked: nobody else's state means anything.

    Says how many differ.
    """
    differing = 0
    settled = (
        select(ConsoleAccess, Account.disabled_at)
        .join(Account, Account.id == ConsoleAccess.account_id)
        .where(
            ConsoleAccess.contract_id == contract_id,
            ConsoleAccess.state == WishState.DONE,
            ConsoleAccess.settled_at < began,
        )
    )
    in_order = settled.order_by(ConsoleAccess.id)  # two looks at once: none holds up the other
    mine = in_order.with_for_update(of=ConsoleAccess)
    for access, disabled_at in db.session.execute(mine).all():
        seen_before = access.drift
        account = found.account_of(access.iam_username, access.iam_user_id or "")
        access.seen_at, access.seen_groups, access.seen_account = began, None, None
        if account:
            access.iam_user_id = account.key
            access.seen_groups = sorted(account.groups)
            access.seen_account = {
                "username": account.username,
                "email": account.email,
                # one that the portal has disabled is as it should be
                "enabled": account.enabled or (disabled_at is not None and access.iam_enabled),
            }
        seen = access.drift
        differing += seen is not None
        if seen and seen != seen_before:
            log.info("console_adrift", access=access.id, seen=seen)
    return differing
