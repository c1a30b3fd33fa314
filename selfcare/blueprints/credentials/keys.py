"""« Access keys »: adding one, deactivating, activating, deleting (figures 50 to 52)."""

from __future__ import annotations

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from selfcare.blueprints.credentials import asking
from selfcare.forms.console_credentials import ApiPasswordForm, NewApplicationForm, NewKeyForm
from selfcare.models import CodePurpose, CredentialAction, CredentialKind
from selfcare.services.console import iam
from selfcare.services.console.credentials import wishes
from selfcare.services.mail import choices
from selfcare.services.safety import browsers
from selfcare.web.credentials_access import Holder, opens_credentials

bp = Blueprint("credentials_keys", __name__, url_prefix="/contracts/<ref>/console/credentials")


@bp.route("/keys/new", methods=["GET", "POST"])
@opens_credentials
def new_key(holder: Holder) -> ResponseReturnValue:
    """« Add Access Key »: the API password and the mailed code."""
    form = NewKeyForm()
    return asking.answer(
        "credentials/new_key.html",
        form,
        holder,
        lambda: wishes.key(holder.console, form.password.data or "", ip=browsers.present().ip),
        purpose=CodePurpose.ACCESS_KEY,
    )


@bp.route("/applications/new", methods=["GET", "POST"])
@opens_credentials
def new_application(holder: Holder) -> ResponseReturnValue:
    """An application credential: its name, some of one's roles, its last day (API-4)."""
    if not iam.has_application_credentials():
        abort(404)
    form = NewApplicationForm()
    form.offer(iam.project_roles(holder.console.wanted_groups))
    return asking.answer(
        "credentials/new_application.html",
        form,
        holder,
        lambda: wishes.application(
            holder.console,
            form.password.data or "",
            name=form.name.data or "",
            roles=form.roles.data or (),
            expires_at=form.expires_at,
            ip=browsers.present().ip,
        ),
        purpose=CodePurpose.APPLICATION_CREDENTIAL,
        is_mailed=choices.gets(holder.account.id, "credential_ends"),
    )


@bp.route("/<int:credential_id>/<any(delete, rest, wake):action>", methods=["GET", "POST"])
@opens_credentials
def change(holder: Holder, credential_id: int, action: str) -> ResponseReturnValue:
    """Delete one, put a key to rest, or wake it: by the API password."""
    credential = wishes.one_of(holder.account, holder.contract, credential_id)
    rests = credential and credential.kind == CredentialKind.ACCESS_KEY and iam.keys_rest()
    if credential is None or (action != CredentialAction.DELETE and not rests):
        abort(404)
    form = ApiPasswordForm()
    return asking.answer(
        "credentials/change.html",
        form,
        holder,
        lambda: wishes.change(
            holder.console,
            form.password.data or "",
            credential,
            CredentialAction(action),
            ip=browsers.present().ip,
        ),
        credential=credential,
        action=action,
    )
