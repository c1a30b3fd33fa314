"""What staff find, see and answer without any visit (STAFF-1, STAFF-6, STAFF-7, STAFF-8)."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from selfcare.database import db
from selfcare.models import Account, ConsoleAccess, Mail, Offer, StaffNote, WishState
from selfcare.rights import Ability, Profile, StaffRole
from tests.cast import account_of
from tests.staff.conftest import REF


class TestLanguage:
    def test_home_3_staff_who_choose_a_language_stay_on_the_page(self, agent, paul_id):
        here = f"/staff/people/{paul_id}?only=mails"
        answer = agent.post(
            "/staff/language", {"locale": "fr"}, Referer=f"http://portal.test{here}"
        )
        assert answer.location == here
        assert agent.get(here).one("html")["lang"] == "fr"

    @pytest.mark.parametrize("referer", ["", "http://portal.test/", "https://evil.example/staff/"])
    def test_home_3_without_a_page_of_staff_it_leads_to_their_first_one(self, agent, referer):
        answer = agent.post("/staff/language", {"locale": "fr"}, Referer=referer)
        assert answer.location == "/staff/"


@pytest.mark.parametrize("path", ["/staff/", "/staff/people/999999"])
def test_staff_1_each_page_leads_to_pages_of_staff_or_the_site(agent, path):
    """Not to a customer's account or home, which their cookie does not open."""
    page = agent.get(path)
    around = {a["href"] for a in page.all("footer a, .problem a") if a["href"].startswith("/")}
    assert {link for link in around if not link.startswith("/staff/")} == {
        "/legal",
        "/accessibility",
    }


class TestSearch:
    @pytest.mark.parametrize(
        "asked", ["paul.dupont", "PAUL.DUPONT", "paul.dupont@example.com", " paul.dupont "]
    )
    def test_staff_1_a_login_or_address_leads_to_the_person(self, agent, paul_id, asked):
        page = agent.get("/staff/search?q=" + asked.replace(" ", "+"))
        assert page.location == f"/staff/people/{paul_id}"

    def test_staff_1_a_contract_leads_to_its_page(self, agent, paul_id):
        assert agent.get("/staff/search?q=ocb0000124").location == f"/staff/contracts/{REF}"

    def test_staff_1_an_order_leads_to_its_contract_and_says_so(self, agent, cast, paul_id):
        ref = cast.order()
        page = agent.get(f"/staff/search?q={ref.lower()}")
        assert page.location == f"/staff/contracts/{REF}?q={ref}"
        assert f"You looked for {ref}" in agent.get(page.location).words

    def test_staff_1_words_find_people_contracts_and_orders_without_accents(self, agent, cast):
        cast.member("paul.dupont", referent=True)
        cast.account("helene.meunier", first_name="Hélène", last_name="Méunier")
        cast.order()
        assert "Hélène MÉUNIER" in agent.get("/staff/search?q=helene+meunier").words
        assert "SI_Prod" in agent.get("/staff/search?q=si_prod").words
        assert "HONEY1655" in agent.get("/staff/search?q=elastic+cloud").words

    def test_staff_1_a_long_search_is_cut_as_the_customers_is(self, agent, paul, paul_id):
        typed = "x%01y+" + "z" * 5000
        titles = [
            browser.get(f"{path}?q={typed}").one("h1").text
            for browser, path in ((paul, "/find"), (agent, "/staff/search"))
        ]
        assert titles[0] == titles[1]
        assert len(titles[1]) < 230
        page = agent.get(f"/staff/contracts/{REF}?q={typed}")
        assert "z" * 150 in page.text
        assert "z" * 200 not in page.text

    def test_staff_1_a_company_is_found_by_its_code(self, agent, cast, paul_id):
        assert "OCB0000124" in agent.get("/staff/search?q=honey1655").words

    def test_staff_1_a_company_is_looked_up_before_its_contracts(self, agent, statements):
        statements.clear()
        agent.get("/staff/search?q=nobody+at+all")
        of_companies = [one for one in statements if "lower(customers.name)" in one]
        assert of_companies, statements
        assert not [one for one in of_companies if "FROM contracts" in one], "each would be read"

    @pytest.mark.parametrize("asked", ["", "du", "%%%", "zzzz"])
    def test_staff_1_too_little_or_nothing_says_so(self, agent, paul_id, asked):
        page = agent.get("/staff/search", part=None) if not asked else None
        page = page or agent.get("/staff/search?q=" + asked.replace("%", "%25"))
        assert page.status == 200
        assert page.all("main ul a") == []
        assert "letters or more" in page.words or "Nothing matches" in page.words


