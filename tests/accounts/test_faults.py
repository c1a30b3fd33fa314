"""Redis away, two at once, a new secret key: nothing lost, nothing doubled."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from selfcare.database import db
from selfcare.models import LinkPurpose, Mail, RecoveryRequest
from selfcare.services.accounts import captcha, recovery, two_factor
from selfcare.services.mail import links
from selfcare.services.mail.links import LinkDead
from selfcare.services.safety import sealing
from tests.accounts.captchas import ask_for_password
from tests.browsing import Browser
from tests.cast import account_of


def at_once(app, action: Callable[[], bool], count: int = 6) -> int:
    """Do the same from several threads; how many succeeded."""
    done: list[bool] = []
    start = threading.Barrier(count)

    def run() -> None:
        with app.app_context():
            start.wait()
            done.append(action())
            db.session.commit()

    threads = [threading.Thread(target=run) for _number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == count
    return sum(done)


@pytest.fixture
def pauls_login(cast) -> str:
    return cast.account("paul.dupont")


class TestTwoAtOnce:
    def test_auth_2_one_answer_lets_one_request_in(self, app):
        with app.app_context():
            made = captcha.make()
            db.session.commit()
        assert at_once(app, lambda: captcha.solved(made.name, made.data["text"])) == 1

    def test_auth_2_one_link_sets_one_password(self, app, pauls_login):
        with app.app_context():
            token = links.token(links.create(account_of(pauls_login), LinkPurpose.SET_PASSWORD))
            db.session.commit()

        def set_password() -> bool:
            try:
                link = links.opened(token, LinkPurpose.SET_PASSWORD)
                recovery.set_password(link, "Bleu-Nuage.42", keep=None, keep_passkeys=True)
            except LinkDead:
                return False
            return True

        assert at_once(app, set_password) == 1
        with app.app_context():
            assert db.session.execute(select(func.count(Mail.id))).scalar_one() == 1

    def test_auth_7_one_recovery_code_lets_one_sign_in(self, app, pauls_login):
        with app.app_context():
            account = account_of(pauls_login)
            two_factor.prepare(account).confirmed_at = account.created_at
            code = two_factor.renew_recovery_codes(account_of(pauls_login))[0]
            db.session.commit()

        def give() -> bool:
            try:
                brake = two_factor.brake_of_signed_in(account_of(pauls_login))
                two_factor.check(account_of(pauls_login), code, brake=brake)
            except two_factor.WrongCode:
                return False
            return True

        assert at_once(app, give, count=4) == 1

    def test_auth_2_one_request_is_answered_once(self, app, pauls_login, browse):
        ask_for_password(browse, pauls_login)
        with app.app_context():
            request_id = db.session.execute(select(RecoveryRequest.id)).scalar_one()
            db.session.rollback()

        def answer() -> bool:
            recovery.answer(request_id)
            return True

        at_once(app, answer, count=4)
        with app.app_context():
            assert db.session.execute(select(func.count(Mail.id))).scalar_one() == 1


class TestRedisAway:
    def test_auth_2_people_can_still_ask(self, another_app, pauls_login, app):
        alone = another_app(redis_url="redis://127.0.0.1:1/0")
        browser = Browser(alone)
        codes = [ask_for_password(browser, pauls_login).status for _time in range(4)]
        assert codes == [303, 303, 303, 429]
        with app.app_context():
            waiting = select(func.count(RecoveryRequest.id))
            assert db.session.execute(waiting).scalar_one() == 3


class TestNewSecretKey:
    def test_auth_7_what_the_former_key_sealed_is_read(self, app, monkeypatch):
        with app.app_context():
            sealed = sealing.seal("secret", purpose="totp")
            monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [app.config["SECRET_KEY"]])
            monkeypatch.setitem(app.config, "SECRET_KEY", "a brand-new secret key, long enough")
            assert sealing.unseal(sealed, purpose="totp") == "secret"

    @pytest.mark.parametrize("spoil", [lambda s: s[:-2] + "AA", lambda s: "", lambda s: "é"])
    def test_auth_7_what_was_tampered_with_is_not(self, app, spoil):
        with app.app_context():
            sealed = sealing.seal("secret", purpose="totp")
            with pytest.raises(sealing.SealBroken):
                sealing.unseal(spoil(sealed), purpose="totp")

    def test_auth_7_a_seal_serves_one_purpose(self, app):
        with app.app_context(), pytest.raises(sealing.SealBroken):
            sealing.unseal(sealing.seal("secret", purpose="totp"), purpose="job")
