"""The users section in a real browser: in place, without JavaScript, on a phone, with axe."""

from __future__ import annotations

import io
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from selfcare.database import db
from selfcare.models import Account, ConsoleAccess, SignIn, now
from selfcare.rights import Profile
from tests.browser.axe import LOOKS, faults
from tests.browser.conftest import BROWSERS
from tests.browsing import Browser
from tests.cast import PASSWORD
from tests.wizard import SOPHIE, USERS, roles

pytestmark = [pytest.mark.browser, pytest.mark.needs(*BROWSERS)]

CONSOLE = f"{USERS}/console"
TABLE = (
    "Civilité;Nom;Prénom;Login;Email;Mobile;Commandes;Console\n"
    "Mme;Lefèvre;Aude;aude.lefevre;aude@example.com;06 12 34 56 78;visiteur;guest\n"
    "Mme;Lefèvre;Aude;aude;aude@example.com;06 12 34 56 78;visiteur;boss\n"
)


def settle(login: str, **values: Any) -> None:
    """Write somebody's console access as a worker would have left it."""
    account = select(Account.id).filter_by(login=login).scalar_subquery()
    db.session.execute(
        update(ConsoleAccess).where(ConsoleAccess.account_id == account).values(**values)
    )
    db.session.commit()


@pytest.fixture
def people(cast, app) -> None:
    """A referent, and somebody in each state of the console."""
    cast.member("paul.dupont", referent=True, console_roles=["admin"])
    cast.member("marie.failed", console_roles=["guest"], console_state="failed")
    cast.member("zoe.adrift", console_roles=["guest", "power_user"])
    cast.member("tom.disabled", console_roles=["guest"])
    cast.member("ines.pending", console_roles=["guest"], console_state="queued")
    cast.member("luc.portal", orders=Profile.VISITOR)
    with app.app_context():
        settle("marie.failed", problem="email_taken")
        seen = {"username": "zoe.a", "email": "an-address-of-many-letters@example.com"}
        settle(
            "zoe.adrift",
            seen_at=now(),
            settled_at=now(),
            iam_username="zoe.adrift",
            iam_email="zoe.adrift@example.com",
            seen_groups=["devops-with-a-long-name"],
            seen_account={**seen, "enabled": False},
        )
        settle("tom.disabled", settled_at=now(), iam_enabled=False)


@pytest.fixture
def pages(people, portal, id_of) -> list[str]:
    """Every address of the section, in the states a reader meets."""
    paul = Browser(portal).sign_in_as("paul.dupont")
    step_2 = paul.post(f"{USERS}/new", SOPHIE).location
    step_3 = paul.post(step_2, roles(("guest",), invoices="manager")).location
    loaded = paul.post(
        f"{USERS}/import", {"file": (io.BytesIO(TABLE.encode("utf-8")), "many.csv")}
    ).location
    gone = paul.post(f"{USERS}/{id_of('luc.portal')}/remove").location
    change = f"{USERS}/{id_of('zoe.adrift')}/roles"
    changed = paul.post(change, roles(orders="visitor")).location
    return [
        USERS,
        f"{USERS}?open=zoe.adrift",
        f"{USERS}?q=zzz",
        f"{USERS}/new",
        step_2.replace("/roles", "/person"),
        step_2,
        step_3,
        change,
        changed,
        *(f"{USERS}/{id_of(who)}" for who in ("paul.dupont", "marie.failed", "ines.pending")),
        f"{USERS}/{id_of('zoe.adrift')}/remove",
        gone,
        CONSOLE,
        f"{CONSOLE}?open=zoe.adrift",
        *(f"{CONSOLE}/{id_of(who)}" for who in ("zoe.adrift", "tom.disabled", "marie.failed")),
        f"{CONSOLE}/{id_of('zoe.adrift')}/roles",
        f"{CONSOLE}/new",
        f"{USERS}/import",
        loaded,
    ]


@pytest.mark.slow
@pytest.mark.timeout(300)
@LOOKS
def test_accessible_axe_finds_nothing_where_users_are_kept(app, pages, window, locale, width):
    with app.app_context():
        db.session.execute(update(Account).values(locale=locale))
        db.session.commit()
    found = []
    here = window("paul.dupont", width=width)
    for path in pages:
        found += faults(here.open(path))
    page = here.open(f"{USERS}/new")
    page.locator("button[value=next]").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found += faults(page)
    assert found == []


def test_accessible_no_user_scrolls_sideways_at_320_pixels(app, pages, window):
    with app.app_context():
        db.session.execute(update(Account).values(locale="fr"))
        db.session.commit()
    here, wide = window("paul.dupont", width=320), []
    for path in pages:
        page = here.open(path)
        if (width := page.evaluate("document.documentElement.scrollWidth")) > 320:
            wide.append(f"{path}: {width}")
    assert wide == []


