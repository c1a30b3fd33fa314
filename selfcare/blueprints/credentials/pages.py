"""« My Credential »: what opens somebody's console account besides single sign-on (§6.2)."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from selfcare.models import CredentialKind, now
from selfcare.services.console import iam
from selfcare.services.console.credentials import wishes
from selfcare.web import rendering
from selfcare.web.credentials_access import Holder, opens_credentials
from selfcare.web.headers import no_store

bp = Blueprint("credentials", __name__, url_prefix="/contracts/<ref>/console/credentials")


@bp.get("/")
@opens_credentials
def index(holder: Holder) -> ResponseReturnValue:
    """The API password; access keys and application credentials beside it."""
    shown = rendering.page(
        "credentials/index.html",
        holder=holder,
        keys=wishes.of(holder.account, holder.contract, CredentialKind.ACCESS_KEY),
        applications=wishes.of(holder.account, holder.contract, CredentialKind.APPLICATION),
        at_work=wishes.at_work(holder.account, holder.contract),
        most=iam.MOST_KEYS,
        rests=iam.keys_rest(),
        has_applications=iam.has_application_credentials(),
        present=now(),
    )
    return no_store(shown)
