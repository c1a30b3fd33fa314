"""A portal on a port, people in it, and browsers that look at it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from werkzeug.serving import make_server

from demo.ports import HOST, free_port
from tests.browser import line
from tests.browsing import Browser

TAKEN_BACK = ("htmx:sendAbort", "htmx:afterRequest")
"""What htmx says of a request that typing on, or leaving the page, takes back; of one that failed
it says another thing besides."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


PATIENCE = 30_000
"""Milliseconds that a busy machine has for what the page will do in the end."""

expect.set_options(timeout=PATIENCE)


@pytest.fixture
def portal(another_app, request) -> Iterator[Any]:
    """The portal served for real; `portal.url` is its address. Its parameter is other settings."""
    port = free_port()
    app = another_app(portal_url=f"http://{HOST}:{port}", **getattr(request, "param", {}))
    app.url = f"http://{HOST}:{port}"
    server = make_server(HOST, port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield app
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def cookie_of(portal) -> Callable[[str], str]:
    """The session cookie of somebody who signed in."""

    def cookie_of(login: str) -> str:
        browser = Browser(portal).sign_in_as(login)
        cookie = browser.client.get_cookie("session", domain="portal.test")
        assert cookie
        return str(cookie.value)

    return cookie_of


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable[..., Chromium]]:
    """Start a Chromium."""
    path = next(found for name in BROWSERS if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        started: list[Chromium] = []

        def launch(*args: str, **options: Any) -> Chromium:
            browser = playwright.chromium.launch(
                executable_path=path, args=["--no-sandbox", *args], **options
            )
            started.append(browser)
            return browser

        yield launch
        for browser in started:
            browser.close()


@pytest.fixture(scope="session")
def chromium(launch) -> Chromium:
    browser: Chromium = launch()
    return browser


@pytest.fixture
def refuse(forgiven) -> Callable[..., None]:
    """Let what htmx asks for fail: `refuse(page)`; the browser's own messages are ignored."""
    forgiven += ["Failed to load", "Response Status Error", "htmx:sendError", "http://127.0.0.1"]

    def refuse(page: Page, status: int | None = 503) -> None:
        line.refuse(page, status)

    return refuse


@pytest.fixture(scope="session")
def keeping(launch) -> Chromium:
    """A Chromium that keeps pages for Back as they were left, as people's do."""
    browser: Chromium = launch(ignore_default_args=["--disable-back-forward-cache"])
    return browser


@dataclass
class Window:
    """A browser window that remembers what went wrong in it."""

    page: Page
    url: str
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("requestfailed", self._failed)

    def _note(self, message: ConsoleMessage) -> None:
        # The page's own status (403, 404…) is a message, too; ours are ignored.
        if message.type not in {"error", "warning"} or message.location["url"] == self.page.url:
            return
        if not message.text.startswith(TAKEN_BACK):
            self.problems.append(f"{message.text} ({message.location['url']})")

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # typing on takes a request back
            self.problems.append(f"{request.url}: {request.failure}")

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page


@pytest.fixture
def forgiven() -> list[str]:
    """How those problems begin that a test brings about: the browser's, and htmx's."""
    return []


@pytest.fixture
def window(portal, chromium, cookie_of, forgiven) -> Iterator[Callable[..., Window]]:
    """Open one: `window("paul.dupont", width=360)`; it must end without problems."""
    contexts: list[BrowserContext] = []
    windows: list[Window] = []

    def open_window(
        login: str | None = None,
        *,
        width: int = 1280,
        language: str = "en-GB",
        scripts: bool = True,
        browser: Chromium = chromium,
    ) -> Window:
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            java_script_enabled=scripts,
            locale=language,
        )
        contexts.append(context)
        if login:
            context.add_cookies([{"name": "session", "value": cookie_of(login), "url": portal.url}])
        windows.append(Window(context.new_page(), portal.url))
        return windows[-1]

    yield open_window
    for context in contexts:
        context.close()
    problems = [problem for one in windows for problem in one.problems]
    assert [one for one in problems if not one.startswith(tuple(forgiven))] == []
