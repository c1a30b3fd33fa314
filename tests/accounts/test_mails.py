"""Every mail of the guide, in both languages, text and HTML (MAIL)."""

from __future__ import annotations

import inspect
import pkgutil
import re
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import ClassVar

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import (
    AccessRequest,
    CodePurpose,
    Contract,
    LinkPurpose,
    Mail,
    MailedCode,
    Membership,
    Order,
    OrderStatus,
    Passkey,
    Visit,
    now,
)
from selfcare.services.mail import composing, kinds, links, outbox
from selfcare.services.mail import samples as mail_samples
from selfcare.services.orders import fulfilment
from tests.cast import account_of

NAMES = mail_samples.names()
OF_THE_GUIDE = {
    "access",
    "set_password",
    "password_changed",
    "forgotten_login",
    "order_placed",
    "console_access",
    "portal_access",
    "email_change",
    "email_change_notice",
    "failed_sign_ins",
}

MODULES = {
    f"{kinds.__name__}.{module.name}"
    for module in pkgutil.iter_modules(kinds.__path__)
    if module.name != "facts"
}
TO_OPERATORS = {"order_to_do"}  # nobody's account, so nobody's name


@pytest.mark.once
def test_mail_every_mail_of_the_guide_is_there():
    assert set(NAMES) >= OF_THE_GUIDE


@pytest.mark.once
class TestKinds:
    """A folder of templates and a function belong together."""

    KINDS: ClassVar[dict[str, FunctionType]] = {
        name: kind
        for module in map(import_module, MODULES)
        for name, kind in vars(module).items()
        if isinstance(kind, FunctionType) and kind.__module__ == module.__name__
    }

    def test_mail_every_folder_has_its_function_and_every_function_its_folder(self):
        assert set(self.KINDS) == set(NAMES)

    def test_mail_nobody_else_writes_one(self):
        package = Path(outbox.__file__).parents[2]
        writers = {
            f"{kinds.__name__}.{path.stem}"
            for path in package.rglob("*.py")
            if re.search(r"\boutbox\.write(_many|_to_operators)?\(", path.read_text())
        }
        assert writers == MODULES

    @pytest.mark.parametrize("name", NAMES)
    def test_mail_its_function_gives_what_its_templates_are_previewed_with(
        self, app, cast, setting, name
    ):
        setting(operator_emails="ops@example.com")
        cast.member("paul.dupont")
        order_ref = cast.order()
        with app.app_context():
            paul = account_of("paul.dupont")
            order = db.session.execute(select(Order).filter_by(ref=order_ref)).scalar_one()
            contract = db.session.execute(select(Contract)).scalar_one()
            wish = AccessRequest(
                id=1, membership_id=1, section="orders", profile="visitor", asked_at=now()
            )
            given: dict[str, object] = {
                "account": paul,
                "by": paul,
                "names": {paul: "paul.dupont"},
                "owner": paul,
                "contract": contract,
                "link": links.create(paul, LinkPurpose.SET_PASSWORD),
                "code": MailedCode(id=1, purpose=CodePurpose.ACCESS_KEY, nonce="x"),
                "referent": paul,
                "wanted": wish,
                "declined": wish,
                "asked_at": now(),
                "ending": {paul: []},
                "open_to": [paul],
                "ends_at": now(),
                "last_day": now().date(),
                "manager": paul,
                "membership": Membership(id=1),
                "passkey": Passkey(name="phone"),
                "told": fulfilment.told(order),
                "status": OrderStatus.COMPLETED,
                "changes": [["orders", "none", "visitor"]],
                "visited": paul,
                "visit": Visit(
                    account=paul,
                    contract=contract,
                    reason="The page stays empty",
                    ticket="INC-2041",
                    expires_at=now(),
                ),
            }
            asked = inspect.signature(self.KINDS[name]).parameters
            many = [key for key, one in asked.items() if one.kind is one.VAR_POSITIONAL]
            named = {key: given.get(key, "x") for key in asked if key not in many}
            written = self.KINDS[name](*(paul for _ in many), **named)
            [row] = written if isinstance(written, list) else [written]
            assert row.name == name
            made = {"link": "link_id", "code": "code_id"}
            sample = {made.get(key, key) for key in mail_samples.values(name)}
            assert row.context.keys() == sample


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("locale", ["fr", "en"])
def test_mail_says_the_same_in_text_and_html(app: Flask, name, locale):
    with app.app_context():
        built = mail_samples.built(name, locale)
    text = str(built.body)
    html = BeautifulSoup(str(built.html), "html.parser")
    assert html.html
    assert html.html["lang"] == locale
    assert built.subject
    assert "\n" not in built.subject
    for forbidden in ("{{", "{%", "%(", "None", "Undefined"):
        assert forbidden not in text + str(built.html) + built.subject
    assert not html.select("img, script, form, link")
    shown = " ".join(html.get_text(" ").split())
    greeting = "Bonjour Paul DUPONT" if locale == "fr" else "Hello Paul DUPONT"
    assert (greeting in shown) == (greeting in text) == (name not in TO_OPERATORS)
    links = set(re.findall(r"https?://[^\s<]+", text))
    assert {str(a["href"]) for a in html.select("a[href^=http]")} <= links


