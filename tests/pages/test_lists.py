"""LIST-1, ACCOUNT-2: what every list does, and the lists across contracts."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from selfcare.lists.growing import Growing
from selfcare.lists.orders import MyOrderList
from selfcare.rights import Profile
from tests.browsing import column

pytestmark = pytest.mark.usefixtures("paul")
VISITOR = Profile.VISITOR
ORDERS = "/contracts/OCB0000124/orders"
SUBS = "/contracts/OCB0000124/subscriptions"
ODD = [
    "%25",
    "_",
    "'",
    "%22",
    "\\",
    "%00",
    "%ff%fe",
    "%ed%a0%80",
    "%0d%0aX:1",
    "<script>alert(1)</script>",
    "${7*7}",
    "x" * 10_000,
    "1'%20OR%20'1'='1",
    "0001",
    "9999",
    "31/12/9999",
    "00/00/0000",
    "%F0%9F%94%91",
]


class TestEveryList:
    PATHS = (
        ORDERS,
        SUBS,
        "/account/orders",
        "/account/subscriptions",
        "/account/contracts",
    )

    @pytest.mark.parametrize("odd", ODD)
    def test_list_1_bad_input_breaks_nothing_and_shows_nothing_foreign(self, cast, paul, odd):
        cast.member("autre.client", ref="OCB0000777", referent=True)
        cast.subscription(by="autre.client", ref="OCB0000777", name="Secret")
        for path in self.PATHS:
            paul.get(f"{path}?q={odd}")  # its HTML is checked
            for name in ("q", "sort", "page", "open", "format", "section"):
                answer = paul.client.get(f"{path}?{name}={odd}", base_url="http://portal.test/")
                text = answer.get_data(as_text=True)
                assert answer.status_code == 200, (path, name)
                assert "Secret" not in text
                assert "OCB0000777" not in text
                assert "<script>alert" not in text

    @pytest.mark.parametrize("path", PATHS)
    def test_list_1_a_search_without_hit_offers_to_clear_it(self, cast, paul, path):
        cast.subscription()
        page = paul.get(f"{path}?q=zzz&sort=-ref")
        assert "Nothing matches “zzz”." in page.words
        [clear] = [a for a in page.all("#main a") if "Clear" in a.get_text()]
        assert clear["href"] == f"{path}?sort=-ref"

    @pytest.mark.parametrize(
        ("path", "why", "what"),
        [
            (ORDERS, "No order yet.", "What is ordered from the catalogue appears here."),
            (SUBS, "No subscription yet.", "once its order is completed"),
            ("/account/orders", "No order yet.", "catalogue"),
            ("/account/subscriptions", "No subscription yet.", "completed"),
        ],
    )
    def test_list_1_an_empty_list_says_why_and_what_to_do(self, paul, path, why, what):
        page = paul.get(path)
        assert why in page.words
        assert what in page.words
        assert not page.all(".above, .pills"), "nothing to count or to choose from"
        assert "format=csv" not in page.text

    def test_list_1_an_empty_list_of_contracts_says_what_to_do(self, cast, browse_as):
        cast.account("new.comer")
        assert "The referent of a contract can add you to it." in (
            browse_as("new.comer").get("/account/contracts").words
        )

    def test_list_1_a_search_too_long_is_cut_and_says_so(self, paul):
        page = paul.get(f"{ORDERS}?q={'x' * 10_000}")
        assert "only the first 200 were used" in page.words
        assert len(str(page.one("main input[name=q]")["value"])) == 200

    def test_list_1_the_count_is_announced(self, cast, paul):
        cast.orders(3)
        page = paul.get(f"{ORDERS}?q=c2.1", part="orders")
        assert page.texts("[data-status]") == ["1 order found"]  # app.js puts it into #status
        assert paul.get(ORDERS).one("#status")["role"] == "status"

    def test_list_1_each_amount_keeps_its_own_currency(self, cast, paul):
        cast.order(currency="USD", price=Decimal("3596.45"), price_kind="monthly")
        cast.order(currency="CHF", price=Decimal(10), price_kind="once")
        assert set(column(paul.get(ORDERS), "Price")) == {"US$3,596.45 / month", "CHF 10.00"}

    def test_list_1_french_readers_get_french_figures(self, cast, browse_as):
        cast.account("jean.martin", locale="fr")
        cast.member("jean.martin", orders=VISITOR)
        cast.order(price=Decimal("3596.45"), price_kind="monthly")
        text = browse_as("jean.martin").get(ORDERS).text
        assert "3\u202f596,45\xa0€" in text
        assert "09/10/2017 11:31" in text
        assert "Réservation d" in text


class TestMine:
    @pytest.fixture(autouse=True)
    def others(self, cast):
        cast.member("sophie.dupont")
        cast.contract("OCB0000412", name="Archives")
        cast.member("paul.dupont", ref="OCB0000412")
        cast.member("sophie.dupont", ref="OCB0000412", referent=True)

    @pytest.mark.parametrize("path", ["/account/orders", "/account/subscriptions"])
    def test_account_2_mine_everywhere_and_everybody_s_where_i_am_the_referent(
        self, cast, paul, browse_as, path
    ):
        on_mine = cast.subscription(by="sophie.dupont")
        mine_there = cast.subscription(by="paul.dupont", ref="OCB0000412")
        hers_there = cast.subscription(by="sophie.dupont", ref="OCB0000412")
        assert sorted(column(paul.get(path), "Ref.")) == sorted([on_mine, mine_there])
        assert sorted(column(browse_as("sophie.dupont").get(path), "Ref.")) == sorted(
            [on_mine, mine_there, hers_there]
        )
        assert paul.get(f"{path}/{mine_there}").status == 200
        assert paul.get(f"{path}/{hers_there}").status == 404

    def test_account_2_each_row_says_whose_contract_it_is(self, cast, paul):
        cast.order()
        cast.order(ref="OCB0000412", at=datetime(2017, 10, 10, tzinfo=UTC))
        assert column(paul.get("/account/orders"), "Contract") == ["OCB0000412", "OCB0000124"]
        sorted_page = paul.get("/account/orders?sort=contract")
        assert column(sorted_page, "Contract") == ["OCB0000124", "OCB0000412"]

    def test_account_2_an_order_not_completed_is_no_subscription(self, cast, paul):
        cast.order(status="in_progress")
        assert column(paul.get("/account/subscriptions"), "Ref.") == []

    def test_account_2_my_contracts(self, paul):
        page = paul.get("/account/contracts")
        assert column(page, "Name") == ["Archives", "SI_Prod"]
        assert column(page, "ID") == ["OCB0000412", "OCB0000124"]
        assert column(page, "Offer") == ["Flexible Engine"] * 2
        assert column(page, "Platform ID") == ["FCE_SI_qualif"] * 2
        hrefs = {str(a["href"]) for a in page.all("main td.toggle a")}
        assert hrefs == {"/contracts/OCB0000124/", "/contracts/OCB0000412/"}

    @pytest.mark.parametrize("q", ["archives", "OCB0000412", "fce archives"])
    def test_account_2_my_contracts_are_searched(self, paul, q):
        assert column(paul.get(f"/account/contracts?q={q}"), "ID") == ["OCB0000412"]


class TestLong:
    """A list of more rows than are counted."""

    @pytest.fixture(autouse=True)
    def long(self, cast, paul, monkeypatch):
        monkeypatch.setattr(Growing, "counted_up_to", 30)
        cast.member("sophie.dupont")
        cast.orders(31)
        cast.order(by="sophie.dupont")

    @pytest.mark.parametrize("path", [ORDERS, "/account/orders"])
    def test_list_1_a_long_list_is_not_counted_to_its_end(self, paul, path):
        page = paul.get(path)
        assert "More than 30" in page.one("[data-status]").get_text()
        assert len(column(paul.get(f"{path}?page=2"), "Ref.")) == 32 - 25

    @pytest.mark.parametrize("path", [ORDERS, "/account/orders"])
    def test_list_1_a_long_list_says_what_sorts_it(self, paul, path):
        page = paul.get(path)
        assert (
            "A list of more than 30 rows is sorted by Date, Ref., Name, Price, Status only."
            in page.words
        )
        assert not page.all("th a[id$='-by-by']")
        assert page.all("th a[id$='-by-status']")

    def test_list_1_a_sort_that_a_long_list_refuses_leaves_the_usual_one(self, paul):
        page = paul.get(f"{ORDERS}?sort=by")
        assert column(page, "Ref.") == column(paul.get(ORDERS), "Ref.")
        assert page.one("th[aria-sort]").get_text(strip=True).startswith("Date")
        assert not [a for a in page.all("#main a[href]") if "sort=by" in str(a["href"])]

    def test_list_1_a_search_that_makes_it_shorter_is_sorted_by_anything(self, paul):
        page = paul.get(f"{ORDERS}?q=sophie&sort=by")
        assert column(page, "By") == ["sophie.dupont"]
        assert page.all("th[aria-sort] a[id$='-by-by']")
        assert "is sorted by" not in page.words

    @pytest.mark.parametrize("path", [ORDERS, "/account/orders"])
    @pytest.mark.parametrize("asked", ["", "&q=honey"])
    def test_list_1_pages_lead_so_far_and_say_what_leads_further(
        self, paul, monkeypatch, path, asked
    ):
        for kind in (Growing, MyOrderList):
            monkeypatch.setattr(kind, "reach", 25)
        page = paul.get(f"{path}?page=4000{asked}")
        shown = column(page, "Ref.")
        assert len(shown) == 25
        assert "The pages end here, after 25 rows." in page.words
        assert not page.all("a[rel=next]")
        others = column(paul.get(f"{path}?sort=date{asked}"), "Ref.")
        assert len(set(others) - set(shown)) == 32 - 25, "another order leads to them"
        export = paul.client.get(f"{path}?format=csv{asked}", base_url="http://portal.test/")
        assert len(export.text.splitlines()) == 1 + 32

    def test_list_1_pages_that_lead_to_every_row_say_nothing(self, paul, monkeypatch):
        monkeypatch.setattr(Growing, "reach", 50)
        page = paul.get(f"{ORDERS}?page=4000")
        assert len(column(page, "Ref.")) == 32 - 25
        assert "The pages end here" not in page.words
