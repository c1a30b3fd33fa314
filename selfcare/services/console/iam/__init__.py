"""The console's IAM behind one small port: `iam()` gives the driver the settings name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app

from selfcare import config
from selfcare.config import Settings
from selfcare.services.console.iam.errors import NotConfigured
from selfcare.services.console.iam.kinds import GRANTS, KINDS, MOST_KEYS, Kind
from selfcare.services.console.iam.port import (
    ConsoleIAM,
    Found,
    Held,
    Holder,
    Key,
    NewKey,
    Overview,
    OwnIAM,
)

if TYPE_CHECKING:
    from selfcare.services.console.iam.keystone.driver import Keystone

__all__ = [
    "MOST_KEYS",
    "ConsoleIAM",
    "Found",
    "Held",
    "Holder",
    "Key",
    "NewKey",
    "Overview",
    "OwnIAM",
    "iam",
    "init_app",
    "username_for",
]

PROJECT_ROLES = ("member", "reader")
"""`member` holds `reader`."""

LATER = object()
"""In place of a driver nobody has asked for yet."""


def init_app(app: Flask, settings: Settings) -> None:
    """Say whether there is a console; its driver is loaded at a job's first call."""
    app.extensions["iam"] = LATER if settings.iam_url else None


def connect(settings: Settings) -> Keystone:
    """A driver of its own for these settings (each holds its tokens and connections)."""
    # What drivers are built on takes a tenth of a second to load; the web process needs none of it.
    from selfcare.services.console.iam.flexible_engine import FlexibleEngine  # noqa: PLC0415
    from selfcare.services.console.iam.keystone.driver import Keystone  # noqa: PLC0415

    drivers = {"keystone": Keystone, "flexible-engine": FlexibleEngine}
    return drivers[settings.iam_driver](
        url=settings.iam_url,
        username=settings.iam_username,
        password=settings.iam_password,
        user_domain=settings.iam_user_domain,
        region=settings.iam_region,
        timeout=settings.iam_timeout,
    )


def iam() -> ConsoleIAM:
    """The console's IAM; for workers and commands only: no page waits for it.

    Raises:
        NotConfigured: `IAM_URL` is not set.
    """
    driver = current_app.extensions["iam"]
    if driver is None:
        raise NotConfigured("IAM_URL is not set")
    if driver is LATER:
        driver = current_app.extensions["iam"] = connect(config.current())
    return cast("ConsoleIAM", driver)


def is_configured() -> bool:
    """Whether this portal has been told where its console is."""
    return current_app.extensions["iam"] is not None


def keys_rest() -> bool:
    """Whether this console's keys can be put to rest; asks nobody, so pages may know."""
    return _kind().keys_rest


def has_application_credentials() -> bool:
    """Whether this console has application credentials; asks nobody, so pages may know."""
    return _kind().has_application_credentials


def project_roles(groups: Iterable[str]) -> list[str]:
    """The project's roles that these console roles may give, the strongest first.

    What a group made in the console gives is not known here: it may be any of them.
    """
    given = {
        role
        for group in groups
        for scope, role in GRANTS.get(group, (("project", "member"),))
        if scope == "project"
    }
    return [role for role in PROJECT_ROLES if role in given or "member" in given]


def username_for(login: str) -> str:
    """The name a new console account gets; pure, so pages may ask."""
    return _kind().username_for(login)


def _kind() -> Kind:
    return KINDS[config.current().iam_driver]
