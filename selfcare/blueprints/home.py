"""Home page (§5.1, figure 17)."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from selfcare.language.i18n import reader
from selfcare.rights import Ability
from selfcare.services.catalogue import shelf
from selfcare.services.orders import latest
from selfcare.services.todo import waiting
from selfcare.services.users.places import places_of
from selfcare.web import rendering
from selfcare.web.access import current_account, signed_in

bp = Blueprint("home", __name__)

CARDS = 12


@bp.get("/")
@signed_in
def index() -> ResponseReturnValue:
    """My contracts, what waits for me, a few services, my latest orders (HOME-1, -2, -5)."""
    me = current_account()
    places = places_of(me.id, limit=CARDS + 1)
    shop = next((p for p in places if p.rights.may(Ability.READ_CATALOGUE)), None)
    return rendering.page(
        "home/index.html",
        places=places[:CARDS],
        more_contracts=len(places) > CARDS,
        shop=shop,
        services=shelf.highlights() if shop else [],
        orders=latest.latest_of(me.id),
        todo=waiting.of(
            me.id, today=reader().today(), contract_id=None, every="all" in request.args
        ),
    )