class TestPerson:
    def test_staff_1_the_page_holds_what_support_asks_for(self, agent, cast, paul_id):
        cast.member("paul.dupont", referent=True, console_roles=["admin"], console_state="failed")
        cast.order()
        page = agent.get(f"/staff/people/{paul_id}")
        for shown in ("paul.dupont", "SI_Prod", "admin – failed", "HONEY1655-1710-001"):
            assert shown in page.words

    def test_staff_5_a_colleagues_page_names_their_roles(self, app, agent):
        with app.app_context():
            me = account_of("claire.support").id
        facts = agent.get(f"/staff/people/{me}").one(".facts").get_text(" ")
        assert "support" in facts.split("Roles")[1].split()
        assert "Link for the customer" not in facts

    def test_staff_1_an_unknown_person_is_404(self, agent):
        assert agent.get("/staff/people/999999").status == 404

    def test_staff_6_the_timeline_narrows_down(self, agent, cast, browse, paul_id):
        browse.sign_in("paul.dupont", "wrong")
        cast.order()
        everything = agent.get(f"/staff/people/{paul_id}").texts("#happened tbody tr")
        sign_ins = agent.get(f"/staff/people/{paul_id}?only=sign_ins").texts("#happened tbody tr")
        assert len(sign_ins) == 1 < len(everything)
        assert "Sign-in failed" in sign_ins[0]

    def test_staff_6_a_mail_that_was_given_up_is_sent_again(
        self, app, agent, cast, paul_id, audited
    ):
        with app.app_context():
            from selfcare.services.mail.kinds import account as mails

            mail = mails.access(account_of("paul.dupont"))
            db.session.flush()
            mail.state, mail.due_at, mail.problem = WishState.FAILED, None, "550 no such mailbox"
            db.session.commit()
            number = mail.id
        page = agent.get(f"/staff/people/{paul_id}")
        assert "550 no such mailbox" in page.words
        assert agent.post(f"/staff/people/{paul_id}/mails/{number}/retry").status == 303
        with app.app_context():
            assert db.session.get_one(Mail, number).state == WishState.QUEUED
        [entry] = audited("staff.retried")
        assert (entry.actor, entry.subject) == ("claire.support", "paul.dupont")

    def test_staff_6_a_console_account_is_retried(self, app, agent, cast, paul_id):
        cast.member("paul.dupont", referent=True, console_roles=["admin"], console_state="failed")
        assert agent.post(f"/staff/people/{paul_id}/console/{REF}/retry").status == 303
        with app.app_context():
            assert db.session.execute(select(ConsoleAccess.state)).scalar_one() == "queued"

    def test_staff_6_the_access_mail_goes_again(self, agent, paul_id, mailbox):
        agent.post(f"/staff/people/{paul_id}/welcome")
        assert "paul.dupont" in mailbox.text()

    @pytest.mark.parametrize("role", [StaffRole.AUDITOR])
    def test_staff_5_auditors_only_look(self, cast, browse_as, clock, paul_id, role):
        auditor = browse_as(cast.agent("ada.audit", role))
        page = auditor.get(f"/staff/people/{paul_id}")
        assert page.all("main form[method=post]") == []
        assert auditor.post(f"/staff/people/{paul_id}/welcome").status == 403


class TestDisabling:
    def test_staff_5_an_operator_ends_everything_at_once(
        self, operator, browse_as, paul_id, browse
    ):
        paul = browse_as("paul.dupont")
        assert operator.post(f"/staff/people/{paul_id}/disable").status == 303
        assert paul.get("/account/profile").location.startswith("/login")
        assert browse.sign_in("paul.dupont").status == 422
        operator.post(f"/staff/people/{paul_id}/enable")
        assert browse.sign_in("paul.dupont").status == 303

    def test_staff_5_support_does_not(self, agent, paul_id):
        assert agent.post(f"/staff/people/{paul_id}/disable").status == 403

    def test_staff_5_nobody_disables_oneself(self, app, operator):
        with app.app_context():
            me = account_of("omar.operator").id
        assert operator.post(f"/staff/people/{me}/disable").status == 403


