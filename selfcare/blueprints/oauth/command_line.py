"""« Ligne de commande »: ready files for `openstack`, per contract (CONSOLE-10)."""

from __future__ import annotations

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue

from selfcare import config
from selfcare.models import Contract
from selfcare.rights import Ability
from selfcare.services.oidc.command_line import FILES, Flow, by_portal, file_name
from selfcare.web import rendering
from selfcare.web.access import requires

bp = Blueprint("command_line", __name__, url_prefix="/contracts/<ref>/console/command-line")


@bp.get("/")
@requires(Ability.OPEN_CONSOLE)
def index(contract: Contract) -> ResponseReturnValue:
    """Both ways to sign in, each with its two files."""
    if not contract.offer.has_console:
        abort(404)
    files = {
        flow: {name: make(contract, by_portal(contract, flow)) for name, make in FILES.items()}
        for flow in Flow
    }
    settings = config.current()
    ready = bool(settings.console_auth_url or settings.iam_url)
    return rendering.page("oauth/command_line.html", files=files, Flow=Flow, ready=ready)


@bp.get("/<flow>/<file>")
@requires(Ability.OPEN_CONSOLE)
def download(contract: Contract, flow: str, file: str) -> ResponseReturnValue:
    """One of these files."""
    if flow not in set(Flow) or file not in FILES or not contract.offer.has_console:
        abort(404)
    text = FILES[file](contract, by_portal(contract, Flow(flow)))
    headers = {"Content-Disposition": f'attachment; filename="{file_name(contract, file)}"'}
    return Response(text, mimetype="text/plain", headers=headers)
