"""The lines of an import that were left out, as a file: all of them (USERS-9)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Contract
from selfcare.rights import Profile, profiles_of_new_user
from selfcare.services.users import imports
from selfcare.services.users.imports import Line
from selfcare.services.users.roles import Roles
from tests.cast import account_of

IMPORT = "/contracts/OCB0000124/users/import"
PROBLEM = {"en": "This login is taken", "fr": "Ce login est pris"}


@pytest.fixture
def left_out(app, cast) -> Callable[[int], str]:
    """The address of an import of Paul's with so many wrong lines."""
    cast.member("paul.dupont", referent=True)

    def keep(count: int) -> str:
        roles = Roles(profiles_of_new_user()).as_json()
        person = {"login": "sophie", "email": "sophie@example.com"}
        lines = [
            Line(number=n + 2, label=f"=Sophie {n}", person=person, roles=roles, problems=[PROBLEM])
            for n in range(count)
        ]
        with app.app_context():
            contract = db.session.execute(select(Contract)).scalar_one()
            made = imports.keep(contract, account_of("paul.dupont"), "many.csv", lines)
            db.session.commit()
            return f"{IMPORT}/{made.id}"

    return keep


def test_users_9_every_line_left_out_is_in_the_file(left_out, browse_as):
    paul, address = browse_as("paul.dupont"), left_out(260)
    page = paul.get(address)
    assert len(page.soup.select("tbody tr")) == 200
    answer = paul.get(str(page.one("a[href$='left-out.csv']")["href"]))
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0] == ["Line", "User", "Problem"]
    assert [int(row[0]) for row in rows[1:]] == list(range(2, 262))
    assert "This login is taken" in rows[1][2]
    assert not rows[1][1].startswith("="), "no text becomes a formula"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "lines-left-out-OCB0000124" in answer.headers["Content-Disposition"]


def test_users_9_the_file_is_in_the_language_of_its_reader(left_out, browse_as, app):
    address = left_out(1)
    with app.app_context():
        account_of("paul.dupont").locale = "fr"
        db.session.commit()
    text = browse_as("paul.dupont", language="fr").get(f"{address}/left-out.csv").text
    assert "Ce login est pris" in text


def test_users_9_somebody_else_s_file_is_not_there(left_out, cast, browse_as):
    address = left_out(1)
    cast.member("jacques.dupont", users=Profile.MANAGER)
    assert browse_as("jacques.dupont").get(f"{address}/left-out.csv").status == 404