@pytest.mark.parametrize("name", NAMES)
def test_mail_has_one_button_folds_and_knows_the_dark(app: Flask, name):
    with app.app_context():
        built = mail_samples.built(name, "fr")
    html = BeautifulSoup(str(built.html), "html.parser")
    assert len(html.select(".button")) == (name not in {"api_code", "email_changed", "order_to_do"})
    assert html.select_one("meta[name=viewport]")
    assert html.select("meta[name=color-scheme][content='light dark']")
    assert "prefers-color-scheme:dark" in str(built.html)
    grey = [tag for tag in html.select("[style*='#5a6675']") if "soft" not in tag["class"]]
    assert grey == [], "they would stay grey on dark"
    assert [table for table in html.select("table") if "facts" not in table["class"]] == []
    assert "\n\n\n" not in str(built.body)


@pytest.mark.parametrize(
    ("status", "subject", "said"),
    [
        ("in_progress", "Commande HONEY1655-1710-008 en cours", "est en cours"),
        ("completed", "Commande HONEY1655-1710-008 terminée", "débute le 1er novembre 2017."),
        ("cancelled", "Commande HONEY1655-1710-008 annulée", "est annulée."),
    ],
)
def test_services_4_a_move_is_told_in_the_subject_and_as_a_sentence(
    app: Flask, status, subject, said
):
    values = {**mail_samples.values("order_moved"), "status": status}
    row = Mail(name="order_moved", recipient="a@example.com", locale="fr", context=values)
    with app.app_context():
        built = composing.rendered(row, None)
    assert built.subject == subject
    first = str(built.body).strip().splitlines()[0]
    assert first.startswith("Votre commande HONEY1655-1710-008")
    assert said in first


@pytest.mark.parametrize("name", NAMES)
def test_mail_is_translated(app: Flask, name):
    with app.app_context():
        french, english = (mail_samples.built(name, locale) for locale in ("fr", "en"))
    assert french.subject != english.subject
    assert " :" not in str(english.body)
    first = [set(str(mail.body).splitlines()[2:4]) for mail in (french, english)]
    assert not first[0] & first[1] - {""}


def test_mail_previews_exist_in_the_demonstration(another_app):
    client = another_app(demo=True).test_client()
    page = client.get("/staff/mails/preview/", base_url="http://portal.test/")
    assert page.status_code == 200
    soup = BeautifulSoup(page.text, "html.parser")
    paths = [str(a["href"]) for a in soup.select("main a")]
    assert len(paths) == 4 * len(NAMES)
    for path in paths[:8]:
        answer = client.get(path, base_url="http://portal.test/")
        assert answer.status_code == 200
        policy = answer.headers["Content-Security-Policy"]
        assert "script" not in policy or path.endswith(".txt")
        assert "default-src 'none'" in policy


def test_mail_previews_exist_nowhere_else(browse):
    assert browse.get("/staff/mails/preview/").status == 404
    assert browse.get("/staff/mails/preview/access.fr.html").status == 404
