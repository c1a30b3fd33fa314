"""Roles that change: whose they are to change, who is told, what is kept (USERS-5, STAFF-4)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import AuditEntry, Membership
from selfcare.rights import Profile, profiles_of_referent
from selfcare.services.users import accepting, drafts, members
from selfcare.services.users.refusals import ReferentsOwn
from selfcare.services.users.roles import Roles
from tests.cast import account_of
from tests.wizard import REF, USERS, roles

MANAGER, VISITOR, CONSOLE_MANAGER = Profile.MANAGER, Profile.VISITOR, Profile.CONSOLE_MANAGER
REFERENT = {str(section): str(profile) for section, profile in profiles_of_referent().items()}
OWN = "Only the referent and customer support can change"


@pytest.fixture(autouse=True)
def paul_has_the_console(cast):
    cast.referent(console_roles=["admin"])


@pytest.fixture
def jacques(cast, paul, browse_as):
    cast.member("jacques.dupont", users=MANAGER)
    return browse_as("jacques.dupont")


def change(browser, membership_id, sent):
    step = browser.post(f"{USERS}/{membership_id}/roles", sent)
    return browser.post(step.location, {"step": "finish"})


def entries(app, action):
    with app.app_context():
        found = select(AuditEntry.details).filter_by(action=action).order_by(AuditEntry.id)
        return [details["roles"] for details in db.session.execute(found).scalars()]


class TestReferent:
    @pytest.mark.parametrize("tab", ["", "/console"])
    def test_users_5_another_manager_cannot_change_the_referent_s_roles(
        self, app, jacques, paul, id_of, tab
    ):
        path = f"{USERS}{tab}/{id_of('paul.dupont')}/roles"
        sent = {**REFERENT, "orders": "none", "console": ["guest"]}
        for answer in (jacques.get(path), jacques.post(path, sent)):
            assert answer.location == f"{USERS}{tab}"
        assert OWN in jacques.get(f"{USERS}{tab}").words
        assert paul.get(f"/contracts/{REF}/orders").status == 200
        assert entries(app, "user.changed") == []

    def test_users_5_a_console_manager_neither(self, cast, paul, browse_as, id_of):
        cast.member("pierre.dupont", users=CONSOLE_MANAGER)
        pierre = browse_as("pierre.dupont")
        path = f"{USERS}/console/{id_of('paul.dupont')}"
        assert not pierre.get(path).all("a[href$=roles]")
        assert OWN in pierre.get(path).words
        assert pierre.post(f"{path}/roles", {"console": ["guest"]}).location == f"{USERS}/console"

    def test_users_5_pages_offer_no_such_change_and_say_why(self, jacques, paul, id_of):
        path = f"{USERS}/{id_of('paul.dupont')}"
        assert OWN in jacques.get(path).words
        assert not jacques.get(path).all("a[href$=roles]")
        assert not jacques.get(USERS).all(f"a[href='{path}/roles']")
        assert OWN not in paul.get(path).words
        assert paul.get(USERS).all(f"a[href='{path}/roles']")

    def test_users_5_the_referent_changes_them(self, jacques, paul, id_of):
        given = {**REFERENT, "orders": "none"}
        assert change(paul, id_of("paul.dupont"), {**given, "console": ["admin"]}).location == USERS
        assert paul.get(f"/contracts/{REF}/orders").status == 403

    def test_users_5_a_change_begun_before_is_refused_at_its_end(self, app, jacques, paul, id_of):
        with app.app_context():
            membership = db.session.get_one(Membership, id_of("paul.dupont"))
            seen = members.roles_of(membership)
            less = Roles({**seen.profiles}, ())
            draft = drafts.begin_change(
                account_of("jacques.dupont"), membership, less, seen=seen, console_only=False
            )
            db.session.commit()
            draft_id = draft.id
        page = jacques.post(f"{USERS}/change/{draft_id}/summary", {"step": "finish"})
        assert page.status == 422
        assert OWN in page.words

    def test_users_8_what_the_console_says_of_the_referent_is_the_referent_s_to_accept(
        self, app, jacques, paul, id_of
    ):
        with app.app_context():
            membership = db.session.get_one(Membership, id_of("paul.dupont"))
            access = members.access_of(membership)
            assert access
            with pytest.raises(ReferentsOwn):
                accepting.accept(access, "", by=account_of("jacques.dupont"))
            with pytest.raises(accepting.Outdated):
                accepting.accept(access, "", by=account_of("paul.dupont"))


class TestNotice:
    def test_users_5_a_person_whose_rights_change_is_told_what_and_by_whom(
        self, cast, paul, id_of, mailbox
    ):
        cast.member("martin.dupont", invoices=MANAGER)
        given = roles(("guest", "admin"), contract="visitor", dashboard="none", orders="visitor")
        change(paul, id_of("martin.dupont"), given)
        assert mailbox.last(to="martin.dupont")["Subject"] == (
            f"Your rights on the contract {REF} have changed"
        )
        text = mailbox.text(to="martin.dupont")
        assert "Paul DUPONT has changed your rights" in text
        assert "Orders: No access → Visitor" in text
        assert "Invoices: Manager → No access" in text
        assert "Technical console: No access → admin guest" in text
        assert "Support" not in text.partition("See the contract")[0]

    def test_users_5_in_french_in_the_addressee_s_language(self, cast, paul, id_of, mailbox):
        cast.account("martin.dupont", locale="fr")
        cast.member("martin.dupont")
        change(paul, id_of("martin.dupont"), roles(contract="visitor", orders="visitor"))
        assert "Paul DUPONT a modifié vos droits" in mailbox.text(to="martin.dupont")
        text = mailbox.text(to="martin.dupont").replace("\u00a0", " ")
        assert "Commandes : Aucun accès → Visiteur" in text

    def test_users_5_nothing_changed_nothing_said(self, app, cast, paul, id_of, mailbox):
        cast.member("martin.dupont", dashboard=VISITOR)
        change(paul, id_of("martin.dupont"), roles(contract="visitor"))
        assert mailbox.all() == []
        assert entries(app, "user.changed") == []


def test_staff_4_the_log_holds_what_roles_were_and_became(app, cast, paul, id_of):
    cast.member("martin.dupont", invoices=MANAGER)
    given = roles(("guest",), contract="visitor", dashboard="none", orders="visitor")
    martin = id_of("martin.dupont")
    change(paul, martin, given)
    assert entries(app, "user.changed") == [
        [["orders", "none", "visitor"], ["invoices", "manager", "none"], ["console", "", "guest"]]
    ]
    activity = paul.get("/account/activity").words
    assert "roles: Orders: No access → Visitor, Invoices: Manager → No access" in activity
    paul.post(f"{USERS}/{martin}/remove")
    [taken] = entries(app, "user.removed")
    assert ["orders", "visitor", "none"] in taken
    assert ["console", "guest", ""] in taken


class TestOperator:
    def test_users_5_an_operator_changes_the_referent_s_roles(self, app, paul, mailbox):
        run = app.test_cli_runner().invoke
        command = ["contracts", "roles", REF, "paul.dupont"]
        done = run(args=[*command, "orders=none", "console=guest"])
        assert done.exit_code == 0, done.output
        assert paul.get(f"/contracts/{REF}/orders").status == 403
        assert entries(app, "user.changed") == [
            [["orders", "visitor", "none"], ["console", "admin", "guest"]]
        ]
        assert "Customer support has changed your rights" in mailbox.text(to="paul.dupont")

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            (["users=none"], "referent of the contract cannot be removed"),
            (["orders=manager"], "orders: manager is not offered there"),
            (["shop=manager"], "'shop' is not a valid Section"),
            (["console=boss"], "no such console role: boss"),
        ],
    )
    def test_users_5_an_operator_is_held_to_the_table_too(self, app, paul, changes, said):
        done = app.test_cli_runner().invoke(
            args=["contracts", "roles", REF, "paul.dupont", *changes]
        )
        assert done.exit_code == 1
        assert said in done.output
        assert entries(app, "user.changed") == []
