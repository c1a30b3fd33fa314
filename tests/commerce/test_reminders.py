"""SUBS-3: a subscription's end is mailed, to whoever may renew it, once for each of the days."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from selfcare import config
from selfcare.database import db
from selfcare.models import Mail, Membership, Order, OrderStatus, Subscription, now
from selfcare.rights import Profile
from selfcare.services.contracts import reminders
from selfcare.services.mail import composing
from tests.cast import account_of

VISITOR, MANAGER = Profile.VISITOR, Profile.MANAGER
END = date(2019, 8, 31)
"""Of the guide's subscription, 01/09/2017 to 31/08/2019."""


@pytest.fixture
def sweep(app):
    """Sweep so many days before the end: `sweep(30)`."""

    def run(days: int, *, twice: bool = True) -> None:
        day = END - timedelta(days=days)
        with time_machine.travel(datetime(day.year, day.month, day.day, 9, tzinfo=UTC)):
            for _ in range(1 + twice):
                with app.app_context():
                    reminders.remind()
                    db.session.commit()

    return run


@pytest.fixture
def mails(app):
    def read() -> list[Mail]:
        with app.app_context():
            wanted = select(Mail).where(Mail.name == "subscription_ends").order_by(Mail.id)
            return list(db.session.execute(wanted).scalars())

    return read


def to(mails: list[Mail]) -> list[str]:
    return sorted(mail.recipient.partition("@")[0] for mail in mails)


class TestDays:
    def test_subs_3_thirty_and_seven_days_before_its_end_and_never_twice(self, cast, sweep, mails):
        cast.referent()
        cast.subscription()
        counts = []
        for days in (100, 90, 31, 30, 29, 8, 7, 6, 0, -1):
            sweep(days)
            counts.append(len(mails()))
        assert counts == [0, 0, 0, 1, 1, 1, 2, 2, 2, 2]

    def test_subs_3_who_missed_the_first_gets_one_and_nobody_is_told_of_the_past(
        self, cast, sweep, mails
    ):
        cast.referent()
        cast.subscription()
        sweep(3)
        assert len(mails()) == 1
        cast.subscription()
        sweep(-1)
        assert len(mails()) == 1

    def test_subs_3_the_days_are_a_setting(self, cast, sweep, mails, setting):
        setting(renewal_notices="60")
        cast.referent()
        cast.subscription()
        for days in (60, 30, 7):
            sweep(days)
        assert len(mails()) == 1
        setting(renewal_notices="never")
        cast.subscription()
        sweep(7)
        assert len(mails()) == 1

    @pytest.mark.parametrize("value", ["soon", "0", "91", "30;7", "30,30", "-7"])
    def test_operable_days_that_are_none_stop_the_start(self, value):
        with pytest.raises(config.BadSetting, match="RENEWAL_NOTICES"):
            config.load({"SECRET_KEY": "x9" * 8 + "abcdefghijklmnop", "RENEWAL_NOTICES": value})

    def test_subs_3_what_was_just_taken_out_is_not_told(self, cast, sweep, mails):
        cast.referent()
        cast.subscription(at=datetime(2019, 8, 1, 9, tzinfo=UTC), starts_on=END, ends_on=END)
        sweep(29)
        assert mails() == []


