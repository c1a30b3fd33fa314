"""The order form's addresses and cards, as its tests read them."""

from __future__ import annotations

from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Service, ServiceVersion
from tests.browsing import Page

SLUG = "elastic-cloud-server-reservation"
FORM = f"/contracts/OCB0000124/services/{SLUG}/order"
MIGRATION = "/contracts/OCB0000124/services/migration/order"
CHOSEN = {"region": "eu-west-0", "flavor": "c2.2xlarge", "plan": "12,no"}


def cards(page: Page) -> dict[str, str]:
    """The price on each card of the form, by what the card sends."""
    found = {}
    for radio in page.all("#order-plan input[type=radio]"):
        price = page.one(f'label[for="{radio["id"]}"]').select_one("b")
        found[str(radio["value"])] = " ".join(price.get_text().split()) if price else ""
    return found


def reservation() -> ServiceVersion:
    """The published version of the reservation."""
    return db.session.execute(
        select(ServiceVersion)
        .join(Service, Service.id == ServiceVersion.service_id)
        .where(Service.slug == SLUG)
    ).scalar_one()
