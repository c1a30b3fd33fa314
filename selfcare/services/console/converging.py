"""The IAM is made to hold what is wished of people's console accounts (USERS-8, USERS-9).

Run twice, late, after a crash or beside another worker, the outcome is the same. Nothing is locked
while the IAM answers. An import's people are taken some dozens at a time: their rows cost a few
statements together, and the IAM, which each call waits for, is asked for several of them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from selfcare import config
from selfcare.background import claims
from selfcare.background.jobs import Overtaken, job
from selfcare.database import db
from selfcare.models import ConsoleAccess, now
from selfcare.rights import PREDEFINED_CONSOLE_ROLES
from selfcare.services.console import claims as console_claims
from selfcare.services.console import domains as console_domains
from selfcare.services.console import notices
from selfcare.services.console.claims import Work
from selfcare.services.console.iam import iam
from selfcare.services.console.iam.errors import Conflict, GroupMissing, IamProblem

log = structlog.get_logger(__name__)

ROUND = timedelta(seconds=10)
"""How long `converge_waiting` goes on in one process before it lets others have their turn: mails,
too; a worker that is told to stop finishes it within the 25 seconds it is given."""

TOGETHER = 50
"""People whose rows `converge_waiting` reads and writes together."""


@dataclass(frozen=True)
class Outcome:
    """What came of a wish: the console's id of the account, or the problem, or nothing yet."""

    user_id: str | None = None
    problem: IamProblem | None = None
    is_left: bool = False
    """The turn was over before this one was tried."""


@dataclass
class Turn:
    """Some people, one after the other: until the time is over, or the IAM is away."""

    until: datetime | None = None
    is_away: bool = False
    has_begun: bool = False
    """The first one is tried in any case, so that each turn comes further."""

    @property
    def is_over(self) -> bool:
        """Whether nobody else is to be tried."""
        return self.is_away or bool(self.until and self.has_begun and now() >= self.until)


@job(queue="iam")
def converge(access_id: int) -> None:
    """Make the IAM hold exactly the groups the portal wants for one person.

    Runs ahead of bulk imports (`converge_waiting`), because a manager is waiting.
    """
    if work := console_claims.claim(access_id):
        _carry_out([work], Turn())


@job(queue="iam", once=True)
def converge_waiting(contract_id: int) -> None:
    """The same for everybody of a contract who waits, in one process with one token (USERS-9)."""
    until = now() + ROUND
    theirs = (ConsoleAccess.contract_id == contract_id) & (ConsoleAccess.attempts == 0)
    while works := console_claims.claim_some(theirs, most=TOGETHER):
        _carry_out(works, Turn(until))
        if now() >= until:
            converge_waiting.after_commit(contract_id)
            return


def _carry_out(works: Sequence[Work], turn: Turn) -> None:
    with claims.kept_alive([work.claim for work in works]):
        outcomes = list(_outcomes(works, turn))
        _note(outcomes)
    for _, outcome in outcomes:
        if outcome.problem and outcome.problem.retryable:
            raise outcome.problem  # the queue tries again after the usual delay


def _outcomes(works: Sequence[Work], turn: Turn) -> Iterator[tuple[Work, Outcome]]:
    """What comes of each; whoever was overtaken is left out.

    Where nothing but groups are to be set, several are asked for at once; the first of these alone,
    because it finds out what the others need not look up, and whether the IAM answers.
    """
    plain = [work for work in works if work.is_plain]
    for work in [*(work for work in works if not work.is_plain), *plain[:1]]:
        try:
            yield work, _tried(work, _made_true, turn)
        except Overtaken:
            db.session.rollback()
            log.info("console_overtaken", access=work.access_id)
    if len(plain) > 1:
        yield from _at_once(plain[1:], turn)


def _tried(work: Work, ask: Callable[[Work], str | None], turn: Turn) -> Outcome:
    if turn.is_over:
        return Outcome(is_left=True)
    turn.has_begun = True
    try:
        return Outcome(ask(work))
    except IamProblem as problem:
        turn.is_away = turn.is_away or problem.retryable
        return Outcome(problem=problem)


