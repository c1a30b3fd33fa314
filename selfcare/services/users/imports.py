"""Adding many users from a file: kept line by line, added by a job that may run twice (USERS-9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from selfcare.background import claims
from selfcare.background.claims import Claim
from selfcare.background.jobs import job
from selfcare.database import db
from selfcare.language import _l, wording
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
from selfcare.services.console import access as console_access
from selfcare.services.mail import kinds
from selfcare.services.safety import audit
from selfcare.services.users import members as user_members
from selfcare.services.users import places, strangers
from selfcare.services.users.new_member import NewMember
from selfcare.services.users.refusals import Refusal, RightLost
from selfcare.services.users.roles import Roles

log = structlog.get_logger(__name__)

ROUND = timedelta(seconds=20)
"""The longest run of the job before others have their turn."""

WAKE_EVERY = 50
"""Lines after which the console's work begins, while the rest is still being added."""


@dataclass
class Line:
    """A line of the file as it was read, and what is wrong with it: sentences by language."""

    number: int
    label: str
    person: dict[str, Any]
    roles: dict[str, Any]
    problems: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Progress:
    """The progress of an import."""

    wrong: int = 0
    waiting: int = 0
    added: int = 0
    refused: int = 0

    @property
    def total(self) -> int:
        """Lines there is work for."""
        return self.waiting + self.added + self.refused

    @property
    def done(self) -> int:
        """Lines that were dealt with."""
        return self.added + self.refused


def keep(contract: Contract, owner: Account, filename: str, lines: Sequence[Line]) -> UserImport:
    """Keep a file's lines, checked against who is there already; nothing is added yet.

    Raises:
        TooManyAttempts: it asks for too many people of other customers.
    """
    logins = _taken(Account.login, [line.person["login"] for line in lines])
    emails = _taken(Account.email, [line.person["email"] for line in lines])
    members = _members(contract, list(emails.values()))
    others = user_members.strangers(contract, set(emails.values()) - members)
    brake = strangers.brake(owner)
    brake.check()
    for line in lines:
        known = emails.get(str(line.person["email"]).lower())
        if known in members:
            line.problems += _refused("AlreadyMember", line.person)
        elif known is None and str(line.person["login"]).lower() in logins:
            line.problems += _refused("LoginTaken", line.person)
            brake.take()
        elif known in others:
            brake.take()
    loaded = UserImport(contract_id=contract.id, owner_id=owner.id, filename=filename[:120])
    return _kept(loaded, lines)


def _kept(loaded: UserImport, lines: Sequence[Line]) -> UserImport:
    db.session.add(loaded)
    db.session.flush()
    for line in lines:
        state = LineState.WRONG if line.problems else LineState.WAITING
        db.session.add(
            UserImportLine(
                import_id=loaded.id,
                number=line.number,
                label=line.label,
                values={"person": line.person, "roles": line.roles},
                state=state,
                problems=line.problems,
            )
        )
    db.session.flush()
    return loaded


def _refused(refusal: str, person: Mapping[str, Any]) -> list[dict[str, str]]:
    """Why the portal refuses somebody, with what of the line makes it do so."""
    label, name = (_l("Login"), "login") if refusal == "LoginTaken" else (_l("Email"), "email")
    said = wording.USER_REFUSAL[refusal]
    return in_every_language(lambda: [wording.of_cell(label, str(person[name]), said)])


def _taken(column: Any, values: list[str]) -> dict[str, int]:
    """Folded logins or emails that accounts have, with the account's id."""
    wanted = [value.lower() for value in values]
    found: dict[str, int] = {}
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        statement = select(func.lower(column), Account.id).where(func.lower(column).in_(some))
        found |= {row[0]: row[1] for row in db.session.execute(statement)}
    return found


def _members(contract: Contract, account_ids: list[int]) -> set[int]:
    found: set[int] = set()
    for start in range(0, len(account_ids), 500):
        statement = select(Membership.account_id).where(
            Membership.contract_id == contract.id,
            Membership.account_id.in_(account_ids[start : start + 500]),
        )
        found |= set(db.session.execute(statement).scalars())
    return found


def progress(loaded: UserImport) -> Progress:
    """The number of lines in each state."""
    counts = db.session.execute(
        select(UserImportLine.state, func.count())
        .where(UserImportLine.import_id == loaded.id)
        .group_by(UserImportLine.state)
    )
    return Progress(**{str(state): count for state, count in counts})


