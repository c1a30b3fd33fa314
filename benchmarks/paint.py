"""`make paint`: time until a slow phone on a slow line shows a page (Largest Contentful Paint).

Chromium with 400 kbit/s, 400 ms there and back, and a sixth of this machine's speed.
"""

from __future__ import annotations

import contextlib
import shutil
import statistics
from collections.abc import Iterator

import click
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.portal import CONTRACT, Portal, serving
from demo.servers import postgres_server, redis_server

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LINE = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
SLOWER = 6
PAINTED = """() => new Promise(resolve => new PerformanceObserver(
    list => resolve(list.getEntries().at(-1).startTime)
).observe({type: "largest-contentful-paint", buffered: true}))"""


@click.command()
@click.option("--orders", default=20_000, help="Rows on the contract that is looked at.")
@click.option("--times", default=7, help="How often each page is opened; the median counts.")
def main(*, orders: int, times: int) -> None:
    """Measure the seconds until a page is shown: on a first visit, and on the next."""
    path = next(found for name in BROWSERS if (found := shutil.which(name)))
    pages = {
        "sign-in": "/login",
        "home": "/",
        "orders": f"/contracts/{CONTRACT}/orders",
        "dashboard": f"/contracts/{CONTRACT}/dashboard",
    }
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(redis_server())
        database = stack.enter_context(postgres_server()).create_database("paint")
        portal = stack.enter_context(serving(database, redis, orders=orders))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        click.echo("| page | first visit, s | next page, s |\n|---|---:|---:|")
        for name, address in pages.items():
            first, following = zip(
                *(_painted(browser, portal, address) for _ in range(times)), strict=True
            )
            click.echo(
                f"| {name} | {statistics.median(first) / 1000:.2f} |"
                f" {statistics.median(following) / 1000:.2f} |"
            )
        browser.close()


def _painted(browser: Browser, portal: Portal, address: str) -> tuple[float, float]:
    """Return milliseconds: with an empty cache, then coming from another page."""
    url = f"http://127.0.0.1:{portal.port}"
    elsewhere = "/legal" if address == "/login" else "/account/profile"
    with _phone(browser, portal, url, signed_in=address != "/login") as page:
        first = _open(page, url + address)
    with _phone(browser, portal, url, signed_in=address != "/login") as page:
        _open(page, url + elsewhere)
        return first, _open(page, url + address)


@contextlib.contextmanager
def _phone(browser: Browser, portal: Portal, url: str, *, signed_in: bool) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="fr-FR")
    if signed_in:
        name, _, value = portal.cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": url}])
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", LINE)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    yield page
    context.close()


def _open(page: Page, url: str) -> float:
    page.goto(url, wait_until="load")
    painted: float = page.evaluate(PAINTED)
    return painted


if __name__ == "__main__":
    main()
