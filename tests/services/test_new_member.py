"""The rules of somebody new: one list for pages, files and commands (USERS-2, USERS-9)."""

from __future__ import annotations

import pytest

from selfcare.language.i18n import speaking
from selfcare.language.punctuation import sentence
from selfcare.services.users import new_member
from tests.wizard import SOPHIE

pytestmark = pytest.mark.once

MISTAKES = {
    "civility": ("", "dr"),
    "last_name": ("", " \u200b", "x" * 81),
    "first_name": ("", "x" * 81),
    "login": ("", "sophie", "sophie.dupônt", "x" * 3000),
    "email": ("", "sophie", f"{'x' * 250}@example.com"),
    "phone": ("12", "0" * 41),
    "mobile": ("12", "01 23 45 67 89", "0800 000 000"),
    "locale": ("", "de"),
}
CASES = [(name, entered) for name, wrong in MISTAKES.items() for entered in wrong]


def test_users_2_there_is_a_rule_for_all_that_is_asked():
    assert set(new_member.RULES) == set(MISTAKES) == set(SOPHIE)


def test_users_2_values_are_kept_in_one_form(app):
    given = {"last_name": " Du\r\npont ", "email": "Sophie@EXAMPLE.com", "mobile": "0612345678"}
    with app.test_request_context():
        person, problems = new_member.read({**SOPHIE, **given})
    assert not problems
    assert (person.last_name, person.email) == ("Du pont", "Sophie@example.com")
    assert (person.phone, person.mobile) == (None, "+33 6 12 34 56 78")


@pytest.mark.parametrize(("name", "entered"), CASES)
def test_users_2_one_mistake_is_said_once_in_each_language(app, name, entered):
    with app.test_request_context():
        person, problems = new_member.read({**SOPHIE, name: entered})
        assert set(problems) == {name}
        assert getattr(person, name) == entered, "what was entered is shown again"
        said = set()
        for language in ("fr", "en"):
            with speaking(language):
                said.add(str(problems[name]))
    assert len(said) == 2


@pytest.mark.parametrize("address", ["/contracts/OCB0000124/users/new", "/account/profile/edit"])
def test_users_2_pages_say_what_a_file_is_told(app, cast, browse_as, address):
    cast.account("paul.dupont", locale="en")
    paul = browse_as(cast.member("paul.dupont", referent=True))
    for name, entered in CASES:
        if name == "login" and "profile" in address:  # nobody changes it
            continue
        given = {**SOPHIE, name: entered}
        with app.test_request_context(), speaking("en"):
            told = str(new_member.read(given)[1][name])
        page = paul.post(address, given)
        assert (page.status, page.texts(".error")) == (422, [sentence(told)]), name
