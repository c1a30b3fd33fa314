"""HOME-1 to HOME-4: the home page, the header, the menu and the footer."""

from __future__ import annotations

import pytest

from selfcare.config import logos
from selfcare.rights import Profile
from tests.browsing import Browser

VISITOR, MANAGER = Profile.VISITOR, Profile.MANAGER
CARDS = "section[aria-labelledby=contracts-title] li"
SERVICES = "section[aria-labelledby=services-title] li h3"
SECTIONS = "nav[aria-label='Sections of the contract']"


class TestContracts:
    def test_home_1_one_card_per_contract_with_what_my_rights_open(self, cast, browse_as):
        cast.contract("OCB0000124", name="SI_Prod")
        cast.contract("OCB0000412", name="Archives", offer="Flexible Computing Advanced")
        cast.member("paul.dupont", services=VISITOR, console_roles=["admin"])
        cast.member("paul.dupont", ref="OCB0000412", console_roles=["admin"])
        page = browse_as("paul.dupont").get("/")
        cards = page.texts(CARDS)
        assert len(cards) == 2
        archives, production = cards
        assert "Archives" in archives
        assert "OCB0000412" in archives
        assert "Flexible Computing Advanced" in archives
        assert "Your services" not in archives
        assert "console" not in archives  # the offer has none
        assert "Your services" in production
        assert "Go to the technical console" in production
        assert page.one("a[href$='/console']")["aria-label"].endswith("console – OCB0000124")
        hrefs = {str(a["href"]) for a in page.all(f"{CARDS} a")}
        assert {
            "/contracts/OCB0000124/",
            "/contracts/OCB0000124/services",
            "/contracts/OCB0000124/console",
            "/contracts/OCB0000412/",
        } == hrefs

    def test_home_1_without_a_console_role_no_console_button(self, cast, browse_as):
        cast.member("paul.dupont", referent=True)
        assert "technical console" not in browse_as("paul.dupont").get("/").one("main").get_text()

    def test_home_1_somebody_without_a_contract_is_told_what_to_do(self, cast, browse_as):
        cast.account("new.comer")
        page = browse_as("new.comer").get("/")
        assert "You are not on any contract yet." in page.words
        assert "The referent of a contract can add you to it." in page.words

    def test_home_1_many_contracts_end_in_a_link_to_all(self, cast, browse_as):
        for number in range(13):
            cast.member("paul.dupont", ref=f"OCB00010{number:02}")
        page = browse_as("paul.dupont").get("/")
        assert len(page.all(CARDS)) == 12
        assert "See all your contracts" in page.words

    def test_home_1_other_people_s_contracts_do_not_show(self, cast, browse_as):
        cast.member("autre.client", ref="OCB0000777", referent=True)
        cast.member("paul.dupont")
        assert "OCB0000777" not in browse_as("paul.dupont").get("/").text


class TestServices:
    def test_home_2_a_few_services_and_the_catalogue_for_those_who_may(self, cast, browse_as):
        for number in range(4):
            cast.service(f"service-{number}", name_en=f"Service {number}", position=number)
        cast.member("paul.dupont", services=VISITOR)
        page = browse_as("paul.dupont").get("/")
        assert page.texts(SERVICES) == ["Service 0", "Service 1", "Service 2"]
        assert "See the catalogue" in page.words

    def test_home_2_without_the_right_no_services_at_all(self, cast, browse_as):
        cast.service()
        cast.member("paul.dupont")
        page = browse_as("paul.dupont").get("/")
        assert not page.all(SERVICES)
        assert "See the catalogue" not in page.words


