"""Whom to call (§5.8, figure 27)."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from selfcare.models import Contract
from selfcare.rights import Ability
from selfcare.web import rendering
from selfcare.web.access import requires

bp = Blueprint("support", __name__, url_prefix="/contracts/<ref>/support")


@bp.get("")
@requires(Ability.SEE_SUPPORT_CONTACT)
def index(contract: Contract) -> ResponseReturnValue:
    """The customer support centre of the contract's offer (SUPPORT-1)."""
    return rendering.page("support/index.html", contract=contract)
