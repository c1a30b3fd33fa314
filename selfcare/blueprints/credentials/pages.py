"""« My Credential »: what opens somebody's console account besides single sign-on (§6.2)."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from selfcare.web import rendering
from selfcare.web.credentials_access import Holder, opens_credentials
from selfcare.web.headers import no_store

bp = Blueprint("credentials", __name__, url_prefix="/contracts/<ref>/console/credentials")


@bp.get("/")
@opens_credentials
def index(holder: Holder) -> ResponseReturnValue:
    """The API password; access keys and application credentials beside it."""
    return no_store(rendering.page("credentials/index.html", holder=holder))
