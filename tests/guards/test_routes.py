"""Every route has a right, and the right is the table's."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from selfcare.database import db
from selfcare.models import Account, Membership, Removal, UnknownAccount
from selfcare.rights import OFFERS, OPENS, RULES, Profile, Section
from selfcare.web.access import Requirement
from selfcare.web.templating import MENU_ENDPOINTS
from tests.cast import NOTHING

REF = "OCB0000124"
WITHOUT_KEY = {  # public pages that show nothing to whoever comes without the link or password
    "auth.code": 303,
    "staff.code": 303,
    "auth.passkey": 404,  # the tests' portal is not on https
    "notifications.stop": 404,
    "recovery.open_link": 303,
    "recovery.set_password": 410,
    "recovery.confirm_email": 410,
    "site.security": 404,  # no contact is set
    "site.favicon": 302,
    "site.change_password": 302,  # leads to a page that asks to sign in
    "captcha.picture": 404,
    "captcha.sound": 404,
    "staff_mails.index": 404,  # no demonstration
    "staff_mails.one": 404,
    "doors.checking": 303,
    **{f"api_password.{page}": 303 for page in ("new", "captcha", "sending", "finish")},
    "oauth.authorize": 400,
    "oauth.proceed": 410,
    "oauth_tokens.userinfo": 401,
    "oauth_ending.end": 303,
}
CALLED_BY_CLIENTS = {  # no session, so no form token: clients prove themselves otherwise
    "oauth.authorize",  # only asked again, by GET
    "oauth_ending.end",  # likewise
    "notifications.stop",  # a mail program's request; the address is signed (RFC 8058)
    *("oauth_tokens.device", "oauth_tokens.introspect", "oauth_tokens.revoke"),
    *("oauth_tokens.token", "oauth_tokens.userinfo"),
}
ANSWERED_BY_GET = {"oauth.authorize", "oauth_ending.end", "oauth_tokens.userinfo"}
"""OpenID Connect lets clients choose the method."""
SHOWN_BY_GET = {
    "notifications.index",
    "notifications.stop",  # forms: GET shows, POST does
    *("auth.login", "auth.code", "auth.passkey"),
    *("recovery.forgotten_password", "recovery.forgotten_login"),
    *("recovery.set_password", "recovery.confirm_email"),
    "profile.password",
    "profile.edit",
    "staff_audit.index",
    *("security.new_passkey", "security.remove_passkey", "security.end_sign_in"),
    *("two_factor.index", "two_factor.set_up", "two_factor.new_codes", "two_factor.turn_off"),
    "ordering.form",
    "ordering.summary",
    "users.roles",
    "users.remove",
    "users_console.roles",
    "users_unknown.delete",
    "users_wizard.new",
    "users_wizard.new_console_user",
    "users_wizard.person",
    "users_wizard.roles",
    "users_wizard.summary",
    "users_imports.index",
    "users_imports.loaded",
    "oauth_devices.index",
    "doors.web_login",
    "doors.api_login",
    "api_password.confirm",
    "api_password.new",
    "api_password.captcha",
    *("credentials_keys.new_key", "credentials_keys.new_application", "credentials_keys.change"),
    *("staff.login", "staff.code", "staff.second_factor"),
    *("staff_notes.of_person", "staff_notes.of_contract"),
    *("staff_visits.new", "staff_visits.invited"),
}


OF_WHAT_THEY_SEE = {"ordering.summary", "again.order", "again.renewal"}
"""What they name must be seen, too: one's own draft, an order or subscription one may read."""

OF_THE_REFERENT = {"support_visits.policy"}
"""What takes the referent besides an ability."""


def right_of(app: Flask, rule: Rule) -> Requirement:
    right = getattr(app.view_functions[rule.endpoint], "right", None)
    assert isinstance(right, Requirement), f"{rule.endpoint}: declare requires, signed_in or public"
    return right


def rules(app: Flask, method: str) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]


@pytest.fixture
def address(app: Flask, cast, papers):
    """The address of a rule, its arguments those of things that exist."""
    cast.service("reservation")
    ref = cast.subscription()
    things = {"ref": REF, "order_ref": ref, "sub_ref": ref, "slug": "reservation", **papers}
    things |= {"token": "none", "name": "none", "locale": "fr", "kind": "html"}
    things |= {"sign_in_id": "1", "passkey_id": "1", "contract_ref": REF}
    things |= {"flow": "v3websso", "file": "clouds.yaml", "year": "2017"}
    things |= users_things(cast)

    def of(rule: Rule, number: int | None = None) -> str:
        unknown = rule.arguments - things.keys()
        assert not unknown, f"{rule}: say here what {unknown} may be"
        if number is not None:
            pattern = re.sub(r"<int:\w+>", str(number), rule.rule)
            return re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda found: str(things[found[1]]), pattern)
        with app.test_request_context():
            built = rule.build({name: things[name] for name in rule.arguments})
        assert built
        return str(built[1])

    return of


