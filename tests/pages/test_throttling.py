"""AUTH-6: guessing is slow, nobody is locked out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from redis import ConnectionError as RedisAway
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Mail
from selfcare.services.safety.throttling import TooManyAttempts
from tests.browsing import Browser, Page

TOO_MANY = "Too many attempts"


@pytest.fixture(autouse=True)
def referent(cast):
    cast.referent()


@pytest.fixture
def clock():
    with time_machine.travel(datetime(2026, 11, 3, 9, 0, tzinfo=UTC), tick=True) as clock:
        yield clock


@pytest.fixture
def mails(app) -> Callable[[], list[str]]:
    def names() -> list[str]:
        with app.app_context():
            return list(db.session.execute(select(Mail.name)).scalars())

    return names


def fail(browser: Browser, times: int, login: str = "paul.dupont") -> list[Page]:
    return [browser.sign_in(login, "Wrong-2026!") for _ in range(times)]


class TestAccount:
    def test_auth_6_the_sixth_failure_in_a_minute_has_to_wait(self, browse, clock):
        assert [page.status for page in fail(browse, 6)] == [422] * 5 + [429]

    def test_auth_6_the_person_is_told_when_to_try_again(self, browse, clock):
        page = fail(browse, 6)[-1]
        assert 1 <= int(page.headers["Retry-After"]) <= 60
        assert TOO_MANY in page.words
        assert "Trop de tentatives" in page.words
        assert "in 1 min, at 10:01" in page.words  # in Paris

    def test_auth_6_while_waiting_the_right_password_waits_too(self, browse, clock):
        fail(browse, 5)
        assert browse.sign_in("paul.dupont").status == 429

    def test_auth_6_after_the_delay_the_right_password_signs_in(self, browse, clock):
        fail(browse, 6)
        clock.shift(timedelta(seconds=61))
        assert browse.sign_in("paul.dupont").status == 303

    def test_auth_6_the_delay_grows(self, browse, clock):
        """5 a minute, 10 in ten minutes: the second burst waits longer than the first."""
        first = int(fail(browse, 6)[-1].headers["Retry-After"])
        clock.shift(timedelta(seconds=61))
        second = int(fail(browse, 6)[-1].headers["Retry-After"])
        assert second > 5 * first

    def test_auth_6_attempts_that_were_refused_do_not_make_it_worse(self, browse, clock):
        fail(browse, 5)
        fail(browse, 30)  # impatience: nothing was tried
        clock.shift(timedelta(seconds=61))
        assert browse.sign_in("paul.dupont").status == 303

    def test_auth_6_it_is_never_for_ever(self, browse, clock):
        for _ in range(3):
            fail(browse, 6)
            clock.shift(timedelta(minutes=10, seconds=1))
        assert browse.sign_in("paul.dupont").status == 303

    def test_auth_6_success_clears_the_count(self, browse, clock):
        fail(browse, 4)
        assert browse.sign_in("paul.dupont").status == 303
        browse.post("/logout")
        assert [page.status for page in fail(browse, 4)] == [422] * 4

    def test_auth_6_case_and_spaces_do_not_open_a_new_count(self, browse, clock):
        fail(browse, 3, "paul.dupont")
        fail(browse, 2, "  PAUL.DUPONT")
        assert browse.sign_in("Paul.Dupont").status == 429

    def test_auth_6_others_are_not_slowed_down(self, app, cast, clock):
        cast.member("sophie.dupont")
        fail(Browser(app), 6)
        assert Browser(app).sign_in("sophie.dupont").status == 303

    def test_auth_6_an_unknown_login_is_braked_alike(self, app, clock):
        unknown = [page.status for page in fail(Browser(app, ip="192.0.2.77"), 7, "nobody.atall")]
        known = [page.status for page in fail(Browser(app, ip="192.0.2.78"), 7)]
        assert unknown == known

    def test_auth_6_a_browser_that_signed_in_before_is_not_slowed_by_strangers(self, app, clock):
        mine, stranger = Browser(app), Browser(app, ip="203.0.113.5")
        mine.sign_in("paul.dupont")
        mine.post("/logout")
        assert fail(stranger, 6)[-1].status == 429
        assert mine.sign_in("paul.dupont").status == 303

    def test_auth_6_a_browser_is_known_for_a_year(self, app, clock):
        mine, stranger = Browser(app), Browser(app, ip="203.0.113.5")
        mine.sign_in("paul.dupont")
        cookie = mine.client.get_cookie("known", domain="portal.test", path="/login")
        assert cookie
        for days, status in ((364, 303), (2, 429)):
            clock.shift(timedelta(days=days))
            later = Browser(app)
            later.client.set_cookie("known", cookie.value, domain="portal.test", path="/login")
            fail(stranger, 6)
            assert later.sign_in("paul.dupont").status == status

    def test_auth_6_a_known_browser_is_slowed_by_its_own_failures(self, browse, clock):
        browse.sign_in("paul.dupont")
        browse.post("/logout")
        assert fail(browse, 6)[-1].status == 429

    def test_auth_6_a_forged_known_browser_cookie_is_worth_nothing(self, app, clock):
        stranger = Browser(app)
        fail(stranger, 5)
        stranger.client.set_cookie("known", "paul.dupont", domain="portal.test", path="/login")
        assert stranger.sign_in("paul.dupont").status == 429


class TestAddress:
    def test_auth_6_one_address_trying_many_logins_has_to_wait(self, another_app, clock):
        portal = another_app(throttle_address="4 per minute")
        guesser = Browser(portal, ip="203.0.113.9")
        statuses = [guesser.sign_in(f"victim.{n:04}", "x").status for n in range(6)]
        assert statuses == [422] * 4 + [429] * 2

    def test_auth_6_another_address_goes_on(self, another_app, clock):
        portal = another_app(throttle_address="2 per minute")
        fail(Browser(portal, ip="203.0.113.9"), 3, "nobody.atall")
        assert Browser(portal, ip="203.0.113.10").sign_in("paul.dupont").status == 303

    def test_auth_6_an_ipv6_subscriber_is_one_address(self, another_app, clock):
        portal = another_app(throttle_address="2 per minute")
        for host in ("1", "2"):
            Browser(portal, ip=f"2001:db8:1:2::{host}").sign_in(f"someone.{host}", "x")
        assert Browser(portal, ip="2001:db8:1:2:ffff::9").sign_in("paul.dupont").status == 429
        assert Browser(portal, ip="2001:db8:1:3::9").sign_in("paul.dupont").status == 303

    def test_auth_6_success_does_not_count(self, another_app, clock):
        portal = another_app(throttle_address="2 per minute")
        for _ in range(4):
            assert Browser(portal, ip="203.0.113.9").sign_in("paul.dupont").status == 303

    def test_auth_6_behind_a_trusted_proxy_the_person_s_address_counts(self, another_app, clock):
        portal = another_app(throttle_address="2 per minute", trusted_proxies=1)
        proxy = Browser(portal, ip="10.0.0.1")

        def attempt(ip: str) -> int:
            data = {"login": "nobody.atall", "password": "x"}
            return proxy.post("/login", data, token=True, **{"X-Forwarded-For": ip}).status

        assert [attempt("198.51.100.1") for _ in range(3)] == [422, 422, 429]
        assert attempt("198.51.100.2") == 422


class TestNotice:
    def test_auth_6_the_owner_gets_one_mail_on_a_burst(self, browse, mails, clock):
        fail(browse, 4)
        assert mails() == []
        fail(browse, 1)
        assert mails() == ["failed_sign_ins"]
        clock.shift(timedelta(minutes=11))
        fail(browse, 5)
        assert mails() == ["failed_sign_ins"]

    def test_auth_6_another_burst_on_another_day_gets_another(self, browse, mails, clock):
        fail(browse, 5)
        clock.shift(timedelta(days=1, minutes=1))
        fail(browse, 5)
        assert len(mails()) == 2

    def test_auth_6_nobody_gets_a_mail_about_an_unknown_login(self, browse, mails, clock):
        fail(browse, 6, "nobody.atall")
        assert mails() == []

    def test_auth_6_parallel_bursts_leave_one_mail(self, app, mails):
        """Several counts (known browsers, addresses) may run out at the same time."""
        from selfcare.services.accounts import signing_in
        from selfcare.services.safety.browsers import Browser as From

        def burst(number: int) -> None:
            with app.app_context():
                for _ in range(5):
                    try:
                        signing_in.sign_in(
                            "paul.dupont",
                            "wrong",
                            browser=From(ip=f"203.0.113.{number}", user_agent=""),
                        )
                    except (signing_in.WrongCredentials, TooManyAttempts):
                        db.session.commit()

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(burst, range(6)))
        assert mails() == ["failed_sign_ins"]

    def test_auth_6_parallel_attempts_do_not_slip_through(self, app):
        def attempt(number: int) -> int:
            return Browser(app, ip=f"203.0.113.{number}").sign_in("paul.dupont", "x").status

        with ThreadPoolExecutor(6) as pool:
            statuses = list(pool.map(attempt, range(12)))
        assert statuses.count(422) <= 5
        assert set(statuses) <= {422, 429}

    def test_auth_6_the_notice_reaches_the_owner(self, browse, mailing, worker, clock):
        fail(browse, 5)
        worker.run()
        [mail] = mailing.wait_for(1)
        assert mail.recipients == ("paul.dupont@example.com",)
        text = mail.message.get_body(("plain",)).get_content()
        assert "192.0.2.10" in text
        assert "03/11/2026 10:00" in text


class TestRedisAway:
    @pytest.fixture
    def alone(self, another_app):
        return another_app(redis_url="unix:///nowhere/redis.sock")

    def test_auth_6_the_right_password_still_signs_in(self, alone):
        assert Browser(alone).sign_in("paul.dupont").status == 303

    def test_auth_6_guessing_is_still_slow(self, alone):
        statuses = [page.status for page in fail(Browser(alone), 7)]
        assert statuses == [422] * 5 + [429] * 2

    def test_auth_6_a_sign_in_does_not_wait_for_redis_time_after_time(self, alone, monkeypatch):
        asked = []

        def away(*args):
            asked.append(args)
            raise RedisAway

        shared = alone.extensions["brakes"].shared
        for verb in ("test", "hit", "clear", "get_window_stats"):
            monkeypatch.setattr(shared, verb, away)
        fail(Browser(alone), 2)
        assert len(asked) == 1

    def test_auth_6_the_owner_s_notice_waits_as_a_row(self, alone, mails):
        fail(Browser(alone), 6)
        assert mails() == ["failed_sign_ins"]
