"""CONSOLE-1 in real browsers: from the button to the console and out again, two servers apart.

Portal and stand-in console answer on hosts of their own, so that cookies and `form-action` are
held to what they are held to in production.
"""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from demo import console_client
from demo.console.server import serve
from demo.ports import free_port
from selfcare.database import db
from selfcare.models import now
from selfcare.services.accounts import two_factor
from tests.browser.conftest import BROWSERS, Window
from tests.cast import PASSWORD, account_of
from tests.work import Worker

pytestmark = [pytest.mark.browser, pytest.mark.needs(*BROWSERS)]

SECRET = "the stand-in's secret"


@dataclass
class Way:
    """Both ends: the portal's address and the console's."""

    portal: str
    console: str
    app: Flask

    def sign_in(self, page: Page, login: str = "marie.dupont") -> None:
        """Fill in the sign-in page that came."""
        page.locator("#login").fill(login)
        page.locator("#password").fill(PASSWORD)
        page.locator("main form button[type=submit]").click()


@contextmanager
def _served(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def way(another_app, cast, monkeypatch) -> Iterator[Callable[..., Way]]:
    """Portal and stand-in console, served for real: `way()`, `way(portal="localhost")`."""
    cast.member("marie.dupont", console_roles=["admin"])
    running: list[Any] = []

    def start(*, portal: str = "127.0.0.1") -> Way:
        ours = f"http://{portal}:{free_port()}"
        console = serve(0, password="the stand-in's administrator")
        other = "localhost" if portal == "127.0.0.1" else "127.0.0.1"
        theirs = f"http://{other}:{console.server_port}"
        monkeypatch.setenv("PORTAL_URL", ours)
        monkeypatch.setenv("CONSOLE_CLIENT_SECRET", SECRET)
        app = another_app(portal_url=ours, console_url=f"{theirs}/dashboard/sign-in")
        with app.app_context():
            console_client.register(f"{theirs}/dashboard/sign-in", secret=SECRET)
            db.session.commit()
        for server in (
            console,
            make_server("127.0.0.1", int(ours.rpartition(":")[2]), app, threaded=True),
        ):
            running.append(served := _served(server))
            served.__enter__()
        return Way(ours, theirs, app)

    yield start
    for served in reversed(running):
        served.__exit__(None, None, None)


@pytest.fixture
def visit(chromium) -> Iterator[Callable[..., Window]]:
    """A window nobody is signed in with, at a portal: `visit(way)`."""
    contexts = []
    windows: list[Window] = []

    def open_window(where: Way, *, scripts: bool = True) -> Window:
        contexts.append(chromium.new_context(java_script_enabled=scripts, locale="en-GB"))
        windows.append(Window(contexts[-1].new_page(), where.portal))
        return windows[-1]

    yield open_window
    for context in contexts:
        context.close()
    assert [problem for one in windows for problem in one.problems] == []


def is_in_console(page: Page, way: Way, *, ref: str = "OCB0000124", roles: str = "admin") -> None:
    """The stand-in shows who came, for which company account, with which roles."""
    expect(page).to_have_url(f"{way.console}/dashboard/")
    main = page.locator("main")
    expect(main).to_contain_text("Marie DUPONT")
    expect(main).to_contain_text(ref)
    expect(main).to_contain_text(roles)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_console_1_from_the_button_through_sign_in_into_the_console(way, visit, scripts):
    here = way()
    window = visit(here, scripts=scripts)
    page = window.open("/")
    here.sign_in(page)
    button = page.get_by_role("link", name="Go to the technical console").first
    expect(button).to_be_visible()
    page.context.clear_cookies()  # signed out meanwhile, the page still there
    button.click()
    here.sign_in(page)
    is_in_console(page, here)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_console_1_who_begins_at_the_console_signs_in_on_the_way(way, visit, scripts):
    here = way()
    page = visit(here, scripts=scripts).page
    page.goto(f"{here.console}/dashboard/")
    here.sign_in(page)
    is_in_console(page, here)


@pytest.mark.parametrize("start", ["button", "console"])
def test_console_1_the_second_factor_is_asked_for_on_the_way(way, visit, start):
    here = way()
    with here.app.app_context():
        device = two_factor.prepare(account_of("marie.dupont"))
        device.confirmed_at = now()
        phone = pyotp.TOTP(two_factor.secret(device))
        db.session.commit()
    page = visit(here).page
    page.goto(
        f"{here.portal}/contracts/OCB0000124/console"
        if start == "button"
        else f"{here.console}/dashboard/"
    )
    here.sign_in(page)
    page.locator("#code").fill(phone.now())
    page.get_by_role("button", name="Sign in").click()
    is_in_console(page, here)


def test_console_1_a_passkey_opens_the_console_too(way, visit):
    here = way(portal="localhost")
    page = visit(here).page
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    options |= {"hasUserVerification": True, "isUserVerified": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto(f"{here.portal}/login?next=/account/security/passkeys/new")
    here.sign_in(page)
    page.locator("#name").fill("Laptop")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_text("Laptop", exact=True)).to_be_visible()
    page.context.clear_cookies()
    page.goto(f"{here.portal}/contracts/OCB0000124/console")
    page.get_by_role("link", name="passkey").click()
    page.get_by_role("button", name="Use a passkey").click()
    is_in_console(page, here)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_console_1_who_is_not_ready_comes_in_by_waiting(way, visit, cast, scripts):
    cast.member("marie.dupont", console_roles=["admin"], console_state="queued")
    here = way()
    page = visit(here, scripts=scripts).page
    page.goto(f"{here.portal}/contracts/OCB0000124/console")
    here.sign_in(page)
    expect(page.get_by_role("heading", name="being prepared")).to_be_visible()
    cast.member("marie.dupont", console_roles=["admin"])
    expect(page).to_have_url(f"{here.console}/dashboard/", timeout=10_000)
    is_in_console(page, here)


class TestSignOut:
    @pytest.fixture
    def inside(self, way, visit) -> tuple[Way, Page]:
        """Somebody who came into the console by the button."""
        here = way()
        page = visit(here).page
        page.goto(f"{here.portal}/contracts/OCB0000124/console")
        here.sign_in(page)
        is_in_console(page, here)
        return here, page

    def test_console_9_whoever_leaves_the_console_is_asked_about_the_portal(self, inside):
        here, page = inside
        page.get_by_role("button", name="Se déconnecter").click()
        expect(page.get_by_role("heading", name="Leave the customer space too?")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page).to_have_url(f"{here.console}/dashboard/bye")
        page.goto(here.portal)
        expect(page.locator("#login")).to_be_visible()

    def test_console_9_whoever_leaves_the_portal_is_let_out_of_the_console(self, inside):
        here, page = inside
        page.goto(here.portal)
        page.locator("form[action='/logout']").evaluate("form => form.submit()")
        expect(page.locator("#login")).to_be_visible()
        Worker(here.app).run()
        page.goto(f"{here.console}/dashboard/")
        expect(page.locator("#login")).to_be_visible()

    def test_console_9_they_may_stay_in_the_portal(self, inside):
        here, page = inside
        page.get_by_role("button", name="Se déconnecter").click()
        page.get_by_role("link", name="Stay signed in").click()
        expect(page).to_have_url(f"{here.console}/dashboard/bye")
        page.goto(here.portal)
        expect(page.get_by_role("heading", name="Welcome Marie")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_console_1_the_contract_clicked_last_is_the_one(way, visit, cast, scripts):
    here = way()
    cast.member("marie.dupont", ref="OCB0000777", console_roles=["guest"])
    page = visit(here, scripts=scripts).page
    page.goto(f"{here.portal}/contracts/OCB0000777/console")
    here.sign_in(page)
    is_in_console(page, here, ref="OCB0000777", roles="guest")
    page.goto(f"{here.portal}/contracts/OCB0000124/console")
    is_in_console(page, here)
    page.get_by_role("button", name="Se déconnecter").click()
    page.get_by_role("link", name="Stay signed in").click()
    page.get_by_role("link", name="Se connecter").click()  # at the console: which is not said
    page.get_by_label("OCB0000777").check()
    page.get_by_role("button", name="Go on to the console").click()
    is_in_console(page, here, ref="OCB0000777", roles="guest")


@pytest.mark.needs("w3m")
def test_console_1_w3m_goes_the_whole_way(way, tmp_path):
    here = way()

    def w3m(address: str, *options: str, mode: str = "-dump") -> str:
        done = subprocess.run(
            ["w3m", "-cookie", mode, "-o", "accept_encoding=identity", *options, address],
            env={"HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            timeout=30,
            check=True,
        )
        return done.stdout.decode()

    login = f"{here.portal}/login?next=/contracts/OCB0000124/console"
    head = w3m(login, mode="-dump_both")
    form = tmp_path / "form"
    token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', head)[0]
    form.write_text(urlencode({"csrf_token": token, "login": "marie.dupont", "password": PASSWORD}))
    cookie = re.findall(r"Set-Cookie: (session=[^;]+)", head)[0]
    text = w3m(login, "-header", f"Cookie: {cookie}", "-post", str(form))
    assert "Marie DUPONT" in text, text
    assert "OCB0000124" in text