def users_things(cast) -> dict[str, object]:
    """A console user, a removal; drafts and imports are their owner's alone: none is theirs."""
    cast.member("marie.dupont", console_roles=["guest"])
    with cast.app.app_context():
        membership = db.session.execute(
            select(Membership).join(Membership.account).where(Account.login == "marie.dupont")
        ).scalar_one()
        removal = Removal(
            membership_id=0,
            contract_id=membership.contract_id,
            login="gone.dupont",
            full_name="Gone DUPONT",
            removed_by="paul.dupont",
        )
        unknown = UnknownAccount(
            contract_id=membership.contract_id, key="1", username="made.there", groups=["guest"]
        )
        db.session.add_all([removal, unknown])
        db.session.commit()
        nobodys = ("visit_id", "mail_id", "note_id", "draft_id", "import_id", "request_id")
        return dict.fromkeys(nobodys, 0) | {
            "membership_id": membership.id,
            "removal_id": removal.id,
            "account_id": membership.account_id,
            "kind": "new",
            "credential_id": 0,
            "unknown_id": unknown.id,
            "action": "delete",
            "mark": "none",
        }


OWN = {"draft_id", "import_id", "credential_id", "mark", "visit_id"}
"""Arguments that name something of one person's only: 404 for everybody else."""


def test_safe_every_route_declares_its_right(app):
    for rule in app.url_map.iter_rules():
        right = right_of(app, rule)
        below_staff = rule.rule.startswith("/staff") and not right.public
        of_door = rule.endpoint.startswith("staff.")
        assert bool(right.staff) is (below_staff and not of_door), rule
        if right.ability:
            assert "ref" in rule.arguments, f"{rule}: an ability belongs to a contract"
        else:
            assert "ref" not in rule.arguments, f"{rule}: which ability on the contract?"


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
def test_safe_a_number_no_row_can_have_is_404(app, address, browse_as, number):
    paul = browse_as("paul.dupont")
    odd = [address(rule, number) for rule in rules(app, "GET") if "<int:" in rule.rule]
    assert odd
    assert [path for path in odd if paul.get(path).status != 404] == []


def test_safe_every_public_route_has_a_reason(app):
    public = {r.endpoint: right_of(app, r).public for r in app.url_map.iter_rules()}
    for endpoint, reason in public.items():
        assert not reason or len(reason.split()) >= 3, f"{endpoint}: “{reason}” is not a reason"
    assert {e for e, reason in public.items() if reason} == {
        "auth.login",
        "auth.code",
        "auth.passkey",
        "recovery.forgotten_password",
        "recovery.password_asked",
        "recovery.forgotten_login",
        "recovery.login_asked",
        "notifications.stop",
        "recovery.open_link",
        "recovery.set_password",
        "recovery.password_level",
        "recovery.confirm_email",
        "captcha.picture",
        "captcha.sound",
        "staff_mails.index",
        "staff_mails.one",
        *("staff.login", "staff.code", "staff.language"),
        *("account.language", "site.theme", "staff.theme"),
        "site.accessibility",
        "site.robots",
        "site.security",
        "site.favicon",
        "site.change_password",
        "site.legal",
        "api_password.confirm",
        "api_password.new",
        "api_password.captcha",
        "api_password.code",
        "api_password.sending",
        "api_password.finish",
        "health.healthz",
        "health.readyz",
        "doors.web_login",
        "doors.forgotten",
        "doors.api_login",
        "doors.checking",
        "doors.end_api_login",
        "oauth.authorize",
        "oauth.proceed",
        "oauth_tokens.discovery",
        "oauth_tokens.jwks",
        "oauth_tokens.token",
        "oauth_tokens.userinfo",
        "oauth_tokens.revoke",
        "oauth_tokens.device",
        "oauth_tokens.introspect",
        "oauth_ending.end",
        "oauth_ending.confirmed",
        "oauth_ending.done",
    }, "a page more or less for everybody: is it meant?"


