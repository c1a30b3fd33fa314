"""Whatever is sent to whichever parameter of whichever route, nothing fails (both databases).

An exception in a view is raised into the test. Names of parameters come from the code and from
the forms of the pages, so that a new one is tried without being named here.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.routing import Rule

from selfcare.config import ROOT
from tests.browsing import Browser
from tests.guards.test_routes import REF, address  # noqa: F401 (a fixture)

pytestmark = pytest.mark.slow
NAMES = re.compile(r"args(?:\.get\(|\[)\s*\"(\w+)\"|given\(\"(\w+)\"\)")
PARAMETERS = sorted(
    {
        name
        for path in (ROOT / "selfcare").rglob("*.py")
        for pair in NAMES.findall(path.read_text())
        for name in pair
        if name
    }
    | {"format", "p-q", "invoices-q", "usage-page"}
)
"""What views read of an address."""

BAD = {
    "a NUL": b"a\0b",
    "a NUL alone": b"\0",
    "no UTF-8": b"\xff\xfe\x80",
    "half a character": b"\xed\xa0\x80",
    "depth": b"[" * 50_000,
    "objects in depth": b'{"id":' * 20_000,
    "half a character in JSON": b'{"id": "\\ud800", "response": {}}',
    "a NUL in JSON": b'{"id": "\\u0000", "rawId": "\\u0000", "type": "public-key"}',
    "size": b"x" * 100_000,
    "a number too large": b"9" * 400,
}
NEVER_STORED = {"depth", "objects in depth", "half a character in JSON", "a NUL in JSON"}
"""What is refused before a database sees it: one database will do."""
IN_A_FORM = [
    pytest.param(bad, marks=pytest.mark.once) if bad in NEVER_STORED else bad for bad in BAD
]
IN_AN_ADDRESS = [bad for bad in BAD if "JSON" not in bad and "depth" not in bad]
"""No view reads JSON from one."""
LEAVES = {"auth.logout"}
"""What would end the browser's sign-in."""


@pytest.fixture
def built(paul, address):  # noqa: F811
    """The address of a rule, on things that are there; Paul is the referent of their contract."""
    return address


def rules(app: Flask, method: str) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()) and rule.endpoint not in LEAVES:
            yield rule


def sound(browser: Browser, path: str, **how: Any) -> None:
    answer = browser.client.open(
        path, base_url="http://portal.test/", environ_base=browser.environ, **how
    )
    with answer:
        assert answer.status_code < 500, (path[:200], answer.status_code)


def test_safe_the_parameters_of_views_are_found():
    assert {"q", "sort", "page", "open", "draft", "kept", "next"} <= set(PARAMETERS)


@pytest.mark.parametrize("bad", IN_AN_ADDRESS)
def test_safe_no_parameter_of_an_address_makes_a_page_fail(app, paul, built, bad):
    value = quote(BAD[bad][:3000])
    query = "&".join(f"{name}={value}" for name in PARAMETERS)
    for rule in rules(app, "GET"):
        path = built(rule)
        sound(paul, f"{path}?{query}")
        sound(paul, f"{path}?draft={value}&format=csv")
        sound(paul, f"{path}?{value}={value}")


@pytest.mark.parametrize("bad", IN_AN_ADDRESS)
def test_safe_no_part_of_a_path_makes_a_page_fail(app, paul, built, bad):
    value = quote(BAD[bad][:3000], safe="")
    for rule in app.url_map.iter_rules():
        path = built(rule)
        for argument in rule.arguments:
            odd = re.sub(rf"<(?:[^:>]+:)?{argument}>", lambda _: value, rule.rule)
            sound(paul, odd.replace("<ref>", REF))
            sound(paul, f"{path}/{value}")


@pytest.mark.parametrize("bad", IN_A_FORM)
def test_safe_no_field_of_a_form_makes_it_fail(app, paul, built, bad):
    value = BAD[bad]
    for rule in rules(app, "POST"):
        path = built(rule)
        page = paul.get(path) if "GET" in (rule.methods or ()) else None
        tags = page.all("main form[method=post] [name]") if page else []
        usual = {str(tag["name"]): str(tag.get("value", "")) for tag in tags}
        usual["csrf_token"] = paul._token(path)
        names = [name for name in usual if name != "csrf_token"] or ["locale", "answer"]
        tried = [dict.fromkeys(names, value)] + [{name: value} for name in names[:12]]
        for fields in tried:
            sound(paul, path, method="POST", data=usual | fields)


@pytest.mark.parametrize("bad", IN_A_FORM)
def test_safe_no_credential_makes_the_passkeys_fail(another_app, paul, built, bad):
    portal = another_app(portal_url="https://portal.test")
    for path in ("/login/passkey", "/account/security/passkeys/new"):
        browser = Browser(portal)
        token = {"challenge": BAD[bad], "credential": BAD[bad], "name": BAD[bad]}
        portal.config["WTF_CSRF_ENABLED"] = False
        answer = browser.client.post(path, data=token, base_url="https://portal.test/")
        assert answer.status_code < 500
        answer.close()


@pytest.mark.parametrize("bad", [bad for bad in BAD if b"\0" not in BAD[bad] or "JSON" in bad])
def test_safe_no_header_and_no_cookie_makes_a_page_fail(app, paul, bad):
    value = BAD[bad][:4000].decode("latin-1").replace("\r", "").replace("\n", "")
    names = [
        *("User-Agent", "Accept-Language", "If-None-Match", "HX-Target", "HX-Current-URL"),
        *("Referer", "X-Request-ID", "Range", "If-Modified-Since", "Authorization"),
    ]
    for name in names:
        for path in ("/", "/login", "/account/orders", "/static/app.css", "/nowhere"):
            sound(paul, path, headers={name: value, "HX-Request": "true"})
    for cookie in ("session", "known", "other"):
        visitor = Browser(app)
        visitor.client.set_cookie(cookie, quote(value)[:3000], domain="portal.test")
        sound(visitor, "/")
        sound(visitor, "/login", method="POST", data={"login": "a", "password": "b"})


@pytest.mark.parametrize("name", ["a\0b.csv", "\udcff.csv", "x" * 3000, "../../a.csv", ""])
def test_safe_no_name_of_a_file_makes_an_import_fail(app, paul, name):
    path = "/contracts/OCB0000124/users/import"
    content = paul.get(f"{path}/template.csv").response.data
    sound(
        paul,
        path,
        method="POST",
        data={
            "csrf_token": paul._token(),
            "file": (io.BytesIO(content), name.encode(errors="surrogateescape").decode("latin-1")),
        },
    )
