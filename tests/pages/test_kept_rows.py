"""Rows are rendered once, statements written once; neither is shown to the wrong reader."""

from __future__ import annotations

import gc
from decimal import Decimal

import pytest
import time_machine
from sqlalchemy import update

from selfcare.database import db
from selfcare.lists import kept
from selfcare.lists.query import ListQuery
from selfcare.models import Order
from selfcare.rights import Profile
from selfcare.web import templating
from selfcare.web.templating import once

ORDERS = "/contracts/OCB0000124/orders"


@pytest.fixture(autouse=True)
def nothing_kept(cast):
    cast.referent()
    once.cache_clear()
    templating._around.cache_clear()


def test_list_1_a_second_reader_causes_no_row_to_be_rendered_again(cast, browse_as):
    cast.orders(20)
    cast.member("sophie.dupont", orders=Profile.VISITOR)
    browse_as("paul.dupont").get(ORDERS)
    rendered = once.cache_info().misses
    browse_as("sophie.dupont").get(ORDERS)
    assert once.cache_info().misses == rendered == 20


def test_list_1_kept_rows_speak_each_reader_s_language(cast, browse_as):
    cast.account("jean.martin", locale="fr")
    cast.member("jean.martin", orders=Profile.VISITOR)
    cast.order(price=Decimal("3596.45"), price_kind="monthly")
    english, french = (browse_as(who).get(ORDERS).words for who in ("paul.dupont", "jean.martin"))
    assert "Reservation of" in english
    assert "€3,596.45 / month" in english
    assert "Réservation d" in french
    assert "Reservation of" not in french


def test_orders_1_a_changed_row_is_shown_as_it_is_now(app, cast, browse_as):
    cast.order()
    paul = browse_as("paul.dupont")
    assert paul.get(ORDERS).one("#main td .badge").text == "completed"
    with app.app_context():
        db.session.execute(update(Order).values(status="cancelled"))
        db.session.commit()
    assert paul.get(ORDERS).one("#main td .badge").text == "cancelled"


def test_account_2_the_same_order_leads_to_the_list_it_stands_in(cast, browse_as):
    ref = cast.order()
    paul = browse_as("paul.dupont")
    links = [paul.get(path).one("#main td.ref a")["href"] for path in (ORDERS, "/account/orders")]
    assert links == [f"{ORDERS}/{ref}", f"/account/orders/{ref}"]


def test_subs_2_a_subscription_starts_though_its_row_is_kept(cast, browse_as):
    cast.order()
    cast.subscriptions_of_orders()
    seen = []
    for day in ("2017-10-20", "2017-11-05"):
        with time_machine.travel(f"{day}T12:00:00Z", tick=False):
            page = browse_as("paul.dupont").get("/contracts/OCB0000124/subscriptions")
            seen.append(page.one("#main td .badge").text)
    assert seen == ["subscribed", "active"]


def test_list_1_a_statement_is_written_once_for_all_contracts(cast, browse_as):
    cast.member("paul.dupont", ref="OCB0000412", referent=True)
    paul = browse_as("paul.dupont")
    paul.get(ORDERS)
    written = kept.statements.cache_info().misses
    paul.get("/contracts/OCB0000412/orders")
    paul.get(f"{ORDERS}?page=2")
    assert kept.statements.cache_info().misses == written


def test_users_1_a_search_of_another_table_counts_what_it_finds(cast, browse_as):
    for number in range(30):
        cast.member(f"person{number:02}.martin")
    page = browse_as("paul.dupont").get("/contracts/OCB0000124/users?q=martin")
    assert "30 users found" in page.words


def test_list_1_what_stands_round_the_rows_is_rendered_once_too(cast, browse_as):
    cast.orders(30)
    cast.member("sophie.dupont", orders=Profile.VISITOR)
    browse_as("paul.dupont").get(ORDERS)
    rendered = templating._around.cache_info().misses
    browse_as("sophie.dupont").get(ORDERS)
    assert templating._around.cache_info().misses == rendered > 0


def test_list_1_what_stands_round_the_rows_follows_what_is_asked(cast, browse_as):
    cast.orders(30)
    paul = browse_as("paul.dupont")
    seen = {
        query: (
            paul.get(f"{ORDERS}{query}").one("th[aria-sort]").text.split()[0],
            [a.text for a in paul.get(f"{ORDERS}{query}").all("nav.pager [aria-current]")],
            str(paul.get(f"{ORDERS}{query}").one("main input[name=q]").get("value", "")),
        )
        for query in ("", "?page=2", "?sort=ref", "?q=c2", "")
    }
    assert seen == {
        "": ("Date", ["1"], ""),
        "?page=2": ("Date", ["2"], ""),
        "?sort=ref": ("Ref.", ["1"], ""),
        "?q=c2": ("Date", ["1"], "c2"),
    }


def test_list_1_no_row_is_held_by_what_is_kept_round_it(cast, browse_as):
    cast.orders(3)
    browse_as("paul.dupont").get(ORDERS)
    gc.collect()
    assert not [one for one in gc.get_objects() if issubclass(type(one), ListQuery)]
