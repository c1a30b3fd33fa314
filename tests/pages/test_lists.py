"""ORDERS-1, SUBS-1, SUBS-2, LIST-1, ACCOUNT-2: the lists, as readers use them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine

from selfcare.rights import Profile
from tests.browsing import Browser, Page

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


@pytest.fixture(autouse=True)
def paul(cast):
    cast.member("paul.dupont", referent=True)


@pytest.fixture
def paul_s(browse_as) -> Browser:
    return browse_as("paul.dupont")


def column(page: Page, label: str) -> list[str]:
    return page.texts(f"#main td[data-label='{label}']")


def table(answer: Page, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=delimiter))


class TestOrders:
    def test_orders_1_all_of_the_contract_whoever_placed_them(self, cast, paul_s):
        cast.member("sophie.dupont")
        mine, hers = cast.order(), cast.order(by="sophie.dupont")
        page = paul_s.get(ORDERS)
        assert sorted(column(page, "Ref.")) == sorted([mine, hers])
        assert sorted(column(page, "By")) == ["paul.dupont", "sophie.dupont"]
        assert column(page, "Date") == ["09/10/2017 11:31"] * 2
        assert column(page, "Price") == ["from €4.97 / month"] * 2
        assert column(page, "Status") == ["completed"] * 2

    def test_orders_1_only_those_of_the_contract(self, cast, paul_s):
        cast.member("autre.client", ref="OCB0000777", referent=True)
        theirs = cast.order(by="autre.client", ref="OCB0000777")
        assert theirs not in paul_s.get(ORDERS).text
        assert paul_s.get(f"{ORDERS}/{theirs}").status == 404
        assert paul_s.get(f"/contracts/OCB0000777/orders/{theirs}").status == 404
        assert theirs not in paul_s.get(f"{ORDERS}?q={theirs}").one("main").get_text().replace(
            f"“{theirs}”", ""
        )
        assert "AD135" not in paul_s.get(f"{ORDERS}?open={theirs}").text

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
    def test_orders_1_search_finds(self, cast, paul_s, q):
        ref = cast.order()
        cast.order(
            at=datetime(2018, 11, 30, 12, tzinfo=UTC),
            name_fr="Autre",
            name_en="Other",
            parameters={},
            ref="OCB0000124",
        )
        found = column(paul_s.get(f"{ORDERS}?q={q}"), "Ref.")
        assert ref in found
        if q not in {"honey1655", "paul.dupont"}:
            assert found == [ref]

    def test_orders_1_days_are_those_of_the_readers(self, cast, paul_s):
        """22:30 UTC on the 8th is the 9th in Paris."""
        ref = cast.order(at=datetime(2017, 10, 8, 22, 30, tzinfo=UTC))
        assert column(paul_s.get(f"{ORDERS}?q=09/10/2017"), "Ref.") == [ref]
        assert column(paul_s.get(f"{ORDERS}?q=08/10/2017"), "Ref.") == []

    @pytest.mark.parametrize("q", ["%25", "_", "%", "honey_655", "c2%large"])
    def test_orders_1_wildcards_are_plain_characters(self, cast, paul_s, q):
        cast.order()
        assert column(paul_s.get(f"{ORDERS}?q={q}"), "Ref.") == []

    @pytest.mark.parametrize("key", ["date", "ref", "name", "price", "by", "status"])
    def test_orders_1_sorts_on_every_column_both_ways(self, cast, paul_s, key):
        cast.member("sophie.dupont")
        cast.orders(7)
        cast.order(by="sophie.dupont", price=None, price_kind="quote", name_en="A first")
        down = column(paul_s.get(f"{ORDERS}?sort=-{key}"), "Ref.")
        up = column(paul_s.get(f"{ORDERS}?sort={key}"), "Ref.")
        assert len(up) == 8
        assert up == down[::-1]
        first = {"name": "HONEY1655-1710-001", "by": "HONEY1655-1801-001", "price": up[0]}
        assert up[0] == first.get(key, up[0])

    def test_orders_1_statuses_sort_in_the_order_of_their_life(self, cast, paul_s):
        for status in ("cancelled", "completed", "submitted", "in_progress"):
            cast.order(status=status)
        shown = column(paul_s.get(f"{ORDERS}?sort=status"), "Status")
        assert shown == ["submitted", "in progress", "completed", "cancelled"]

    def test_orders_1_on_quotation_comes_below_every_price(self, cast, paul_s):
        for price in (Decimal(5), None, Decimal(0)):
            cast.order(price=price, price_kind="monthly")
        shown = column(paul_s.get(f"{ORDERS}?sort=price"), "Price")
        assert shown == ["on quotation", "€0.00 / month", "€5.00 / month"]

    def test_orders_1_the_sorted_column_says_so(self, cast, paul_s):
        cast.order()
        page = paul_s.get(f"{ORDERS}?sort=name")
        assert page.one("th[aria-sort]")["aria-sort"] == "ascending"
        assert "Name" in page.one("th[aria-sort]").get_text()
        assert str(page.one("th[aria-sort] a")["href"]).endswith("?sort=-name")
        assert page.all("table caption")

    def test_orders_1_pages(self, cast, paul_s):
        cast.orders(60)
        first, second, third = (paul_s.get(f"{ORDERS}?page={n}") for n in (1, 2, 3))
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
    def test_orders_1_odd_pages_are_the_first_or_the_last(self, cast, paul_s, page, shown):
        cast.orders(30)
        answer = paul_s.get(f"{ORDERS}?page={page}")
        assert answer.status == 200
        assert len(column(answer, "Ref.")) == (25 if shown == 1 else 5)

    @pytest.mark.parametrize(
        "sort",
        ["password", "-password_hash", "--date", "date;DROP", "%00", "id", "", "-", "currency"],
    )
    def test_orders_1_an_odd_sort_is_the_usual_one(self, cast, paul_s, sort):
        cast.orders(3)
        usual = column(paul_s.get(ORDERS), "Ref.")
        assert column(paul_s.get(f"{ORDERS}?sort={sort}"), "Ref.") == usual

    def test_orders_1_a_row_opens_on_its_parameters_and_closes(self, cast, paul_s):
        ref = cast.order()
        closed = paul_s.get(f"{ORDERS}?q=elastic")
        toggle = closed.one(f"#t-{ref}")
        assert toggle["aria-expanded"] == "false"
        opened = paul_s.get(str(toggle["href"]))
        for words in ("eu-west-0", "AD135", "c2.large.3Y.upfront", "Service code"):
            assert words in opened.one("tr.detail").get_text()
        assert opened.one(f"#t-{ref}")["aria-expanded"] == "true"
        assert str(opened.one(f"#t-{ref}")["href"]) == f"{ORDERS}?q=elastic"

    def test_orders_1_an_order_has_an_address_of_its_own(self, cast, paul_s):
        ref = cast.subscription()
        page = paul_s.get(f"{ORDERS}/{ref}")
        for words in (ref, "29/08/2017 17:00", "paul.dupont", "AD135"):
            assert words in page.one("main").get_text()
        assert page.all(f'a[href="{SUBS}/{ref}"]')

    def test_orders_1_unknown_orders_are_404(self, paul_s):
        for ref in ("HONEY1655-1710-999", "%00", "'", "..", "x" * 3000, "%F0%9F%94%91"):
            assert paul_s.get(f"{ORDERS}/{ref}").status in {404, 308}, ref

    def test_orders_1_the_address_holds_the_state(self, cast, paul_s):
        cast.orders(60)
        page = paul_s.get(f"{ORDERS}?q=c2&sort=name&page=2")
        assert page.one("input[name=q]")["value"] == "c2"
        assert page.one("input[name=sort]")["value"] == "name"
        assert page.one("a[rel=prev]")["href"] == f"{ORDERS}?q=c2&sort=name"
        for a in page.all("tbody td.toggle a"):
            assert str(a["href"]).startswith(f"{ORDERS}?q=c2&sort=name&page=2&open=")


class TestSubscriptions:
    def test_subs_1_shows_its_columns(self, cast, paul_s):
        ref = cast.subscription()
        page = paul_s.get(SUBS)
        assert column(page, "Subscription date") == ["29/08/2017 17:00"]
        assert column(page, "Ref.") == [ref]
        assert column(page, "Name") == ["Reservation c2.large 2 years with upfront"]
        assert column(page, "Price") == ["€24.39 / month"]
        assert column(page, "Start date") == ["01/09/2017"]
        assert column(page, "End date") == ["31/08/2019"]
        assert column(page, "Status") == ["ended"]

    @pytest.mark.parametrize(
        "q",
        ["HONEY1655-1708", "c2.large", "29/08/2017", "08/2017", "01/09/2017", "09/2017", "2017",
         "31/08/2019", "08/2019", "2019", "2019-08-31", "2019-08", "1.9.2017"],
    )  # fmt: skip
    def test_subs_1_filters_by_reference_name_or_any_of_three_dates(self, cast, paul_s, q):
        ref = cast.subscription()
        other = cast.subscription(
            at=datetime(2020, 5, 5, tzinfo=UTC), months=12, name="Something else"
        )
        found = column(paul_s.get(f"{SUBS}?q={q}"), "Ref.")
        assert found == [ref]
        assert other not in found

    @pytest.mark.parametrize("q", ["2018", "31/02/2017", "13/2017", "02/09/2017", "9/17", "201"])
    def test_subs_1_other_dates_find_nothing(self, cast, paul_s, q):
        cast.subscription(name="A reservation")
        assert column(paul_s.get(f"{SUBS}?q={q}"), "Ref.") == []

    def test_subs_1_words_narrow_each_other(self, cast, paul_s):
        ref = cast.subscription()
        cast.subscription(at=datetime(2018, 8, 29, tzinfo=UTC))
        assert column(paul_s.get(f"{SUBS}?q=c2.large 2017"), "Ref.") == [ref]

    def test_subs_1_a_row_opens_on_its_facts_and_its_order(self, cast, paul_s):
        ref = cast.subscription()
        page = paul_s.get(f"{SUBS}?open={ref}")
        detail = " ".join(page.one("tr.detail").get_text(" ").split())
        for words in ("24 months", "€513.02", "eu-west-0", "Related order"):
            assert words in detail
        assert page.all(f'tr.detail a[href="{ORDERS}/{ref}"]')
        assert paul_s.get(f"{SUBS}/{ref}").status == 200

    def test_subs_1_without_the_right_to_orders_their_order_is_no_link(self, cast, browse_as):
        ref = cast.subscription()
        cast.member("sophie.dupont", subscriptions=VISITOR)
        page = browse_as("sophie.dupont").get(f"{SUBS}?open={ref}")
        assert not page.all(f'a[href="{ORDERS}/{ref}"]')
        assert ref in page.one("tr.detail").get_text()

    @pytest.mark.parametrize("key", ["date", "ref", "name", "price", "start", "end", "status"])
    def test_subs_1_sorts_on_every_column_both_ways(self, cast, paul_s, key):
        for number, month in enumerate((3, 9, 6)):
            cast.subscription(
                at=datetime(2017 + number, month, 2, tzinfo=UTC), price=Decimal(number * 7 % 5)
            )
        up = column(paul_s.get(f"{SUBS}?sort={key}"), "Ref.")
        assert len(up) == 3
        assert up == column(paul_s.get(f"{SUBS}?sort=-{key}"), "Ref.")[::-1]

    @pytest.mark.parametrize(
        ("moment", "status"),
        [
            (datetime(2017, 8, 31, 21, 59, tzinfo=UTC), "subscribed"),  # 23:59 in Paris
            (datetime(2017, 8, 31, 22, 0, tzinfo=UTC), "active"),  # midnight, the 1st
            (datetime(2019, 8, 31, 21, 59, tzinfo=UTC), "active"),  # its last minute
            (datetime(2019, 8, 31, 22, 0, tzinfo=UTC), "ended"),
        ],
    )
    def test_subs_2_status_follows_the_dates_where_the_customers_are(
        self, cast, paul_s, moment, status
    ):
        ref = cast.subscription()
        with time_machine.travel(moment, tick=False):
            page = browse_later(paul_s, SUBS)
            assert column(page, "Status") == [status]
            assert status in browse_later(paul_s, f"{SUBS}/{ref}").words
            assert status in browse_later(paul_s, f"{SUBS}?format=csv").text

    def test_subs_2_statuses_sort_by_their_life(self, cast, paul_s):
        with time_machine.travel(datetime(2018, 6, 1, tzinfo=UTC)):
            cast.subscription(at=datetime(2016, 1, 1, tzinfo=UTC), months=12)
            cast.subscription(at=datetime(2018, 5, 31, tzinfo=UTC), starts_on=date(2018, 7, 1))
            cast.subscription()
            page = browse_later(paul_s, f"{SUBS}?sort=status")
        assert column(page, "Status") == ["subscribed", "active", "ended"]


def browse_later(browser: Browser, path: str) -> Page:
    """Another time: a sign-in of today has no meaning then."""
    return browser.sign_in_as("paul.dupont").get(path)


class TestEveryList:
    PATHS = (
        ORDERS,
        SUBS,
        "/account/orders",
        "/account/subscriptions",
        "/account/contracts",
    )

    @pytest.mark.parametrize("odd", ODD)
    def test_list_1_bad_input_breaks_nothing_and_shows_nothing_foreign(self, cast, paul_s, odd):
        cast.member("autre.client", ref="OCB0000777", referent=True)
        cast.subscription(by="autre.client", ref="OCB0000777", name="Secret")
        for path in self.PATHS:
            paul_s.get(f"{path}?q={odd}")  # its HTML is checked
            for name in ("q", "sort", "page", "open", "format", "section"):
                answer = paul_s.client.get(f"{path}?{name}={odd}", base_url="http://portal.test/")
                text = answer.get_data(as_text=True)
                assert answer.status_code == 200, (path, name)
                assert "Secret" not in text
                assert "OCB0000777" not in text
                assert "<script>alert" not in text

    @pytest.mark.parametrize("path", PATHS)
    def test_list_1_a_search_without_hit_offers_to_clear_it(self, cast, paul_s, path):
        cast.subscription()
        page = paul_s.get(f"{path}?q=zzz&sort=-ref")
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
    def test_list_1_an_empty_list_says_why_and_what_to_do(self, paul_s, path, why, what):
        page = paul_s.get(path)
        assert why in page.words
        assert what in page.words
        assert "format=csv" not in page.text

    def test_list_1_an_empty_list_of_contracts_says_what_to_do(self, cast, browse_as):
        cast.account("new.comer")
        assert "The referent of a contract can add you to it." in (
            browse_as("new.comer").get("/account/contracts").words
        )

    def test_list_1_a_search_too_long_is_cut_and_says_so(self, paul_s):
        page = paul_s.get(f"{ORDERS}?q={'x' * 10_000}")
        assert "only the first 200 were used" in page.words
        assert len(str(page.one("input[name=q]")["value"])) == 200

    def test_list_1_the_count_is_announced(self, cast, paul_s):
        cast.orders(3)
        page = paul_s.get(f"{ORDERS}?q=c2.1")
        assert "1 order found" in page.words
        assert page.all("[role=status]")

    def test_list_1_each_amount_keeps_its_own_currency(self, cast, paul_s):
        cast.order(currency="USD", price=Decimal("3596.45"), price_kind="monthly")
        cast.order(currency="CHF", price=Decimal(10), price_kind="once")
        assert set(column(paul_s.get(ORDERS), "Price")) == {"US$3,596.45 / month", "CHF10.00"}

    def test_list_1_french_readers_get_french_figures(self, cast, browse_as):
        cast.account("jean.martin", locale="fr")
        cast.member("jean.martin", orders=VISITOR)
        cast.order(price=Decimal("3596.45"), price_kind="monthly")
        text = browse_as("jean.martin").get(ORDERS).text
        assert "3\u202f596,45\xa0€" in text
        assert "09/10/2017 11:31" in text
        assert "Réservation d" in text


class TestExport:
    def test_list_1_exports_exactly_what_is_filtered_in_its_order(self, cast, paul_s):
        cast.orders(60)
        cast.order(name_en="Other", name_fr="Autre", parameters={})
        page = paul_s.get(f"{ORDERS}?q=c2&sort=price&page=2")
        link = page.one("a[download]")
        answer = paul_s.get(str(link["href"]))
        rows = table(answer)
        assert rows[0] == ["Date", "Ref.", "Name", "Price", "Currency", "By", "Status"]
        assert len(rows) == 61
        prices = [Decimal(row[3]) for row in rows[1:]]
        assert prices == sorted(prices)
        assert column(page, "Ref.") == [row[1] for row in rows[26:51]]

    @time_machine.travel("2026-11-22T12:00:00Z", tick=False)
    def test_list_1_a_file_a_spreadsheet_opens(self, cast, browse_as):
        cast.order()
        answer = browse_as("paul.dupont").get(f"{ORDERS}?format=csv")
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.headers["Content-Disposition"] == (
            'attachment; filename="orders-OCB0000124-2026-11-22.csv"'
        )
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.response.data.startswith(b"\xef\xbb\xbf")

    def test_list_1_files_have_names_in_the_reader_s_language(self, cast, browse_as):
        cast.account("jean.martin", locale="fr")
        cast.member("jean.martin", orders=VISITOR)
        answer = browse_as("jean.martin").get(f"{ORDERS}?format=csv")
        assert "commandes-OCB0000124-" in answer.headers["Content-Disposition"]

    def test_list_1_separators_are_those_of_the_reader_s_spreadsheet(self, cast, browse_as):
        cast.account("jean.martin", locale="fr")
        cast.member("jean.martin", orders=VISITOR)
        cast.order(price=Decimal("3596.45"))
        french = table(browse_as("jean.martin").get(f"{ORDERS}?format=csv"), ";")
        english = table(browse_as("paul.dupont").get(f"{ORDERS}?format=csv"), ",")
        assert french[1][3] == "3596,45"
        assert english[1][3] == "3596.45"

    @pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n"])
    def test_list_1_text_is_never_a_formula(self, cast, paul_s, first):
        cast.order(name_en=f"{first}cmd|' /C calc'!A0")
        [_, row] = table(paul_s.get(f"{ORDERS}?format=csv"))
        assert row[2].startswith("'")

    def test_list_1_cells_hold_what_would_break_them(self, cast, paul_s):
        cast.order(name_en='a "quoted", one; two\nlines')
        [_, row] = table(paul_s.get(f"{ORDERS}?format=csv"))
        assert row[2] == 'a "quoted", one; two\nlines'
        assert len(row) == 7

    def test_list_1_a_long_list_is_streamed(self, cast, paul_s):
        cast.orders(1200)
        answer = paul_s.client.get(f"{ORDERS}?format=csv", base_url="http://portal.test/")
        chunks = list(answer.response)
        assert len(chunks) >= 3
        assert b"".join(chunks).count(b"\r\n") == 1201

    def test_list_1_an_empty_export_has_its_headings(self, paul_s):
        assert len(table(paul_s.get(f"{ORDERS}?format=csv&q=zzz"))) == 1

    @pytest.mark.parametrize(
        ("path", "name", "columns"),
        [
            (SUBS, "subscriptions-OCB0000124", 9),
            ("/account/orders", "orders-paul.dupont", 8),
            ("/account/subscriptions", "subscriptions-paul.dupont", 10),
            ("/account/contracts", "contracts-paul.dupont", 4),
        ],
    )
    def test_list_1_every_list_has_its_export(self, cast, paul_s, path, name, columns):
        cast.subscription()
        answer = paul_s.get(f"{path}?format=csv")
        assert f'filename="{name}-20' in answer.headers["Content-Disposition"]
        rows = table(answer)
        assert {len(row) for row in rows} == {columns}
        assert len(rows) == 2

    def test_list_1_no_export_without_the_right(self, cast, browse_as):
        cast.member("martin.dupont")
        cast.order()
        answer = browse_as("martin.dupont").get(f"{ORDERS}?format=csv")
        assert answer.status == 403
        assert "AD135" not in answer.text


class TestMine:
    @pytest.fixture(autouse=True)
    def others(self, cast):
        cast.member("sophie.dupont")
        cast.contract("OCB0000412", name="Archives")
        cast.member("paul.dupont", ref="OCB0000412")
        cast.member("sophie.dupont", ref="OCB0000412", referent=True)

    @pytest.mark.parametrize("path", ["/account/orders", "/account/subscriptions"])
    def test_account_2_mine_everywhere_and_everybody_s_where_i_am_the_referent(
        self, cast, paul_s, browse_as, path
    ):
        on_mine = cast.subscription(by="sophie.dupont")
        mine_there = cast.subscription(by="paul.dupont", ref="OCB0000412")
        hers_there = cast.subscription(by="sophie.dupont", ref="OCB0000412")
        assert sorted(column(paul_s.get(path), "Ref.")) == sorted([on_mine, mine_there])
        assert sorted(column(browse_as("sophie.dupont").get(path), "Ref.")) == sorted(
            [on_mine, mine_there, hers_there]
        )
        assert paul_s.get(f"{path}/{mine_there}").status == 200
        assert paul_s.get(f"{path}/{hers_there}").status == 404

    def test_account_2_each_row_says_whose_contract_it_is(self, cast, paul_s):
        cast.order()
        cast.order(ref="OCB0000412", at=datetime(2017, 10, 10, tzinfo=UTC))
        assert column(paul_s.get("/account/orders"), "Contract") == ["OCB0000412", "OCB0000124"]
        sorted_page = paul_s.get("/account/orders?sort=contract")
        assert column(sorted_page, "Contract") == ["OCB0000124", "OCB0000412"]

    def test_account_2_an_order_not_completed_is_no_subscription(self, cast, paul_s):
        cast.order(status="in_progress")
        assert column(paul_s.get("/account/subscriptions"), "Ref.") == []

    def test_account_2_my_contracts(self, paul_s):
        page = paul_s.get("/account/contracts")
        assert column(page, "Name") == ["Archives", "SI_Prod"]
        assert column(page, "ID") == ["OCB0000412", "OCB0000124"]
        assert column(page, "Offer") == ["Flexible Engine"] * 2
        assert column(page, "Platform ID") == ["FCE_SI_qualif"] * 2
        hrefs = {str(a["href"]) for a in page.all("main td.toggle a")}
        assert hrefs == {"/contracts/OCB0000124/", "/contracts/OCB0000412/"}

    @pytest.mark.parametrize("q", ["archives", "OCB0000412", "fce archives"])
    def test_account_2_my_contracts_are_searched(self, paul_s, q):
        assert column(paul_s.get(f"/account/contracts?q={q}"), "ID") == ["OCB0000412"]
