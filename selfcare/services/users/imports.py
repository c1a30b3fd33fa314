"""A file of many users: checked, kept line by line, and how far it is (USERS-9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from selfcare.database import db
from selfcare.language import _, _l, wording
from selfcare.language.i18n import day, in_every_language, locale
from selfcare.models import Account, Contract, LineState, UserImport, UserImportLine
from selfcare.services.users import joining, strangers


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
    logins = joining.ids_by(Account.login, [line.person["login"] for line in lines])
    emails = joining.ids_by(Account.email, [line.person["email"] for line in lines])
    members = joining.members_among(contract, emails.values())
    others = joining.strangers(contract, set(emails.values()) - members)
    brake = strangers.brake(owner)
    brake.check()
    for line in lines:
        known = emails.get(str(line.person["email"]).lower())
        if known in members:
            line.problems += refused("AlreadyMember", line.person)
        elif known is None and str(line.person["login"]).lower() in logins:
            line.problems += refused("LoginTaken", line.person)
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


def refused(
    refusal: str, person: Mapping[str, Any], *, last_day: date | None = None
) -> list[dict[str, str]]:
    """Why the portal refuses somebody, with what of the line makes it do so."""

    def said() -> str:
        label, cell = _l("Email"), str(person["email"])
        if refusal == "LoginTaken":
            label, cell = _l("Login"), str(person["login"])
        elif refusal == "EndIsPast" and last_day:
            label, cell = _l("Last day of the access"), day(last_day, locale())
        return wording.of_cell(label, cell, wording.USER_REFUSAL[refusal])

    return in_every_language(lambda: [said()])


def progress(loaded: UserImport) -> Progress:
    """The number of lines in each state."""
    counts = db.session.execute(
        select(UserImportLine.state, func.count())
        .where(UserImportLine.import_id == loaded.id)
        .group_by(UserImportLine.state)
    )
    return Progress(**{str(state): count for state, count in counts})


def lines_to_show(loaded: UserImport, *, limit: int) -> list[UserImportLine]:
    """The first lines a reader has to know about: the wrong and refused ones."""
    return list(db.session.execute(_left_out(loaded).limit(limit)).scalars())


def left_out(loaded: UserImport) -> Iterator[list[str]]:
    """All of them as the rows of a table, in the language in force; read as they are needed."""
    yield [_("Line"), _("User"), _("Problem")]
    some, after = _left_out(loaded).limit(200), 0
    while found := db.session.execute(some.where(UserImportLine.number > after)).scalars().all():
        for line in found:
            said = [problem[locale()] for problem in line.problems]
            yield [str(line.number), line.label, " ".join(said)]
        after = found[-1].number


def _left_out(loaded: UserImport) -> Select[UserImportLine]:
    return (
        select(UserImportLine)
        .where(
            UserImportLine.import_id == loaded.id,
            UserImportLine.state.in_((LineState.WRONG, LineState.REFUSED)),
        )
        .order_by(UserImportLine.number)
    )
