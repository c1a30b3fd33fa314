"""SERVICES-4, SUBS-2: orders are carried out by an operator or a job; every move is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from redis import ConnectionError as RedisAway
from sqlalchemy import select, update

from selfcare.database import db
from selfcare.models import Mail, Order, OrderEvent, OrderStatus, Subscription
from selfcare.services import schedule
from selfcare.services.mail import choices
from selfcare.services.orders import fulfilment
from selfcare.services.orders.fulfilment import MoveRefused
from tests.commerce.cards import FORM, MIGRATION
from tests.commerce.test_ordering import confirm, orders, to_summary

ALLOWED = {
    (OrderStatus.SUBMITTED, OrderStatus.IN_PROGRESS),
    (OrderStatus.SUBMITTED, OrderStatus.COMPLETED),
    (OrderStatus.SUBMITTED, OrderStatus.CANCELLED),
    (OrderStatus.IN_PROGRESS, OrderStatus.COMPLETED),
    (OrderStatus.IN_PROGRESS, OrderStatus.CANCELLED),
}
"""From where an order moves, and where to; two of the statuses are final."""

WRITTEN_DOWN = [
    (["start"], "order.started"),
    (["complete"], "order.completed"),
    (["cancel", "--reason", "x"], "order.cancelled"),
]


@pytest.fixture
def placed(shop, browse_as, app):
    """An order of Paul's, just placed; gives its reference."""

    def place(form: str = FORM) -> str:
        browser = browse_as("paul.dupont")
        confirm(browser, to_summary(browser, form))
        return orders(app)[-1].ref

    return place


def found(app, statement):
    with app.app_context():
        return db.session.execute(statement).scalars().all()


