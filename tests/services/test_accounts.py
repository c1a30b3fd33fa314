"""Passwords, sign-ins, memberships: the verbs behind AUTH-1 and AUTH-7."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from selfcare.config import ROOT
from selfcare.database import db
from selfcare.models import Account, AuditEntry, SignIn
from selfcare.services.accounts import passwords, sign_ins
from selfcare.services.safety.browsers import Browser
from selfcare.services.users import places
from tests.cast import PASSWORD, account_of


@pytest.fixture
def in_app(app, cast):
    cast.member("paul.dupont", referent=True)
    with app.app_context():
        yield


@pytest.fixture
def pauls_account(in_app) -> Account:
    return account_of("paul.dupont")


@pytest.fixture
def begin(app, pauls_account):
    def begin() -> str:
        sign_in = sign_ins.begin(
            pauls_account, browser=Browser(ip="192.0.2.1", user_agent="x" * 999)
        )
        db.session.commit()
        return sign_in.get_id()

    return begin


@pytest.fixture
def load(app):
    def load(token: str) -> SignIn | None:
        found = sign_ins.load(token)
        db.session.commit()
        return found

    return load


class TestPasswords:
    def test_auth_1_a_check_costs_one_verification_whoever_it_is(self, pauls_account, monkeypatch):
        """The same time spent: the same work done, counted instead of timed."""
        verified: list[str] = []
        real = passwords._hasher

        class Counting:
            def __getattr__(self, name: str):
                return getattr(real, name)

            def verify(self, stored: str, password: str) -> bool:
                verified.append(stored.rsplit("$", 2)[0])
                return real.verify(stored, password)

        monkeypatch.setattr(passwords, "_hasher", Counting())
        without = Account(login="new.comer", password_hash=None)
        assert not passwords.matches(None, "x")
        assert not passwords.matches(without, "x")
        assert not passwords.matches(pauls_account, "wrong")
        assert passwords.matches(pauls_account, PASSWORD)
        assert len(verified) == 4
        assert len(set(verified)) == 1, "the same parameters, too"

    def test_auth_1_nobody_s_password_opens_nothing(self, in_app):
        assert not passwords.matches(None, "nobody has this password")
        assert not passwords.matches(Account(password_hash=None), "nobody has this password")
        assert not passwords.matches(Account(password_hash="garbage"), "garbage")

    def test_auth_1_hashes_of_former_parameters_are_renewed(self, pauls_account):
        from argon2 import PasswordHasher

        pauls_account.password_hash = PasswordHasher(
            time_cost=1, memory_cost=16, parallelism=1
        ).hash("Old-1")
        before = pauls_account.password_hash
        assert passwords.matches(pauls_account, "Old-1")
        assert pauls_account.password_hash != before
        assert passwords.matches(pauls_account, "Old-1")

    def test_auth_1_production_hashes_with_argon2id_at_owasp_s_floor(self):
        source = (ROOT / "selfcare/services/accounts/passwords.py").read_text()
        assert "PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)" in source


class TestSignIns:
    def test_auth_7_a_sign_in_is_found_by_its_token_only(self, begin, load):
        token = begin()
        assert load(token)
        assert load(token[:-1]) is None
        assert load("") is None
        assert load("\0") is None

    def test_auth_7_ends_after_hours_without_a_page(self, begin, load):
        with time_machine.travel(datetime(2026, 1, 5, tzinfo=UTC), tick=False) as clock:
            token = begin()
            clock.shift(timedelta(hours=23, minutes=59))
            assert load(token)
            clock.shift(timedelta(hours=24))
            assert load(token) is None

    def test_auth_7_each_page_prolongs_it_but_not_for_ever(self, begin, load):
        with time_machine.travel(datetime(2026, 1, 5, tzinfo=UTC), tick=False) as clock:
            token = begin()
            for _ in range(8):
                clock.shift(timedelta(hours=20))
                assert load(token)
            clock.shift(timedelta(hours=20))  # 180 h, more than 7 days
            assert load(token) is None

    def test_auth_7_prolonging_is_written_seldom(self, begin, load, statements):
        with time_machine.travel(datetime(2026, 1, 5, tzinfo=UTC), tick=False) as clock:
            token = begin()
            statements.clear()
            for _ in range(9):
                clock.shift(timedelta(minutes=1))
                load(token)
            assert not [s for s in statements if s.startswith("UPDATE")]
            clock.shift(timedelta(minutes=5))
            load(token)
            assert [s for s in statements if s.startswith("UPDATE")]

    def test_auth_7_reading_pages_prolongs_it_too(self, cast, browse_as):
        """A GET runs without a transaction; what it writes stays all the same."""
        cast.member("paul.dupont")
        with time_machine.travel(datetime.now(UTC), tick=False) as clock:
            pauls_account = browse_as("paul.dupont")
            for _ in range(3):
                clock.shift(timedelta(hours=20))
                assert pauls_account.get("/").status == 200

    def test_auth_7_one_can_be_ended(self, begin, load):
        first, second = begin(), begin()
        row = load(first)
        assert row
        sign_ins.end(row)
        db.session.commit()
        assert load(first) is None
        assert load(second)

    def test_auth_7_all_or_all_others_can_be_ended(self, begin, load, pauls_account):
        tokens = [begin() for _ in range(3)]
        sign_ins.end_all(pauls_account, but=load(tokens[1]))
        db.session.commit()
        assert [bool(load(token)) for token in tokens] == [False, True, False]
        sign_ins.end_all(pauls_account)
        db.session.commit()
        assert not any(load(token) for token in tokens)

    def test_auth_7_other_people_stay_signed_in(self, cast, begin, load):
        token = begin()
        cast.account("sophie.dupont")
        sign_ins.end_all(account_of("sophie.dupont"))
        db.session.commit()
        assert load(token)

    def test_auth_7_long_user_agents_are_cut(self, begin, load):
        assert len(load(begin()).user_agent) == 255


class TestMemberships:
    @pytest.fixture
    def id_of(self, app):
        def id_of(login: str) -> int:
            return account_of(login).id

        return id_of

    def test_rights_a_place_is_found_by_contract_and_person(self, app, cast, id_of):
        cast.member("paul.dupont")
        cast.contract("OCB0000777")
        with app.app_context():
            place = places.place_of(id_of("paul.dupont"), "OCB0000124")
            assert place
            assert place.contract.offer.name == "Flexible Engine"
            assert places.place_of(id_of("paul.dupont"), "OCB0000777") is None
            assert places.place_of(0, "OCB0000124") is None

    def test_rights_the_referent_is_named(self, app, cast, id_of):
        cast.member("paul.dupont", referent=True)
        cast.member("sophie.dupont")
        with app.app_context():
            place = places.place_of(id_of("sophie.dupont"), "OCB0000124")
            assert place
            referent = places.referent_of(place.contract)
            assert referent
            assert referent.login == "paul.dupont"

    def test_home_3_the_menu_reads_ten_contracts_and_one_more(self, app, cast, id_of):
        for number in range(15):
            cast.member("paul.dupont", ref=f"OCB00010{number:02}")
        with app.app_context():
            assert len(places.contracts_in_menu(id_of("paul.dupont"))) == 11


class TestCommand:
    def test_auth_1_an_operator_sets_a_password_and_ends_all_sessions(self, app, begin, load):
        token = begin()
        runner = app.test_cli_runner()
        done = runner.invoke(
            args=["accounts", "password", "PAUL.dupont", "--password", "New-2026!"]
        )
        assert "The password of paul.dupont is set." in done.output
        db.session.expire_all()
        assert load(token) is None
        assert passwords.matches(account_of("paul.dupont"), "New-2026!")
        entry = db.session.execute(
            select(AuditEntry).where(AuditEntry.action == "password.changed")
        ).scalar_one()
        assert (entry.actor, entry.subject) == ("", "paul.dupont")  # its owner did not do it

    def test_auth_1_an_unknown_login_is_said(self, app, in_app):
        done = app.test_cli_runner().invoke(
            args=["accounts", "password", "nobody", "--password", "x"]
        )
        assert done.exit_code == 1
        assert "no account with the login nobody" in done.output