class TestWhy:
    def why(self, agent, person: int, ability: Ability) -> str:
        page = agent.get(f"/staff/people/{person}?contract={REF}&page={ability}")
        return " ".join(page.one("[aria-labelledby=why-title] .notice").get_text(" ").split())

    @pytest.fixture
    def sophie(self, app, cast, paul_id) -> int:
        cast.member("sophie.dupont", invoices=Profile.VISITOR)
        with app.app_context():
            return account_of("sophie.dupont").id

    def test_staff_6_a_missing_profile_is_named_with_who_gives_it(self, agent, sophie):
        said = self.why(agent, sophie, Ability.READ_INVOICES)
        assert "“Invoices” is “Visitor”; it takes “Manager”" in said
        assert "Paul DUPONT" in said

    def test_ask_1_support_sees_that_they_asked_for_it(self, agent, browse_as, sophie):
        wish = {"section": "invoices", "profile": "manager"}
        browse_as("sophie.dupont").post(f"/contracts/{REF}/rights", wish)
        said = self.why(agent, sophie, Ability.READ_INVOICES)
        assert "They asked for this access on 28/11/2026 10:00; nobody has answered yet." in said
        assert "asked for" not in self.why(agent, sophie, Ability.READ_ORDERS)

    def test_staff_6_nothing_in_the_way(self, agent, sophie):
        assert "nothing is in the way" in self.why(agent, sophie, Ability.SEE_INVOICING_CONTACT)

    def test_staff_6_the_console_has_reasons_of_its_own(self, app, agent, cast, sophie):
        assert "no role in the technical console" in self.why(agent, sophie, Ability.OPEN_CONSOLE)
        cast.member("sophie.dupont", console_roles=["guest"], console_state="queued")
        assert "not ready: it is being prepared" in self.why(agent, sophie, Ability.OPEN_CONSOLE)
        with app.app_context():
            db.session.execute(update(Offer).values(has_console=False))
            db.session.commit()
        assert "has no technical console" in self.why(agent, sophie, Ability.OPEN_CONSOLE)

    def test_staff_6_a_flag_a_password_a_barred_account(self, app, agent, cast, sophie):
        cast.member("sophie.dupont", support=Profile.MANAGER)
        assert "no account on the application" in self.why(agent, sophie, Ability.OPEN_INCIDENT)
        with app.app_context():
            db.session.execute(update(Account).values(password_hash=None))
            db.session.commit()
        assert "not set a password yet" in self.why(agent, sophie, Ability.OPEN_CONTRACT)

    def test_staff_6_a_stranger_is_no_member(self, app, agent, cast, paul_id):
        cast.account("autre.client")
        with app.app_context():
            other = account_of("autre.client").id
        assert "not a member of the contract" in self.why(agent, other, Ability.OPEN_CONTRACT)

    def test_staff_6_an_unknown_page_is_404(self, agent, paul_id):
        assert agent.get(f"/staff/people/{paul_id}?contract={REF}&page=magic").status == 404

    @pytest.mark.parametrize("ability", Ability)
    def test_staff_6_it_agrees_with_the_table_of_rights(self, app, agent, cast, sophie, ability):
        from selfcare.services.staff import why
        from selfcare.services.users import places

        with app.app_context():
            person = account_of("sophie.dupont")
            here = places.place_of(person.id, REF)
            codes = {reason.code for reason in why.answer(person, REF, ability).reasons}
            assert here is not None
            assert here.rights.may(ability) is not bool(codes & {"no_profile", "no_console_role"})


def test_staff_7_any_set_of_profiles_shows_its_menu_and_pages(agent):
    page = agent.get("/staff/rights?invoices=manager&orders=visitor&console=guest")
    menu = page.one("[aria-labelledby=menu-title] p").get_text(" ").split("·")
    assert [one.strip() for one in menu] == ["Contract", "Dashboard", "Orders", "Invoices"]
    may = page.one("[aria-labelledby=may-title]").get_text(" ")
    assert "see invoices and their amounts" in may
    assert "go to the technical console" in may
    assert "add users" in page.one("[aria-labelledby=may-not-title]").get_text(" ")


