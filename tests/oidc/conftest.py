"""Clients of the provider, and people who have a place in the console."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from selfcare.database import db
from selfcare.models import ClientKind
from selfcare.services.oidc import clients, keys
from tests.browsing import Browser
from tests.oidc.party import REDIRECT, Party


@pytest.fixture
def register(app: Flask) -> Callable[..., Party]:
    """Registers a client: `register("console", require_pkce=False)`."""

    def made(client_id: str = "console", **details: Any) -> Party:
        details = {"kind": ClientKind.CONFIDENTIAL, "redirect_uris": [REDIRECT], **details}
        with app.app_context():
            client = clients.add(client_id, name="Technical console", **details)
            secret = clients.new_secret(client) if client.kind == ClientKind.CONFIDENTIAL else None
            if not keys.public():
                keys.rotate()
            db.session.commit()
        return Party(app, client_id, secret, redirect_uri=details["redirect_uris"][0])

    return made


@pytest.fixture
def console(register: Callable[..., Party]) -> Party:
    """The usual client: confidential, with PKCE."""
    return register()


@pytest.fixture
def marie(cast: Any, browse_as: Any) -> Browser:
    """Somebody with a ready console account on OCB0000124, signed in."""
    cast.member("marie.dupont", console_roles=["guest"], console_state="done")
    browser: Browser = browse_as("marie.dupont")
    return browser
