"""The people of a file are added by a job that may run twice (USERS-9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from selfcare.background import claims
from selfcare.background.claims import Claim
from selfcare.background.jobs import job
from selfcare.database import db, lock
from selfcare.language import wording
from selfcare.language.i18n import in_every_language
from selfcare.models import (
    Account,
    Contract,
    LineState,
    Membership,
    UserImport,
    UserImportLine,
    now,
)
from selfcare.rights import Ability, Rights
from selfcare.services.console.converging import converge_waiting
from selfcare.services.mail.kinds import access as mails
from selfcare.services.months import TODAY
from selfcare.services.safety import audit
from selfcare.services.users import imports, joining, places
from selfcare.services.users.new_member import NewMember
from selfcare.services.users.refusals import Refusal, RightLost
from selfcare.services.users.roles import Roles

log = structlog.get_logger(__name__)

ROUND = timedelta(seconds=20)
"""The longest run of the job before others have their turn; shorter than the lease of its claim,
whose row is locked most of the time and so is not made longer."""

TOGETHER = 50
"""Lines of one transaction: some tenths of a second, for which SQLite lets nobody else write."""


def start(loaded: UserImport) -> None:
    """Have the good lines added; said twice, it is done once."""
    lock(loaded)
    if loaded.started_at is None:
        loaded.started_at = now()
        claims.want(loaded)
        db.session.flush()
        run.after_commit(loaded.id)


@job(queue="iam")
def run(import_id: int) -> None:
    """Add the waiting lines, some in each transaction; goes on where it was stopped."""
    if (mine := claims.claim(UserImport, import_id)) is None:
        return
    with mine:
        try:
            _add_lines(mine)
        except Exception as problem:
            db.session.rollback()
            said = f"{type(problem).__name__}: {problem}"
            claims.postpone(mine.held(), said, for_ever=True)
            db.session.commit()
            raise


def _add_lines(mine: Claim[UserImport]) -> None:
    until = now() + ROUND
    while _add_some(mine):
        if now() > until:  # let others have their turn: what remains is another job
            claims.hand_on(mine.held())
            run.after_commit(mine.row_id, first=True)  # the console's work comes after it
            return


def _add_some(mine: Claim[UserImport]) -> bool:
    """Add some people, in one transaction; whether more may wait.

    The import is locked meanwhile: whoever took it over because we were thought dead adds nobody
    a second time.
    """
    loaded = mine.held()
    lines = _next_lines(loaded.id)
    goes_on = bool(lines) and _may_go_on(loaded)
    if goes_on:
        _add(loaded, lines)
    else:
        if lines:
            _stop(loaded)
        claims.settle(loaded)
        loaded.finished_at = now()
        log.info("users_imported", imported=loaded.id)
    converge_waiting.after_commit(loaded.contract_id)  # another worker may begin
    db.session.commit()
    return goes_on


def _next_lines(import_id: int) -> Sequence[UserImportLine]:
    return (
        db.session.execute(
            select(UserImportLine)
            .filter_by(import_id=import_id, state=LineState.WAITING)
            .order_by(UserImportLine.number)
            .limit(TOGETHER)
        )
        .scalars()
        .all()
    )


def _may_go_on(loaded: UserImport) -> bool:
    """Whether the person whose file it is may add users now, while these lines are being added.

    The row is locked: a manager who is being removed waits, or the next lines do.
    """
    membership = db.session.execute(
        select(Membership)
        .filter_by(account_id=loaded.owner_id, contract_id=loaded.contract_id)
        .where(Membership.lasts_on(TODAY))
        .with_for_update(read=True)
    ).scalar_one_or_none()
    return membership is not None and Rights(membership.profiles).may(Ability.ADD_USER)


def _stop(loaded: UserImport) -> None:
    """Leave the lines that wait out; tell the person whose file it is, and the referent."""
    owner = db.session.get_one(Account, loaded.owner_id)
    contract = db.session.get_one(Contract, loaded.contract_id)
    why = in_every_language(lambda: [str(wording.USER_REFUSAL[RightLost.__name__])])
    db.session.execute(
        update(UserImportLine)
        .where(UserImportLine.import_id == loaded.id, UserImportLine.state == LineState.WAITING)
        .values({"state": LineState.REFUSED, "problems": why, "values": {}})
    )
    counted = imports.progress(loaded)
    concerned = (owner, places.referent_of(contract))
    for account in {who.id: who for who in concerned if who}.values():
        mails.import_stopped(
            account,
            contract=contract,
            owner=owner,
            filename=loaded.filename,
            added=counted.added,
            left_out=counted.refused,
        )
    audit.record("import.stopped", actor=None, subject=owner, contract=contract)
    log.warning("import_stopped", imported=loaded.id, ref=contract.ref)


def _add(loaded: UserImport, lines: Sequence[UserImportLine]) -> None:
    """Add these lines' people; somebody may have been quicker since the file was checked."""
    contract = db.session.get_one(
        Contract, loaded.contract_id, options=[joinedload(Contract.offer)]
    )
    kept: list[dict[str, Any]] = [line.values for line in lines]
    people = [(NewMember(**one["person"]), Roles.from_json(one["roles"])) for one in kept]
    owner = db.session.get_one(Account, loaded.owner_id)
    outcomes = joining.add_all(contract, people, by=owner)
    for line, one, (_, roles), outcome in zip(lines, kept, people, outcomes, strict=True):
        if isinstance(outcome, Refusal):
            line.state = LineState.REFUSED
            line.problems = imports.refused(
                type(outcome).__name__, one["person"], last_day=roles.ends_on
            )
        else:
            line.state = LineState.ADDED
        line.values = {}  # personal data is kept where it belongs now