class TestLatestOrders:
    def test_home_2_my_three_latest_orders_only_mine(self, cast, browse_as):
        cast.member("paul.dupont", referent=True)
        cast.member("sophie.dupont")
        cast.orders(5)
        hers = cast.order(by="sophie.dupont")
        page = browse_as("paul.dupont").get("/")
        shown = [str(a["href"]) for a in page.all("[aria-labelledby=orders-title] .lines a")]
        assert shown == [f"/account/orders/HONEY1655-1801-{n:03}" for n in (5, 4, 3)]
        assert hers not in page.text
        assert browse_as("paul.dupont").get(shown[0]).status == 200
        assert "See the orders" in page.words

    def test_home_2_without_orders_says_so(self, cast, browse_as):
        cast.member("paul.dupont")
        assert "You have not ordered anything yet." in browse_as("paul.dupont").get("/").words

    def test_home_2_orders_on_a_contract_i_left_are_no_longer_shown(self, cast, browse_as):
        cast.contract("OCB0000124")
        cast.account("paul.dupont")
        ref = cast.order()
        page = browse_as("paul.dupont").get("/")
        assert ref not in page.text
        assert browse_as("paul.dupont").get(f"/account/orders/{ref}").status == 404

    def test_home_2_links_are_those_of_the_settings(self, cast, browse_as, another_app):
        cast.member("paul.dupont")
        assert "https://www.example.com/news" in browse_as("paul.dupont").get("/").text
        without = another_app(news_url="", contact_url="")
        page = Browser(without).sign_in_as("paul.dupont").get("/")
        assert "Discover our news!" not in page.words


class TestMyAccount:
    def test_home_3_the_menu_is_on_every_page(self, cast, browse_as):
        cast.member("paul.dupont", referent=True)
        paul = browse_as("paul.dupont")
        for path in ("/", "/contracts/OCB0000124/", "/account/orders", "/legal", "/nowhere"):
            page = paul.get(path)
            links = {str(a["href"]) for a in page.all("header nav a")}
            assert {
                "/account/profile",
                "/account/contracts",
                "/account/orders",
                "/contracts/OCB0000124/",
            } <= links, path
            assert page.all('form[action="/logout"][method=post]'), path
            assert page.all('form[action="/account/language"][method=post]'), path

    def test_home_3_the_language_is_changed_and_remembered_on_the_account(self, cast, browse_as):
        cast.member("paul.dupont")
        paul = browse_as("paul.dupont")
        assert paul.get("/").one("html")["lang"] == "en"
        answer = paul.post("/account/language", {"locale": "fr"})
        assert answer.status == 303
        assert paul.get("/").one("html")["lang"] == "fr"
        assert browse_as("paul.dupont", language="en").get("/").one("html")["lang"] == "fr"

    def test_home_3_the_language_can_be_changed_before_signing_in(self, app):
        browser = Browser(app, language="en")
        assert browser.get("/legal").one("html")["lang"] == "en"
        browser.post("/account/language", {"locale": "fr"})
        assert browser.get("/legal").one("html")["lang"] == "fr"
        assert Browser(app, language="en").get("/legal").one("html")["lang"] == "en"

    @pytest.mark.parametrize(
        ("header", "language"),
        [
            ("fr", "fr"),
            ("en", "en"),
            ("en-GB,en;q=0.9", "en"),
            ("de", "fr"),
            ("", "fr"),
            ("%", "fr"),
        ],
    )
    def test_home_3_before_signing_in_the_browser_s_language_counts(self, app, header, language):
        assert Browser(app, language=header).get("/legal").one("html")["lang"] == language

    def test_home_3_the_reader_stays_on_the_page(self, cast, browse_as):
        cast.member("paul.dupont", referent=True)
        here = "/contracts/OCB0000124/orders?q=c2&sort=name"
        answer = browse_as("paul.dupont").post(
            "/account/language", {"locale": "fr"}, Referer=f"http://portal.test{here}"
        )
        assert answer.location == here

    def test_home_3_the_sign_in_page_keeps_where_to_go(self, browse):
        here = "/login?next=/account/orders"
        answer = browse.post(
            "/account/language", {"locale": "fr"}, Referer=f"http://portal.test{here}"
        )
        assert answer.location == here

    @pytest.mark.parametrize(
        "referrer",
        [
            "https://evil.example/",
            "http://portal.test//evil.example",
            "javascript:1",
            "http://[",
            "",
        ],
    )
    def test_home_3_other_sites_lead_home(self, cast, browse_as, referrer):
        cast.member("paul.dupont")
        answer = browse_as("paul.dupont").post(
            "/account/language", {"locale": "fr"}, Referer=referrer
        )
        assert (answer.status, answer.location) == (303, "/")

    @pytest.mark.parametrize("locale", ["de", "", "../../etc", "\0"])
    def test_home_3_an_unknown_language_changes_nothing(self, cast, browse_as, locale):
        cast.member("paul.dupont")
        paul = browse_as("paul.dupont")
        assert paul.post("/account/language", {"locale": locale}).status == 303
        assert paul.get("/").one("html")["lang"] == "en"


