"""The wizard as a person goes through it, and what they would type."""

from __future__ import annotations

from typing import Any

from selfcare.rights import OFFERS, Section, profiles_of_new_user
from tests.browsing import Browser, Page

REF = "OCB0000124"
USERS = f"/contracts/{REF}/users"
SOPHIE = {
    "civility": "madam",
    "last_name": "Dupont",
    "first_name": "Sophie",
    "login": "sophie.dupont",
    "email": "sophie.dupont@example.com",
    "phone": "",
    "mobile": "06 12 34 56 78",
    "locale": "fr",
}


def roles(console: tuple[str, ...] = (), *, ends_on: str = "", **profiles: str) -> dict[str, Any]:
    """What step 2 sends: what a new user is proposed, but for what is named."""
    proposed = {str(section): str(p) for section, p in profiles_of_new_user().items()}
    assert set(profiles) <= {str(section) for section in OFFERS}
    return {**proposed, **profiles, "console": list(console), "ends_on": ends_on}


def add(
    browser: Browser,
    *,
    console: tuple[str, ...] = (),
    users: str = USERS,
    finish: bool = True,
    person: dict[str, str] | None = None,
    ends_on: str = "",
    **profiles: str,
) -> Page:
    """All three steps; gives the last page."""
    step = browser.post(f"{users}/new", {**SOPHIE, **(person or {})})
    assert step.status == 303, step.words
    step = browser.post(step.location, roles(console, ends_on=ends_on, **profiles))
    assert step.status == 303, step.words
    if not finish:
        return browser.get(step.location)
    return browser.post(step.location, {"step": "finish"})


__all__ = ["REF", "SOPHIE", "USERS", "Section", "add", "roles"]
