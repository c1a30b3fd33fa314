"""The pages on the way into the console in a real browser: accessibility, width, copying."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from selfcare.database import db
from selfcare.models import ClientKind
from selfcare.services.oidc import clients, devices, keys
from tests.browser.axe import LOOKS, faults
from tests.browser.conftest import BROWSERS, Window
from tests.cast import account_of
from tests.oidc.party import REDIRECT, challenge_of

SETTINGS = {"console_auth_url": "https://keystone.example/v3"}
pytestmark = [
    pytest.mark.browser,
    pytest.mark.needs(*BROWSERS),
    pytest.mark.parametrize("portal", [SETTINGS], indirect=True, ids=["console"]),
]

COMMAND_LINE = "/contracts/OCB0000124/console/command-line/"
STRANGERS = (
    "/console/login",
    "/console/login/forgotten",
    "/console/api-login",
    "/oauth/logout/done",
    "/oauth/authorize?client_id=nobody",
    "/oauth/continue/nothing",
)
PEOPLE = {"one": "marie.dupont", "several": "pierre.dupont", "waits": "sophie.dupont"}
"""Who has one console, who has several, and whose account is not ready."""


def authorize(client_id: str = "console", **changes: str) -> str:
    asked = {
        "client_id": client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "openid profile",
        "state": "s",
        "code_challenge": challenge_of("x" * 43),
        "code_challenge_method": "S256",
        **changes,
    }
    return f"/oauth/authorize?{urlencode(asked)}"


@pytest.fixture
def people(cast, app) -> None:
    """Three people, and two clients: one that is trusted, one that asks first."""
    cast.member(PEOPLE["one"], console_roles=["admin"])
    for number in (1, 2, 3):
        cast.member(PEOPLE["several"], ref=f"OCB000070{number}", console_roles=["guest"])
    cast.member(PEOPLE["waits"], console_roles=["guest"], console_state="queued")
    with app.app_context():
        for client_id, trusted in (("console", True), ("wiki", False)):
            clients.add(
                client_id,
                name="Technical console" if trusted else "Wiki",
                kind=ClientKind.CONFIDENTIAL,
                redirect_uris=[REDIRECT],
                trusted=trusted,
            )
        keys.rotate()
        db.session.commit()


@pytest.fixture
def device_code(people, portal) -> Callable[[], str]:
    """The code that a device shows."""

    def code() -> str:
        with portal.app_context():
            client = clients.find("console")
            assert client
            shown = devices.ask(client, {"scope": "openid"}).user_code
            db.session.commit()
        return shown

    return code


@pytest.fixture
def pages(people, device_code, portal, window) -> Callable[..., Iterator[tuple[str, Page]]]:
    """Every page of the way, open: its name and the browser's page."""

    def opened(locale: str, **look: Any) -> Iterator[tuple[str, Page]]:
        with portal.app_context():
            for login in PEOPLE.values():
                account_of(login).locale = locale
            db.session.commit()
        stranger: Window = window(language=locale, **look)
        for path in STRANGERS:
            yield path, stranger.open(path)
        for path in ("/console/login", "/console/api-login"):
            stranger.open(path).locator("main form button").last.click()
            expect(stranger.page.locator("#errors")).to_be_visible()
            yield f"{path} with mistakes", stranger.page
        one, several, waits = (window(login, **look) for login in PEOPLE.values())
        yield "chooser", several.open(authorize())
        yield "consent", one.open(authorize("wiki"))
        yield "consent and choice", several.open(authorize("wiki"))
        yield "not ready", waits.open(authorize())
        # or app.js would send it at once
        one.page.route("**/app.*.js", lambda route: route.fulfill(body=""))
        yield "form_post", one.open(authorize(response_mode="form_post"))
        one.page.unroute("**/app.*.js")
        yield "device", one.open("/device")
        one.page.locator("#user_code").fill("XXXX-XXXX")
        one.page.locator("main form button").click()
        yield "device, wrong code", one.page
        for who, page in (("one", one), ("several", several)):
            page.open(f"/device?user_code={device_code()}").locator("main form button").click()
            yield f"device, {who}", page.page
        one.page.locator("main form button.primary").click()
        yield "device, let in", one.page
        several.page.locator("main form [name=refused]").click()
        yield "device, refused", several.page
        waits.open(f"/device?user_code={device_code()}").locator("main form button").click()
        yield "device, none ready", waits.page
        yield "sign out", one.open("/oauth/logout?client_id=console")
        yield "command line", one.open(COMMAND_LINE)

    return opened


@pytest.mark.slow
@LOOKS
def test_accessible_axe_finds_nothing_on_the_way_into_the_console(pages, locale, width):
    found, seen = [], set()
    for name, page in pages(locale, width=width):
        seen.add(name)
        found += [f"{name}: {fault}" for fault in faults(page)]
    assert found == []
    assert len(seen) == 22


def test_accessible_nothing_on_the_way_into_the_console_scrolls_sideways(pages):
    wide = []
    for name, page in pages("fr", width=320, scripts=False):
        if (width := page.evaluate("document.documentElement.scrollWidth")) > 320:
            wide.append(f"{name}: {width}")
    assert wide == []


class TestCommandLine:
    def test_console_10_a_ready_file_is_copied_by_a_button(self, people, window):
        page = window(PEOPLE["one"]).open(COMMAND_LINE)
        page.context.grant_permissions(["clipboard-read"])
        button = page.get_by_role("button", name="Copy clouds.yaml").first
        shown = page.locator("pre").first.text_content()
        button.click()
        expect(page.get_by_role("button", name="Copied: clouds.yaml")).to_be_focused()
        expect(page.locator("#status")).to_have_text("Copied: clouds.yaml")
        assert page.evaluate("navigator.clipboard.readText()") == (shown or "").strip()
        assert "auth_type: v3websso" in (shown or "")
        assert page.evaluate("String(getSelection())").strip() == (shown or "").strip()

    def test_console_10_what_comes_later_is_copied_too(self, people, window):
        page = window(PEOPLE["one"]).open(COMMAND_LINE)
        late = "<pre data-copy='Copy late' data-copied='Copied: late'>late</pre><p></p>"
        page.evaluate("late => htmx.swap('#main', late, { swapStyle: 'beforeend' })", late)
        page.get_by_role("button", name="Copy late").click()
        expect(page.get_by_role("button", name="Copied: late")).to_be_visible()
        expect(page.locator("main button")).to_have_count(5)

    def test_console_10_without_scripts_there_is_no_button_but_the_file(self, people, window):
        page = window(PEOPLE["one"], scripts=False).open(COMMAND_LINE)
        expect(page.locator("main button")).to_have_count(0)
        expect(page.get_by_role("link", name="Download clouds.yaml")).to_have_count(2)
