"""The line between a browser and the portal, with answers that come late, out of turn or never."""

from __future__ import annotations

from playwright.sync_api import Page, Route

REFUSAL = "<title>x</title><main id=main><h1>Too busy</h1></main>"


class Line:
    """The line to the portal: answers to htmx wait on it until they are let through."""

    def __init__(self, page: Page, *, verb: str = "GET") -> None:
        self.page, self.verb = page, verb
        self.waiting: list[Route] = []
        page.route("**/*", self._hold)

    def _hold(self, route: Route) -> None:
        headers = route.request.headers
        if "hx-request" in headers and route.request.method == self.verb:
            self.waiting.append(route)
        else:
            route.continue_()

    def has(self, count: int) -> None:
        """Wait until so many requests were sent."""
        for _ in range(100):
            if len(self.waiting) >= count:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"{len(self.waiting)} requests instead of {count}")

    def newest_first(self) -> None:
        """Let them through, each after the answer to a later one is there."""
        while self.waiting:
            self.waiting.pop().continue_()
            self.page.wait_for_timeout(300)

    def through(self) -> None:
        """Hold nothing from now on."""
        self.page.unroute("**/*")
        self.newest_first()


def late(page: Page, milliseconds: int) -> None:
    """Every answer to htmx comes so much later."""

    def wait(route: Route) -> None:
        if "hx-request" in route.request.headers:
            page.wait_for_timeout(milliseconds)
        route.continue_()

    page.route("**/*", wait)


def refuse(page: Page, status: int | None) -> None:
    """Let what htmx asks for fail with a status, or break off."""

    def answer(route: Route) -> None:
        if "hx-request" not in route.request.headers:
            route.continue_()
        elif status is None:
            route.abort("connectionreset")
        else:
            route.fulfill(status=status, body=REFUSAL, content_type="text/html")

    page.route("**/*", answer)
