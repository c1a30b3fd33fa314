"""Whatever a page of a list shows is in its ETag: a 304 hides nothing that changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from jinja2 import meta, nodes
from sqlalchemy import select

from selfcare.config import ROOT
from selfcare.database import db
from selfcare.language import templates
from selfcare.models import Account, ConsoleAccess, Contract, Membership, Offer
from selfcare.rights import Profile, Section
from tests.browsing import Browser

CONTRACT = "/contracts/OCB0000124"
LISTS = {
    f"{CONTRACT}/orders": "orders",
    f"{CONTRACT}/subscriptions": "subscriptions",
    f"{CONTRACT}/invoices": "invoices",
    f"{CONTRACT}/invoices/usage": "invoices/usage",
    f"{CONTRACT}/users": "users",
    f"{CONTRACT}/users/console": "users/console",
    "/account/orders": "account/orders",
    "/account/subscriptions": "account/subscriptions",
    "/account/contracts": "account/contracts",
    "/account/activity": "account/activity",
}
OF_STAFF = {"staff/audit"}
"""Every page whose ETag is worked out before it is rendered, and its templates' folder."""

FROM_THE_KEY = {"list", "part", "me", "place", "section", "chrome", "csrf", "locale", "may"}
"""What their templates read that may change: in the key with all that it tells (`_looks`)."""
HANDED_OVER = {"ending", "console", "kept_section", "others", "requests", "due", "spends", "years"}
"""What views hand to `list_page`, which puts it into the key."""
ALWAYS_THE_SAME = {
    *("Ability", "Section", "_", "asset", "contract_url", "drift_of", "gettext", "htmx_config"),
    *("languages", "menu_endpoints", "ngettext", "settings", "subscription_status", "url_for"),
    *("wording", "pgettext", "npgettext"),
    "visit",  # pages of a visit have no ETag
}
BY_THE_DAY = {"today"}
NEVER_GIVEN_HERE = {"labelled_by", "last_heading"}
"""What a page with several lists gives the parts they share."""
WITHOUT_AN_ETAG = {"get_flashed_messages"}
"""A page that shows a notice has none (a test below)."""


@pytest.fixture(autouse=True)
def people(cast):
    manager = dict.fromkeys(("users", "invoices"), Profile.MANAGER)
    manager["orders"] = Profile.VISITOR
    cast.member("paul.dupont", console_roles=["admin"], subscriptions=Profile.VISITOR, **manager)
    cast.subscription()


def test_fast_every_list_page_is_known_here(app: Flask):
    pages = ROOT / "selfcare" / "templates"
    found = {str(path.parent.relative_to(pages)) for path in pages.rglob("_list.html")}
    assert found == {*LISTS.values(), *OF_STAFF}


@pytest.mark.parametrize("folder", [*LISTS.values(), *OF_STAFF])
def test_fast_all_that_a_list_s_templates_read_is_in_its_key(app: Flask, folder: str):
    read, made = set(), set()
    for name in _with_all_it_takes_in(app, f"{folder}/index.html", f"{folder}/_list.html"):
        tree = _parsed(app, name)
        read |= meta.find_undeclared_variables(tree)
        made |= _named(tree)
    known = FROM_THE_KEY | HANDED_OVER | ALWAYS_THE_SAME | BY_THE_DAY | WITHOUT_AN_ETAG
    assert not read - made - known - NEVER_GIVEN_HERE


def test_fast_all_that_header_and_footer_read_is_in_theirs(app: Flask):
    """They are rendered once for each `chrome_key`."""
    read: set[str] = set()
    for name in ("header", "header_public", "header_staff", "footer"):
        tree = _parsed(app, f"components/{name}.html")
        read |= {path for node in tree.find_all(nodes.Getattr) if (path := _path(node))}
    assert {path for path in read if path.startswith(("me.", "place."))} == {
        "me.full_name",
        "me.has_find_key",
        "me.is_staff",
        "place.contract",
        "place.contract.name",
        "place.contract.offer",
        "place.contract.offer.name",
        "place.contract.ref",
        "place.rights",
        "place.rights.sections",
    }


def rename() -> None:
    db.session.execute(select(Account)).scalars().one().last_name = "DURAND"


def change_the_contract() -> None:
    db.session.execute(select(Contract)).scalars().one().platform_id = "another"


def change_the_offer() -> None:
    db.session.execute(select(Offer)).scalars().one().document_space_url = "https://x.example/"


