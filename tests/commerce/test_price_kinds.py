"""SERVICES-2, SERVICES-3: what the catalogue may ask for, from the file to the order."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from flask_wtf import FlaskForm
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Mail
from selfcare.services.catalogue.rules import TAKEN
from selfcare.services.mail import composing
from tests.commerce.test_ordering import confirm, orders, to_summary

HEAD = """
slug = "backup"
code = "AD140"
category = "backup"
price_kind = "{kind}"
from_price = 9.90
{fr}
{en}
"""
WORDS = """
[{language}]
family = "INFRASTRUCTURE"
category = "Backup"
name = "Backup {language}"
summary = "Each night."
"""
SIZE = """
[[field]]
name = "size"
kind = "choice"
fr = { label = "Volume" }
en = { label = "Volume" }
option = [
    { value = "100", fr = "100 Go", en = "100 GB" },
    { value = "500", fr = "500 Go", en = "500 GB" },
]
"""
BY_SIZE = (
    SIZE
    + """
[prices]
by = ["size"]
row = [["100", 9.90], ["500", 39.90, 50.00]]
"""
)
FORM = "/contracts/OCB0000124/services/backup/order"


def a_file(kind: str, rest: str) -> str:
    words = {language: WORDS.format(language=language) for language in ("fr", "en")}
    return HEAD.format(kind=kind, **words) + rest


@pytest.fixture
def sell(shop, flask, tmp_path):
    """Load a service: what the command said."""

    def load(kind: str, rest: str) -> tuple[str, int]:
        (tmp_path / "backup.toml").write_text(a_file(kind, rest))
        return flask("catalogue", "load", str(tmp_path / "backup.toml"))

    return load


def test_services_2_a_service_that_starts_nothing_promises_no_date(sell, browse_as, app):
    assert sell("from_monthly", BY_SIZE)[1] == 0
    paul = browse_as("paul.dupont")
    page = paul.get(FORM)
    assert "€9.90 / month" in page.words
    assert "Start date" not in page.words
    summary = paul.post(FORM, {"size": "500", "step": "next"}).location
    shown = paul.get(summary)
    assert "500 GB" in shown.words
    assert "€50.00" in shown.words
    confirm(paul, summary)
    (order,) = orders(app)
    assert (order.price, order.upfront, order.price_kind) == (
        Decimal("39.90"),
        Decimal("50.00"),
        "monthly",
    )


def test_services_3_a_choice_is_told_in_the_words_it_was_made_in(sell, browse_as, app):
    sell("from_monthly", BY_SIZE)
    paul = browse_as("paul.dupont")
    page = confirm(paul, paul.post(FORM, {"size": "500", "step": "next"}).location)
    assert "500 GB" in paul.get(page.location).words
    with app.test_request_context():
        row = db.session.execute(select(Mail).where(Mail.name == "order_placed")).scalar_one()
        row.locale = "fr"
        message = composing.message(row)
    assert "Volume\xa0: 500 Go" in str(message.body)
    assert "500 Go" in str(message.html)


def test_services_3_one_price_for_all_needs_no_choice(sell, browse_as, app):
    assert sell("monthly", "[prices]\nrow = [[9.90]]\n")[1] == 0
    paul = browse_as("paul.dupont")
    assert "€9.90 / month" in paul.get(FORM).words
    confirm(paul, paul.post(FORM, {"step": "next"}).location)
    assert [order.price for order in orders(app)] == [Decimal("9.90")]


def test_services_3_what_is_paid_once_has_no_monthly_price(sell, browse_as, app):
    assert sell("once", "[prices]\nrow = [[9.90]]\n")[1] == 0
    paul = browse_as("paul.dupont")
    page = paul.get(FORM)
    assert "€9.90" in page.words
    assert "month" not in page.one("#order-form").get_text()
    summary = paul.post(FORM, {"step": "next"}).location
    assert "/ month" not in paul.get(summary).words
    followed = confirm(paul, summary)
    (order,) = orders(app)
    assert (order.price, order.price_kind) == (Decimal("9.90"), "once")
    assert "/ month" not in paul.get(followed.location).words
    with app.test_request_context():
        row = db.session.execute(select(Mail).where(Mail.name == "order_placed")).scalar_one()
        text = str(composing.message(row).body)
    assert "9" in text
    assert "mois" not in text
    assert "month" not in text


def test_services_3_a_text_keeps_its_lines(shop, browse_as):
    paul = browse_as("paul.dupont")
    form = "/contracts/OCB0000124/services/migration/order"
    summary = to_summary(paul, form, needs="Douze serveurs\r\nDeux <b>sites</b>")
    text = "Douze serveurs<br>Deux &lt;b&gt;sites&lt;/b&gt;"
    assert text in paul.get(summary).text
    assert text in paul.get(confirm(paul, summary).location).text


MONTHLY = "from_monthly"
REFUSED = {
    "no price": (MONTHLY, SIZE, "'prices': needed"),
    "no row": (MONTHLY, "[prices]\nrow = []\n", "'prices': no row"),
    "two prices for the same": (MONTHLY, "[prices]\nrow = [[1], [2]]\n", "there twice"),
    "the same choice twice": (
        MONTHLY,
        SIZE + '[prices]\nby = ["size", "size"]\nrow = [["100", "100", 1]]\n',
        "a choice is there twice",
    ),
    "once and upfront": ("once", "[prices]\nrow = [[1, 2]]\n", "has no upfront payment"),
    "a name of the form's own": (
        MONTHLY,
        SIZE.replace('"size"', '"errors"') + "[prices]\nrow = [[1]]\n",
        "taken by the form itself",
    ),
    "a long name": (
        MONTHLY,
        SIZE.replace('value = "100"', f'value = "100", in_name = "{"x" * 60}"')
        + '[prices]\nrow = [[1]]\n[subscription]\nmonths = "size"\n'
        + f'name = "{"y" * 50} {{size}} {{size}}"\ntemplate = "x"\n',
        "may become longer than 120",
    ),
    "a region that is not a choice": (
        MONTHLY,
        SIZE + '[prices]\nrow = [[1]]\n[subscription]\nmonths = "size"\nregion = "where"\n'
        'name = "x"\ntemplate = "x"\n',
        "no choice 'where'",
    ),
    "an unknown currency": (
        MONTHLY,
        "[prices]\nrow = [[1]]\n",
        "the code of a currency",
    ),
}


def test_services_1_no_field_takes_a_name_of_the_form_s_own():
    own = {name for name in dir(FlaskForm) if re.fullmatch(r"[a-z][a-z0-9_]*", name)}
    assert own <= TAKEN


@pytest.mark.parametrize("name", REFUSED)
def test_services_1_refuses_what_no_order_could_be_made_of(sell, name):
    kind, rest, reason = REFUSED[name]
    if "currency" in name:
        kind = f'{kind}"\ncurrency = "EUX'
    output, code = sell(kind, rest)
    assert code == 1
    assert reason in output


def test_services_1_names_services_that_no_file_tells_of(sell, flask, tmp_path):
    (tmp_path / "backup.toml").write_text(a_file(MONTHLY, BY_SIZE))
    output, code = flask("catalogue", "load", str(tmp_path))
    assert code == 0
    assert "· migration: in no file, stays offered" in output
    output, _ = flask("catalogue", "load", str(tmp_path / "backup.toml"))
    assert "in no file" not in output, "one file says nothing of the others"
