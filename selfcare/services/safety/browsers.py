"""Where something comes from: the browser whose request is being answered."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g


@dataclass(frozen=True)
class Browser:
    """Where an attempt comes from; `known_to` is the login that signed in here before."""

    ip: str
    user_agent: str
    known_to: str = ""

    def knows(self, login: str) -> bool:
        """Whether it is a browser that this login has signed in with."""
        return self.known_to == login.strip().lower()


NOWHERE = Browser(ip="", user_agent="")


def bind(browser: Browser) -> None:
    """What is done from now on in this request comes from here."""
    g.browser = browser


def present() -> Browser:
    """The browser of the present request; `NOWHERE` in a job or a command."""
    found: Browser = g.get("browser", NOWHERE)
    return found
