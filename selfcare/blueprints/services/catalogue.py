"""The catalogue of services (§5.6.1, figure 23)."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from selfcare.models import Contract, Service
from selfcare.rights import Ability
from selfcare.services.catalogue import shelf as catalogue_shelf
from selfcare.web import rendering
from selfcare.web.access import one_or_404, requires

bp = Blueprint("catalogue", __name__, url_prefix="/contracts/<ref>/services")


@bp.get("")
@requires(Ability.READ_CATALOGUE)
def index(contract: Contract) -> ResponseReturnValue:
    """Search and categories with counts (SERVICES-1)."""
    shelf = catalogue_shelf.search(
        q=request.args.get("q", ""), category=request.args.get("category", "")
    )
    return rendering.page(
        "catalogue/index.html", parts={"services": "catalogue/_services.html"}, shelf=shelf
    )


@bp.get("/<slug>")
@requires(Ability.READ_CATALOGUE)
def service(contract: Contract, slug: str) -> ResponseReturnValue:
    """« en savoir plus »: one service."""
    found = one_or_404(select(Service).where(Service.slug == slug, Service.is_offered))
    return rendering.page("catalogue/service.html", service=found)
