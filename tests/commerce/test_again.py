"""ORDERS-3, SUBS-3: « Commander à nouveau », « Renouveler »."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from sqlalchemy import select, update

from selfcare.database import db
from selfcare.models import Order, OrderStatus, Service, ServiceVersion, Subscription
from selfcare.rights import Profile
from selfcare.services.orders import fulfilment
from tests.commerce.cards import FORM, SLUG
from tests.commerce.test_ordering import confirm, orders, to_summary

HERE = "/contracts/OCB0000124"
RENEWED = {"region": "eu-west-0", "flavor": "c2.large", "plan": "24,yes"}
VISITOR, MANAGER = Profile.VISITOR, Profile.MANAGER


@pytest.fixture
def clock():
    """The 20th of June 2019: the guide's subscription ends on 31/08/2019."""
    with time_machine.travel(datetime(2019, 6, 20, 9, tzinfo=UTC)) as moment:
        yield moment


@pytest.fixture
def ending(shop, cast, clock):
    """The guide's subscription, as it was ordered: c2.large for 2 years, upfront."""
    ref = cast.subscription()
    with cast.app.app_context():
        order = db.session.execute(select(Order).filter_by(ref=ref)).scalar_one()
        order.parameters = order.parameters | {"templateName": "c2.large.2Y.upfront"}
        db.session.commit()
    return ref


def chosen(page) -> dict[str, str]:
    lists = {
        name: page.one(f"#order-{name} option[selected]")["value"] for name in ("region", "flavor")
    }
    return lists | {"plan": page.one("#order-plan input[checked]")["value"]}


def follow(browser, path):
    answer = browser.get(path)
    assert answer.status == 303, answer.words
    return browser.get(answer.location)


def moved(order: Order, to: OrderStatus) -> Order:
    """The order as an operator has moved it."""
    found = fulfilment.find(order.ref)
    assert found
    fulfilment.move(found, to, by="operator")
    db.session.commit()
    return found