class TestByAnOperator:
    def test_services_4_an_operator_moves_an_order_to_its_end(
        self, placed, flask, app, browse_as, audited
    ):
        ref = placed()
        [entry] = audited("order.placed")
        assert (entry.actor, entry.subject) == ("paul.dupont", ref)
        output, code = flask("orders", "list")
        assert code == 0
        assert ref in output
        assert flask("orders", "start", ref)[1] == 0
        assert found(app, select(Subscription)) == []
        output, code = flask("orders", "complete", ref.lower(), "--note", "Bienvenue")
        assert (output.strip(), code) == (f"{ref} is completed.", 0)
        (subscription,) = found(app, select(Subscription))
        assert subscription.ref == ref
        assert subscription.name == "Reservation c2.2xlarge 1 year without upfront"
        page = browse_as("paul.dupont").get(f"/contracts/OCB0000124/orders/{ref}")
        assert len(page.all("ol.timeline li")) == 3
        assert "Bienvenue" in page.words
        assert page.one(f'a[href$="/subscriptions/{ref}"]')
        names = [mail.name for mail in found(app, select(Mail).order_by(Mail.id))]
        assert names == ["order_placed", "order_moved", "order_moved"]
        assert flask("orders", "list")[0].strip() == "No order is waiting."

    def test_services_4_a_cancelled_order_says_why_and_subscribes_nothing(
        self, placed, flask, app, browse_as
    ):
        ref = placed(MIGRATION)
        assert flask("orders", "cancel", ref)[1] == 2, "a reason is needed"
        assert flask("orders", "cancel", ref, "--reason", " ")[1] == 2
        assert "500 characters at most" in flask("orders", "start", ref, "--note", "x" * 501)[0]
        assert flask("orders", "cancel", ref, "--reason", "Doublon")[1] == 0
        page = browse_as("paul.dupont").get(f"/account/orders/{ref}")
        assert "Doublon" in page.words
        assert found(app, select(Subscription)) == []

    def test_services_4_an_operator_reads_what_was_entered(self, placed, flask):
        ref = placed(MIGRATION)
        flask("orders", "start", ref, "--note", "Bien reçu")
        output, code = flask("orders", "show", ref.lower())
        assert code == 0
        for words in (
            "OCB0000124",
            "Paul DUPONT",
            "Douze serveurs",
            "price on request",
            "Bien reçu",
        ):
            assert words in output
        assert flask("orders", "show", "HONEY1655-0001-001")[1] == 1

    def test_services_4_orders_are_listed_by_the_status_they_are_said_to_have(self, placed, flask):
        ref = placed()
        for status in OrderStatus:
            output, code = flask("orders", "list", "--status", status.value)
            assert code == 0, output
            assert (ref in output) == (status == OrderStatus.SUBMITTED)

    def test_services_4_only_the_one_who_ordered_is_promised_mails(self, placed, cast, browse_as):
        page = f"/contracts/OCB0000124/orders/{placed()}"
        cast.member("sophie.dupont", orders="visitor")
        assert "You get a mail" in browse_as("paul.dupont").get(page).words
        assert "You get a mail" not in browse_as("sophie.dupont").get(page).words

    def test_services_4_what_is_over_stays_so(self, placed, flask, app):
        ref = placed()
        flask("orders", "complete", ref)
        for command in (["start"], ["complete"], ["cancel", "--reason", "x"]):
            output, code = flask("orders", *command, ref)
            assert code == 1
            assert f"{ref} is completed" in output
        assert len(found(app, select(OrderEvent))) == 2
        assert flask("orders", "start", "HONEY1655-0001-001")[1] == 1

    @pytest.mark.parametrize(("command", "action"), WRITTEN_DOWN)
    def test_staff_4_a_move_by_an_operator_is_written_to_the_audit_log(
        self, placed, flask, audited, command, action
    ):
        ref = placed()
        assert flask("orders", *command, ref)[1] == 0
        [entry] = audited(action)
        assert (entry.actor, entry.subject, entry.contract_ref) == ("", ref, "OCB0000124")
        assert flask("orders", *command, ref)[1] == 1
        assert len(audited(action)) == 1, "what was refused is not written down"

    @pytest.mark.parametrize("start", list(OrderStatus))
    @pytest.mark.parametrize("to", list(OrderStatus))
    def test_services_4_moves_are_those_of_the_table(self, placed, app, start, to):
        ref = placed(MIGRATION)
        with app.app_context():
            db.session.execute(update(Order).values(status=start))
            order = fulfilment.find(ref)
            assert order
            if (start, to) in ALLOWED:
                fulfilment.move(order, to, by="operator")
                assert order.status == to
            else:
                with pytest.raises(MoveRefused):
                    fulfilment.move(order, to, by="operator")
            db.session.rollback()

    def test_services_4_two_operators_at_once_complete_it_once(self, placed, app):
        ref = placed()

        def complete(_: int) -> bool:
            with app.app_context():
                order = fulfilment.find(ref)
                assert order
                try:
                    fulfilment.move(order, OrderStatus.COMPLETED, by="operator")
                except MoveRefused:
                    db.session.rollback()
                    return False
                db.session.commit()
                return True

        with ThreadPoolExecutor(6) as pool:
            assert sorted(pool.map(complete, range(6))) == [False] * 5 + [True]
        assert len(found(app, select(Subscription))) == 1

    def test_subs_2_starts_on_the_1st_after_the_order_however_late_it_is_done(
        self, placed, flask, app
    ):
        ref = placed()
        with app.app_context():  # 00:30 on 1 September in Paris
            db.session.execute(
                update(Order).values(placed_at=datetime(2017, 8, 31, 22, 30, tzinfo=UTC))
            )
            db.session.commit()
        flask("orders", "complete", ref)
        (subscription,) = found(app, select(Subscription))
        assert (subscription.starts_on, subscription.ends_on) == (
            date(2017, 10, 1),
            date(2018, 9, 30),
        )

    def test_subs_2_it_is_what_was_ordered(self, shop, browse_as, app, flask):
        browser = browse_as("paul.dupont")
        confirm(browser, to_summary(browser, plan="36,yes"))
        (order,) = orders(app)
        flask("orders", "complete", order.ref)
        (subscription,) = found(app, select(Subscription))
        assert (subscription.region, subscription.months) == ("eu-west-0", 36)
        assert (subscription.price, subscription.upfront) == (order.price, order.upfront)
        assert subscription.upfront > 0


class TestByAJob:
    def test_services_4_a_job_completes_it(self, setting, placed, app, worker):
        setting(fulfilment="automatic")
        placed()
        worker.run()
        (order,) = orders(app)
        assert order.status == "completed"
        assert len(found(app, select(Subscription))) == 1
        events = found(app, select(OrderEvent).order_by(OrderEvent.id))
        assert [(e.status, e.by) for e in events] == [
            ("submitted", "paul.dupont"),
            ("in_progress", "automatic"),
            ("completed", "automatic"),
        ]

    def test_services_4_the_job_leaves_what_an_operator_was_given(self, placed, app):
        placed()
        (order,) = orders(app)
        with app.app_context():
            fulfilment.carry_out(order.id)
        assert [order.status for order in orders(app)] == ["submitted"]

    def test_services_4_nothing_without_a_price_is_completed_by_itself(
        self, setting, placed, app, worker
    ):
        setting(fulfilment="automatic")
        placed(MIGRATION)
        worker.run()
        assert [order.status for order in orders(app)] == ["submitted"]

    def test_services_4_a_job_that_runs_twice_does_it_once(self, setting, placed, app, worker):
        setting(fulfilment="automatic")
        placed()
        (order,) = orders(app)
        worker.run()
        with app.app_context():
            fulfilment.carry_out(order.id)
        assert len(found(app, select(Subscription))) == 1
        assert len(found(app, select(OrderEvent))) == 3

    def test_services_4_the_sweep_finds_what_redis_lost(
        self, setting, placed, app, worker, monkeypatch
    ):
        setting(fulfilment="automatic")

        def away(*_args, **_kwargs):
            raise RedisAway

        with monkeypatch.context() as patched:
            patched.setattr("selfcare.background.jobs.Job.enqueue", away)
            placed()
        worker.run()
        assert [order.status for order in orders(app)] == ["submitted"]
        with app.app_context():
            db.session.execute(update(Order).values(placed_at=datetime(2017, 8, 1, tzinfo=UTC)))
            db.session.commit()
            schedule.wake_orders()
        worker.run()
        assert [order.status for order in orders(app)] == ["completed"]