class TestNotes:
    def write(self, agent, path: str, **fields: str) -> None:
        assert agent.post(path, {"text": "Prefers the telephone", **fields}).status == 303

    def test_staff_8_a_note_is_pinned_until_somebody_finishes_it(
        self, app, agent, paul_id, audited
    ):
        self.write(agent, f"/staff/people/{paul_id}/note")
        assert "Prefers the telephone" in agent.get(f"/staff/people/{paul_id}").words
        with app.app_context():
            number = db.session.execute(select(StaffNote.id)).scalar_one()
        for _ in range(2):
            agent.post(f"/staff/notes/{number}/finish")
        assert [entry.subject for entry in audited("note.written")] == ["paul.dupont"]
        assert [entry.actor for entry in audited("note.finished")] == ["claire.support"]
        page = agent.get(f"/staff/people/{paul_id}")
        assert "Prefers" not in page.one("[aria-labelledby=notes-title]").get_text()

    def test_design_its_form_says_what_the_asterisk_means(self, agent, paul_id):
        page = agent.get(f"/staff/people/{paul_id}/note")
        assert "* This field is required." in page.words
        assert page.texts("main label .must") == ["*"]

    @pytest.mark.parametrize("day", ["2026-11-28", "28/11/2026"])
    def test_staff_8_a_note_with_an_end_goes_by_itself(self, agent, clock, paul_id, day):
        self.write(agent, f"/staff/contracts/{REF}/note", shown_until=day)
        assert "Prefers" in agent.get(f"/staff/contracts/{REF}").words
        clock.later(days=1)
        agent.sign_in_as("claire.support")
        page = agent.get(f"/staff/contracts/{REF}")
        assert "Prefers" not in page.one("[aria-labelledby=notes-title]").get_text()

    def test_staff_8_handed_over_it_waits_in_the_colleagues_queue(
        self, app, agent, cast, browse_as, paul_id
    ):
        with app.app_context():
            colleague = account_of(cast.agent("louis.support")).id
        self.write(agent, f"/staff/people/{paul_id}/note", handed_to=str(colleague))
        louis = browse_as("louis.support")
        assert "Prefers the telephone" in louis.get("/staff/").words
        [form] = [f for f in louis.get("/staff/").all("form") if "/notes/" in str(f["action"])]
        louis.post(str(form["action"]), {"from": "queue"})
        assert "Prefers the telephone" not in louis.get("/staff/").words

    def test_staff_8_an_empty_note_is_refused(self, agent, paul_id):
        page = agent.post(f"/staff/people/{paul_id}/note", {"text": ""})
        assert page.status == 422
        assert "Write the note" in page.words

    def test_staff_8_a_note_that_nobody_would_see_is_refused(self, agent, clock, paul_id):
        fields = {"text": "Prefers the telephone", "shown_until": "2026-11-27"}
        page = agent.post(f"/staff/people/{paul_id}/note", fields)
        assert page.status == 422
        assert "Choose today or a later day" in page.words
        assert "Prefers the telephone" in page.one("textarea").text

    def test_staff_8_it_is_handed_over_to_nobody_who_cannot_finish_it(
        self, app, agent, cast, paul_id
    ):
        from selfcare.services.accounts import barring

        cast.agent("ada.audit", StaffRole.AUDITOR)
        cast.agent("omar.operator", StaffRole.OPERATOR)
        gone = cast.agent("louis.support")
        with app.app_context():
            barring.disable(account_of(gone))
            db.session.commit()
        page = agent.get(f"/staff/people/{paul_id}/note")
        assert page.texts("#handed_to option") == ["nobody", "Omar OPERATOR"]

    def test_staff_8_a_note_is_part_of_the_persons_data(self, agent, browse_as, paul_id):
        self.write(agent, f"/staff/people/{paul_id}/note")
        data = browse_as("paul.dupont").get("/account/data.json").json
        assert data["notes_of_support"][0]["text"] == "Prefers the telephone"


def test_staff_1_the_contracts_page_holds_what_support_asks_for(agent, cast, paul_id):
    ref = cast.order()
    page = agent.get(f"/staff/contracts/{REF}")
    told = "allowed; the person and the referent are told by mail"
    for shown in ("HONEY1655", "Flexible Engine", "Paul DUPONT", ref, told):
        assert shown in page.words
    assert agent.get("/staff/contracts/OCB9999999").status == 404
