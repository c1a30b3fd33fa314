"""What single sign-on costs: statements, counted. `make bench` measures its time."""

from __future__ import annotations

import pytest

from selfcare.database import db
from selfcare.services.users import places
from tests.cast import account_of


def test_fast_somebody_signed_in_gets_a_code_by_four_statements(console, marie, cast, statements):
    """Sign-in, client, places in the console; the grant: what is answered at once is not kept."""
    for number in range(30):
        cast.member("marie.dupont", ref=f"OCB00020{number:02}")
    statements.clear()
    console.code_of(marie)
    assert [one.split()[0] for one in statements] == ["SELECT"] * 3 + ["INSERT"]


def test_fast_a_code_is_redeemed_by_five_statements(console, marie, statements):
    """Client and secret; the code is used up; the person; the token; the key that signs."""
    code = console.code_of(marie)
    statements.clear()
    assert console.redeem(code).status_code == 200
    sent = [one.split()[0] for one in statements]
    assert sent == ["SELECT", "UPDATE", "SELECT", "INSERT", "SELECT"]


@pytest.mark.parametrize("path", ["userinfo", "introspect"])
def test_fast_a_token_is_looked_up_by_one_statement(console, marie, app, statements, path):
    token = console.redeem(console.code_of(marie)).json["access_token"]
    statements.clear()
    form = {"token": token, "client_id": "console", "client_secret": console.secret}
    header = {"Authorization": f"Bearer {token}"} if path == "userinfo" else {}
    answer = app.test_client().post(f"/oauth/{path}", data=form, headers=header)
    assert answer.json["ksdomain"] == "OCB0000124"
    assert len(statements) == (1 if path == "userinfo" else 2), statements


def test_fast_of_many_contracts_only_those_asked_for_become_entities(app, cast):
    for number in range(30):
        cast.member("marie.dupont", ref=f"OCB00020{number:02}", console_roles=["guest"])
    with app.app_context():
        marie = account_of("marie.dupont").id
        db.session.expunge_all()
        found = places.console_places_of(marie)
        assert [here.ref for here in found] == [f"OCB00020{number:02}" for number in range(30)]
        assert {here.rights.console_roles for here in found} == {("guest",)}
        assert list(db.session.identity_map.values()) == []
        [here, *_] = found
        assert here.console
        assert (here.contract.ref, here.contract.offer.has_console) == ("OCB0002000", True)
        assert here.console.wanted_groups == ["guest"]
        assert here.membership.contract is here.contract
        assert here.console.contract_id == here.contract_id