class TestAgain:
    def test_orders_3_the_form_is_filled_in_as_the_order_was(self, shop, browse_as, cast, clock):
        ref = cast.order()  # c2.large.3Y.upfront
        paul = browse_as("paul.dupont")
        assert paul.get(f"{HERE}/orders/{ref}").all(f'a[href="{HERE}/orders/{ref}/again"]')
        opened = paul.get(f"{HERE}/orders?open={ref}")
        assert opened.all(f'tr.detail a[href="{HERE}/orders/{ref}/again"]')
        page = follow(paul, f"{HERE}/orders/{ref}/again")
        assert chosen(page) == {
            "region": "eu-west-0",
            "flavor": "c2.large",
            "plan": "36,yes",
        }
        assert f"Filled in as the order {ref} was" in page.words

    def test_orders_3_words_come_again_and_who_orders_is_asked_for_themselves(
        self, app, shop, browse_as, cast
    ):
        paul = browse_as("paul.dupont")
        form = f"{HERE}/services/migration/order"
        asked = {"contact": "Anne Martin", "email": "anne@example.com", "phone": "0199001234"}
        confirm(paul, to_summary(paul, form, **asked, needs="Douze serveurs"))
        [order] = orders(app)
        again = follow(paul, f"{HERE}/orders/{order.ref}/again")
        assert again.one("#order-contact")["value"] == "Anne Martin"
        assert again.one("#order-needs").get_text(strip=True) == "Douze serveurs"
        cast.member("sophie.dupont", services=MANAGER, orders=VISITOR)
        hers = follow(browse_as("sophie.dupont"), f"{HERE}/orders/{order.ref}/again")
        assert hers.one("#order-contact")["value"] == "Sophie DUPONT"
        assert hers.one("#order-needs").get_text(strip=True) == "Douze serveurs"

    def test_orders_3_another_price_is_said_beside_the_field(self, shop, browse_as, cast, clock):
        ref = cast.order(price=Decimal("20.00"), upfront=Decimal("400.00"), price_kind="monthly")
        page = follow(browse_as("paul.dupont"), f"{HERE}/orders/{ref}/again")
        hint = page.one("#order-plan > .hint").get_text().replace("\xa0", " ")
        assert "it was €20.00 / month and €400.00 upfront" in hint

    def test_orders_3_what_is_gone_from_the_shelf_is_said_and_nothing_chosen_instead(
        self, app, shop, browse_as, cast, clock
    ):
        ref = cast.order(service_version=1)
        with app.app_context():
            version = db.session.execute(
                select(ServiceVersion)
                .join(Service, Service.id == ServiceVersion.service_id)
                .where(Service.slug == SLUG)
            ).scalar_one()
            without = dict(version.definition)
            without["prices"] = [p for p in without["prices"] if "c2.large" not in p["choices"]]
            without["fields"] = [
                {**f, "options": [o for o in f["options"] if o["value"] != "c2.large"]}
                for f in without["fields"]
            ]
            db.session.add(
                ServiceVersion(
                    service_id=version.service_id, number=2, definition=without, digest="2"
                )
            )
            db.session.execute(update(Service).where(Service.slug == SLUG).values(version=2))
            db.session.commit()
        paul = browse_as("paul.dupont")
        page = follow(paul, f"{HERE}/orders/{ref}/again")
        assert "c2.large" in page.one("#order-flavor-hint").get_text()
        assert "is not offered any more" in page.one("#order-flavor-hint").get_text()
        assert page.one("#order-flavor option[selected]")["value"] == "c2.large"
        sent = paul.post(FORM, {**chosen(page), "step": "next"})
        assert sent.status == 422

    def test_orders_3_a_service_that_was_withdrawn_leads_to_the_catalogue(
        self, app, shop, browse_as, cast
    ):
        ref = cast.order()
        with app.app_context():
            db.session.execute(update(Service).values(is_offered=False))
            db.session.commit()
        page = follow(browse_as("paul.dupont"), f"{HERE}/orders/{ref}/again")
        assert "This service is not in the catalogue any more" in page.words

    def test_orders_3_only_for_who_may_order_and_see_the_order(self, shop, browse_as, cast):
        ref = cast.order()
        cast.member("sophie.dupont", orders=VISITOR, services=VISITOR)
        cast.member("martin.dupont", services=MANAGER)
        sophie, martin = browse_as("sophie.dupont"), browse_as("martin.dupont")
        assert not sophie.get(f"{HERE}/orders/{ref}").all('a[href$="/again"]')
        assert sophie.get(f"{HERE}/orders/{ref}/again").status == 403
        assert martin.get(f"{HERE}/orders/{ref}/again").status == 404
        assert martin.get(f"{FORM}?again={ref}").status == 404
        assert martin.get(f"{FORM}?renews={ref}").status == 404
        mine = cast.order(by="martin.dupont")
        assert martin.get(f"{HERE}/orders/{mine}/again").status == 303

    def test_orders_3_my_orders_lead_to_the_form_of_their_contract_where_one_may_order(
        self, shop, browse_as, cast
    ):
        cast.member("martin.dupont", services=MANAGER)
        cast.member("martin.dupont", ref="OCB0000412", services=VISITOR)
        here = cast.order(by="martin.dupont")
        there = cast.order(by="martin.dupont", ref="OCB0000412")
        martin = browse_as("martin.dupont")
        form = f"{HERE}/orders/{here}/again"
        for address in (f"/account/orders/{here}", f"/account/orders?open={here}"):
            assert [link["href"] for link in martin.get(address).all('a[href$="/again"]')] == [form]
        assert follow(martin, form).one("#order-form")
        for address in (f"/account/orders/{there}", f"/account/orders?open={there}"):
            assert not martin.get(address).all('a[href$="/again"]')

    def test_orders_3_an_order_of_another_service_or_contract_fills_nothing(
        self, shop, browse_as, cast
    ):
        ref = cast.order()
        cast.member("paul.dupont", ref="OCB0000412", referent=True)
        paul = browse_as("paul.dupont")
        assert paul.get(f"{HERE}/services/migration/order?again={ref}").status == 404
        assert paul.get(f"/contracts/OCB0000412/orders/{ref}/again").status == 404


