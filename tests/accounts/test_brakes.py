"""AUTH-6: a brake is not a lock; the owner of the mailbox gets in, whatever strangers do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.accounts.captchas import ask_for_password
from tests.browsing import Browser
from tests.cast import PASSWORD

NEW = "Bleu-Nuage.42"
DAY = "5 per minute; 10 per 10 minutes; 20 per hour; 60 per day"


@pytest.fixture
def pauls_login(cast) -> str:
    return cast.account("paul.dupont", locale="en")


@pytest.fixture
def portal(another_app):
    return another_app(throttle_account=DAY)


@pytest.fixture
def clock():
    with time_machine.travel(datetime(2026, 11, 3, 0, 0, tzinfo=UTC), tick=True) as clock:
        yield clock


def strangers_fail(portal, times: int) -> None:
    for number in range(times):
        Browser(portal, ip=f"203.0.113.{number}").sign_in("paul.dupont", "Wrong-2026!")


def by_mail(browser: Browser, mailbox) -> None:
    """Set a new password by the link of a mail."""
    ask_for_password(browser, "paul.dupont")
    browser.get(mailbox.link(has="/password/set/"))
    assert browser.post("/password/set", {"password": NEW, "confirm": NEW}).status == 303


def test_auth_6_a_day_of_strangers_keeps_nobody_out(pauls_login, portal, clock, mailbox):
    """60 tries a day use up what unknown browsers have; a mail's time later the owner is in."""
    owner = Browser(portal, ip="198.51.100.9")
    for _hour in range(12):
        strangers_fail(portal, 5)
        clock.shift(timedelta(hours=1))
    told = owner.sign_in("paul.dupont")
    assert told.status == 429
    assert int(told.headers["Retry-After"]) <= 24 * 3600
    assert "ask for a new password by mail" in told.words
    assert told.all("#errors a[href='/password/forgot']")
    began = datetime.now(UTC)
    by_mail(owner, mailbox)
    assert owner.sign_in("paul.dupont", NEW).status == 303
    assert datetime.now(UTC) - began < timedelta(minutes=5)
    owner.post("/logout")
    for _hour in range(12):
        strangers_fail(portal, 5)
        clock.shift(timedelta(hours=1))
        assert owner.sign_in("paul.dupont", NEW).status == 303
        owner.post("/logout")


def test_auth_6_the_mailed_link_lifts_the_brake_for_all_the_owners_browsers(
    pauls_login, app, clock, mailbox
):
    strangers_fail(app, 5)
    phone, desk = Browser(app), Browser(app, ip="198.51.100.9")
    assert desk.sign_in("paul.dupont").status == 429
    by_mail(phone, mailbox)
    assert desk.sign_in("paul.dupont", NEW).status == 303


def test_auth_6_a_known_browser_is_spared_behind_a_guessers_address(
    pauls_login, another_app, clock
):
    portal = another_app(throttle_address="4 per minute")
    mine, guesser = Browser(portal, ip="203.0.113.9"), Browser(portal, ip="203.0.113.9")
    mine.sign_in("paul.dupont")
    mine.post("/logout")
    for number in range(5):
        guesser.sign_in(f"victim.{number:04}", "x")
    assert guesser.sign_in("paul.dupont").status == 429
    assert mine.sign_in("paul.dupont", "Wrong-2026!").status == 422
    assert mine.sign_in("paul.dupont", PASSWORD).status == 303
