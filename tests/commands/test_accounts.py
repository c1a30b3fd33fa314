"""STAFF-3: `flask accounts` and `flask staff`."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text

from selfcare.database import db
from selfcare.models import Account, Base, ConsoleAccess, Mail, Membership, SignIn
from selfcare.services.accounts import recovery
from selfcare.services.console import converging
from selfcare.services.safety.browsers import Browser as From
from tests.browsing import Browser
from tests.cast import account_of

STAFF = [
    *("staff", "add", "nadia.support", "--email", "nadia@example.com", "--first-name", "Nadia"),
    *("--last-name", "Support", "--mobile", "0612345678"),
]


class TestStaff:
    def test_staff_1_the_command_line_makes_staff_who_set_up_a_second_factor(
        self, flask, told, app, audited, mailbox, browse_as, cast
    ):
        output, code = flask(*STAFF)
        assert (code, "nadia@example.com gets the access mail" in output) == (0, True), output
        [row] = told("staff", "list")
        assert (row["login"], row["two_factor"]) == ("nadia.support", False)
        assert [entry.subject for entry in audited("staff.added")] == ["nadia.support"]
        with app.app_context():
            assert [m.name for m in db.session.execute(select(Mail)).scalars()] == ["access"]
        cast.account("nadia.support", locale="en")
        done, code = flask("accounts", "reset-two-factor", "nadia.support", "--by",
                           "nadia.support", "--reason", "x")  # fmt: skip
        assert code == 0, done

    def test_staff_1_whoever_is_known_already_is_not_made_staff(self, flask, cast):
        cast.member("paul.dupont", referent=True)
        taken = [*STAFF]
        taken[2] = "paul.dupont"
        assert "the login paul.dupont belongs to an account already" in flask(*taken)[0]
        output, code = flask(*STAFF[:4], "Paul.Dupont@example.com", *STAFF[5:])
        assert code == 1
        assert "the address Paul.Dupont@example.com belongs to an account already" in output

    def test_staff_1_who_is_staff_no_more_opens_nothing(self, flask, told, app, cast, audited):
        flask(*STAFF)
        assert flask("staff", "remove", "nadia.support")[1] == 0
        assert [entry.subject for entry in audited("staff.removed")] == ["nadia.support"]
        assert told("staff", "list") == []
        with app.app_context():
            assert account_of("nadia.support").disabled_at
        cast.account("paul.dupont")
        assert flask("staff", "remove", "paul.dupont") == ("Error: paul.dupont is not staff\n", 1)


@pytest.fixture
def paul_there(cast):
    cast.referent(console_roles=["admin"])
    return "paul.dupont"


class TestDisabling:
    def test_staff_3_a_disabled_account_opens_nothing_at_once(self, flask, paul, app, audited):
        assert paul.get("/account/profile").status == 200
        assert flask("accounts", "disable", "PAUL.dupont")[1] == 0
        assert paul.get("/account/profile").status == 303
        page = Browser(app).sign_in("paul.dupont")
        assert page.status == 422
        assert "This account is disabled" in page.words
        assert "disabled" not in Browser(app).sign_in("paul.dupont", "no").words
        assert flask("accounts", "disable", "paul.dupont")[1] == 1
        assert flask("accounts", "enable", "paul.dupont")[1] == 0
        for action in ("account.disabled", "sign_in.disabled", "account.enabled"):
            assert [entry.subject for entry in audited(action)] == ["paul.dupont"], action
        assert Browser(app).sign_in("paul.dupont").status == 303

    def test_staff_3_nobody_recovers_a_disabled_account(self, flask, paul_there, app, worker):
        flask("accounts", "disable", paul_there)
        with app.app_context():
            from_here = From(ip="192.0.2.1", user_agent="test")
            recovery.ask("password", paul_there, browser=from_here)
            recovery.ask("login", f"{paul_there}@example.com", browser=from_here)
            db.session.commit()
        worker.run()
        with app.app_context():
            assert db.session.execute(select(Mail)).first() is None

    def test_staff_3_its_console_accounts_close_and_open_with_it(
        self, flask, cast, stand_in_iam, ref, worker, app
    ):
        cast.referent(ref=ref, console_roles=["admin"], console_state="queued")
        with app.app_context():
            access = db.session.execute(select(ConsoleAccess)).scalar_one()
            converging.converge.after_commit(access.id)
            db.session.commit()
        worker.run()
        assert enabled(app, stand_in_iam, ref)
        flask("accounts", "disable", "paul.dupont")
        worker.run()
        assert not enabled(app, stand_in_iam, ref)
        flask("accounts", "enable", "paul.dupont")
        worker.run()
        assert enabled(app, stand_in_iam, ref)


def enabled(app, iam, ref) -> bool:
    with app.app_context():
        access = db.session.execute(select(ConsoleAccess)).scalar_one()
        assert access.state == "done", access.detail
        return iam.is_enabled(ref, access.iam_user_id)


class TestSessions:
    def test_staff_3_all_sessions_of_somebody_end(self, flask, paul, app, audited):
        assert flask("accounts", "end-sessions", "paul.dupont")[1] == 0
        assert paul.get("/").status == 303
        assert len(audited("sign_in.all_ended")) == 1
        with app.app_context():
            assert db.session.execute(select(SignIn).where(SignIn.ended_at.is_(None))).all() == []


class TestEmail:
    def test_staff_3_an_operator_changes_an_address_and_the_former_one_is_told(
        self, flask, paul_there, app, audited
    ):
        assert flask("accounts", "email", paul_there, "p@new.example")[1] == 0
        with app.app_context():
            assert account_of(paul_there).email == "p@new.example"
            [mail] = db.session.execute(select(Mail)).scalars()
            assert (mail.name, mail.recipient) == ("email_changed", "paul.dupont@example.com")
        [entry] = audited("email.changed")
        assert (entry.actor, entry.details) == ("", {"former": "paul.dupont@example.com"})

    @pytest.mark.parametrize(
        ("address", "why"),
        [("nobody", "one mail address"), ("sophie.dupont@example.com", "belongs to another")],
    )
    def test_staff_3_an_address_that_will_not_do_is_a_sentence(
        self, flask, paul_there, cast, address, why
    ):
        cast.account("sophie.dupont")
        output, code = flask("accounts", "email", paul_there, address)
        assert (code, why in output) == (1, True), output


class TestErasing:
    def test_staff_3_what_is_left_of_an_erased_person_says_nothing_of_them(
        self, flask, cast, app, worker, browse_as, audited
    ):
        cast.referent()
        cast.member("sophie.durand", orders="visitor", console_roles=["guest"])
        cast.account("sophie.durand", mobile="+33612345678", phone="+33123456789")
        browse_as("sophie.durand").get("/")
        cast.order(by="sophie.durand")
        flask("accounts", "welcome", "sophie.durand")
        output, code = flask("accounts", "erase", "sophie.durand", "--yes")
        assert code == 0, output
        assert [entry.subject for entry in audited("account.erased")] == ["sophie.durand"]
        assert "sophie" not in everything(app, but={"audit_entries", "console_accesses"})
        with app.app_context():
            assert db.session.execute(select(ConsoleAccess.wanted_groups)).scalar_one() == []
            left = db.session.execute(select(func.count()).select_from(Membership)).scalar_one()
        assert left == 1
        assert flask("accounts", "show", "sophie.durand")[1] == 1
        assert "was erased" in flask("accounts", "enable", output.split()[-1].strip("."))[0]

    def test_staff_3_the_referent_is_not_erased_before_there_is_another(self, flask, paul_there):
        output, code = flask("accounts", "erase", paul_there, "--yes")
        assert code == 1
        assert "paul.dupont is the referent of OCB0000124" in output
        assert flask("accounts", "show", paul_there)[1] == 0

    def test_staff_3_it_is_asked_first(self, flask, paul_there):
        assert flask("accounts", "erase", paul_there)[1] == 1
        assert flask("accounts", "show", paul_there)[1] == 0


def everything(app, *, but: set[str]) -> str:
    with app.app_context():
        return str(
            [
                db.session.execute(text(f"SELECT * FROM {table}")).all()
                for table in Base.metadata.tables
                if table not in but
            ]
        ).lower()


class TestLists:
    def test_staff_3_accounts_are_found_by_parts_of_names(self, told, flask, cast):
        cast.member("paul.dupont", referent=True)
        cast.account("sophie.durand", last_name="Dürand")
        assert [row["login"] for row in told("accounts", "list", "durand sophie")] == [
            "sophie.durand"
        ]
        assert [row["login"] for row in told("accounts", "list", "--contract", "ocb0000124")] == [
            "paul.dupont"
        ]
        assert flask("accounts", "list", "nobody") == ("No such account.\n", 0)
        output, _code = flask("accounts", "list")
        assert output.splitlines()[0].split()[:2] == ["login", "email"]

    def test_staff_3_an_account_is_shown_with_its_places(self, told, flask, paul_there):
        [shown] = told("accounts", "show", paul_there)
        assert shown["contracts"] == ["OCB0000124 (referent), console done: admin"]
        assert "Paul DUPONT" in flask("accounts", "show", paul_there)[0]
        assert flask("accounts", "show", "nobody") == (
            "Error: no account with the login nobody\n",
            1,
        )


def test_staff_3_nothing_secret_is_printed(told, app, paul_there):
    with app.app_context():
        secret = db.session.execute(select(Account.password_hash)).scalar_one()
    printed = str(told("accounts", "show", paul_there)) + str(told("accounts", "list"))
    assert secret
    assert secret not in printed