class TestRenewal:
    def test_subs_3_the_form_says_its_end_and_where_the_new_one_starts(self, ending, browse_as):
        paul = browse_as("paul.dupont")
        opened = paul.get(f"{HERE}/subscriptions?open={ending}")
        assert opened.all(f'tr.detail a[href="{HERE}/subscriptions/{ending}/renewal"]')
        page = follow(paul, f"{HERE}/subscriptions/{ending}/renewal")
        assert chosen(page) == {
            "region": "eu-west-0",
            "flavor": "c2.large",
            "plan": "24,yes",
        }
        assert "which ends on 31/08/2019" in page.words
        assert "Start date 01/09/2019" in page.one("#order-price").get_text(" ", strip=True)

    def test_subs_3_without_scripts_the_price_follows_and_it_stays_a_renewal(
        self, ending, browse_as
    ):
        paul = browse_as("paul.dupont")
        page = follow(paul, f"{HERE}/subscriptions/{ending}/renewal")
        action = page.one("#order-form")["action"]
        page = paul.post(action, {**chosen(page), "plan": "12,yes", "step": "update"})
        assert "which ends on 31/08/2019" in page.words
        summary = paul.post(action, {**chosen(page), "step": "next"}).location
        back = paul.get(paul.post(summary, {"step": "prev"}).location)
        assert "which ends on 31/08/2019" in back.words
        assert chosen(back)["plan"] == "12,yes"

    def test_subs_3_a_renewal_goes_on_where_the_present_one_ends(
        self, app, ending, browse_as, cast
    ):
        paul = browse_as("paul.dupont")
        summary = to_summary(paul, f"{FORM}?renews={ending}", **RENEWED)
        page = paul.get(summary)
        assert f"Renewal of {ending}, which ends on 31 August 2019" in page.words
        assert "Start date of the subscription 1 September 2019" in page.words
        assert confirm(paul, summary).status == 303
        with app.app_context():
            wanted = select(Order).where(Order.renews_id.is_not(None))
            order = moved(db.session.execute(wanted).scalar_one(), OrderStatus.COMPLETED)
            new = db.session.execute(select(Subscription).filter_by(ref=order.ref)).scalar_one()
            assert (new.starts_on, new.ends_on) == (date(2019, 9, 1), date(2021, 8, 31))
            ref = order.ref
        assert f"Renewed by the order {ref}" in paul.get(f"{HERE}/subscriptions/{ending}").words
        assert "Start date 01/09/2019" in paul.get(f"{HERE}/orders/{ref}").words

    def test_subs_3_a_renewal_s_order_and_mails_say_what_it_renews(
        self, app, ending, browse_as, cast, mailbox
    ):
        paul = browse_as("paul.dupont")
        order = confirm(paul, to_summary(paul, f"{FORM}?renews={ending}", **RENEWED)).location
        page = paul.get(order)
        assert f"Renewal of {ending}" in page.words
        assert page.one(f"main a[href='{HERE}/subscriptions/{ending}']")
        mine = paul.get(f"/account/orders/{order.rpartition('/')[2]}")
        assert f"Renewal of {ending}" in mine.words
        assert f"Renewal of: {ending}" in mailbox.text(to="paul.dupont@")
        first = paul.get(f"{HERE}/orders/{ending}")
        assert "Renewal of" not in first.words

    def test_subs_3_one_that_has_ended_starts_after_the_order(self, ending, browse_as, clock):
        clock.move_to(datetime(2019, 10, 5, 9, tzinfo=UTC))
        page = follow(browse_as("paul.dupont"), f"{HERE}/subscriptions/{ending}/renewal")
        assert "Start date 01/11/2019" in page.one("#order-price").get_text(" ", strip=True)

    def test_subs_3_two_colleagues_at_once_renew_once(self, app, ending, browse_as, cast):
        cast.member("sophie.dupont", services=MANAGER, subscriptions=VISITOR, orders=VISITOR)
        browsers = [browse_as("paul.dupont"), browse_as("sophie.dupont")]
        drafts = [to_summary(one, f"{FORM}?renews={ending}", **RENEWED) for one in browsers]
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(confirm, browsers, drafts))
        assert [answer.status for answer in answers] == [303, 303]
        made = [order for order in orders(app) if order.renews_id]
        assert len(made) == 1
        words = [
            one.get(answer.location).words for one, answer in zip(browsers, answers, strict=True)
        ]
        assert sum(f"renewed already, by the order {made[0].ref}" in said for said in words) == 1

    def test_subs_3_a_double_click_renews_once_and_another_try_leads_to_its_order(
        self, app, ending, browse_as
    ):
        paul = browse_as("paul.dupont")
        summary = to_summary(paul, f"{FORM}?renews={ending}", **RENEWED)
        assert confirm(paul, summary).location == confirm(paul, summary).location
        [made] = [order for order in orders(app) if order.renews_id]
        page = follow(paul, f"{FORM}?renews={ending}")
        assert f"renewed already, by the order {made.ref}" in page.words

    def test_subs_3_a_renewal_that_was_cancelled_renews_nothing(self, app, ending, browse_as):
        paul = browse_as("paul.dupont")
        confirm(paul, to_summary(paul, f"{FORM}?renews={ending}", **RENEWED))
        with app.app_context():
            wanted = select(Order).where(Order.renews_id.is_not(None))
            moved(db.session.execute(wanted).scalar_one(), OrderStatus.CANCELLED)
        confirm(paul, to_summary(paul, f"{FORM}?renews={ending}", **RENEWED))
        assert len([order for order in orders(app) if order.renews_id]) == 2

    def test_subs_3_another_contract_s_subscription_cannot_be_renewed_here(
        self, shop, browse_as, cast
    ):
        ref = cast.subscription()
        cast.member("paul.dupont", ref="OCB0000412", referent=True)
        paul = browse_as("paul.dupont")
        assert paul.get(f"/contracts/OCB0000412/subscriptions/{ref}/renewal").status == 404
        elsewhere = FORM.replace("OCB0000124", "OCB0000412")
        assert paul.get(f"{elsewhere}?renews={ref}").status == 404

    def test_subs_3_one_s_own_where_the_section_is_shut(self, shop, browse_as, cast):
        cast.member("martin.dupont", services=MANAGER)
        others = cast.subscription()
        mine = cast.subscription(by="martin.dupont")
        martin = browse_as("martin.dupont")
        assert martin.get(f"{HERE}/subscriptions/{others}/renewal").status == 404
        assert martin.get(f"{HERE}/subscriptions/{mine}/renewal").status == 303

    def test_subs_3_my_subscriptions_lead_to_their_renewal_where_one_may_order(
        self, app, ending, browse_as, cast
    ):
        paul = browse_as("paul.dupont")
        addresses = (f"/account/subscriptions/{ending}", f"/account/subscriptions?open={ending}")
        form = f"{HERE}/subscriptions/{ending}/renewal"
        for address in addresses:
            assert [link["href"] for link in paul.get(address).all('a[href$="/renewal"]')] == [form]
        assert "which ends on 31/08/2019" in follow(paul, form).words
        cast.member("paul.dupont", referent=True, services=VISITOR)
        for address in addresses:
            assert not paul.get(address).all('a[href$="/renewal"]')
