"""Where a form on the way into the console may end: what `form-action` has to name (CONSOLE-1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selfcare import config
from selfcare.services.oidc import clients, requests
from selfcare.web import headers

_WAITING = re.compile(r"/oauth/continue/([\w-]+)")
_BUTTON = re.compile(r"/contracts/\w+/console")


def allow_forms_towards(target: str) -> None:
    """Let this page's forms lead on to `target`, an address of the portal, and out of it.

    Only the way into the console leads out. From its button it passes the console's own address,
    which asks for a sign-in and is answered at a client's.
    """
    for address in _outside(target):
        headers.allow_forms_to(address)


def _outside(target: str) -> Iterator[str]:
    path = target.partition("?")[0]
    if found := _WAITING.fullmatch(path):
        if waiting := requests.waiting(found[1]):
            yield waiting.redirect_uri
    elif _BUTTON.fullmatch(path) and config.current().console_url:
        yield config.current().console_url
        yield from clients.addresses()
