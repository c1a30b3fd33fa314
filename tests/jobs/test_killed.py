"""A worker killed between any two steps: whatever it had in its hands is done in the end, once.

The kinds of wishes share one engine (`background.claims`), so they share these tests. The job
stops dead at its n-th step, for every n: just before a commit, and just after one. What it did
outside by then (SMTP, the document store, the console) is done. That a killed process leaves just
this behind is shown in `test_processes.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session, joinedload

from selfcare.background import claims
from selfcare.database import db
from selfcare.models import (
    Account,
    ConsoleAccess,
    ConsoleLook,
    Contract,
    ContractConsole,
    Mail,
    Membership,
    PreInvoice,
    PreInvoiceVersion,
    UsageReport,
    UserImport,
    Wish,
    WishState,
    now,
)
from selfcare.rights import profiles_of_new_user
from selfcare.services import schedule
from selfcare.services.console import access as console_access
from selfcare.services.console import converging, looking
from selfcare.services.console import domains as console_domains
from selfcare.services.console import sweeps as console_sweeps
from selfcare.services.console.iam import iam
from selfcare.services.mail import outbox
from selfcare.services.pre_invoices import making as pre_invoice_making
from selfcare.services.users import adding as user_adding
from selfcare.services.users import imports as user_imports
from tests.cast import account_of
from tests.wizard import SOPHIE

pytestmark = pytest.mark.slow

MOST_STEPS = 40
SWEEPS = (schedule.wake_wishes, console_sweeps.wake_consoles, console_sweeps.look_at_consoles)
PROFILES = {str(section): str(profile) for section, profile in profiles_of_new_user().items()}


@dataclass
class Kind:
    """One kind of wish: how it is wished, carried out, and what it comes to."""

    model: type[Wish]
    work: Callable[[int], None]
    wish: Callable[[], int]
    outcome: Callable[[], Any]
    end: WishState = WishState.DONE


def sent_once(mailing) -> None:
    """One that the server took just before its worker died goes out again, as the same mail."""
    assert mailing.messages
    assert len({one.message["Message-ID"] for one in mailing.messages}) == 1
    mailing.messages.clear()


def mails(app, mailing) -> Kind:
    def wish() -> int:
        row = outbox.write("failed_sign_ins", account_of("paul.dupont"), ip="::1", at=str(now()))
        return row.id

    return Kind(Mail, outbox.deliver, wish, lambda: sent_once(mailing))


def mails_of_a_turn(app, mailing) -> Kind:
    return replace(mails(app, mailing), work=lambda _: outbox.deliver_waiting())


def pre_invoices(app, mailing) -> Kind:
    def wish() -> int:
        contract = db.session.execute(select(Contract)).scalar_one()
        number = len(db.session.execute(select(UsageReport.id)).all())
        report = UsageReport(
            contract_id=contract.id, month=now().date().replace(day=1, year=2000 + number),
            currency="EUR", total=42, digest="x", csv_key="x", csv_size=1, pre_invoice=PreInvoice(),
        )  # fmt: skip
        db.session.add(report)
        db.session.flush()
        return report.id

    def outcome() -> None:
        found = db.session.execute(
            select(PreInvoiceVersion.report_id, PreInvoiceVersion.number)
        ).all()
        assert Counter(row.report_id for row in found).most_common(1)[0][1] == 1
        newest = db.session.get_one(PreInvoice, max(row.report_id for row in found))
        assert newest.version == 1

    return Kind(PreInvoice, pre_invoice_making.make_pdf, wish, outcome)


def imports(app, mailing) -> Kind:
    def wish() -> int:
        contract = db.session.execute(select(Contract)).scalar_one()
        n = db.session.execute(select(Account.id).order_by(Account.id.desc())).scalars().first()
        lines = [
            user_imports.Line(
                number,
                "x",
                {**SOPHIE, "login": f"new.{n}.{number}", "email": f"n{n}.{number}@example.com"},
                {"profiles": PROFILES, "console": []},
            )
            for number in (2, 3)
        ]
        loaded = user_imports.keep(contract, account_of("paul.dupont"), "x.csv", lines)
        user_adding.start(loaded)
        return loaded.id

    def outcome() -> None:
        imported = db.session.execute(select(UserImport).order_by(UserImport.id.desc())).scalars()
        assert user_imports.progress(imported.first()).added == 2  # type: ignore[arg-type]
        people = db.session.execute(select(Account.login)).scalars().all()
        members = db.session.execute(select(Membership.account_id)).scalars().all()
        assert len(people) == len(set(people)) == len(members)

    return Kind(UserImport, user_adding.run, wish, outcome)


def contract_consoles(app, mailing) -> Kind:
    def wish() -> int:
        whole = select(Contract).options(joinedload(Contract.offer))
        contract = db.session.execute(whole).scalar_one()
        console = db.session.get(ContractConsole, contract.id)
        if console:
            claims.want(console)
        else:
            console_domains.open_console(contract)
        db.session.flush()
        return contract.id

    def outcome() -> None:
        ref = db.session.execute(select(Contract.ref)).scalar_one()
        assert iam().overview(ref).groups >= {"admin", "power_user", "guest"}

    return Kind(ContractConsole, console_domains.prepare, wish, outcome)


def looks(app, mailing) -> Kind:
    """A look is never done: it is queued for later, with nothing left to read."""
    kind = contract_consoles(app, mailing)

    def wish() -> int:
        contract_id = kind.wish()
        console_domains.prepared(contract_id, db.session.get_one(Contract, contract_id).ref)
        look = db.session.get_one(ConsoleLook, contract_id)
        claims.want(look)
        return contract_id

    def outcome() -> None:
        look = db.session.execute(select(ConsoleLook)).scalar_one()
        assert (look.rest, look.began_at) == (None, None)
        assert look.due_at
        assert look.due_at > now()

    return Kind(ConsoleLook, lambda _: looking.look_on(), wish, outcome, end=WishState.QUEUED)


def console_accesses(app, mailing) -> Kind:
    def wish() -> int:
        contract = db.session.execute(select(Contract)).scalar_one()
        referent = account_of("paul.dupont")
        access = db.session.execute(select(ConsoleAccess)).scalar_one_or_none()
        former = access.wanted_groups if access else []
        wanted = ["guest"] if former == ["admin"] else ["admin"]
        access = console_access.want(contract, referent, wanted)
        assert access
        return access.id

    def outcome() -> None:
        access = db.session.execute(select(ConsoleAccess)).scalar_one()
        ref = db.session.execute(select(Contract.ref)).scalar_one()
        seen = iam().overview(ref).users
        assert [sorted(one.groups) for one in seen.values()] == [access.wanted_groups]

    return Kind(ConsoleAccess, converging.converge, wish, outcome)


def ends_of_tokens(app, mailing) -> Kind:
    """Whoever is disabled for a moment, to end their tokens, is never left so (CONSOLE-9)."""
    kind = console_accesses(app, mailing)

    def wish() -> int:
        access_id = kind.wish()
        console_access.end_tokens(account_of("paul.dupont"))
        return access_id

    def outcome() -> None:
        kind.outcome()
        access = db.session.execute(select(ConsoleAccess)).scalar_one()
        ref = db.session.execute(select(Contract.ref)).scalar_one()
        assert all(one.enabled for one in iam().overview(ref).users.values())
        assert not access.paused
        assert not access.ends_tokens

    return replace(kind, wish=wish, outcome=outcome)


KINDS = [
    *(mails, mails_of_a_turn, pre_invoices, imports),
    *(contract_consoles, looks, console_accesses, ends_of_tokens),
]


class Killed(BaseException):
    """No code of ours catches it: what follows the step is not done, as in a killed process."""


def die_at(step: int, kind: Kind, row_id: int, app) -> bool:
    """Run the job and stop it dead at that step; whether it came so far."""
    passed = 0

    def reached(*_: Any) -> None:
        nonlocal passed
        passed += 1
        if passed == step:
            raise Killed

    with app.app_context():
        engine = db.engine
    event.listen(engine, "commit", reached)
    event.listen(Session, "after_commit", reached, insert=True)
    try:
        with app.app_context():
            kind.work(row_id)
    except Killed:
        with app.app_context():
            db.dispose()
        return True
    finally:
        event.remove(engine, "commit", reached)
        event.remove(Session, "after_commit", reached)
    return False


def state_of(app, kind: Kind, row_id: int) -> str:
    with app.app_context():
        return db.session.get_one(kind.model, row_id).state


@pytest.mark.parametrize("made", KINDS, ids=lambda made: made.__name__)
def test_safe_a_worker_killed_between_any_two_steps_loses_and_doubles_nothing(
    app, cast, ref, stand_in_iam, worker, mailing, made
):
    cast.member("paul.dupont", ref=ref, referent=True)
    kind = made(app, mailing)
    for step in range(1, MOST_STEPS):
        with app.app_context():
            row_id = kind.wish()
            db.session.commit()
            worker.redis.flushdb()
        killed = die_at(step, kind, row_id, app)
        if state_of(app, kind, row_id) == WishState.RUNNING:
            with app.app_context():
                kind.work(row_id)  # somebody may still be at it
            assert state_of(app, kind, row_id) == WishState.RUNNING
        with app.app_context():
            minutes_pass = (
                update(kind.model)
                .where(claims.key(kind.model) == row_id, kind.model.due_at.is_not(None))
                .values(due_at=now() - timedelta(minutes=1))
            )
            db.session.execute(minutes_pass)
            db.session.commit()
            for sweep in (*SWEEPS, *SWEEPS):
                sweep()
        worker.run()
        assert state_of(app, kind, row_id) == kind.end
        with app.app_context():
            kind.outcome()
        if not killed:
            assert step > 3, "it was killed at every step before"
            return
    pytest.fail(f"more than {MOST_STEPS} steps")