class TestPeople:
    def test_subs_3_whoever_may_order_and_see_it_is_told(self, app, cast, sweep, mails):
        cast.referent()
        cast.member("buyer.dupont", services=MANAGER, subscriptions=VISITOR)
        cast.member("blind.dupont", services=MANAGER)
        cast.member("reader.dupont", services=VISITOR, subscriptions=MANAGER)
        cast.member("gone.dupont", services=MANAGER, subscriptions=VISITOR)
        cast.account("gone.dupont", disabled_at=now())
        cast.member("stranger.dupont", ref="OCB0000412", services=MANAGER, subscriptions=VISITOR)
        with app.app_context():
            cast.member("over.dupont", services=MANAGER, subscriptions=VISITOR)
            places = update(Membership).where(Membership.account_id == account_of("over.dupont").id)
            db.session.execute(places.values(ends_on=END - timedelta(days=31)))
            db.session.commit()
        cast.subscription()
        sweep(30)
        assert to(mails()) == ["buyer.dupont", "paul.dupont"]

    def test_subs_3_the_referent_is_told_of_all_where_the_section_is_shut(self, cast, sweep, mails):
        cast.member("paul.dupont", referent=True, subscriptions=Profile.NONE)
        cast.member("buyer.dupont", services=MANAGER)
        cast.subscription(by="buyer.dupont")
        cast.subscription(by="buyer.dupont")
        sweep(30)
        counts = {mail.recipient: mail.context["count"] for mail in mails()}
        assert counts == dict.fromkeys(("paul.dupont@example.com", "buyer.dupont@example.com"), 2)
        led_there = [mail.context["sees_all"] for mail in mails()]
        assert led_there == [False, False], "the section is shut to both"

    def test_subs_3_who_took_it_out_is_told_where_the_section_is_shut(self, cast, sweep, mails):
        cast.referent()
        cast.member("blind.dupont", services=MANAGER)
        cast.subscription(by="blind.dupont")
        cast.subscription()
        sweep(30)
        counts = {mail.recipient: mail.context["count"] for mail in mails()}
        assert counts == {"blind.dupont@example.com": 1, "paul.dupont@example.com": 2}

    def test_subs_3_a_contract_s_ends_are_one_mail_that_names_ten(self, cast, sweep, mails):
        cast.referent()
        for _ in range(12):
            cast.subscription()
        sweep(30)
        [mail] = mails()
        assert (mail.context["count"], len(mail.context["ending"])) == (12, 10)
        assert mail.context["sees_all"]

    def test_subs_3_the_first_to_end_is_named_first(self, cast, sweep, mails):
        cast.referent()
        later = cast.subscription()
        first = cast.subscription(ends_on=END - timedelta(days=23))
        for days in (40, 30):
            sweep(days)
        assert [one["ref"] for one in mails()[-1].context["ending"]] == [first, later]

    def test_subs_3_a_renewed_one_is_not_told_unless_its_renewal_is_cancelled(
        self, app, cast, sweep, mails
    ):
        cast.referent()
        ref = cast.subscription()
        with app.app_context():
            order_id = db.session.execute(select(Order.id).filter_by(ref=ref)).scalar_one()
        renewal = cast.order(renews_id=order_id)
        sweep(30)
        assert mails() == []
        with app.app_context():
            made = db.session.execute(select(Order).filter_by(ref=renewal)).scalar_one()
            made.status = OrderStatus.CANCELLED
            db.session.commit()
        sweep(7)
        assert len(mails()) == 1


class TestOnce:
    def test_subs_3_a_worker_killed_on_the_way_has_told_nothing_and_the_next_tells_all(
        self, app, cast, sweep, mails
    ):
        cast.referent()
        cast.subscription()
        with time_machine.travel(datetime(2019, 8, 1, 9, tzinfo=UTC)), app.app_context():
            reminders.remind.function()
            db.session.rollback()
        assert mails() == []
        sweep(30)
        assert len(mails()) == 1

    def test_subs_3_two_crons_at_once_make_one_mail(self, app, cast, mails):
        cast.referent()
        cast.subscription()

        def run(_number: int) -> None:
            with app.app_context():
                reminders.remind()
                db.session.commit()

        with (
            time_machine.travel(datetime(2019, 8, 1, 9, tzinfo=UTC), tick=False),
            ThreadPoolExecutor(4) as pool,
        ):
            list(pool.map(run, range(4)))
        assert len(mails()) == 1

    def test_subs_3_more_than_a_round_are_told_in_the_next(
        self, app, cast, sweep, mails, monkeypatch
    ):
        monkeypatch.setattr(reminders, "ROUND", 2)
        cast.referent()
        for _ in range(5):
            cast.subscription()
        for _ in range(2):
            sweep(30)
        assert sum(mail.context["count"] for mail in mails()) == 5
        with app.app_context():
            left = db.session.execute(select(Subscription.remind_on)).scalars().all()
        assert set(left) == {END - timedelta(days=7)}


class TestMail:
    def test_subs_3_one_button_leads_to_the_renewal(self, shop, cast, sweep, mails, app, browse_as):
        ref = cast.subscription()
        sweep(30)
        with app.app_context():
            [mail] = [composing.message(db.session.get_one(Mail, one.id)) for one in mails()]
        address = f"/contracts/OCB0000124/subscriptions/{ref}/renewal"
        assert address in str(mail.body)
        assert str(mail.html).count('class="button"') == 1
        said = "“Reservation c2.large 2 years with upfront” ends on 31 August 2019"
        assert said in str(mail.subject)
        assert browse_as("paul.dupont").get(address).status == 303
