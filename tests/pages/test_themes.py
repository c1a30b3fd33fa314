"""Light, dark or as the device: chosen by a form, kept in a cookie, on every page (design)."""

from __future__ import annotations

import re

import pytest

from selfcare.rights import Profile
from selfcare.web.themes import THEMES
from tests.browsing import Browser, Page

ORDERS = "/contracts/OCB0000124/orders"


def sheet(browser: Browser, path: str) -> str:
    return str(browser.get(path).one("link[rel=stylesheet]")["href"])


def text_of(browser: Browser, path: str) -> str:
    return browser.client.get(sheet(browser, path), buffered=True).text


def choose(browser: Browser, name: str, path: str = "/theme", **headers: str) -> Page:
    return browser.post(path, {"theme": name}, token=True, **headers)


def test_design_the_theme_is_chosen_by_a_form_and_stays(app, browse):
    first = sheet(browse, "/legal")
    back = choose(browse, "dark", Referer="http://portal.test/accessibility?a=b")
    assert back.status == 303
    assert back.location == "/accessibility?a=b"
    cookie = back.headers["Set-Cookie"]
    assert "theme=dark" in cookie
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert sheet(browse, "/legal") == app.extensions["assets"]["app-dark.css"]
    page = browse.get("/legal")
    assert page.one("meta[name=color-scheme]")["content"] == "dark"
    assert page.texts("footer form b") == ["dark"]
    choose(browse, "system")
    assert sheet(browse, "/legal") == first
    assert browse.get("/legal").texts("footer form b") == ["as the device"]


@pytest.mark.parametrize("odd", ["", "pink", "../app", "dark\r\nX: y"])
def test_design_an_odd_theme_changes_nothing(app, browse, odd):
    first = sheet(browse, "/legal")
    assert "Set-Cookie" not in choose(browse, odd).headers
    browse.client.set_cookie("theme", odd or "pink", domain="portal.test")
    assert sheet(browse, "/legal") == first


def test_design_it_leads_to_no_other_site(browse):
    answer = choose(browse, "dark", Referer="https://evil.example/")
    assert answer.location == "/"


def test_design_errors_pages_of_staff_and_signed_out_ones_have_it(app, cast, browse_as, browse):
    dark = app.extensions["assets"]["app-dark.css"]
    agent = browse_as(cast.agent())
    choose(agent, "dark", path="/staff/theme")
    assert sheet(agent, "/staff/") == dark
    assert sheet(agent, "/nowhere") == dark
    choose(browse, "dark")
    for path in ("/login", "/nowhere", "/password/forgot"):
        assert sheet(browse, path) == dark


def test_design_no_list_comes_from_a_cache_in_other_colours(cast, browse_as):
    cast.member("paul.dupont", orders=Profile.VISITOR)
    paul = browse_as("paul.dupont")
    seen = paul.get(ORDERS).headers["ETag"]
    assert paul.get(ORDERS, **{"If-None-Match": seen}).status == 304
    choose(paul, "dark")
    again = paul.get(ORDERS, **{"If-None-Match": seen})
    assert again.status == 200
    assert "app-dark" in sheet(paul, ORDERS)
    assert "Cookie" in again.headers["Vary"]


def test_design_each_theme_has_its_own_colours_and_no_other(app, browse):
    texts = {}
    for name in THEMES:
        choose(browse, name)
        texts[name] = text_of(browse, "/legal")
    assert "prefers-color-scheme" in texts["system"]
    for name, page, scheme in (("light", "#f4f6f9", "light"), ("dark", "#10151c", "dark")):
        css = texts[name]
        assert "prefers-color-scheme" not in css
        assert f"color-scheme: {scheme};" in css
        assert css.count("{") == css.count("}")
        assert re.search(rf"body \{{[^}}]*background: {page};", css), "for browsers of any age"
    assert "#10151c" not in texts["light"]


def test_home_4_the_band_has_the_operator_s_second_colour(another_app):
    css = text_of(Browser(another_app(brand_band="#40105a")), "/legal")
    assert re.search(r"\.band \{[^}]*background: #40105a;", css)
