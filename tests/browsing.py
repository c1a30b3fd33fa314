"""A browser for tests that checks every page it gets, as a person's would show its faults."""

from __future__ import annotations

import re
from typing import Any, Self

from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from selfcare.database import db
from selfcare.services.accounts import sign_ins
from selfcare.services.safety.browsers import Browser as From
from tests import soundness
from tests.cast import PASSWORD, account_of


class Page:
    """An answer, and what a reader finds in it."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.headers = response.headers
        self.text = response.get_data().decode(errors="replace")
        html = self.text if response.mimetype == "text/html" else ""
        # <wbr> is a place to break a line, and parts no word.
        self.soup = BeautifulSoup(html.replace("<wbr>", ""), "html.parser")

    @property
    def json(self) -> Any:
        """What an answer for machines says."""
        return self.response.json

    @property
    def location(self) -> str:
        """Where a redirect leads."""
        return self.headers.get("Location", "")

    @property
    def words(self) -> str:
        """All visible text, spaces folded (no-break ones included)."""
        return " ".join(self.soup.get_text(" ").split())

    def all(self, selector: str) -> list[Tag]:
        """Every element a CSS selector finds."""
        return list(self.soup.select(selector))

    def one(self, selector: str) -> Tag:
        """The only element a CSS selector finds."""
        found = self.all(selector)
        assert len(found) == 1, f"{len(found)} × {selector}"
        return found[0]

    def texts(self, selector: str) -> list[str]:
        """The text of every element found, spaces folded."""
        return [" ".join(tag.get_text(" ").split()) for tag in self.all(selector)]

    def csrf(self) -> str:
        """The token of the page's forms."""
        return str(self.all("input[name=csrf_token]")[0]["value"])


class Browser:
    """A person's browser: cookies, forms with their token, htmx requests."""

    def __init__(self, app: Flask, *, ip: str = "192.0.2.10", language: str = "en") -> None:
        self.app, self.language = app, language
        self.client: FlaskClient = app.test_client()
        self.environ = {"REMOTE_ADDR": ip}

    def sign_in_as(self, login: str) -> Self:
        """Be signed in, without the form (its own tests go through it)."""
        with self.app.app_context():
            account = account_of(login)
            sign_in = sign_ins.begin(
                account,
                browser=From(ip="", user_agent="test"),
                two_factor=account.is_staff,  # they get nowhere without
            )
            token, path = sign_in.get_id(), "/staff/" if account.is_staff else "/"
            db.session.commit()
        with self.client.session_transaction(path, base_url="http://portal.test/") as session:
            session["_user_id"] = token
            session["_fresh"] = True
        return self

    def sign_in(self, login: str, password: str = PASSWORD, *, at: str = "/login") -> Page:
        """Sign in through the form."""
        return self.post(at, {"login": login, "password": password})

    def get(self, path: str, *, part: str | None = None, **headers: str) -> Page:
        """Open an address; `part` asks for one element as htmx does."""
        asked = {"Accept-Language": self.language, **headers}
        if part:
            asked |= {"HX-Request": "true", "HX-Target": part}
        page = Page(
            self.client.get(
                path, headers=asked, environ_base=self.environ, base_url="http://portal.test/"
            )
        )
        check(page, whole=part is None)
        return page

    def _token(self, path: str = "/") -> str:
        """The session's form token, from the lightest page that has a form."""
        light = "/staff/nowhere" if path.startswith("/staff") else "/legal"
        page = self.client.get(light, environ_base=self.environ, base_url="http://portal.test/")
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
        assert found
        return found[1]

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, token: bool = True, **headers: str
    ) -> Page:
        """Send a form, with the token the form's page gives (unless a test forgets it)."""
        form = dict(data or {})
        if token and "csrf_token" not in form:
            form["csrf_token"] = self._token(path)
        page = Page(
            self.client.post(
                path,
                data=form,
                headers={"Accept-Language": self.language, **headers},
                environ_base=self.environ,
                base_url="http://portal.test/",
            )
        )
        check(page)
        return page

    def send_part(self, part: str, path: str, data: dict[str, Any]) -> Page:
        """Send a form as htmx does, for one part of the page."""
        page = Page(
            self.client.post(
                path,
                data={"csrf_token": self._token(path), **data},
                headers={
                    "Accept-Language": self.language,
                    "HX-Request": "true",
                    "HX-Target": part,
                },
                environ_base=self.environ,
                base_url="http://portal.test/",
            )
        )
        check(page, whole=False)
        return page


def check(page: Page, *, whole: bool = True) -> None:
    """Every page: security headers, no inline code, sound structure, nothing left uncommitted."""
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    if page.response.mimetype != "text/html" or page.status in {301, 302, 303, 304, 308}:
        return
    soundness.check_part(page.soup, page.text)
    if whole:
        soundness.check_whole(page.soup, page.text)


def column(page: Page, label: str) -> list[str]:
    """The texts of one column of the list on a page."""
    return page.texts(f"#main td[data-label='{label}']")