def _at_once(works: Sequence[Work], turn: Turn) -> Iterator[tuple[Work, Outcome]]:
    """Ask the IAM for several at the same time; no thread touches a row."""
    ready = _tried(works[0], _prepared, turn)
    if ready.problem or ready.is_left:
        yield works[0], ready
        others = Outcome(is_left=True) if turn.is_over else ready
        yield from ((work, others) for work in works[1:])
        return
    with ThreadPoolExecutor(config.current().iam_at_once) as threads:
        asked = [threads.submit(copy_context().run, _tried, work, _grouped, turn) for work in works]
        yield from ((work, answer.result()) for work, answer in zip(works, asked, strict=True))


def _prepared(work: Work) -> None:
    console_domains.prepared(work.contract_id, work.ref)


def _grouped(work: Work) -> str:
    return iam().set_groups(work.ref, work.holder, work.groups)


def _made_true(work: Work) -> str | None:
    holder, user_id = work.holder, None
    if work.starts_over or not work.groups:
        _end(work)
        holder = replace(holder, key="")
    if work.groups:
        if work.name_is_taken and not holder.key:
            raise Conflict(holder.username)
        _prepared(work)
        if work.ends_tokens and holder.key:
            _end_tokens(work, holder.key)
        user_id = iam().set_groups(work.ref, holder, work.groups)
        if work.ends_tokens and not holder.key:
            _end_tokens(work, user_id)
    return user_id


def _end(work: Work) -> None:
    """The account's end, with its receipts: saved at once, so that it is not done twice."""
    name = "" if work.name_is_taken else work.holder.username
    held = iam().delete_user(work.ref, name, work.holder.key)
    access = work.claim.held()
    access.iam_user_id, access.starts_over, access.paused = None, False, False
    notices.complete_receipts(access, held)
    db.session.commit()


def _end_tokens(work: Work, user_id: str) -> None:
    """Disable the account and enable it again.

    That it is ours to enable is saved before: whoever takes over from a worker that died in
    between enables it, and an account that was disabled in the console stays so.
    """
    if work.paused or iam().is_enabled(work.ref, user_id):
        work.claim.held().paused = True
        db.session.commit()
        iam().enable(work.ref, user_id, usable=False)
        iam().enable(work.ref, user_id, usable=True)
    access = work.claim.held()
    access.paused = False
    access.ends_tokens = access.version != work.version  # once more, if that is what was wished
    db.session.commit()


def _note(outcomes: Sequence[tuple[Work, Outcome]]) -> None:
    """Write down what came of them, in one transaction."""
    if not outcomes:
        return
    held = claims.held_of([work.claim for work, _ in outcomes])
    to_announce: list[ConsoleAccess] = []
    for work, outcome in outcomes:
        access = held.get(work.access_id)
        if access is None:
            log.info("console_overtaken", access=work.access_id)
        elif outcome.is_left:
            claims.hand_on(access)
        elif outcome.problem:
            _postpone(access, work, outcome.problem)
        else:
            _settle(access, work, outcome.user_id)
            if work.groups:
                to_announce.append(access)
    notices.announce(to_announce)
    db.session.commit()


def _settle(access: ConsoleAccess, work: Work, user_id: str | None) -> None:
    """The console holds what was wanted, if that is still what is wanted."""
    access.iam_user_id, access.detail = user_id, None
    if access.version != work.version:
        claims.want(access)
        converge.after_commit(access.id, first=True)
    else:
        claims.settle(access)
        access.settled_at = now()
        access.overwrite = []
    if not work.groups:
        access.announced_at = None if access.wanted_groups else now()
    log.info("console_converged", access=work.access_id, groups=sorted(work.groups))


def _postpone(access: ConsoleAccess, work: Work, problem: IamProblem) -> None:
    """Say what went wrong and when it is tried again."""
    access.detail = str(problem)[:500]
    ends = work.starts_over or not work.groups or access.paused
    if access.version != work.version:  # the newer wish need not share the older one's fate
        claims.want(access)
        converge.after_commit(access.id, first=True)
    elif problem.retryable or problem.mendable or ends:  # somebody's end is not given up on
        console_domains.postpone(access, problem)
    else:
        claims.give_up(access, problem.code)
    if isinstance(problem, GroupMissing) and problem.names & set(PREDEFINED_CONSOLE_ROLES):
        console_domains.doubt(work.contract_id)
    log.warning(
        "console_failed",
        access=work.access_id,
        ref=work.ref,
        login=work.holder.username,
        code=problem.code,
        problem=str(problem),
        tried_again=problem.retryable or ends,
    )
