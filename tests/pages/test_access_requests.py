"""« Demander cet accès »: asking, answering, being told (ASK-1)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import delete, func, select

from selfcare.database import RowGone, db
from selfcare.models import AccessRequest, Mail, Membership
from selfcare.rights import OFFERS, Access, Profile, Rights, Section, opened_by
from selfcare.services.users import access_requests, places
from tests.cast import NOTHING, account_of
from tests.wizard import REF, USERS, roles

MANAGER, VISITOR, CONSOLE_MANAGER = Profile.MANAGER, Profile.VISITOR, Profile.CONSOLE_MANAGER
RIGHTS = f"/contracts/{REF}/rights"
INVOICES = {"section": "invoices", "profile": "manager"}
BUTTON = "Ask for this access"
TODAY = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(TODAY, tick=False) as traveller:
        yield traveller


def press(browser, page):
    """The button, with what its form holds."""
    [button] = page.all(f"button[aria-label^='{BUTTON}']")
    form = button.find_parent("form")
    sent = {field["name"]: field["value"] for field in form.find_all("input")}
    return browser.post(form["action"], sent)


@pytest.fixture
def sophie(cast, paul, browse_as):
    """A member who sees the invoicing contact, orders and no more."""
    cast.member("sophie.dupont", invoices=VISITOR, orders=VISITOR, dashboard=VISITOR)
    return browse_as("sophie.dupont")


def requests(app):
    with app.app_context():
        found = select(AccessRequest).order_by(AccessRequest.id)
        return [
            (one.section, one.profile, str(one.state))
            for one in db.session.execute(found).scalars()
        ]


def mails(app, name):
    with app.app_context():
        counted = select(func.count()).where(Mail.name == name)
        return db.session.execute(counted).scalar_one()


class TestAsking:
    def test_ask_1_a_closed_page_offers_it_and_the_referent_gets_a_mail(
        self, app, cast, sophie, mailing, worker, audited
    ):
        closed = sophie.get(f"/contracts/{REF}/subscriptions")
        assert closed.status == 403
        back = press(sophie, closed)
        assert back.location == f"/contracts/{REF}/subscriptions"
        assert requests(app) == [("subscriptions", "visitor", "open")]
        [entry] = audited("access.asked")
        assert (entry.actor, entry.contract_ref) == ("sophie.dupont", REF)
        assert entry.details == {"access": [["subscriptions", "visitor"]]}
        worker.run()
        [mail] = mailing.wait_for(1)
        assert list(mail.recipients) == ["paul.dupont@example.com"]
        text = mail.message.get_body(("plain",)).get_content()
        assert "asks for the access “Subscriptions: Visitor” on the contract" in text
        assert "sophie.dupont@example.com" in text
        assert re.search(r"/roles\?request=\d+", text)

    def test_ask_1_whoever_asked_sees_when_and_cannot_ask_again_that_day(
        self, app, sophie, browse_as, clock
    ):
        press(sophie, sophie.get(f"/contracts/{REF}/invoices"))
        page = sophie.get(f"/contracts/{REF}/invoices")
        assert "You asked for this on 24/11/2026 10:30" in page.words
        assert BUTTON not in page.words
        assert sophie.post(RIGHTS, INVOICES).status == 303
        assert "There is nothing to ask for" in sophie.get(RIGHTS).words
        assert mails(app, "access_asked") == 1
        clock.shift(timedelta(days=1))
        later = browse_as("sophie.dupont")
        press(later, later.get(f"/contracts/{REF}/invoices"))
        assert mails(app, "access_asked") == 2
        assert requests(app) == [("invoices", "manager", "open")]
        assert (
            "You asked for this on 25/11/2026 10:30"
            in later.get(f"/contracts/{REF}/invoices").words
        )

    @pytest.mark.parametrize(
        "page", ["services/elastic-cloud-server-reservation", "invoices", "dashboard", "users"]
    )
    def test_ask_1_each_page_where_something_is_missing_offers_it(
        self, cast, shop, paul, browse_as, page
    ):
        cast.member("sophie.dupont", services=VISITOR, invoices=VISITOR, dashboard=VISITOR)
        assert BUTTON in browse_as("sophie.dupont").get(f"/contracts/{REF}/{page}").words

    def test_ask_1_it_slows_down_who_asks_for_everything(self, sophie):
        answers = [
            sophie.post(RIGHTS, {"section": section, "profile": profile}).status
            for section, profile in (
                ("services", "visitor"),
                ("services", "manager"),
                ("support", "visitor"),
                ("users", "visitor"),
            )
        ]
        assert answers == [303, 303, 303, 429]

    @pytest.mark.parametrize(
        "sent",
        [
            {},
            {"section": "orders", "profile": "manager"},
            {"section": "orders", "profile": "none"},
            {"section": "kitchen", "profile": "visitor"},
            {"section": "console", "profile": "visitor"},
        ],
    )
    def test_ask_1_what_no_section_offers_cannot_be_asked_for(self, app, sophie, sent):
        assert sophie.post(RIGHTS, sent).status == 400
        assert requests(app) == []

    def test_ask_1_what_one_has_or_can_give_oneself_is_not_asked_for(self, app, paul, sophie):
        paul.post(RIGHTS, INVOICES)
        sophie.post(RIGHTS, {"section": "orders", "profile": "visitor"})
        assert requests(app) == []
        assert BUTTON not in paul.get(RIGHTS).words

    def test_ask_1_whoever_gives_such_accesses_asks_nobody_for_their_own(
        self, app, cast, paul, browse_as
    ):
        cast.member("jacques.dupont", users=MANAGER)
        browse_as("jacques.dupont").post(RIGHTS, INVOICES)
        assert requests(app) == []

    def test_ask_1_a_manager_of_users_is_led_to_their_own_roles(self, cast, paul, browse_as, id_of):
        cast.member("jacques.dupont", users=MANAGER)
        closed = browse_as("jacques.dupont").get(f"/contracts/{REF}/orders")
        [link] = closed.all("a.button[href$=roles]")
        assert link["href"] == f"{USERS}/{id_of('jacques.dupont')}/roles"


class TestRights:
    def test_contract_1_your_rights_say_what_each_profile_would_open(self, sophie):
        page = sophie.get(RIGHTS)
        assert "see invoices and their amounts" in page.words
        assert "You do not see this section." in page.words
        assert "add users" in page.words

    def test_rights_an_access_is_held_by_whatever_opens_as_much(self):
        manager = Rights({**NOTHING, Section.INVOICES: MANAGER, Section.USERS: VISITOR})
        assert Access(Section.INVOICES, VISITOR).is_held(manager)
        assert not Access(Section.USERS, CONSOLE_MANAGER).is_held(manager)
        assert not Access().is_held(manager)
        assert Access().is_held(Rights(NOTHING, ("guest",)))

    def test_rights_whoever_is_offered_an_access_gains_something(self):
        for section, offer in OFFERS.items():
            for profile in offer.profiles:
                assert Access(section, profile).is_offered() == bool(opened_by(section, profile))


class TestAnswering:
    @pytest.fixture
    def asked(self, app, sophie):
        sophie.post(RIGHTS, INVOICES)
        with app.app_context():
            return db.session.execute(select(AccessRequest.id)).scalar_one()

    def test_ask_1_the_mail_leads_to_the_roles_with_the_access_chosen(self, paul, id_of, asked):
        page = paul.get(f"{USERS}/{id_of('sophie.dupont')}/roles?request={asked}")
        assert (
            "asked for “Invoices: Manager” on 24/11/2026 10:30. It is chosen below." in page.words
        )
        assert page.one("[name=invoices][checked]")["value"] == "manager"
        address, _, part = str(page.one("a[href*='#requests']")["href"]).partition("#")
        listed = paul.get(address)
        assert listed.one(f"section[aria-labelledby={part}] [action$=decline]")
        told = "Decline – sophie.dupont, Invoices: Manager"
        assert listed.one(f"section[aria-labelledby={part}] summary")["aria-label"] == told
        plain = paul.get(f"{USERS}/{id_of('sophie.dupont')}/roles")
        assert plain.one("[name=invoices][checked]")["value"] == "visitor"

    def test_ask_1_giving_the_role_settles_it_and_says_so_in_the_mail(
        self, app, paul, sophie, id_of, asked, mailing, worker
    ):
        assert "Access requests" in paul.get(USERS).words
        step = paul.post(f"{USERS}/{id_of('sophie.dupont')}/roles", roles(invoices="manager"))
        paul.post(step.location, {"step": "finish"})
        assert requests(app) == [("invoices", "manager", "granted")]
        assert "Access requests" not in paul.get(USERS).words
        assert sophie.get(f"/contracts/{REF}/invoices").status == 200
        worker.run()
        _asked, changed = mailing.wait_for(2)
        text = changed.message.get_body(("plain",)).get_content()
        assert "This answers what you asked for on 24/11/2026 10:30." in text

    def test_ask_1_whoever_asked_first_stands_first(self, app, cast, paul, asked, browse_as, clock):
        cast.member("anne.martin", orders=VISITOR)
        cast.member("zoe.martin", orders=VISITOR)
        for login, later in (("zoe.martin", -2), ("anne.martin", -1)):
            browse_as(login).post(RIGHTS, INVOICES)
            with app.app_context():
                newest = select(AccessRequest).order_by(AccessRequest.id.desc()).limit(1)
                request = db.session.execute(newest).scalar_one()
                request.asked_at = TODAY + timedelta(hours=later)
                db.session.commit()
        links = [link["aria-label"] for link in paul.get(USERS).all("a[aria-label^='Give it']")]
        who = [re.split("[–,]", label)[1].strip() for label in links]
        assert who == ["zoe.martin", "anne.martin", "sophie.dupont"]

    def test_ask_1_another_role_settles_nothing(self, app, paul, id_of, asked):
        step = paul.post(
            f"{USERS}/{id_of('sophie.dupont')}/roles", roles(invoices="visitor", support="visitor")
        )
        paul.post(step.location, {"step": "finish"})
        assert requests(app) == [("invoices", "manager", "open")]

    def test_ask_1_declining_it_tells_whoever_asked_and_why(
        self, app, paul, sophie, asked, mailing, worker, audited
    ):
        answer = paul.post(f"{USERS}/requests/{asked}/decline", {"reason": " Ask  Claire "})
        assert answer.location == USERS
        assert requests(app) == [("invoices", "manager", "declined")]
        worker.run()
        _asked, declined = mailing.wait_for(2)
        assert list(declined.recipients) == ["sophie.dupont@example.com"]
        text = declined.message.get_body(("plain",)).get_content()
        assert "Paul DUPONT has declined it." in text
        assert "Reason: Ask Claire" in text
        paul.post(f"{USERS}/requests/{asked}/decline", {})
        assert "Somebody else has just done this." in paul.get(USERS).words
        assert mails(app, "access_declined") == 1
        [entry] = audited("access.declined")
        assert (entry.actor, entry.subject) == ("paul.dupont", "sophie.dupont")
        with app.app_context():
            request = db.session.execute(select(AccessRequest)).scalar_one()
            assert request.answered_by_id == account_of("paul.dupont").id
            assert request.answered_at == TODAY
        assert entry.details == {"access": [["invoices", "manager"]]}

    def test_ask_1_what_was_declined_is_asked_for_again_a_day_later(
        self, app, paul, sophie, asked, browse_as, clock
    ):
        paul.post(f"{USERS}/requests/{asked}/decline", {})
        assert BUTTON not in sophie.get(f"/contracts/{REF}/invoices").words
        sophie.post(RIGHTS, INVOICES)
        assert requests(app) == [("invoices", "manager", "declined")]
        clock.shift(timedelta(days=1))
        browse_as("sophie.dupont").post(RIGHTS, INVOICES)
        assert requests(app)[1:] == [("invoices", "manager", "open")]

    def test_ask_1_what_was_given_and_taken_away_can_be_asked_for_at_once(
        self, app, cast, paul, sophie, id_of, asked
    ):
        step = paul.post(f"{USERS}/{id_of('sophie.dupont')}/roles", roles(invoices="manager"))
        paul.post(step.location, {"step": "finish"})
        cast.member("sophie.dupont", invoices=VISITOR)
        sophie.post(RIGHTS, INVOICES)
        assert [state for *_, state in requests(app)] == ["granted", "open"]

    def test_ask_1_only_whoever_gives_such_accesses_answers(
        self, app, cast, sophie, browse_as, asked
    ):
        cast.member("pierre.dupont", users=CONSOLE_MANAGER)
        cast.member("marie.dupont", users=VISITOR)
        path = f"{USERS}/requests/{asked}/decline"
        for browser in (browse_as("pierre.dupont"), browse_as("marie.dupont"), sophie):
            assert browser.post(path, {}).status == 403
        assert "Access requests" not in browse_as("marie.dupont").get(USERS).words
        assert requests(app) == [("invoices", "manager", "open")]

    def test_ask_1_a_manager_elsewhere_answers_nothing_here(self, app, cast, browse_as, asked):
        cast.member("autre.client", ref="OCB0000777", referent=True)
        stranger = browse_as("autre.client")
        for ref in (REF, "OCB0000777"):
            path = f"/contracts/{ref}/users/requests/{asked}/decline"
            assert stranger.post(path, {}).status == 404
        assert "Access requests" not in stranger.get("/contracts/OCB0000777/users").words
        assert requests(app) == [("invoices", "manager", "open")]

    def test_ask_1_a_console_manager_answers_those_for_the_console(
        self, app, cast, sophie, browse_as, id_of, asked
    ):
        sophie.post(RIGHTS, {"section": "console", "profile": ""})
        cast.member("pierre.dupont", users=CONSOLE_MANAGER)
        pierre = browse_as("pierre.dupont")
        page = pierre.get(f"{USERS}/console")
        [give] = page.all("a[href*='request=']")
        assert give["href"].startswith(f"{USERS}/console/{id_of('sophie.dupont')}/roles")
        step = pierre.post(give["href"].partition("?")[0], {"console": ["guest"]})
        pierre.post(step.location, {"step": "finish"})
        assert requests(app) == [("invoices", "manager", "open"), ("console", "", "granted")]

    def test_ask_1_it_is_among_one_s_own_data(self, sophie, asked):
        [mine] = sophie.get("/account/data.json").json["access_requests"]
        assert (mine["ref"], mine["section"], mine["profile"]) == (REF, "invoices", "manager")
        assert mine["state"] == "open"

    def test_ask_1_it_goes_with_the_place_on_the_contract(self, app, paul, id_of, asked):
        paul.post(f"{USERS}/{id_of('sophie.dupont')}/remove")
        assert requests(app) == []


def test_ask_1_who_was_removed_since_their_request_began_asks_for_nothing(app, sophie):
    with app.app_context():
        here = places.place_of(account_of("sophie.dupont").id, REF)
        assert here
        assert not here.membership.is_referent  # their row is read
        with db.engines[1].connect() as another_s:
            another_s.execute(delete(Membership).where(~Membership.is_referent))
        with pytest.raises(RowGone):
            access_requests.ask(here, Access(), by=account_of("sophie.dupont"))
    assert requests(app) == []
