"""ORDERS-1, LIST-1: the orders of a contract, as readers use them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from selfcare.rights import Profile
from tests.browsing import column

pytestmark = pytest.mark.usefixtures("paul")
VISITOR = Profile.VISITOR
ORDERS = "/contracts/OCB0000124/orders"
SUBS = "/contracts/OCB0000124/subscriptions"


class TestOrders:
    def test_orders_1_all_of_the_contract_whoever_placed_them(self, cast, paul):
        cast.member("sophie.dupont")
        mine, hers = cast.order(), cast.order(by="sophie.dupont")
        page = paul.get(ORDERS)
        assert sorted(column(page, "Ref.")) == sorted([mine, hers])
        assert sorted(column(page, "By")) == ["paul.dupont", "sophie.dupont"]
        assert column(page, "Date") == ["09/10/2017 11:31"] * 2
        assert column(page, "Price") == ["from €4.97 / month"] * 2
        assert column(page, "Status") == ["completed"] * 2

    def test_orders_1_only_those_of_the_contract(self, cast, paul):
        cast.member("autre.client", ref="OCB0000777", referent=True)
        theirs = cast.order(by="autre.client", ref="OCB0000777")
        assert theirs not in paul.get(ORDERS).text
        assert paul.get(f"{ORDERS}/{theirs}").status == 404
        assert paul.get(f"/contracts/OCB0000777/orders/{theirs}").status == 404
        assert theirs not in paul.get(f"{ORDERS}?q={theirs}").one("main").get_text().replace(
            f"“{theirs}”", ""
        )
        assert "AD135" not in paul.get(f"{ORDERS}?open={theirs}").text

    @pytest.mark.parametrize(
        "q",
        [
            "HONEY1655-1710-001",
            "honey1655",
            "elastic reservation",
            "RÉSERVATION",
            "eu-west-0",
            "c2.large",
            "AD135",
            "paul.dupont",
            "09/10/2017",
            "9/10/2017",
            "2017-10-09",
            "10/2017",
            "2017-10",
            "2017",
            "09/10/2017 11:31",
            "elastic 10/2017",
        ],
    )
    def test_orders_1_search_finds(self, cast, paul, q):
        ref = cast.order()
        cast.order(
            at=datetime(2018, 11, 30, 12, tzinfo=UTC),
            name_fr="Autre",
            name_en="Other",
            parameters={},
            ref="OCB0000124",
        )
        found = column(paul.get(f"{ORDERS}?q={q}"), "Ref.")
        assert ref in found
        if q not in {"honey1655", "paul.dupont"}:
            assert found == [ref]

    def test_orders_1_days_are_those_of_the_readers(self, cast, paul):
        """22:30 UTC on the 8th is the 9th in Paris."""
        ref = cast.order(at=datetime(2017, 10, 8, 22, 30, tzinfo=UTC))
        assert column(paul.get(f"{ORDERS}?q=09/10/2017"), "Ref.") == [ref]
        assert column(paul.get(f"{ORDERS}?q=08/10/2017"), "Ref.") == []

    @pytest.mark.parametrize("q", ["%25", "_", "%", "honey_655", "c2%large"])
    def test_orders_1_wildcards_are_plain_characters(self, cast, paul, q):
        cast.order()
        assert column(paul.get(f"{ORDERS}?q={q}"), "Ref.") == []

    def test_orders_1_statuses_sort_in_the_order_of_their_life(self, cast, paul):
        for status in ("cancelled", "completed", "submitted", "in_progress"):
            cast.order(status=status)
        shown = column(paul.get(f"{ORDERS}?sort=status"), "Status")
        assert shown == ["submitted", "in progress", "completed", "cancelled"]

    def test_orders_1_on_quotation_comes_below_every_price(self, cast, paul):
        for price in (Decimal(5), None, Decimal(0)):
            cast.order(price=price, price_kind="monthly")
        shown = column(paul.get(f"{ORDERS}?sort=price"), "Price")
        assert shown == ["price on request", "€0.00 / month", "€5.00 / month"]

    def test_orders_1_the_sorted_column_says_so(self, cast, paul):
        cast.order()
        page = paul.get(f"{ORDERS}?sort=name")
        assert page.one("th[aria-sort]")["aria-sort"] == "ascending"
        assert "Name" in page.one("th[aria-sort]").get_text()
        assert str(page.one("th[aria-sort] a")["href"]).endswith("?sort=-name")
        assert page.all("table caption")

    def test_orders_1_pages(self, cast, paul):
        cast.orders(60)
        first, second, third = (paul.get(f"{ORDERS}?page={n}") for n in (1, 2, 3))
        refs = [column(page, "Ref.") for page in (first, second, third)]
        assert [len(page) for page in refs] == [25, 25, 10]
        assert len({ref for page in refs for ref in page}) == 60
        assert "60 orders" in first.words
        assert not first.all("a[rel=prev]")
        assert first.one("a[rel=next]")["href"] == f"{ORDERS}?page=2"
        assert not third.all("a[rel=next]")
        assert third.one("nav.pager [aria-current=page]").get_text(strip=True) == "3"

    @pytest.mark.parametrize(
        ("page", "shown"),
        [("-1", 1), ("0", 1), ("", 1), ("x", 1), ("1.5", 1), ("%2B2", 1), ("²", 1), ("1e9", 1),
         ("99", 2), ("99999999999", 2), ("9" * 400, 2), ("%00", 1), ("２", 1)],
    )  # fmt: skip
    def test_orders_1_odd_pages_are_the_first_or_the_last(self, cast, paul, page, shown):
        cast.orders(30)
        answer = paul.get(f"{ORDERS}?page={page}")
        assert answer.status == 200
        assert len(column(answer, "Ref.")) == (25 if shown == 1 else 5)

    @pytest.mark.parametrize(
        "sort",
        ["password", "-password_hash", "--date", "date;DROP", "%00", "id", "", "-", "currency"],
    )
    def test_orders_1_an_odd_sort_is_the_usual_one(self, cast, paul, sort):
        cast.orders(3)
        usual = column(paul.get(ORDERS), "Ref.")
        assert column(paul.get(f"{ORDERS}?sort={sort}"), "Ref.") == usual

    def test_orders_1_a_row_opens_on_its_parameters_and_closes(self, cast, paul):
        ref = cast.order()
        closed = paul.get(f"{ORDERS}?q=elastic")
        toggle = closed.one(f"#t-{ref}")
        assert toggle["aria-expanded"] == "false"
        opened = paul.get(str(toggle["href"]))
        for words in ("eu-west-0", "AD135", "c2.large.3Y.upfront", "Service code"):
            assert words in opened.one("tr.detail").get_text()
        assert opened.one(f"#t-{ref}")["aria-expanded"] == "true"
        assert str(opened.one(f"#t-{ref}")["href"]) == f"{ORDERS}?q=elastic"

    def test_orders_1_an_order_has_an_address_of_its_own(self, cast, paul):
        ref = cast.subscription()
        page = paul.get(f"{ORDERS}/{ref}")
        for words in (ref, "29/08/2017 17:00", "paul.dupont", "AD135"):
            assert words in page.one("main").get_text()
        assert page.all(f'a[href="{SUBS}/{ref}"]')

    def test_orders_1_unknown_orders_are_404(self, paul):
        for ref in ("HONEY1655-1710-999", "%00", "'", "..", "x" * 3000, "%F0%9F%94%91"):
            assert paul.get(f"{ORDERS}/{ref}").status in {404, 308}, ref

    def test_orders_1_the_address_holds_the_state(self, cast, paul):
        cast.orders(60)
        page = paul.get(f"{ORDERS}?q=c2&sort=name&page=2")
        assert page.one("main input[name=q]")["value"] == "c2"
        assert page.one("input[name=sort]")["value"] == "name"
        assert page.one("a[rel=prev]")["href"] == f"{ORDERS}?q=c2&sort=name"
        for a in page.all("tbody td.toggle a"):
            assert str(a["href"]).startswith(f"{ORDERS}?q=c2&sort=name&page=2&open=")