def take_a_right() -> None:
    """One that no section of the menu depends on."""
    member = db.session.execute(select(Membership)).scalars().one()
    member.profiles = {**member.profiles, Section.CONTRACT: Profile.MANAGER}


def make_referent() -> None:
    db.session.execute(select(Membership)).scalars().one().is_referent = True


def take_console_roles() -> None:
    db.session.execute(select(ConsoleAccess)).scalars().one().wanted_groups = ["readonly"]


def speak_french() -> None:
    db.session.execute(select(Account)).scalars().one().locale = "fr"


OF_ANYBODY = [rename, speak_french]
OF_A_PLACE = [
    *(change_the_contract, change_the_offer, take_a_right, make_referent, take_console_roles),
]


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (path, change)
        for path in LISTS
        for change in OF_ANYBODY + (OF_A_PLACE if path.startswith("/contracts") else [])
    ],
)
def test_rights_a_304_hides_no_change_of(app, browse_as, path, change):
    paul = browse_as("paul.dupont")
    etag = paul.get(path).headers["ETag"]
    assert paul.get(path, **{"If-None-Match": etag}).status == 304
    with app.app_context():
        change()
        db.session.commit()
    assert paul.get(path, **{"If-None-Match": etag}).status == 200


def test_rights_a_304_does_not_keep_the_buttons_of_a_right_taken_back(app, browse_as):
    paul, path = browse_as("paul.dupont"), f"{CONTRACT}/users"
    page = paul.get(path)
    assert page.all(f'main a[href="{CONTRACT}/users/new"]')
    with app.app_context():
        member = db.session.execute(select(Membership)).scalars().one()
        member.profiles = {**member.profiles, Section.USERS: Profile.VISITOR}
        db.session.commit()
    page = paul.get(path, **{"If-None-Match": page.headers["ETag"]})
    assert page.status == 200
    assert not page.all(f'main a[href="{CONTRACT}/users/new"]')


@pytest.mark.parametrize("path", LISTS)
def test_rights_a_304_hides_no_change_of_the_day(browse_as, path):
    """Subscriptions begin and end with the day."""
    with time_machine.travel("2026-11-22T22:59:00Z", tick=False) as clock:
        paul = browse_as("paul.dupont")
        etag = paul.get(path).headers["ETag"]
        clock.move_to("2026-11-22T23:01:00Z")  # the next day in Paris
        assert paul.get(path, **{"If-None-Match": etag}).status == 200


@pytest.mark.parametrize("path", LISTS)
def test_rights_a_304_hides_no_notice(browse_as, path):
    paul = browse_as("paul.dupont")
    etag = paul.get(path).headers["ETag"]
    with paul.client.session_transaction(base_url="http://portal.test/") as session:
        session["_flashes"] = [("message", "Done.")]
    page = paul.get(path, **{"If-None-Match": etag})
    assert page.status == 200
    assert "Done." in page.words
    again = paul.get(path, **{"If-None-Match": page.headers.get("ETag", "")})
    assert again.status == 200
    assert "Done." not in again.words


@pytest.mark.parametrize("path", LISTS)
def test_rights_a_304_hides_no_change_of_the_brand(another_app, browse_as, path):
    paul = browse_as("paul.dupont")
    etag = paul.get(path).headers["ETag"]
    other = Browser(another_app(brand_name="Other Cloud")).sign_in_as("paul.dupont")
    assert other.get(path, **{"If-None-Match": etag}).status == 200


def _with_all_it_takes_in(app: Flask, *names: str) -> Iterator[str]:
    """Templates, and those they extend, include and import."""
    waiting, seen = list(names), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        yield name
        waiting += [found for found in meta.find_referenced_templates(_parsed(app, name)) if found]


def _parsed(app: Flask, name: str) -> nodes.Template:
    with app.app_context():
        environment = templates.environment("en")
    assert environment.loader
    source, _, _ = environment.loader.get_source(environment, name)
    return environment.parse(source)


def _named(tree: nodes.Template) -> set[str]:
    """What a template makes itself: variables, macros, what it imports."""
    names = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "store"}
    names |= {node.name for node in tree.find_all(nodes.Macro)}
    names |= {node.target for node in tree.find_all(nodes.Import)}
    for node in tree.find_all(nodes.FromImport):
        names |= {name if isinstance(name, str) else name[1] for name in node.names}
    return names


def _path(node: nodes.Node) -> str | None:
    """`me.full_name` for what reads it."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr) and (before := _path(node.node)):
        return f"{before}.{node.attr}"
    return None
