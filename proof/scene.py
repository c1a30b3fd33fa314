"""The running servers of the proof, and the person's browser."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, Page

from proof import visits
from proof.portal import Portal


@dataclass
class Scene:
    """The running servers, and the person's browser."""

    portal: Portal
    keystone: str
    horizon: str
    stack: contextlib.ExitStack
    administrator: dict[str, str]
    """Name and password of Keystone's administrator."""
    picture: bytes = b""
    copied: str = ""
    """Apache's own cookie, as somebody who looked over the line might have it."""
    copied_at: float = 0.0
    api_password: str = ""
    used_codes: set[str] = field(default_factory=set)
    _browser: BrowserContext | None = field(default=None)

    @property
    def browser(self) -> BrowserContext:
        """The same from step to step: who signed in stays so."""
        if self._browser is None:
            self._browser = self.stack.enter_context(visits.chromium())
        return self._browser

    def page(self) -> Page:
        """Its only tab."""
        return self.browser.pages[0] if self.browser.pages else self.browser.new_page()
