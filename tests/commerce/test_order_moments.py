"""SUBS-2, ORDERS-2: what the moment of an order decides, at the edges of months."""

from __future__ import annotations

import pytest
import time_machine
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Mail, Order, OrderStatus, Subscription
from selfcare.services.mail import composing
from selfcare.services.orders import fulfilment, references
from tests.commerce.test_ordering import confirm, orders, to_summary

EDGES = {
    "2026-10-31T22:30:00Z": ("2610", "2026-11-01", "2027-10-31"),  # 23:30 in Paris, winter time
    "2026-10-31T23:10:00Z": ("2611", "2026-12-01", "2027-11-30"),  # the 1st there already
    "2027-03-31T21:30:00Z": ("2703", "2027-04-01", "2028-03-31"),  # 23:30 there, summer time
    "2027-03-31T22:30:00Z": ("2704", "2027-05-01", "2028-04-30"),
    "2028-02-29T12:00:00Z": ("2802", "2028-03-01", "2029-02-28"),
    "2026-12-31T23:00:00Z": ("2701", "2027-02-01", "2028-01-31"),
}


def complete(app, ref: str) -> Subscription:
    with app.app_context():
        order = fulfilment.find(ref)
        assert order
        fulfilment.move(order, OrderStatus.COMPLETED, by="operator")
        db.session.commit()
        return db.session.execute(select(Subscription)).scalar_one()


@pytest.mark.parametrize("moment", EDGES)
def test_subs_2_the_customer_s_month_counts(shop, browse_as, app, moment):
    month, starts, ends = EDGES[moment]
    with time_machine.travel(moment, tick=False):
        browser = browse_as("paul.dupont")
        confirm(browser, to_summary(browser))
    (order,) = orders(app)
    assert order.ref == f"HONEY1655-{month}-001"
    page = browse_as("paul.dupont").get(f"/contracts/OCB0000124/orders/{order.ref}")
    year, month, day = starts.split("-")
    assert f"Start date {day}/{month}/{year}" in page.words
    with app.test_request_context():
        row = db.session.execute(select(Mail)).scalar_one()
        text = str(composing.message(row).body)
    assert year in text.split("Date de début" if row.locale == "fr" else "Start date")[1]
    subscription = complete(app, order.ref)
    assert (str(subscription.starts_on), str(subscription.ends_on)) == (starts, ends)


def test_subs_2_an_order_that_waits_over_midnight_starts_when_its_summary_said(
    shop, browse_as, app, monkeypatch
):
    """Fifty others order at that moment: the reference comes when the month has ended."""
    real = references.next_reference
    with time_machine.travel("2026-10-31T22:59:58Z", tick=False) as clock:

        def after_the_others(customer, on):
            clock.shift(5)
            return real(customer, on)

        monkeypatch.setattr(references, "next_reference", after_the_others)
        browser = browse_as("paul.dupont")
        confirm(browser, to_summary(browser))
    (order,) = orders(app)
    assert order.ref.startswith("HONEY1655-2610-")
    assert str(complete(app, order.ref).starts_on) == "2026-11-01"


def test_orders_1_a_day_is_the_customer_s(shop, cast, browse_as, app):
    with time_machine.travel("2026-10-31T22:30:00Z", tick=False):
        browser = browse_as("paul.dupont")
        confirm(browser, to_summary(browser))
    page = browse_as("paul.dupont").get("/contracts/OCB0000124/orders?q=31/10/2026")
    assert "31/10/2026 23:30" in page.words
    with app.app_context():
        assert db.session.execute(select(Order.placed_at)).scalar_one().hour == 22
