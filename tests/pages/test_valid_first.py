"""What is wrong with a form is found before anything is kept from anybody (safe)."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine

from selfcare.database import db


@pytest.fixture
def me(cast, browse_as):
    return browse_as(cast.member("paul.dupont", referent=True))


def change(browser, **fields):
    return browser.post("/account/password", fields)


def test_safe_a_password_of_95_000_characters_is_refused_by_its_length(me):
    password = "Aa" + "1" * 95_000 + "a"
    page = change(me, current="x", password=password, confirm=password)
    assert page.status == 422
    assert page.texts("#password-error") == ["Enter 1024 characters at most."]


def test_auth_3_a_password_that_is_too_long_is_told_so_alone(me):
    password = "a" * 200
    page = change(me, current="x", password=password, confirm=password)
    assert page.texts("#password-error") == ["The password needs: at most 128 characters."]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/account/password", {"password": "x"}),
        ("/account/profile/edit", {"email": "x"}),
        ("/login", {"login": "paul.dupont"}),
    ],
)
def test_safe_a_wrong_form_waits_for_no_writer_and_holds_none_up(app, me, path, fields):
    """On SQLite writers take turns: whoever still checks is none of them."""
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            pytest.skip("writers do not take turns on PostgreSQL")
        url = db.engine.url
    me.get(path)
    if path == "/login":
        me.post("/logout")
    writer = create_engine(url, isolation_level="AUTOCOMMIT").connect()
    writer.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        token = me._token()
        assert me.post(path, {**fields, "csrf_token": token}).status == 422
    finally:
        writer.exec_driver_sql("ROLLBACK")
        writer.close()
        writer.engine.dispose()