def lines_to_show(loaded: UserImport, *, limit: int) -> list[UserImportLine]:
    """The lines a reader has to know about: the wrong and refused ones."""
    return list(
        db.session.execute(
            select(UserImportLine)
            .where(
                UserImportLine.import_id == loaded.id,
                UserImportLine.state.in_((LineState.WRONG, LineState.REFUSED)),
            )
            .order_by(UserImportLine.number)
            .limit(limit)
        ).scalars()
    )


def start(loaded: UserImport) -> None:
    """Have the good lines added; said twice, it is done once."""
    db.session.refresh(loaded, with_for_update=True)
    if loaded.started_at is None:
        loaded.started_at = now()
        claims.want(loaded)
        db.session.flush()
        run.after_commit(loaded.id)


@job(queue="iam")
def run(import_id: int) -> None:
    """Add the waiting lines, each in a transaction of its own; goes on where it was stopped."""
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
    loaded, until = mine.seen(), now() + ROUND
    count = 0
    while line := _next_line(loaded.id):
        if now() > until:
            _hand_on(mine.held())
            return
        if not _may_go_on(line):
            _stop(loaded.id)
            break
        contract_id = _add(line)
        count += 1
        if count % WAKE_EVERY == 0:  # another worker may begin
            console_access.converge_waiting.after_commit(contract_id)
        db.session.commit()
    loaded = mine.held()
    claims.settle(loaded)
    loaded.finished_at = now()
    console_access.converge_waiting.after_commit(loaded.contract_id)
    log.info("users_imported", imported=loaded.id)


def _hand_on(loaded: UserImport) -> None:
    """Let others have their turn: what remains is another job."""
    claims.hand_on(loaded)
    run.after_commit(loaded.id, first=True)  # the console's work can begin when all are added


def _next_line(import_id: int) -> UserImportLine | None:
    return db.session.execute(
        select(UserImportLine)
        .filter_by(import_id=import_id, state=LineState.WAITING)
        .order_by(UserImportLine.number)
        .limit(1)
    ).scalar_one_or_none()


def _may_go_on(line: UserImportLine) -> bool:
    """Whether the person whose file it is may add users now, while this line is being added.

    The row is locked: a manager who is being removed waits, or the next line does.
    """
    loaded = db.session.get_one(UserImport, line.import_id)
    membership = db.session.execute(
        select(Membership)
        .filter_by(account_id=loaded.owner_id, contract_id=loaded.contract_id)
        .with_for_update(read=True)
    ).scalar_one_or_none()
    return membership is not None and Rights(membership.profiles).may(Ability.ADD_USER)


def _stop(import_id: int) -> None:
    """Leave the lines that wait out; tell the person whose file it is, and the referent."""
    loaded = db.session.get_one(UserImport, import_id)
    owner = db.session.get_one(Account, loaded.owner_id)
    contract = db.session.get_one(Contract, loaded.contract_id)
    why = in_every_language(lambda: [str(wording.USER_REFUSAL[RightLost.__name__])])
    db.session.execute(
        update(UserImportLine)
        .where(UserImportLine.import_id == import_id, UserImportLine.state == LineState.WAITING)
        .values({"state": LineState.REFUSED, "problems": why, "values": {}})
    )
    counted = progress(loaded)
    concerned = (owner, places.referent_of(contract))
    for account in {who.id: who for who in concerned if who}.values():
        kinds.import_stopped(
            account,
            contract=contract,
            owner=owner,
            filename=loaded.filename,
            added=counted.added,
            left_out=counted.refused,
        )
    audit.record("import.stopped", actor=None, subject=owner, contract=contract)
    log.warning("import_stopped", imported=import_id, ref=contract.ref)


def _add(line: UserImportLine) -> int:
    """Add one line's person; somebody may have been quicker since the file was checked."""
    loaded = db.session.get_one(UserImport, line.import_id)
    owner = db.session.get_one(Account, loaded.owner_id)
    contract = db.session.get_one(
        Contract, loaded.contract_id, options=[joinedload(Contract.offer)]
    )
    kept: dict[str, Any] = line.values
    try:
        user_members.add(
            contract,
            NewMember(**kept["person"]),
            Roles.from_json(kept["roles"]),
            by=owner,
            wake=False,
        )
    except Refusal as refusal:
        line.state = LineState.REFUSED
        line.problems = _refused(type(refusal).__name__, kept["person"])
    else:
        line.state = LineState.ADDED
    line.values = {}  # personal data is kept where it belongs now
    return contract.id
