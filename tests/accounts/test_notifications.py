"""« Notifications »: each person chooses their mails, by kind (NOTIFY-1)."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from selfcare.database import db
from selfcare.language import mail_wording
from selfcare.models import Account, AuditEntry, Mail, OrderStatus, WishState
from selfcare.services.mail import choices
from selfcare.services.mail import samples as mail_samples
from selfcare.services.mail.choices import OPTIONAL, TOPIC
from selfcare.services.orders import fulfilment
from tests.cast import account_of

PAGE = "/account/notifications"
KINDS = [kind for kinds in OPTIONAL.values() for kind in kinds]


@pytest.fixture
def ordered(app, paul, cast):
    """Paul, with an order that an operator moves on."""
    ref = cast.order(status="submitted")

    def move() -> Mail:
        with app.app_context():
            order = fulfilment.find(ref)
            assert order
            fulfilment.move(order, OrderStatus.IN_PROGRESS, by="ops")
            db.session.commit()
            found = select(Mail).filter_by(name="order_moved").order_by(Mail.id.desc())
            row = db.session.execute(found.limit(1)).scalar_one()
            db.session.expunge(row)
            return row

    return paul, move


def off(app, login="paul.dupont") -> frozenset[str]:
    with app.app_context():
        return choices.switched_off(account_of(login))


def link(app, kind="order_moved", login="paul.dupont") -> str:
    with app.app_context():
        return choices.off_link(account_of(login), kind).removeprefix("http://portal.test")


@pytest.mark.once
class TestTable:
    def test_notify_1_every_mail_says_whether_it_may_be_switched_off(self):
        assert set(TOPIC) == set(mail_samples.names()), "services/mail/choices.py, TOPIC"

    def test_notify_1_what_may_be_switched_off_has_a_name_and_a_topic(self):
        assert set(mail_wording.MAIL_KIND) == set(KINDS)
        assert set(mail_wording.MAIL_TOPIC) == set(OPTIONAL)

    @pytest.mark.parametrize("word", ["password", "code", "key_", "email", "two_factor", "sign_in"])
    def test_notify_1_mails_of_security_stay(self, word):
        assert [kind for kind in KINDS if word in kind] == []


class TestPage:
    def test_notify_1_everything_is_sent_until_somebody_says_otherwise(self, paul):
        boxes = paul.get(PAGE).soup.select("main input[name=wanted]")
        assert [box["value"] for box in boxes] == KINDS
        assert all(box.has_attr("checked") for box in boxes)

    def test_notify_1_an_empty_box_stops_its_mails_and_no_others(self, app, paul):
        kept = [kind for kind in KINDS if kind != "order_moved"]
        answer = paul.post(PAGE, {"wanted": kept})
        assert (answer.status, answer.location) == (303, PAGE)
        assert off(app) == {"order_moved"}
        page = paul.get(PAGE)
        assert "is saved" in page.one(".notice").get_text()
        unticked = [
            box["value"] for box in page.soup.select("[name=wanted]") if "checked" not in box.attrs
        ]
        assert unticked == ["order_moved"]

    def test_notify_1_a_kind_that_always_comes_cannot_be_asked_away(self, app, paul):
        paul.post(PAGE, {"wanted": KINDS})
        with app.app_context():
            choices.choose(account_of("paul.dupont"), off=["password_changed"])
            db.session.commit()
        assert off(app) == set()

    def test_notify_1_an_unknown_kind_is_refused(self, app, paul):
        assert paul.post(PAGE, {"wanted": ["no_such_mail"]}).status == 422
        assert off(app) == set()

    def test_notify_1_a_choice_is_in_my_activity_and_in_my_data(self, app, paul):
        paul.post(PAGE, {"wanted": []})
        paul.post(PAGE, {"wanted": []})
        with app.app_context():
            [entry] = db.session.execute(
                select(AuditEntry).filter_by(action="notifications.changed")
            ).scalars()
            assert entry.details == {"switched_off": sorted(KINDS)}
        assert "Choice of mails changed" in paul.get("/account/activity").text
        assert "Progress of my orders" in paul.get("/account/activity?format=csv").text
        data = json.loads(paul.get("/account/data.json").text)
        assert {"kind": "order_moved"} in data["mails_switched_off"]


class TestRespected:
    def test_notify_1_a_kind_that_is_off_is_not_sent(self, app, ordered, worker, mailing):
        paul, move = ordered
        paul.post(PAGE, {"wanted": []})
        row = move()
        worker.run()
        assert (row.state, row.due_at, row.sent_at) == (WishState.DONE, None, None)
        assert mailing.messages == []

    def test_notify_1_a_kind_that_is_on_is_sent_with_its_link(self, app, ordered, worker, mailing):
        _, move = ordered
        move()
        worker.run()
        [got] = mailing.wait_for(1)
        stop = f"http://portal.test{link(app)}"
        assert got.message["List-Unsubscribe"].strip() == f"<{stop}>"
        assert got.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        for kind in ("plain", "html"):
            text = got.message.get_body((kind,)).get_content()
            assert stop in text
            assert f"http://portal.test{PAGE}" in text

    def test_notify_1_a_mail_that_stays_offers_no_way_to_stop_it(self, app):
        with app.app_context():
            built = mail_samples.built("password_changed", "en")
        assert "List-Unsubscribe" not in (built.extra_headers or {})
        assert "/mails/off/" not in str(built.body) + str(built.html)

    def test_notify_1_staff_see_that_a_mail_was_not_wanted(self, cast, ordered, browse_as):
        paul, move = ordered
        paul.post(PAGE, {"wanted": []})
        move()
        agent = browse_as(cast.agent("agent.support"))
        with paul.app.app_context():
            number = account_of("paul.dupont").id
        assert "switched off by its addressee" in agent.get(f"/staff/people/{number}").text


class TestLink:
    def test_notify_1_a_mail_program_stops_a_kind_with_one_request(self, app, paul, browse):
        """RFC 8058: no session, no token of a form, the address alone."""
        answer = browse.post(link(app), {"List-Unsubscribe": "One-Click"}, token=False)
        assert answer.status == 200
        assert off(app) == {"order_moved"}

    def test_notify_1_opening_the_link_asks_first(self, app, paul, browse):
        page = browse.get(link(app))
        assert "Progress of my orders" in page.one("main").get_text()
        assert off(app) == set()
        assert page.one("main form")["action"] == link(app)

    def test_notify_1_the_link_leaves_other_choices_alone(self, app, paul, browse):
        kept = [kind for kind in KINDS if kind != "import_stopped"]
        paul.post(PAGE, {"wanted": kept})
        browse.post(link(app), token=False)
        assert off(app) == {"order_moved", "import_stopped"}
        with app.app_context():
            found = select(AuditEntry).order_by(AuditEntry.id.desc())
            latest = db.session.execute(found).scalars().first()
            assert latest
            assert (latest.action, latest.actor_id) == ("notifications.changed", None)

    def test_notify_1_of_links_followed_at_the_same_time_each_counts(self, app, paul):
        paul.post(PAGE, {"wanted": KINDS[:-1]})
        line = threading.Barrier(4)

        def follow(address: str) -> int:
            line.wait(timeout=60)
            return app.test_client().post(address, base_url="http://portal.test/").status_code

        links = [link(app, kind) for kind in KINDS[:4]]
        with ThreadPoolExecutor(4) as followers:
            assert list(followers.map(follow, links)) == [200] * 4
        assert off(app) == {*KINDS[:4], KINDS[-1]}

    @pytest.mark.parametrize("changed", ["1.password_changed", "2.order_moved", "x", "1"])
    def test_notify_1_a_link_that_was_changed_opens_nothing(self, app, paul, browse, changed):
        signature = link(app).rpartition(".")[2]
        for token in (f"{changed}.{signature}", changed):
            assert browse.get(f"/mails/off/{token}").status == 404

    def test_notify_1_no_link_stops_a_mail_that_always_comes(self, app, paul, browse):
        assert browse.post(link(app, "password_changed"), token=False).status == 404
        assert off(app) == set()

    def test_notify_1_a_link_works_after_the_secret_key_changed(
        self, app, paul, another_app, settings
    ):
        address = link(app)
        renewed = another_app(
            secret_key="another-secret-key-of-sufficient-length-0123456789",
            secret_key_previous=settings.secret_key,
        )
        answer = renewed.test_client().get(address, base_url="http://portal.test/")
        assert answer.status_code == 200


def test_notify_1_who_is_erased_leaves_no_choice(app, cast):
    from selfcare.services.accounts import barring

    cast.account("gone.person")
    with app.app_context():
        account = account_of("gone.person")
        choices.choose(account, off=["order_moved"])
        barring.erase(account)
        db.session.commit()
        assert choices.switched_off(db.session.get_one(Account, account.id)) == set()
