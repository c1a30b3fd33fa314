"""What came of a wish: while it is carried out, then the secret, once."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from selfcare.database import db, writes
from selfcare.forms.console_credentials import SecretFileForm
from selfcare.models import CredentialKind, CredentialWish, WishState
from selfcare.services.console.credentials import wishes
from selfcare.services.oidc import command_line
from selfcare.web import rendering
from selfcare.web.credentials_access import Holder, opens_credentials
from selfcare.web.headers import no_store

PREFIX = "/contracts/<ref>/console/credentials/wishes"

bp = Blueprint("credentials_outcomes", __name__, url_prefix=PREFIX)
KEY_FILE = "credentials.csv"


@bp.get("/<mark>")
@writes
@opens_credentials
def show(holder: Holder, mark: str) -> ResponseReturnValue:
    """How far it is; the secret is read, and so deleted, by the page that shows it."""
    wish = _own(holder, mark)
    if wish.state not in wishes.OPEN and rendering.wanted_part():
        return no_store(Response(headers={"HX-Refresh": "true"}))  # the whole page shows the secret
    secret = None
    if wish.state == WishState.DONE and request.method == "GET":  # a HEAD shows nothing
        secret = wishes.secret_of(wish)
    shown = rendering.page(
        "credentials/outcome.html",
        parts={"outcome": "credentials/_outcome.html"},
        holder=holder,
        wish=wish,
        secret=secret,
        files=_files(holder, wish, secret) if secret else {},
    )
    db.session.commit()
    return no_store(shown)


@bp.post("/<mark>/<any('credentials.csv', 'clouds.yaml', 'openrc.sh'):file>")
@opens_credentials
def download(holder: Holder, mark: str, file: str) -> ResponseReturnValue:
    """The secret that the page has just shown, as a file; it comes from that page."""
    wish, form = _own(holder, mark), SecretFileForm()
    if not form.validate() or form.key.data != wish.key:
        abort(404)
    texts = _files(holder, wish, form.secret.data or "")
    if file not in texts:
        abort(404)
    name = command_line.file_name(holder.contract, file)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    kind = "text/csv" if file == KEY_FILE else "text/plain"
    return no_store(Response(texts[file], mimetype=kind, headers=headers))


def _own(holder: Holder, mark: str) -> CredentialWish:
    wish = wishes.marked(holder.account, holder.contract, mark)
    if wish is None:
        abort(404)
    return wish


def _files(holder: Holder, wish: CredentialWish, secret: str) -> dict[str, str]:
    """The files of what was made, by their names."""
    if wish.kind == CredentialKind.ACCESS_KEY:
        owner = holder.console.iam_username
        head = "User Name,Access Key Id,Secret Access Key"
        return {KEY_FILE: f"{head}\r\n{owner},{wish.key},{secret}\r\n"}
    login = command_line.by_application_credential(wish.key, secret)
    return {name: make(holder.contract, login) for name, make in command_line.FILES.items()}
