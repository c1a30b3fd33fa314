"""SERVICES-2: the ways of taking a service are cards that say what each costs and saves."""

from __future__ import annotations

import pytest

from selfcare.database import db
from tests.commerce.cards import CHOSEN, FORM, cards, reservation


class TestCards:
    def test_services_2_each_way_is_a_card_with_its_price(self, shop, browse_as):
        """The guide's c2.large, paid monthly and with an upfront payment."""
        page = browse_as("paul.dupont").get(f"{FORM}?flavor=c2.large")
        assert cards(page) == {
            "12,no": "€60.15 / month",
            "12,yes": "€28.52 / month",
            "24,no": "€49.32 / month",
            "24,yes": "€24.39 / month",
            "36,no": "€43.14 / month",
            "36,yes": "€19.88 / month",
        }
        first, dearest = (
            page.one("label[for=order-plan-0-0]"),
            page.one("label[for=order-plan-2-1]"),
        )
        assert "€721.80 in all" in first.get_text()  # 12 × 60,15 €
        assert "22% less than on demand" in first.get_text()  # 77,12 € for 650 hours
        assert "€715.68 at the start" in dearest.get_text()
        assert "€1,431.36 in all" in dearest.get_text()
        assert "48% less than on demand" in dearest.get_text()
        assert page.one("#order-plan input[checked]")["value"] == "12,no"

    def test_services_2_the_summary_beside_follows_the_card(self, shop, browse_as):
        page = browse_as("paul.dupont").post(
            FORM, CHOSEN | {"flavor": "c2.large", "plan": "36,yes", "step": "update"}
        )
        said = " ".join(page.one("#order-price").get_text(" ").split())
        for text in (
            "Reservation c2.large 3 years with upfront",
            "€19.88 / month",
            "€715.68",
            "€1,431.36",
            "€1,344.96",  # 36 × 77,12 € are 2 776,32 €
            "€77.12 / month, counting 650 hours",
        ):
            assert text in said, text

    def test_services_2_without_a_price_on_demand_nothing_is_compared(self, shop, browse_as, app):
        with app.app_context():
            version = reservation()
            version.definition = {**version.definition, "on_demand": None}
            db.session.commit()
        page = browse_as("paul.dupont").get(f"{FORM}?flavor=c2.large")
        assert "€721.80 in all" in page.words
        assert "on demand" not in page.one("#order-form").get_text()

    def test_services_2_a_way_that_saves_nothing_does_not_say_so(self, shop, browse_as, app):
        with app.app_context():
            version = reservation()
            kept = version.definition["on_demand"]
            prices = [{**row, "monthly": "50.20"} for row in kept["prices"]]
            version.definition = {**version.definition, "on_demand": {**kept, "prices": prices}}
            db.session.commit()
        page = browse_as("paul.dupont").get(f"{FORM}?flavor=c2.large")
        assert "less" not in page.one("label[for=order-plan-0-0]").get_text()
        # 49,32 € of 50,20 € are 1,75 % less: never rounded up
        assert "1% less" in page.one("label[for=order-plan-1-0]").get_text()

    def test_services_2_without_cards_each_choice_is_a_list(self, shop, browse_as, app):
        with app.app_context():
            version = reservation()
            version.definition = {**version.definition, "cards": []}
            db.session.commit()
        values = {"region": "eu-west-0", "flavor": "c2.large", "duration": "36", "upfront": "yes"}
        page = browse_as("paul.dupont").post(FORM, {**values, "step": "update"})
        assert page.one("#order-duration option[selected]")["value"] == "36"
        assert page.one("#order-upfront option[selected]")["value"] == "yes"
        assert "€19.88 / month" in page.words

    @pytest.mark.parametrize(
        ("flavor", "same"), [("c2.large", True), ("c2.2xlarge", True), ("p2.2xlarge.8", False)]
    )
    def test_services_2_cards_that_stay_get_other_texts_only(self, shop, browse_as, flavor, same):
        browser = browse_as("paul.dupont")
        page = browser.get(f"{FORM}?flavor=c2.large")
        shown = page.one("#order-plan input[name=shown]")["value"]
        values = CHOSEN | {"flavor": flavor, "shown": shown}
        answer = browser.send_part("order-price", FORM, values)
        swapped = answer.all("[data-hx-swap-oob]")
        assert bool(answer.all("fieldset, input, label")) is not same
        if not same:
            assert [one["id"] for one in swapped] == ["order-plan"]
            return
        whole = browser.get(f"{FORM}?flavor={flavor}")
        texts = whole.all("#order-plan label [id]")
        assert len(texts) == 18
        said = [(one["id"], one.get_text()) for one in texts]
        assert [(one["id"], one.get_text()) for one in swapped] == said
        assert not whole.all("#order-plan label [id] *"), "only texts are within"

    @pytest.mark.parametrize("plan", ["", ",", "36", "yes,36", "36,yes,no", "\x00", "é," * 3000])
    def test_services_2_takes_or_refuses_any_card(self, shop, browse_as, plan):
        for step in ("update", "next"):
            page = browse_as("paul.dupont").post(FORM, CHOSEN | {"plan": plan, "step": step})
            assert page.status in {200, 303, 422}
