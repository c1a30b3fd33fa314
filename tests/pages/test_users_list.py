"""The lists of users, and removing somebody (USERS-1, USERS-6)."""

from __future__ import annotations

import csv
import io
from urllib.parse import quote

import pytest
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Account
from selfcare.rights import Profile
from selfcare.services.accounts import barring
from tests.wizard import REF, SOPHIE, USERS, add, roles


@pytest.fixture(autouse=True)
def paul_has_the_console(cast):
    cast.referent(console_roles=["admin"])


class TestList:
    def test_users_1_shows_everybody_and_marks_the_referent(self, cast, paul):
        cast.member("martin.dupont")
        page = paul.get(USERS)
        assert "2 users" in page.words
        [row] = [row for row in page.all("tbody tr") if "paul.dupont" in row.get_text()]
        assert row.select(".referent")
        assert "ready" in row.get_text()

    def test_users_1_an_account_that_support_disabled_says_so(self, cast, paul, app):
        cast.member("martin.dupont")
        with app.app_context():
            account = db.session.execute(select(Account).filter_by(login="martin.dupont"))
            barring.disable(account.scalar_one())
            db.session.commit()
        rows = {row.select_one("a").get_text(): row for row in paul.get(USERS).all("tbody tr")}
        marked = [who for who, row in rows.items() if row.find(string="disabled")]
        assert marked == ["martin.dupont"]
        page = paul.get(str(rows["martin.dupont"].select_one("a")["href"]))
        assert page.one("h1 .badge").get_text() == "disabled"

    def test_list_1_somebody_is_found_without_the_letters_of_their_language(self, cast, paul):
        cast.account("m.marek.80", last_name="Żółć", first_name="Łukasz", email="ml@example.com")
        cast.member("m.marek.80")
        for typed in ("zolc", "Żółć", "lukasz", "ŁUKASZ"):
            assert "1 user found" in paul.get(f"{USERS}?q={quote(typed)}").words, typed

    def test_users_1_search_sort_and_export(self, cast, paul):
        cast.member("martin.dupont")
        cast.member("zoe.martin")
        assert "1 user found" in paul.get(f"{USERS}?q=zoe").words
        logins = [
            tag.get_text()
            for tag in paul.get(f"{USERS}?sort=login").all(
                "tbody td a[href*='/users/']:not([aria-label])"
            )
        ]
        assert logins == sorted(logins)
        exported = list(
            csv.reader(io.StringIO(paul.get(f"{USERS}?format=csv").text.lstrip("\ufeff")))
        )
        assert len(exported) == 4
        assert exported[0][0] == "Login"

    def test_users_1_a_row_opens_on_its_roles(self, cast, paul):
        cast.member("martin.dupont", orders=Profile.VISITOR)
        page = paul.get(f"{USERS}?open=martin.dupont")
        assert "Visitor" in page.one("tr.detail").get_text()

    def test_users_1_needs_few_statements_whatever_the_number(self, cast, paul, statements):
        for number in range(30):
            cast.member(f"user.number.{number:02}", console_roles=["guest"])
        paul.get(USERS)
        cast.member("outside.user", ref="OCB0000777", console_roles=["guest"])
        cast.member("without.console")
        statements.clear()
        assert "32 users" in paul.get(USERS).words
        assert len(statements) <= 6, statements
        assert "31 users" in paul.get(f"{USERS}/console").words
        assert "30 users found" in paul.get(f"{USERS}/console?q=number").words
        assert "30 users found" in paul.get(f"{USERS}?q=number&page=2").words

    def test_users_1_of_another_contract_is_404(self, cast, paul, id_of):
        cast.member("autre.client", ref="OCB0000777", referent=True)
        theirs = id_of("autre.client", "OCB0000777")
        for path in ("", "/roles", "/remove"):
            assert paul.get(f"{USERS}/{theirs}{path}").status == 404


class TestRemoving:
    @pytest.mark.parametrize("who", ["paul.dupont", "jacques.dupont"])
    def test_users_6_neither_the_referent_nor_oneself(self, cast, paul, browse_as, id_of, who):
        cast.member("jacques.dupont", users=Profile.MANAGER)
        page = browse_as("jacques.dupont").post(f"{USERS}/{id_of(who)}/remove")
        assert page.status == 422
        assert who in paul.get(USERS).words

    def test_users_6_asks_before(self, cast, paul, id_of):
        cast.member("martin.dupont")
        page = paul.get(f"{USERS}/{id_of('martin.dupont')}/remove")
        assert "ends at once" in page.words
        assert "martin.dupont" in paul.get(USERS).words

    def test_users_6_somebody_removed_can_be_added_again(self, paul, id_of, browse_as):
        add(paul)
        paul.post(f"{USERS}/{id_of('sophie.dupont')}/remove")
        assert browse_as("sophie.dupont").get(f"/contracts/{REF}/").status == 404
        add(paul, person={"login": "other.login"})
        assert browse_as("sophie.dupont").get(f"/contracts/{REF}/").status == 200

    def test_users_6_somebody_added_again_can_be_removed_again(self, paul, id_of, browse_as):
        receipts = set()
        for _ in range(2):  # SQLite gives a deleted row's number again
            add(paul)
            path = f"{USERS}/{id_of('sophie.dupont')}/remove"
            assert "ends at once" in paul.get(path).words
            receipts.add(paul.post(path).location)
            assert browse_as("sophie.dupont").get(f"/contracts/{REF}/").status == 404
        assert len(receipts) == 2


def test_users_2_a_session_that_ended_leads_back_to_the_step(paul, app):
    step = paul.post(f"{USERS}/new", SOPHIE)
    with paul.client.session_transaction(base_url="http://portal.test/") as session:
        session.pop("_user_id")
    asked = paul.post(step.location, roles())
    assert asked.location.startswith("/login?next=")
    back = paul.post(asked.location, {"login": "paul.dupont", "password": "Espace-2026!"})
    assert back.location == step.location
    assert paul.get(back.location).status == 200
