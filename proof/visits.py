"""What a person does, in Chromium: click the button, look, sign out."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from demo.run import PASSWORD

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 90_000
"""Milliseconds: Keystone, Horizon and the portal share a small machine."""


@contextlib.contextmanager
def chromium() -> Iterator[BrowserContext]:
    """A browser with nothing in it, that takes every header as it comes."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        context = browser.new_context(locale="fr-FR", viewport={"width": 1280, "height": 720})
        context.set_default_timeout(PATIENCE)
        context.set_default_navigation_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        yield context
        browser.close()


def sign_in(page: Page, portal: str, login: str) -> None:
    """The portal's own form, wherever it stands in the way."""
    if "/login" not in page.url:
        page.goto(f"{portal}/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.click("main form [type=submit]")


def click_console(page: Page, portal: str, ref: str) -> None:
    """« Accéder à la Console Technique » of one contract."""
    page.goto(f"{portal}/contracts/{ref}/dashboard")
    page.click(f"main a[href*='/{ref}/dashboard/console'], main a[href$='/{ref}/console']")


def lands_on(page: Page, horizon: str, ref: str) -> None:
    """Horizon's dashboard, in the domain of that contract.

    Raises:
        AssertionError: another page, or another contract's.
    """
    page.wait_for_url(re.compile(rf"{re.escape(horizon)}/(?!auth)"))
    expect(page.locator("nav, header").first).to_contain_text(ref)


def keep(page: Page, path: Path) -> None:
    """The picture of what is seen."""
    page.screenshot(path=path)


def choose(page: Page, ref: str) -> None:
    """The portal's question for which contract."""
    page.check(f"input[name=contract][value={ref}]")
    page.click("main form button.primary")


def command_line_file(page: Page, portal: str, ref: str, file: str) -> str:
    """What the page « Ligne de commande » of a contract gives."""
    page.goto(f"{portal}/contracts/{ref}/console/command-line/")
    with page.expect_download() as download:
        page.click(f"main a[href$='/{file}']")
    return download.value.path().read_text()


def sign_out_of_horizon(page: Page) -> None:
    """Its own menu, its own button."""
    page.click(
        "#user_info .dropdown-toggle, .nav .user-info, a[data-toggle=dropdown]:has(.user-name)"
    )
    page.click("text=/Sign Out|Se déconnecter|Déconnexion/i")


def sign_out_of_portal(page: Page, portal: str) -> None:
    """The portal's own button."""
    page.goto(f"{portal}/")
    page.locator("form[action='/logout'] button").first.evaluate("button => button.form.submit()")
    reaches(page, f"{portal}/login")


def reaches(page: Page, beginning: str) -> None:
    """Wait for an address that begins so."""
    page.wait_for_url(re.compile(rf"^{re.escape(beginning)}"))