def test_safe_nobody_reads_anything_before_signing_in(app, browse, address):
    for rule in rules(app, "GET"):
        page = browse.get(address(rule))
        if right_of(app, rule).public:
            assert page.status == WITHOUT_KEY.get(rule.endpoint, 200), rule
        else:
            assert page.status == 303, rule
            door = "/staff/login" if rule.rule.startswith("/staff") else "/login"
            assert page.location.startswith(door), rule


def test_safe_every_form_needs_its_token(app, browse_as, address):
    for rule in rules(app, "POST"):
        if rule.endpoint in CALLED_BY_CLIENTS:
            continue
        path = address(rule)
        assert browse_as("paul.dupont").post(path, token=False).status == 400, rule


def test_safe_no_route_changes_things_by_get(app):
    for rule in rules(app, "POST"):
        both = {"GET", "POST"} <= (rule.methods or set())
        known = SHOWN_BY_GET | ANSWERED_BY_GET
        assert not both or rule.endpoint in known, f"{rule}: its GET must only show"


@pytest.mark.parametrize("roles", [[], ["guest"]])
@pytest.mark.parametrize(
    ("section", "profile"),
    [(section, profile) for section in Section for profile in OFFERS[section].profiles],
)
def test_rights_every_route_answers_as_the_table_says(
    app, cast, browse_as, address, section, profile, roles
):
    cast.member("sophie.dupont", rights={section: profile}, console_roles=roles or None)
    sophie = browse_as("sophie.dupont")
    profiles = NOTHING | {section: profile}
    seen = 0
    for rule in rules(app, "GET"):
        ability = right_of(app, rule).ability
        if ability is None:
            continue
        wanted = RULES[ability]
        allowed = (
            bool(roles) if wanted.console_user else profiles[wanted.section] in wanted.profiles
        )
        page = sophie.get(address(rule))
        found = 404 if OWN & rule.arguments or rule.endpoint in OF_WHAT_THEY_SEE else 200
        if rule.endpoint == "users.index" and profile == Profile.CONSOLE_MANAGER:
            found = 303  # to the tab that is theirs
        assert page.status == (found if allowed else 403), (rule, profiles, roles)
        seen += 1
    assert seen >= 8


def test_rights_every_form_answers_as_the_table_says(app, cast, browse_as, address):
    """Each profile of the section that the table names; a console role where it names that."""
    asked = [(rule, right_of(app, rule).ability) for rule in rules(app, "POST")]
    forms = [(rule, RULES[ability]) for rule, ability in asked if ability]
    sophie = browse_as(cast.member("sophie.dupont"))
    token = {"csrf_token": sophie.get("/legal").csrf()}

    def opens(rule: Rule) -> bool:
        return sophie.post(address(rule), token).status != 403

    for section in Section:
        for profile in OFFERS[section].profiles:
            cast.member("sophie.dupont", rights={section: profile})
            for rule, wanted in forms:
                if wanted.section is section:
                    allowed = profile in wanted.profiles and rule.endpoint not in OF_THE_REFERENT
                    assert opens(rule) is allowed, (rule, section, profile)
    cast.member("sophie.dupont", console_roles=["guest"])
    of_console = [rule for rule, wanted in forms if wanted.console_user]
    assert of_console
    assert [rule for rule in of_console if not opens(rule)] == []


def test_rights_strangers_get_404_everywhere_on_a_contract(app, cast, browse_as, address):
    cast.member("autre.client", ref="OCB0000777", referent=True, console_roles=["admin"])
    stranger = browse_as("autre.client")
    for rule in rules(app, "GET"):
        if "ref" in rule.arguments:
            assert stranger.get(address(rule)).status == 404, rule


@pytest.mark.parametrize("profile_of", [lambda offer: offer.new, lambda offer: offer.referent])
def test_rights_the_menu_holds_what_may_be_opened_and_nothing_else(cast, browse_as, profile_of):
    profiles = {section: profile_of(offer) for section, offer in OFFERS.items()}
    cast.member("sophie.dupont", rights=profiles)
    sophie = browse_as("sophie.dupont")
    links = sophie.get(f"/contracts/{REF}/").all("nav[aria-label='Sections of the contract'] a")
    wanted = [
        section
        for section in Section
        if profiles[section] in RULES[OPENS[section]].profiles and section in MENU_ENDPOINTS
    ]
    assert [str(link["href"]) for link in links] == [
        f"/contracts/{REF}/" + {"contract": ""}.get(section, str(section)) for section in wanted
    ]
    for link in links:
        assert sophie.get(str(link["href"])).status == 200