class TestHeader:
    def test_home_4_names_the_contract_and_its_sections(self, cast, browse_as):
        cast.member("paul.dupont", orders=VISITOR, support=MANAGER)
        page = browse_as("paul.dupont").get("/contracts/OCB0000124/orders")
        assert "OCB0000124 [SI_Prod]" in " ".join(page.one("header").get_text().split())
        assert page.texts(f"{SECTIONS} a") == ["Contract", "Orders", "Support"]
        assert page.texts(f"{SECTIONS} [aria-current=page]") == ["Orders"]

    def test_home_4_sections_one_may_not_open_are_absent(self, cast, browse_as):
        cast.member("martin.dupont")
        page = browse_as("martin.dupont").get("/contracts/OCB0000124/")
        assert page.texts(f"{SECTIONS} a") == ["Contract"]

    def test_home_4_another_contract_stays_in_the_section_where_allowed(self, cast, browse_as):
        cast.member("paul.dupont", orders=VISITOR)
        cast.member("paul.dupont", ref="OCB0000412", orders=VISITOR)
        cast.member("paul.dupont", ref="OCB0000500")
        paul = browse_as("paul.dupont")
        page = paul.get("/contracts/OCB0000124/orders")
        menu = page.one(".where details")
        assert "See another contract" in menu.get_text()
        straight = [str(a["href"]) for a in menu.select("a.contract")]
        assert sorted(straight) == ["/contracts/OCB0000412/orders", "/contracts/OCB0000500/"]
        choice = paul.get(str(menu.select("a")[-1]["href"]))
        links = {str(a["href"]) for a in choice.all("main td.toggle a")}
        assert links == {
            "/contracts/OCB0000124/orders",
            "/contracts/OCB0000412/orders",
            "/contracts/OCB0000500/",
        }

    def test_home_4_with_one_contract_there_is_no_other(self, cast, browse_as):
        cast.member("paul.dupont", orders=VISITOR)
        page = browse_as("paul.dupont").get("/contracts/OCB0000124/orders")
        assert "another contract" not in page.text

    def test_home_4_sorting_and_searching_contracts_keeps_the_section(self, cast, browse_as):
        cast.member("paul.dupont", orders=VISITOR)
        page = browse_as("paul.dupont").get("/account/contracts?section=orders")
        assert page.one("form.search input[name=section]")["value"] == "orders"
        for a in page.all("thead a"):
            assert "section=orders" in str(a["href"])

    @pytest.mark.parametrize("section", ["users", "password", "", "%", "orders'"])
    def test_home_4_an_odd_section_is_ignored(self, cast, browse_as, section):
        cast.member("paul.dupont")
        assert browse_as("paul.dupont").get(f"/account/contracts?section={section}").status == 200

    def test_home_4_the_footer_holds_terms_and_legal_notice(self, browse):
        links = {str(a["href"]) for a in browse.get("/login").all("footer a")}
        assert {"https://www.example.com/terms", "/legal", "/accessibility"} <= links

    def test_home_1_a_contract_has_the_logo_of_its_offer(
        self, cast, another_app, tmp_path, browse_as
    ):
        drawn = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 2h3"/></svg>'
        (tmp_path / "flexible-engine.svg").write_text(drawn)
        portal = another_app(offer_logos=tmp_path)
        cast.member("paul.dupont")
        paul = Browser(portal).sign_in_as("paul.dupont")
        address = str(paul.get("/").one("svg.logo use")["href"])
        assert address.endswith("#offer-flexible-engine")
        sprite = paul.client.get(address, buffered=True).text
        symbol = '<symbol id="offer-flexible-engine" viewBox="0 0 9 9"><path d="M1 2h3" /></symbol>'
        assert symbol in sprite
        assert not browse_as("paul.dupont").get("/").all("svg.logo")

    @pytest.mark.parametrize(
        ("drawn", "problem"),
        [
            ("<svg", "cannot be read"),
            ("<svg/>", "is not an <svg> with a viewBox"),
            ("<svg xmlns='{0}' viewBox='0 0 9 9'><script/></svg>", "has a <script>"),
            ("<svg xmlns='{0}' viewBox='0 0 9 9'><path style='a'/></svg>", "has a style"),
            ("<svg xmlns='{0}' viewBox='0 0 9 9'><path fill='url(#a)'/></svg>", "has a fill"),
            ("<svg xmlns='{0}' viewBox='0 0 9 9' onload='a()'/>", "has a onload"),
        ],
    )
    def test_home_1_a_logo_that_cannot_be_shown_stops_the_start(self, tmp_path, drawn, problem):
        (tmp_path / "x.svg").write_text(drawn.replace("{0}", "http://www.w3.org/2000/svg"))
        assert f"x.svg {problem}" in (logos.offer_logos(tmp_path) or "")
        assert logos.offer_logos(tmp_path / "nowhere") == "no such folder"

    def test_home_4_brand_logo_and_colour_are_settings(self, another_app, tmp_path):
        logo = tmp_path / "own.png"
        logo.write_bytes(b"\x89PNG\r\n")
        portal = another_app(
            brand_name="Mon Nuage",
            brand_color="#702020",
            brand_logo=logo,
            site_links="Site|https://www.example.com/a, Aide|https://www.example.com/b",
        )
        browser = Browser(portal)
        page = browser.get("/legal")
        assert "Mon Nuage" in page.one("title").get_text()
        assert {"https://www.example.com/a", "https://www.example.com/b"} <= {
            str(a["href"]) for a in page.all("footer a")
        }
        image = browser.client.get(str(page.one("header img")["src"]), buffered=True)
        assert image.data == logo.read_bytes()
        css = browser.client.get(str(page.one("link[rel=stylesheet]")["href"]), buffered=True)
        assert b"#702020" in css.data


def test_home_4_the_footer_leads_to_the_contract_s_sections_and_the_account(cast, browse_as):
    cast.member("paul.dupont", orders=VISITOR)
    paul = browse_as("paul.dupont")
    foot = paul.get("/contracts/OCB0000124/orders")
    assert foot.texts("footer nav[aria-label='My cloud'] a") == ["Contract", "Orders"]
    assert "/account/contracts" in {str(a["href"]) for a in foot.all("footer a")}
    assert not paul.get("/account/profile").all("footer nav[aria-label='My cloud']")


def test_home_4_ten_contracts_stand_in_the_menu_and_a_search_finds_the_others(cast, browse_as):
    cast.member("paul.dupont", orders=VISITOR)
    for number in range(15):
        cast.member("paul.dupont", ref=f"OCB00020{number:02}")
    menu = browse_as("paul.dupont").get("/contracts/OCB0000124/orders").one(".where details")
    assert len(menu.select("a.contract")) in {9, 10}
    assert menu.select("a")[-1]["href"] == "/account/contracts?section=orders"
