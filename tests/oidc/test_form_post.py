"""CONSOLE-5, CONSOLE-6: answers of the provider that come as a form (`response_mode=form_post`)."""

from __future__ import annotations

from selfcare.database import db
from selfcare.models import ClientKind, Contract
from tests.oidc.party import REDIRECT


def test_console_6_flexible_engine_gets_an_id_token_by_a_form(register, marie, app):
    with app.app_context():
        contract = db.session.query(Contract).filter_by(ref="OCB0000124").one()
        db.session.expunge(contract)
    fe = register("fe", kind=ClientKind.FLEXIBLE_ENGINE, contract=contract)
    page = marie.get(
        fe.address(
            response_type="id_token",
            response_mode="form_post",
            code_challenge=None,
            code_challenge_method=None,
        )
    )
    assert page.one("main form")["action"] == REDIRECT
    fields = {tag["name"]: tag["value"] for tag in page.all("main form input[type=hidden]")}
    assert fields.keys() == {"id_token", "state", "iss"}
    claims = fe.read(fields["id_token"])
    assert (claims["nonce"], claims["ksdomain"]) == ("the-nonce", "OCB0000124")
    assert "form-action 'self' https://console.example;" in page.headers["Content-Security-Policy"]


def test_console_5_form_post_is_a_form_with_a_button(console, marie):
    state = 'a "state" & <more>'
    page = marie.get(console.address(response_mode="form_post", state=state))
    fields = {tag["name"]: tag["value"] for tag in page.all("main form input[type=hidden]")}
    assert fields["state"] == state
    assert page.one("main form button[type=submit]")
    assert console.redeem(fields["code"]).status_code == 200