class TestWizard:
    @staticmethod
    def fill_in(page: Page) -> None:
        page.get_by_label("Mrs").check()
        for name in ("last_name", "first_name", "login", "email", "mobile"):
            page.locator(f"#{name}").fill(SOPHIE[name])

    @pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
    def test_users_2_adds_somebody_with_and_without_javascript(self, people, window, scripts):
        here = window("paul.dupont", scripts=scripts)
        page = here.open(f"{USERS}/new")
        page.locator("button[value=next]").click()
        expect(page.get_by_role("alert")).to_be_visible()
        if scripts:
            expect(page.locator("#errors")).to_be_focused()
        self.fill_in(page)
        page.locator("button[value=next]").click()
        page.locator("[name=invoices][value=manager]").check()
        page.get_by_label("guest").check()
        if not scripts:
            page.locator("button[value=preview]").click()
        expect(page.locator("#preview")).to_contain_text("see invoices and their amounts")
        expect(page.locator("#preview")).to_contain_text("guest")
        page.locator("button[value=next]").click()
        page.locator("button[value=prev]").click()
        expect(page.locator("[name=invoices]:checked")).to_have_value("manager")
        page.go_back()
        page.go_forward()
        page.locator("button[value=next]").click()
        page.locator("button[value=finish]").click()
        expect(page.get_by_text("The user has been added and gets a mail.")).to_be_visible()
        expect(page.locator("td[data-label=Login]").first).to_contain_text("sophie.dupont")

    def test_users_2_choosing_a_profile_keeps_the_focus_there(self, people, window):
        page = window("paul.dupont").open(f"{USERS}/new")
        self.fill_in(page)
        page.locator("button[value=next]").click()
        page.locator("[name=invoices]:checked").focus()
        page.keyboard.press("ArrowUp")  # from the first to the last
        expect(page.locator("#preview")).to_contain_text("see invoices and their amounts")
        expect(page.locator("[name=invoices][value=manager]")).to_be_focused()

    def test_users_2_enter_goes_on_and_takes_no_model(self, people, window):
        page = window("paul.dupont").open(f"{USERS}/new")
        self.fill_in(page)
        page.locator("button[value=next]").click()
        page.locator("[name=orders][value=visitor]").check()
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("step 3 of 3")
        expect(page.locator("main")).to_contain_text("Orders")
        page.locator("button[value=prev]").click()
        expect(page.locator("[name=orders]:checked")).to_have_value("visitor")

    @pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
    def test_users_2_what_was_typed_survives_the_end_of_the_session(
        self, app, people, window, scripts
    ):
        page = window("paul.dupont", scripts=scripts).open(f"{USERS}/new")
        self.fill_in(page)
        with app.app_context():
            db.session.execute(update(SignIn).values(ended_at=now()))
            db.session.commit()
        page.locator("button[value=next]").click()
        page.locator("#login").fill("paul.dupont")
        page.locator("#password").fill(PASSWORD)
        page.get_by_role("button", name="Se connecter").click()
        expect(page.locator("#email")).to_have_value(SOPHIE["email"])
        page.locator("button[value=next]").click()
        expect(page.locator("h1")).to_contain_text("step 2 of 3")


class TestStates:
    """What changes by itself shows itself, and takes the focus nowhere strange."""

    def test_users_1_the_list_shows_when_a_console_is_ready(self, app, people, window):
        page = window("paul.dupont").open(f"{USERS}?q=ines")
        page.locator("#refresh").focus()
        expect(page.locator("td[data-label=Console]")).to_contain_text("being prepared")
        with app.app_context():
            settle("ines.pending", state="done", settled_at=now())
        expect(page.locator("td[data-label=Console]")).to_contain_text("ready")
        expect(page.locator("#refresh")).to_have_count(0)
        expect(page.locator("#users")).to_be_focused()

    def test_users_1_a_user_s_page_shows_it_too(self, app, people, window, id_of):
        page = window("paul.dupont").open(f"{USERS}/{id_of('ines.pending')}")
        page.locator("#refresh").focus()
        with app.app_context():
            settle("ines.pending", state="done", settled_at=now())
        expect(page.locator("#console")).to_contain_text("ready")
        expect(page.locator("#console")).to_be_focused()

    @pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
    def test_users_8_restoring_and_accepting_are_buttons(self, app, people, window, id_of, scripts):
        page = window("paul.dupont", scripts=scripts).open(f"{CONSOLE}/{id_of('zoe.adrift')}")
        expect(page.locator("#console")).to_contain_text("It was disabled there")
        page.get_by_role("button", name="Accept what the console says").click()
        expect(page.locator("#console")).to_contain_text("devops-with-a-long-name")
        page = window("paul.dupont", scripts=scripts).open(f"{CONSOLE}/{id_of('tom.disabled')}")
        page.get_by_role("button", name="Enable it again").click()
        expect(page.locator("#console")).to_contain_text("being prepared")

    @pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
    def test_users_6_removal_leads_to_its_receipt(self, people, window, id_of, scripts):
        page = window("paul.dupont", scripts=scripts).open(f"{USERS}?q=luc")
        page.get_by_role("link", name="Remove luc.portal").click()
        page.get_by_role("button", name="Remove").click()
        expect(page.locator("#receipt")).to_contain_text("had no access")
