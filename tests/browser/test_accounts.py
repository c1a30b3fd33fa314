"""The account pages in a real browser: accessibility, width, hints while typing, passkeys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from demo.ports import free_port
from selfcare.database import db
from selfcare.models import LinkPurpose
from selfcare.services.accounts import two_factor
from selfcare.services.mail import links
from selfcare.services.mail import samples as mail_samples
from selfcare.services.safety import audit
from tests.browser.axe import LOOKS, faults
from tests.browser.conftest import BROWSERS
from tests.cast import PASSWORD, account_of

pytestmark = [pytest.mark.browser, pytest.mark.needs(*BROWSERS)]

MINE = (
    "/account/profile",
    "/account/profile/edit",
    "/account/password",
    "/account/security/",
    "/account/security/two-factor/",
    "/account/security/two-factor/new",
    "/account/activity",
    "/account/activity?q=zzz",
)
PUBLIC = (
    "/password/forgot",
    "/password/forgot?captcha=question",
    "/password/forgot/sent",
    "/login/forgot",
    "/login/forgot/sent",
    "/password/set",
)


@pytest.fixture
def pauls_login(cast, app) -> Iterator[str]:
    """Paul, who began to set up his app, and has a link to set his password."""
    login = cast.account("paul.dupont", locale="fr", phone="+33101010101")
    with app.app_context():
        account = account_of(login)
        two_factor.prepare(account)
        audit.record("account.changed", actor=account, details={"what": ["phone"]})
        db.session.commit()
    return login


@pytest.fixture
def set_password(pauls_login, app) -> str:
    with app.app_context():
        link = links.create(account_of(pauls_login), LinkPurpose.SET_PASSWORD)
        db.session.commit()
        return f"/password/set/{links.token(link)}"


@pytest.mark.slow
@LOOKS
def test_accessible_axe_finds_nothing_on_account_pages(
    app, pauls_login, set_password, window, locale, width
):
    with app.app_context():
        account_of(pauls_login).locale = locale
        db.session.commit()
    found = []
    here, stranger = window(pauls_login, width=width), window(width=width, language=locale)
    for path in MINE:
        found += faults(here.open(path))
    for path in (*PUBLIC, set_password):
        found += faults(stranger.open(path))
    stranger.page.locator("main form button[type=submit]").last.click()
    expect(stranger.page.get_by_role("alert")).to_be_focused()
    found += faults(stranger.page)
    assert found == []


def test_accessible_account_pages_do_not_scroll_sideways(pauls_login, set_password, window):
    wide = []
    for one, paths in (
        (window(pauls_login, width=320), MINE),
        (window(width=320), (*PUBLIC, set_password)),
    ):
        for path in paths:
            page = one.open(path)
            if (width := page.evaluate("document.documentElement.scrollWidth")) > 320:
                wide.append(f"{path}: {width}")
    assert wide == []


def test_mail_fits_a_phone(app, chromium):
    page, wide = chromium.new_page(viewport={"width": 320, "height": 600}), []
    for name in mail_samples.names():
        for language in ("fr", "en"):
            with app.app_context():
                page.set_content(str(mail_samples.built(name, language).html))
            if (width := page.evaluate("document.documentElement.scrollWidth")) > 320:
                wide.append(f"{name}, {language}: {width}")
    page.close()
    assert wide == []


class TestHint:
    def test_auth_3_says_while_typing_what_is_met_and_how_good(self, set_password, window):
        page = window().open(set_password)
        field, level = page.locator("#password"), page.locator("#password-level")
        met = page.locator("#password-rules li.met")
        field.press_sequentially("bleu", delay=5)
        expect(met).to_have_count(2)  # a lowercase letter, not too long
        expect(level).to_have_text("Not valid yet")
        field.press_sequentially("-Nu4", delay=5)
        expect(met).to_have_count(6)
        expect(level).to_have_text("Medium security level")
        field.press_sequentially("age", delay=5)
        expect(level).to_have_text("Strong security level")
        expect(met.first).to_contain_text("done:")
        field.fill("Paul.Dupont")
        expect(level).to_have_text("Not valid yet")

    def test_auth_3_never_calls_strong_what_will_be_refused(self, set_password, window):
        page = window().open(set_password)
        level, said = page.locator("#password-level"), list[str]()
        page.expose_function("said", lambda text: said.append(text))  # noqa: PLW0108 (a builtin takes no mark)
        level.evaluate(
            "e => new MutationObserver(() => window.said(e.textContent))"
            ".observe(e, {childList: true})"
        )
        page.locator("#password").fill("Password-2026!")
        expect(level).to_have_text("Not valid: too common")
        page.locator("#password").press_sequentially("-Bleu-Nuage", delay=5)
        expect(level).to_have_text("Strong security level")
        assert said[-1] == "Strong security level"
        assert "Strong security level" not in said[:-1]

    def test_auth_3_shows_and_hides_what_was_typed(self, set_password, window):
        page = window().open(set_password)
        page.locator("#password").fill("Bleu-Nuage.42")
        page.get_by_role("link", name="Show the passwords").click()
        assert page.locator("#password").get_attribute("type") == "text"
        assert page.locator("#confirm").get_attribute("type") == "text"
        expect(page.locator("#password")).to_have_value("Bleu-Nuage.42")
        page.get_by_role("link", name="Hide the passwords").click()
        assert page.locator("#password").get_attribute("type") == "password"

    def test_auth_3_works_without_javascript(self, set_password, window):
        page = window(scripts=False).open(set_password)
        page.locator("#password").fill("court")
        page.locator("#confirm").fill("court")
        page.get_by_role("button", name="Validate").click()
        expect(page.locator("#password-error")).to_contain_text("at least 8 characters")


class TestCaptcha:
    def test_auth_2_another_image_keeps_what_was_typed(self, app, window):
        page = window(scripts=False).open("/password/forgot")
        page.locator("#login").fill("paul.dupont")
        before = page.locator("#captcha img").get_attribute("src")
        page.get_by_role("button", name="Load another image").click()
        assert page.locator("#captcha img").get_attribute("src") != before
        expect(page.locator("#login")).to_have_value("paul.dupont")
        expect(page.locator("#answer")).to_be_focused()

    def test_auth_2_the_sound_plays(self, app, window):
        here = window()
        path = here.open("/password/forgot").locator("#captcha a").get_attribute("href")
        page = here.open(str(path))
        player = page.locator("video")
        player.evaluate("v => v.readyState || new Promise(done => v.onloadeddata = done)")
        assert float(player.evaluate("v => v.duration")) > 3


@pytest.fixture
def by_name(another_app) -> Iterator[Any]:
    """The portal reached as localhost, where browsers allow passkeys without https."""
    import threading

    from werkzeug.serving import make_server

    port = free_port()
    app = another_app(portal_url=f"http://localhost:{port}")
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_auth_7_a_passkey_is_made_and_signs_in(cast, by_name, chromium):
    cast.account("paul.dupont", locale="en")
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    options |= {"hasUserVerification": True, "isUserVerified": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto(f"{by_name}/login?next=/account/security/passkeys/new")
    page.locator("#login").fill("paul.dupont")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button").filter(has_text="Sign in").click()
    page.wait_for_load_state()
    page.locator("#name").fill("Laptop")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_text("Laptop", exact=True)).to_be_visible()
    context.clear_cookies()
    page.goto(f"{by_name}/login?next=/account/activity")
    page.get_by_role("link", name="passkey").click()
    page.wait_for_load_state()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="My activity")).to_be_visible()
    context.close()
