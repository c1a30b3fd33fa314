"""CONTRACT-1, DASH-1, SERVICES-1, SUPPORT-1: the pages of a contract other than lists."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from selfcare.rights import Profile, Section

VISITOR, MANAGER = Profile.VISITOR, Profile.MANAGER
HERE = "/contracts/OCB0000124"
SERVICES = "li h3:has(a[href*='/services/'])"
CATEGORIES = "nav[aria-label=Categories]"


class TestContract:
    def test_contract_1_shows_the_contract_and_its_referent(self, cast, browse_as):
        cast.contract(ends_on=date(2027, 8, 31))
        cast.member("paul.dupont", referent=True)
        cast.member("martin.dupont")
        page = browse_as("martin.dupont").get(f"{HERE}/")
        for words in (
            "OCB0000124",
            "SI_Prod",
            "Flexible Engine",
            "FCE_SI_qualif",
            "01/09/2016",
            "31/08/2027",
            "Paul DUPONT",
            "paul.dupont@example.com",
        ):
            assert words in page.one("main").get_text(), words

    def test_contract_1_company_and_document_space_are_the_managers(self, cast, browse_as):
        cast.member("paul.dupont", contract=MANAGER)
        cast.member("sophie.dupont", contract=VISITOR)
        managers = browse_as("paul.dupont").get(f"{HERE}/")
        visitors = browse_as("sophie.dupont").get(f"{HERE}/")
        assert "Société HONEY1655" in managers.words
        assert managers.all('a[href="https://documents.example.com/"]')
        assert "Société HONEY1655" not in visitors.text
        assert "documents.example.com" not in visitors.text

    def test_contract_1_its_orders_stay_on_the_contract_where_one_may_see_them(
        self, cast, browse_as
    ):
        cast.member("paul.dupont", orders=Profile.VISITOR)
        ref = cast.order()
        paul = browse_as("paul.dupont")
        home = "/contracts/OCB0000124/"
        assert paul.get(home).all(f'#main a[href="{home}orders/{ref}"]')
        cast.member("martin.dupont")
        mine = cast.order(by="martin.dupont")
        martin = browse_as("martin.dupont")
        assert martin.get(home).all(f'#main a[href="/account/orders/{mine}"]')

    def test_contract_1_my_latest_orders_on_this_contract(self, cast, browse_as):
        cast.member("paul.dupont", referent=True)
        cast.member("paul.dupont", ref="OCB0000412")
        elsewhere = cast.order(ref="OCB0000412", at=datetime(2026, 1, 1, tzinfo=UTC))
        cast.orders(4)
        page = browse_as("paul.dupont").get(f"{HERE}/")
        assert page.texts(".lines a") == [f"HONEY1655-1801-{n:03}" for n in (4, 3, 2)]
        assert elsewhere not in page.text
        assert "See all the orders" in page.words

    def test_contract_1_all_orders_only_for_those_who_may(self, cast, browse_as):
        cast.member("martin.dupont")
        assert "See all the orders" not in browse_as("martin.dupont").get(f"{HERE}/").words

    def test_contract_1_my_rights_section_by_section(self, cast, browse_as):
        cast.member(
            "pierre.dupont",
            users=Profile.CONSOLE_MANAGER,
            orders=VISITOR,
            console_roles=["guest", "ops"],
        )
        page = browse_as("pierre.dupont").get(f"{HERE}/")
        rights = {
            row.dt.get_text(strip=True): row.dd.get_text(strip=True)
            for row in page.all("dl.facts div")
            if row.dt and row.dd
        }
        assert rights["Users"] == "Console manager"
        assert rights["Orders"] == "Visitor"
        assert rights["Invoices"] == "No access"
        assert rights["Technical console"] == "guest, ops"
        assert len([s for s in Section if s.title() in rights]) == len(Section)

    def test_contract_1_our_services_for_those_who_may(self, cast, browse_as):
        cast.service()
        cast.member("paul.dupont", services=VISITOR)
        cast.member("martin.dupont")
        assert browse_as("paul.dupont").get(f"{HERE}/").all(SERVICES)
        assert not browse_as("martin.dupont").get(f"{HERE}/").all(SERVICES)

    def test_contract_1_without_the_slash_leads_there(self, cast, browse_as):
        cast.member("martin.dupont")
        answer = browse_as("martin.dupont").get(HERE)
        assert answer.status in {301, 308}
        assert answer.location.endswith(f"{HERE}/")


class TestDashboard:
    @pytest.mark.parametrize(
        ("state", "words"),
        [
            ("done", "ready"),
            ("queued", "being prepared"),
            ("running", "being prepared"),
            ("failed", "It will be retried automatically"),
        ],
    )
    def test_dash_1_state_of_my_console_access_and_what_comes_next(
        self, cast, browse_as, state, words
    ):
        cast.member("paul.dupont", dashboard=VISITOR, console_roles=["admin"], console_state=state)
        page = browse_as("paul.dupont").get(f"{HERE}/dashboard")
        assert words in page.words
        assert "admin" in page.words
        assert page.all(f'a[href="{HERE}/console"]')

    def test_dash_1_without_a_console_role_no_button(self, cast, browse_as):
        cast.member("paul.dupont", dashboard=VISITOR)
        page = browse_as("paul.dupont").get(f"{HERE}/dashboard")
        assert not page.all(f'a[href="{HERE}/console"]')
        assert "You have no role on the technical console" in page.words

    def test_dash_1_an_offer_without_console_says_so(self, cast, browse_as):
        cast.contract("OCB0000412", offer="Flexible Computing Advanced")
        cast.member("paul.dupont", ref="OCB0000412", dashboard=VISITOR, console_roles=["admin"])
        paul = browse_as("paul.dupont")
        page = paul.get("/contracts/OCB0000412/dashboard")
        assert "comes without a technical console" in page.words
        assert paul.get("/contracts/OCB0000412/console").status == 404

    def test_dash_1_the_console_door_is_for_console_users(self, cast, browse_as):
        cast.member("paul.dupont", console_roles=["guest"])
        cast.member("jacques.dupont", referent=True)
        assert browse_as("paul.dupont").get(f"{HERE}/console").status == 200
        refused = browse_as("jacques.dupont").get(f"{HERE}/console")
        assert refused.status == 403
        assert "at least one role on the technical console" in refused.words

    def test_console_1_the_button_leads_to_the_console_where_the_portal_knows_it(
        self, cast, browse_as, setting
    ):
        cast.member("paul.dupont", console_roles=["guest"])
        setting(console_url="")
        assert browse_as("paul.dupont").get(f"{HERE}/console").status == 200
        setting(console_url="https://console.example.com/websso?contract={contract}")
        page = browse_as("paul.dupont").get(f"{HERE}/console")
        assert page.location == "https://console.example.com/websso?contract=OCB0000124"

    def test_dash_1_figures_only_where_subscriptions_may_be_read(self, cast, browse_as):
        cast.member("paul.dupont", dashboard=VISITOR, subscriptions=VISITOR)
        cast.member("martin.dupont", dashboard=VISITOR)
        cast.subscription()
        with time_machine.travel(datetime(2018, 3, 1, 9, tzinfo=UTC)):
            assert (
                "Running subscriptions" in browse_as("paul.dupont").get(f"{HERE}/dashboard").words
            )
            page = browse_as("martin.dupont").get(f"{HERE}/dashboard")
        assert "Running subscriptions" not in page.words
        assert "24.39" not in page.text

    def test_dash_1_counts_what_runs_and_what_ends_next(self, cast, browse_as):
        cast.member("paul.dupont", referent=True)
        ends_soon = cast.subscription(months=24)  # 01/09/2017 – 31/08/2019
        cast.subscription(at=datetime(2018, 8, 29, 15, tzinfo=UTC), months=36)
        cast.subscription(at=datetime(2019, 6, 20, 15, tzinfo=UTC), months=12)  # from 01/07/2019
        cast.subscription(at=datetime(2016, 8, 29, 15, tzinfo=UTC), months=12)  # over
        with time_machine.travel(datetime(2019, 6, 25, 9, tzinfo=UTC)):
            page = browse_as("paul.dupont").get(f"{HERE}/dashboard")
        assert "Running subscriptions 2 as many as a month ago · and 1 starting soon" in page.words
        assert page.one(".facts a")["aria-label"] == "Running subscriptions: 2"
        assert "Subscriptions, per month €48.78" in page.words
        with time_machine.travel(datetime(2019, 7, 5, 9, tzinfo=UTC)):
            page = browse_as("paul.dupont").get(f"{HERE}/dashboard")
        assert "Running subscriptions 3 +1 in a month" in page.words
        assert "Subscriptions, per month €73.17 +€24.39 in a month" in page.words
        assert "ends on 31/08/2019" in page.words
        assert page.all(f'.lines a[href="{HERE}/subscriptions/{ends_soon}"]')

    def test_dash_1_spend_is_a_picture_and_its_figures(self, cast, browse_as):
        cast.member("paul.dupont", referent=True)
        cast.member("sophie.dupont", dashboard=MANAGER, subscriptions=VISITOR)
        cast.subscription(price=Decimal(100), upfront=Decimal(500))  # from 01/09/2017
        with time_machine.travel(datetime(2017, 11, 15, 9, tzinfo=UTC)):
            page = browse_as("sophie.dupont").get(f"{HERE}/dashboard")
            by_service = browse_as("paul.dupont").get(f"{HERE}/dashboard")
        rows = page.texts("main .bars li")
        assert len(rows) == 12
        assert rows[-3:] == [
            "09/2017 €100 + €500 of upfront payments",
            "10/2017 €100",
            "11/2017 €100",
        ]
        rows = by_service.texts("main .bars li")
        assert len(rows) == 6
        assert rows[-3:] == [
            "09/2017 €100 + €500 of upfront payments usage not known",
            "10/2017 €100 usage not known",
            "11/2017 €100 usage to come",
        ]
        assert by_service.all(f'main a[href="{HERE}/invoices/spend"]'), "all twelve are there"
        assert "Spend of 10/2017 €100.00 as much as in 09/2017" in by_service.words

    def test_dash_1_each_currency_has_its_own_picture(self, cast, browse_as):
        cast.member("paul.dupont", referent=True)
        cast.subscription(price=Decimal(100), upfront=Decimal(0))
        cast.subscription(price=Decimal(70), upfront=Decimal(0), currency="USD")
        with time_machine.travel(datetime(2017, 9, 15, 9, tzinfo=UTC)):
            page = browse_as("paul.dupont").get(f"{HERE}/dashboard")
        assert "€100.00" in page.words
        assert "US$70.00" in page.words
        assert "170.00" not in page.words


class TestCatalogue:
    @pytest.fixture(autouse=True)
    def shelf(self, cast):
        cast.member("paul.dupont", services=VISITOR)
        cast.service("reservation")
        cast.service(
            "migration",
            category="migration",
            category_en="Migration",
            category_fr="Migration",
            family_en="Service",
            family_fr="Service",
            name_en="Move to the cloud",
            name_fr="Déménagement",
            price_kind="quote",
            from_price=None,
            position=2,
        )

    def test_services_1_categories_with_counts(self, browse_as):
        page = browse_as("paul.dupont").get(f"{HERE}/services")
        assert page.texts(f"{CATEGORIES} a") == [
            "All 2",
            "Infrastructure › Virtual server 1",
            "Service › Migration 1",
        ]
        assert page.texts(SERVICES) == [
            "Reservation of an Elastic Cloud Server flavor",
            "Move to the cloud",
        ]

    def test_services_1_prices_from_or_on_quotation(self, browse_as):
        page = browse_as("paul.dupont").get(f"{HERE}/services")
        assert page.texts(f"{SERVICES} ~ .price") == ["from €4.97 / month", "price on request"]

    def test_services_1_a_category_narrows(self, browse_as):
        page = browse_as("paul.dupont").get(f"{HERE}/services?category=migration")
        assert page.texts(SERVICES) == ["Move to the cloud"]
        assert page.texts(f"{CATEGORIES} [aria-current]") == ["Service › Migration 1"]

    @pytest.mark.parametrize("q", ["cloud move", "DEMENAGEMENT", "déménagement", "migration"])
    def test_services_1_search_finds_words_without_accents_or_case(self, browse_as, q):
        page = browse_as("paul.dupont").get(f"{HERE}/services?q={q}")
        assert page.texts(SERVICES) == ["Move to the cloud"]

    def test_services_1_no_hit_offers_to_clear(self, browse_as):
        page = browse_as("paul.dupont").get(f"{HERE}/services?q=zzz")
        assert "Nothing matches “zzz”." in page.words
        [clear] = [a for a in page.all(".empty a") if "Clear" in a.get_text()]
        assert clear["href"] == f"{HERE}/services"

    @pytest.mark.parametrize("q", ["%25", "_", "'", "%00", "%ff", "x" * 10_000, "<script>"])
    def test_services_1_odd_searches_find_nothing_and_break_nothing(self, browse_as, q):
        page = browse_as("paul.dupont").get(f"{HERE}/services?q={q}&category={q}")
        assert page.status == 200
        assert "<script>" not in page.text

    def test_services_1_a_service_has_its_page(self, browse_as):
        paul = browse_as("paul.dupont")
        page = paul.get(f"{HERE}/services/migration")
        assert page.one("h1").get_text(strip=True) == "Move to the cloud"
        assert "price on request" in page.words
        for slug in ("nothing", "%00", "..%2f", "'", "x" * 3000):
            assert paul.get(f"{HERE}/services/{slug}").status == 404, slug


class TestSupport:
    def test_support_1_contact_of_the_contract_s_offer(self, cast, browse_as):
        cast.member("paul.dupont", support=VISITOR)
        page = browse_as("paul.dupont").get(f"{HERE}/support")
        assert page.all('main a[href="mailto:support@example.com"]')
        assert page.all('main a[href="tel:0800000000"]')
        assert "OCB0000124" in page.one("main").get_text()


def test_account_1_my_profile_shows_my_data(cast, browse_as):
    cast.account(
        "paul.dupont", phone="+33 1 02 03 04 05", created_at=datetime.now(UTC) - timedelta(1)
    )
    page = browse_as("paul.dupont").get("/account/profile")
    for words in ("paul.dupont", "Paul", "Dupont", "paul.dupont@example.com", "01 02 03 04 05"):
        assert words in page.one("main").get_text()
    assert browse_as("paul.dupont").get("/account/").location == "/account/profile"