class TestTellingOperators:
    ADDRESSES = "one@example.com, two@example.com"

    @pytest.mark.parametrize(
        ("language", "words"), [("fr", "Commande à traiter"), ("en", "Order to carry out")]
    )
    def test_services_4_operators_are_mailed_of_what_waits_for_them(
        self, setting, placed, app, browse_as, worker, mailbox, language, words
    ):
        setting(operator_emails=self.ADDRESSES, operator_locale=language)
        ref = placed()
        worker.run()
        told = [mail for mail in mailbox.all() if words in str(mail["Subject"])]
        assert sorted(str(mail["To"]) for mail in told) == ["one@example.com", "two@example.com"]
        text = told[0].get_body(("plain",)).get_content()
        for needed in (ref, "OCB0000124", "paul.dupont", "c2.2xlarge", f"flask orders start {ref}"):
            assert needed in text
        for path in (f"/account/orders/{ref}", "/account/activity", "/account/profile"):
            assert "one@example.com" not in browse_as("paul.dupont").get(path).words

    def test_services_4_nobody_is_mailed_without_the_setting(self, placed, app):
        placed()
        assert [mail.name for mail in found(app, select(Mail))] == ["order_placed"]

    def test_services_4_what_a_job_carries_out_needs_no_operator(self, setting, placed, app):
        setting(operator_emails=self.ADDRESSES, fulfilment="automatic")
        placed()
        assert [mail.name for mail in found(app, select(Mail))] == ["order_placed"]
        placed(MIGRATION)  # a quotation is always somebody's
        names = [mail.name for mail in found(app, select(Mail).order_by(Mail.id))]
        assert names == ["order_placed", "order_placed", "order_to_do", "order_to_do"]

    def test_services_4_an_order_that_comes_to_nothing_mails_nobody(self, setting, placed, app):
        """The mail is written with the order, in one transaction."""
        setting(operator_emails=self.ADDRESSES)
        placed()
        (order,) = orders(app)
        with app.app_context():
            before = len(found(app, select(Mail)))
            again = db.session.get_one(Order, order.id)
            db.session.refresh(again, ["placed_by", "contract"])
            fulfilment.hand_over(again)
            db.session.rollback()
        assert len(found(app, select(Mail))) == before


class TestWaiting:
    """An order that waits is looked at again by its page, within a budget (SERVICES-4)."""

    PATH = "/account/orders/"

    def test_services_4_a_waiting_order_is_looked_at_less_and_less_often(self, paul, cast):
        ref = cast.order(status="submitted")
        asked = []
        address = f"{self.PATH}{ref}"
        part: str | None = None
        while True:
            link = paul.get(address, part=part).one("#refresh")
            trigger = str(link["data-hx-trigger"])
            if "every" not in trigger:
                break
            asked.append(int(trigger.rpartition("every ")[2].removesuffix("s")))
            address, part = str(link["data-hx-get"]), "order"
        assert asked == [2, 4, 8, 16, 32, 64, 128, 256]
        assert link["href"] == f"{self.PATH}{ref}", "on request, also without JavaScript"

    def test_notify_1_it_promises_no_mail_that_was_switched_off(self, paul, cast):
        ref = cast.order(status="submitted")
        assert "You get a mail at each step." in paul.get(f"{self.PATH}{ref}").words
        kinds = [one for one in choices.TOPIC if choices.may_be_off(one) and one != "order_moved"]
        assert paul.post("/account/notifications", {"wanted": kinds}).status == 303
        for path in (self.PATH, "/contracts/OCB0000124/orders/"):
            page = paul.get(f"{path}{ref}")
            assert "You get a mail" not in page.words
            assert "You have switched off the mail at each step." in page.words

    @pytest.mark.parametrize("status", ["completed", "cancelled"])
    def test_services_4_a_finished_order_is_not_looked_at_again(self, paul, cast, status):
        ref = cast.order(status=status)
        page = paul.get(f"{self.PATH}{ref}?checked=1", part="order")
        assert page.soup.select("#refresh") == []
        assert page.one("[data-status]").get_text() == status

    @pytest.mark.parametrize("checked", ["-5", "x", "99999999999"])
    def test_services_4_an_odd_count_asks_no_more_often(self, paul, cast, checked):
        ref = cast.order(status="submitted")
        link = paul.get(f"{self.PATH}{ref}?checked={checked}", part="order").one("#refresh")
        assert "every 1s" not in link["data-hx-trigger"]
