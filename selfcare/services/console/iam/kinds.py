"""The kinds of IAM there are, as far as pages need to know them: they never load a driver."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

GRANTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "admin": (("domain", "manager"), ("project", "member")),
    "power_user": (("project", "member"),),
    "guest": (("project", "reader"),),
}
"""Console role → (scope, Keystone role). Never `admin`: it would rule the whole cloud."""

MOST_KEYS = 2
"""Access keys that somebody may have."""

_FITS = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{4,31}")


@dataclass(frozen=True)
class Kind:
    """What a console of this kind can do, and how it wants accounts to be named."""

    keys_rest: bool
    """Whether a key can be put to rest, and woken."""
    has_application_credentials: bool
    username_for: Callable[[str], str]
    """A stable account name the console accepts, as close to the login as it allows."""


def _login_itself(login: str) -> str:
    """Keystone takes any name."""
    return login


def _login_that_fits(login: str) -> str:
    """The login where it fits (5 to 32, no leading digit), else a stable name from it."""
    if _FITS.fullmatch(login):
        return login
    mark = hashlib.sha256(login.casefold().encode()).hexdigest()[:8]
    return f"u_{re.sub(r'[^A-Za-z0-9._-]', '', login)[:21]}_{mark}"


KEYSTONE = Kind(keys_rest=False, has_application_credentials=True, username_for=_login_itself)
FLEXIBLE_ENGINE = Kind(
    keys_rest=True, has_application_credentials=False, username_for=_login_that_fits
)
KINDS: Mapping[str, Kind] = {"keystone": KEYSTONE, "flexible-engine": FLEXIBLE_ENGINE}
"""By the setting `IAM_DRIVER`."""
