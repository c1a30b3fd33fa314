"""The messages of all forms end alike (DESIGN)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import selfcare
from selfcare.language.punctuation import sentence

SHOWN = re.compile(r"\{\{ ?(messages?(?:\[0\])?)(?!\w)([^}]*)\}\}")


@pytest.mark.once
@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Enter your login", "Enter your login."),
        ("This code is wrong. Tries left: 4.", "This code is wrong. Tries left: 4."),
        ("Ce n’était pas vous ?", "Ce n’était pas vous ?"),
        ("Enter your login ", "Enter your login."),
        ("", ""),
    ],
)
def test_design_a_message_ends_with_one_full_stop(message, shown):
    assert sentence(message) == shown


@pytest.mark.once
def test_design_no_template_shows_a_field_s_message_without_its_full_stop():
    folder = Path(selfcare.__file__).parent / "templates"
    shown = [
        (path.relative_to(folder).as_posix(), found[0])
        for path in folder.rglob("*.html")
        if path.parts[-2] != "mail"
        for found in SHOWN.finditer(path.read_text())
        if "errors" in path.read_text()
    ]
    assert len(shown) > 5
    assert [one for one in shown if "|sentence" not in one[1]] == []


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/password/forgot", {}),
        ("/console/api-login", {"account": "?", "user_name": "", "password": ""}),
        ("/account/profile/edit", {"email": "x"}),
        ("/account/password", {}),
        ("/contracts/OCB0000124/users/new", {"last_name": "x" * 300}),
    ],
)
def test_design_messages_end_alike_in_both_languages(cast, browse_as, path, data, language):
    cast.account("paul.dupont", locale=language)
    cast.member("paul.dupont", referent=True)
    page = browse_as("paul.dupont").post(path, data)
    assert page.status == 422
    told = page.texts("#errors li") + page.texts(".error")
    assert len(told) > 1
    assert [message for message in told if not message.endswith(".")] == []
