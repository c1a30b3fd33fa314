"""Light, dark, or as the device says: a cookie, read before the page is made (no script, no flash).

Each theme has a stylesheet of its own, so that no page carries the colours of another.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, request
from werkzeug.wrappers import Response

from selfcare import config
from selfcare.web.addresses import came_from

COOKIE = "theme"
_ONE_YEAR = 365 * 86_400


@dataclass(frozen=True)
class Theme:
    """One of the three."""

    name: str
    sheet: str
    """Its stylesheet's plain name."""
    scheme: str
    """What browsers draw by themselves: fields, scroll bars."""


SYSTEM = Theme("system", "app.css", "light dark")
THEMES = {
    theme.name: theme
    for theme in (
        SYSTEM,
        Theme("light", "app-light.css", "light"),
        Theme("dark", "app-dark.css", "dark"),
    )
}


def theme() -> Theme:
    """The theme of this browser."""
    return THEMES.get(request.cookies.get(COOKIE, ""), SYSTEM)


def choose(wanted: str) -> Response:
    """Remember a theme, and lead back to the page it was chosen on; an odd one changes nothing."""
    answer = redirect(came_from(), code=303)
    secure = config.current().secure
    if wanted == SYSTEM.name:
        answer.delete_cookie(COOKIE, secure=secure, httponly=True, samesite="Lax")
    elif wanted in THEMES:
        answer.set_cookie(
            COOKIE, wanted, max_age=_ONE_YEAR, secure=secure, httponly=True, samesite="Lax"
        )
    return answer
