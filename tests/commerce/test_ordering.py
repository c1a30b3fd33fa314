"""SERVICES-2, SERVICES-3, SERVICES-4: from the form to the order, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update

from selfcare.database import db
from selfcare.models import (
    Contract,
    Mail,
    Order,
    OrderDraft,
    OrderEvent,
    Service,
    ServiceVersion,
    Subscription,
)
from selfcare.rights import Profile
from tests.browsing import Browser
from tests.commerce.cards import CHOSEN, FORM, MIGRATION, SLUG, cards, reservation

ASKED = {
    "contact": "Paul Dupont",
    "email": "paul.dupont@example.com",
    "phone": "01 99 00 12 34",
    "needs": "Douze serveurs",
}


def to_summary(browser: Browser, form: str = FORM, **values: str) -> str:
    page = browser.post(form, {**(CHOSEN if form == FORM else ASKED), **values, "step": "next"})
    assert page.status == 303, page.words
    return page.location


def confirm(browser: Browser, summary: str):
    return browser.post(summary, {"step": "order"})


def orders(app) -> list[Order]:
    with app.app_context():
        return list(db.session.execute(select(Order).order_by(Order.id)).scalars())


class TestCharacteristics:
    def test_services_2_shows_the_price_worked_out_by_the_server(self, shop, browse_as):
        page = browse_as("paul.dupont").get(f"{FORM}?flavor=c2.2xlarge&duration=12&upfront=no")
        assert "€240.60 / month" in page.words
        assert page.one("#order-flavor option[selected]")["value"] == "c2.2xlarge"

    def test_services_2_the_button_updates_the_price_without_javascript(self, shop, browse_as):
        values = CHOSEN | {"plan": "36,yes", "step": "update"}
        page = browse_as("paul.dupont").post(FORM, values)
        assert page.status == 200
        assert "€79.51" in page.words
        assert "€2,862.36" in page.words

    def test_services_2_choices_narrow_each_other(self, shop, browse_as):
        page = browse_as("paul.dupont").get(f"{FORM}?flavor=p2.2xlarge.8")
        assert cards(page) == {"12,no": "€1,651.02 / month"}
        assert "€1,651.02" in page.words

    @pytest.mark.parametrize(("step", "status"), [("update", 200), ("next", 422)])
    def test_services_2_a_choice_that_is_not_possible_stays_and_is_said(
        self, shop, browse_as, step, status
    ):
        values = CHOSEN | {"flavor": "p2.2xlarge.8", "plan": "36,yes"}
        page = browse_as("paul.dupont").post(FORM, {**values, "step": step})
        assert page.status == status
        assert cards(page) == {"12,no": "€1,651.02 / month", "36,yes": ""}
        chosen = page.one("#order-plan input[checked]")
        assert chosen["value"] == "36,yes"
        label = page.one(f'label[for="{chosen["id"]}"]').get_text(" ", strip=True)
        assert label == "36 months · With an upfront payment – not possible"
        said = page.one("#order-price").get_text()
        plan = "Duration of the subscription · Payment: not possible with the other choices."
        assert said.count(plan) == 1
        assert "€" not in said

    @pytest.mark.parametrize("flavor", ["nonsense", "<b>", "\x00", "é" * 5000])
    def test_services_2_takes_or_refuses_any_choice(self, shop, browse_as, flavor):
        for step in ("update", "next"):
            page = browse_as("paul.dupont").post(FORM, CHOSEN | {"flavor": flavor, "step": step})
            assert page.status == {"update": 200, "next": 422}[step]
            assert "Flavor: not possible" in page.words

    def test_services_2_htmx_gets_the_price_and_the_later_choices(self, shop, browse_as):
        browser = browse_as("paul.dupont")
        token = browser.get(FORM).csrf()
        answer = browser.client.post(
            FORM,
            data={**CHOSEN, "csrf_token": token},
            headers={"HX-Request": "true", "HX-Target": "order-price"},
            base_url="http://portal.test/",
        )
        text = answer.get_data(as_text=True)
        assert "€240.60" in text
        assert text.count("hx-swap-oob") == text.count("<fieldset") == 1
        assert text.count("data-hx-preserve") == text.count('type="radio"') == 6
        assert "<html" not in text
        assert "<form" not in text
        assert "order-flavor" not in text
        assert "HX-Target" in answer.headers["Vary"]

    def test_services_2_refuses_a_combination_without_a_price(self, shop, browse_as):
        values = CHOSEN | {"flavor": "p2.2xlarge.8", "plan": "36,no", "step": "next"}
        page = browse_as("paul.dupont").post(FORM, values)
        assert page.status == 422
        assert page.one('a[href="#order-plan"]')
        assert page.one("#order-plan .error")
        assert page.one("#order-flavor option[selected]")["value"] == "p2.2xlarge.8"

    def test_services_2_sums_errors_up_and_keeps_what_was_typed(self, shop, browse_as):
        browser = browse_as("paul.dupont")
        page = browser.post(
            MIGRATION, {**ASKED, "email": "not an address", "needs": "  ", "step": "next"}
        )
        assert page.status == 422
        assert [a["href"] for a in page.all("#errors a")] == ["#order-email", "#order-needs"]
        assert page.one("#order-email")["value"] == "not an address"
        assert page.one("#order-email")["aria-invalid"] == "true"
        assert page.one("title").get_text().startswith(("Erreur", "Error"))

    @pytest.mark.parametrize(
        ("phone", "found"),
        [("0199001234", "+33 1 99 00 12 34"), ("01 99 00", "Enter a phone number such as")],
    )
    def test_services_2_reads_phones_as_every_form_does(self, shop, browse_as, phone, found):
        browser = browse_as("paul.dupont")
        page = browser.post(MIGRATION, {**ASKED, "phone": phone, "step": "next"})
        assert found in (browser.get(page.location) if page.status == 303 else page).words

    def test_services_2_fills_the_contact_in_with_the_one_who_orders(self, shop, browse_as):
        page = browse_as("paul.dupont").get(MIGRATION)
        assert page.one("#order-contact")["value"] == "Paul DUPONT"
        assert page.one("#order-email")["value"] == "paul.dupont@example.com"
        assert "*" in page.one('label[for="order-needs"]').get_text()
        assert "*" not in page.one('label[for="order-phone"]').get_text()

    @pytest.mark.parametrize("odd", ["\x00", "\x1b[0m", "a\x00b", "é" * 2001])
    def test_services_2_takes_or_refuses_any_text(self, shop, browse_as, odd):
        browser = browse_as("paul.dupont")
        page = browser.post(MIGRATION, {**ASKED, "needs": odd, "step": "next"})
        assert page.status in {303, 422}
        if page.status == 303:
            assert confirm(browser, page.location).status == 303

    def test_services_2_an_unknown_or_withdrawn_service_cannot_be_ordered(
        self, shop, browse_as, app
    ):
        browser = browse_as("paul.dupont")
        assert browser.get("/contracts/OCB0000124/services/nothing/order").status == 404
        with app.app_context():
            db.session.execute(update(Service).where(Service.slug == SLUG).values(is_offered=False))
            db.session.commit()
        page = browser.get(FORM)
        assert page.location.endswith("/contracts/OCB0000124/services")

    def test_services_2_is_for_managers_of_the_section(self, shop, cast, browse_as):
        cast.member("sophie.dupont", services=Profile.VISITOR)
        cast.member("autre.client", ref="OCB0000999")
        assert browse_as("sophie.dupont").get(FORM).status == 403
        assert browse_as("autre.client").get(FORM).status == 404
        page = browse_as("sophie.dupont").get("/contracts/OCB0000124/services")
        assert not page.all('a[href$="/order"]')


class TestSummary:
    def test_services_3_says_all_and_that_it_is_final(self, shop, browse_as):
        browser = browse_as("paul.dupont")
        page = browser.get(to_summary(browser))
        assert "Reservation c2.2xlarge 1 year without upfront" in page.words
        assert "€2,887.20" in page.words  # 12 × 240,60 €
        assert page.all("main button")[0]["value"] == "order", "Enter orders, it does not go back"

    def test_services_3_says_final_once_and_asks_nothing_more(self, shop, browse_as, app):
        browser = browse_as("paul.dupont")
        page = browser.get(to_summary(browser))
        assert page.words.count("for good") == 1
        assert page.all("main form input:not([type=hidden])") == []
        assert orders(app) == []

    def test_services_3_previous_keeps_what_was_entered(self, shop, browse_as):
        browser = browse_as("paul.dupont")
        back = browser.post(to_summary(browser, MIGRATION), {"step": "prev"}).location
        page = browser.get(back)
        assert page.one("#order-needs").get_text().strip() == "Douze serveurs"
        assert page.one("#order-phone")["value"] == "01 99 00 12 34"

    def test_services_3_a_draft_is_its_owners(self, shop, cast, browse_as):
        cast.member("sophie.dupont", services=Profile.MANAGER)
        summary = to_summary(browse_as("paul.dupont"))
        assert browse_as("sophie.dupont").get(summary).status == 404
        assert browse_as("sophie.dupont").get(f"{FORM}?draft={summary[-43:]}").status == 404


class TestPlacing:
    def test_services_4_orders_mails_and_shows_the_order(self, shop, browse_as, app):
        browser = browse_as("paul.dupont")
        page = confirm(browser, to_summary(browser))
        (order,) = orders(app)
        assert page.location.endswith(f"/contracts/OCB0000124/orders/{order.ref}")
        assert order.price == Decimal("240.60")
        assert order.parameters == {
            "region": "eu-west-0",
            "serviceCode": "AD135",
            "templateName": "c2.2xlarge.1Y",
        }
        shown = browser.get(page.location)
        assert order.ref in shown.words
        assert len(shown.all("ol.timeline li")) == 1
        with app.app_context():
            mail = db.session.execute(select(Mail)).scalar_one()
            assert (mail.name, mail.recipient) == ("order_placed", "paul.dupont@example.com")

    @pytest.mark.parametrize(
        ("form", "locale", "price"),
        [
            (FORM, "fr", "240,60 € / mois"),
            (FORM, "en", "€240.60 / month"),
            (MIGRATION, "fr", "sur devis"),
            (MIGRATION, "en", "price on request"),
        ],
    )
    def test_services_4_the_mail_sums_the_order_up(self, shop, browse_as, app, form, locale, price):
        from selfcare.services.mail import composing

        browser = browse_as("paul.dupont")
        confirm(browser, to_summary(browser, form))
        (order,) = orders(app)
        with app.test_request_context():
            row = db.session.execute(select(Mail)).scalar_one()
            row.locale = locale
            message = composing.message(row)
        assert order.ref in str(message.subject)
        for text in (str(message.body), str(message.html)):
            assert order.ref in text
            assert price in " ".join(text.split())  # no-break spaces folded
            assert f"/account/orders/{order.ref}" in text
        assert "&#39;" not in str(message.body)
        assert "OCB0000124" in str(message.body)

    def test_services_3_twice_the_same_submission_is_one_order(self, shop, browse_as, app):
        browser = browse_as("paul.dupont")
        summary = to_summary(browser)
        first, second = confirm(browser, summary), confirm(browser, summary)
        assert first.location == second.location
        assert browser.get(summary).location == first.location
        assert len(orders(app)) == 1

    def test_services_3_a_price_changed_meanwhile_shows_the_summary_again(
        self, shop, browse_as, app
    ):
        browser = browse_as("paul.dupont")
        summary = to_summary(browser)
        with app.app_context():
            service = db.session.execute(select(Service).filter_by(slug=SLUG)).scalar_one()
            old = db.session.execute(
                select(ServiceVersion).filter_by(service_id=service.id)
            ).scalar_one()
            prices = [dict(row) for row in old.definition["prices"]]
            for row in prices:
                row["monthly"] = "999.00"
            db.session.add(
                ServiceVersion(
                    service_id=service.id,
                    number=2,
                    definition={**old.definition, "prices": prices},
                    digest="other",
                )
            )
            service.version = 2
            db.session.commit()
        page = confirm(browser, summary)
        assert page.location.endswith(summary)
        assert orders(app) == []
        shown = browser.get(summary)
        assert "€999.00" in shown.words
        confirm(browser, summary)
        assert [order.price for order in orders(app)] == [Decimal("999.00")]

    def test_services_3_a_choice_gone_meanwhile_leads_back_to_the_form(self, shop, browse_as, app):
        browser = browse_as("paul.dupont")
        summary = to_summary(browser, flavor="p2.2xlarge.8")
        with app.app_context():
            version = reservation()
            left = [p for p in version.definition["prices"] if p["choices"][0] != "p2.2xlarge.8"]
            version.definition = {**version.definition, "prices": left}
            db.session.commit()
        page = confirm(browser, summary)
        assert "/order?draft=" in page.location
        assert browser.get(page.location).status == 200
        assert orders(app) == []

    def test_services_3_a_month_that_ended_meanwhile_shows_the_summary_again(
        self, shop, browse_as, app
    ):
        browser = browse_as("paul.dupont")
        summary = to_summary(browser)
        with app.app_context():
            from datetime import date

            db.session.execute(update(OrderDraft).values(shown_on=date(2017, 8, 31)))
            db.session.commit()
        assert confirm(browser, summary).location.endswith(summary)
        assert orders(app) == []

    def test_services_4_one_who_may_not_open_orders_follows_it_in_my_orders(
        self, shop, cast, browse_as
    ):
        cast.member("sophie.dupont", services=Profile.MANAGER)
        browser = browse_as("sophie.dupont")
        page = confirm(browser, to_summary(browser))
        assert "/account/orders/" in page.location
        assert browser.get(page.location).status == 200


class TestAtOnce:
    def test_orders_2_fifty_orders_at_once_leave_no_gap_and_no_double(self, shop, app):
        """Fifty people confirm at the same moment, each twice (a double click)."""
        browsers = [Browser(app).sign_in_as("paul.dupont") for _ in range(10)]
        summaries = [to_summary(browsers[n % 10]) for n in range(50)]

        def press(summary: str) -> int:
            return confirm(Browser(app).sign_in_as("paul.dupont"), summary).status

        with ThreadPoolExecutor(16) as pool:
            statuses = list(pool.map(press, [summary for summary in summaries for _ in range(2)]))
        assert set(statuses) == {303}
        refs = sorted(order.ref for order in orders(app))
        assert [int(ref[-3:]) for ref in refs] == list(range(1, 51))
        with app.app_context():
            for model in (OrderEvent, Mail):
                count = select(func.count()).select_from(model)
                assert db.session.execute(count).scalar_one() == 50
            assert db.session.execute(select(func.count(Subscription.id))).scalar_one() == 0
            assert db.session.execute(select(func.count(Contract.id))).scalar_one() == 1
