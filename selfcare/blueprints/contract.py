"""Contract home (§5.2, figure 19)."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from selfcare.database import db
from selfcare.models import Contract, Customer
from selfcare.rights import Ability
from selfcare.services.catalogue import shelf
from selfcare.services.orders import latest
from selfcare.services.staff import visits
from selfcare.services.users import places
from selfcare.web import rendering
from selfcare.web.access import current_account, may, requires

bp = Blueprint("contract", __name__, url_prefix="/contracts/<ref>")


@bp.get("/")
@requires(Ability.OPEN_CONTRACT)
def index(contract: Contract) -> ResponseReturnValue:
    """The contract, my latest orders on it, my rights, a few services (CONTRACT-1)."""
    sees_company = may(Ability.SEE_COMPANY)
    return rendering.page(
        "contract/index.html",
        contract=contract,
        customer=db.session.get(Customer, contract.customer_id) if sees_company else None,
        referent=places.referent_of(contract),
        visits=visits.told_to(current_account(), contract),
        orders=latest.latest_of(current_account().id, contract=contract),
        services=shelf.highlights() if may(Ability.READ_CATALOGUE) else [],
    )
