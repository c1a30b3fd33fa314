"""What a manager who types an address learns of somebody of another customer (USERS-3)."""

from __future__ import annotations

import io

import pytest

from tests.browsing import Browser, Page
from tests.wizard import REF, SOPHIE, USERS, add, roles

ELSEWHERE = "OCB0000555"
EMAIL = "eva.nowak@other.example"
TYPED = {"email": "Eva.Nowak@other.example", "login": "quelqu.un"}
SECRETS = ("eva.secret.login", "Ewa", "Nowak-Secret", "98 76", "9876")
EXISTS = "already belongs to an account"
HEADING = "Civilité;Nom;Prénom;Identifiant;Email;Mobile\n"


@pytest.fixture(autouse=True)
def paul_has_the_console(cast):
    cast.referent(console_roles=["admin"])


@pytest.fixture
def eva(cast) -> str:
    """A user of another customer."""
    cast.account(
        "eva.secret.login",
        email=EMAIL,
        first_name="Ewa",
        last_name="Nowak-Secret",
        mobile="+33 6 12 34 98 76",
    )
    cast.contract(ELSEWHERE, customer="OTHER2026")
    return cast.member("eva.secret.login", ref=ELSEWHERE, referent=True)


def tells_nothing(page: Page) -> None:
    told = page.text.lower()
    assert not [secret for secret in SECRETS if secret.lower() in told]


def load(browser: Browser, *lines: str) -> Page:
    content = (HEADING + "\n".join(lines)).encode()
    return browser.post(f"{USERS}/import", {"file": (io.BytesIO(content), "many.csv")})


class TestStranger:
    def test_users_3_the_wizard_says_that_an_account_exists_and_no_more(self, paul, eva):
        step = paul.post(f"{USERS}/new", {**SOPHIE, **TYPED})
        for page in (paul.get(step.location), add(paul, person=TYPED, finish=False)):
            assert EXISTS in page.words
            tells_nothing(page)

    def test_users_3_nor_does_any_page_once_they_are_added(self, paul, eva, id_of):
        add(paul, person=TYPED, orders="visitor", console=("guest",))
        number = id_of(eva)
        user = f"{USERS}/{number}"
        for path in (
            USERS,
            f"{USERS}?open={TYPED['email']}",
            f"{USERS}?format=csv",
            f"{USERS}/console",
            f"{USERS}/console/{number}",
            user,
            f"{user}/roles",
            f"{user}/remove",
        ):
            page = paul.get(path)
            assert page.status == 200, path
            assert EMAIL in page.text.lower(), path
            tells_nothing(page)
        step = paul.post(f"{user}/roles", roles(("guest",), contract="visitor"))
        tells_nothing(paul.get(step.location))
        paul.post(step.location, {"step": "finish"})
        removed = paul.post(f"{user}/remove")
        for path in (removed.location, USERS, "/account/activity"):
            page = paul.get(path)
            assert EMAIL in page.text.lower(), path
            tells_nothing(page)

    @pytest.mark.parametrize("word", ["secret", "ewa", "login"])
    def test_users_3_nor_can_it_be_searched_out(self, paul, eva, word):
        add(paul, person=TYPED)
        assert EMAIL not in paul.get(f"{USERS}?q={word}&format=csv").text.lower()
        assert "1 user found" in paul.get(f"{USERS}?q=eva.nowak").words

    def test_users_3_once_they_have_opened_the_contract_they_are_shown(
        self, paul, eva, browse_as, id_of
    ):
        add(paul, person=TYPED)
        me = browse_as(eva)
        me.get("/")
        tells_nothing(paul.get(USERS))
        assert me.get(f"/contracts/{REF}/").status == 200
        page = paul.get(f"{USERS}/{id_of(eva)}")
        assert "eva.secret.login" in page.words
        assert "Nowak-Secret" in page.words
        assert "1 user found" in paul.get(f"{USERS}?q=secret").words

    def test_users_3_of_the_same_customer_the_login_is_said(self, cast, paul):
        cast.contract("OCB0000777")
        cast.member("martine.durand", ref="OCB0000777")
        page = add(paul, person={"email": "martine.durand@example.com"}, finish=False)
        assert "belongs to the account martine.durand" in page.words

    def test_users_3_nor_does_another_contract_of_the_same_customer(self, cast, paul, eva):
        add(paul, person=TYPED)
        cast.contract("OCB0000777")
        cast.member("paul.dupont", ref="OCB0000777", referent=True)
        step = paul.post("/contracts/OCB0000777/users/new", {**SOPHIE, **TYPED})
        page = paul.get(step.location)
        assert EXISTS in page.words
        tells_nothing(page)

    def test_users_3_an_import_tells_no_more(self, paul, eva, worker):
        line = "Mme;Durand;Sophie;sophie.durand;eva.nowak@other.example;0612345678"
        report = load(paul, line).location
        assert "1 user can be added" in paul.get(report).words
        paul.post(report)
        worker.run()
        for path in (report, USERS, f"{USERS}?format=csv"):
            tells_nothing(paul.get(path))
        assert EMAIL in paul.get(USERS).words


class TestBrake:
    @pytest.fixture
    def busy(self, cast, paul, another_app):
        """Paul in a portal that lets him ask for two strangers an hour."""
        for name in ("ann.aaaa", "ann.bbbb", "ann.cccc"):
            cast.account(name, email=f"{name}@other.example")
        browser = Browser(another_app(throttle_strangers="2 per hour"))
        browser.sign_in_as("paul.dupont")
        return browser

    def test_users_3_who_asks_for_many_strangers_waits(self, busy):
        asked = [
            busy.post(f"{USERS}/new", {**SOPHIE, "email": f"ann.{letter * 4}@other.example"})
            for letter in "abc"
        ]
        assert [page.status for page in asked] == [303, 303, 422]
        assert "Try again in 60 minutes" in asked[-1].one("#email-error").get_text()
        assert asked[-1].one("#email")["value"] == "ann.cccc@other.example"
        again = {**SOPHIE, "email": "unknown@other.example"}
        assert busy.post(f"{USERS}/new", again).status == 422  # says nothing of anybody now

    def test_users_3_going_back_and_on_with_one_address_counts_once(self, busy):
        typed = {**SOPHIE, "email": "ann.aaaa@other.example"}
        step = busy.post(f"{USERS}/new", typed).location.replace("roles", "person")
        for _ in range(4):
            assert busy.post(step, typed).status == 303

    def test_users_3_logins_of_others_count_too(self, busy):
        asked = [
            busy.post(f"{USERS}/new", {**SOPHIE, "login": f"ann.{letter * 4}"}) for letter in "abc"
        ]
        assert "belongs to somebody else" in asked[1].words
        assert "Try again in 60 minutes" in asked[2].words

    def test_users_3_so_do_the_lines_of_a_file(self, busy):
        lines = [
            f"Mme;Durand;Sophie;sophie.{letter * 4};ann.{letter * 4}@other.example;0612345678"
            for letter in "abc"
        ]
        page = load(busy, *lines)
        assert page.status == 422
        assert "Try again in 60 minutes" in page.words
