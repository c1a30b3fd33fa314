"""Consoles for the tests: the stand-in always, a real Keystone where a test asks for it.

In front of either stands a proxy that counts the calls and can fail on purpose.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from demo.console.server import serve
from selfcare.database import db
from selfcare.models import Account, Contract, Mail, Membership
from selfcare.services.console import iam as port
from selfcare.services.console.iam.keystone.driver import Keystone
from tests.faulty import Faulty
from tests.keystone import Console, KeystoneUnavailableError, keystone

PASSWORD = "the stand-in's administrator"


@pytest.fixture(scope="session")
def real_keystone() -> Iterator[Console]:
    """A real Keystone, one for the session; skipped only where it cannot be installed."""
    try:
        with keystone() as console:
            yield console
    except KeystoneUnavailableError as unavailable:
        pytest.skip(f"missing: OpenStack Keystone ({unavailable})")


@pytest.fixture
def stand_in() -> Iterator[Console]:
    """A stand-in console of one's own, empty."""
    server = serve(0, password=PASSWORD)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Console(f"http://127.0.0.1:{server.server_port}/v3", PASSWORD)
    server.shutdown()
    thread.join()
    server.server_close()


def peers(*marks: pytest.MarkDecorator) -> list[Any]:
    """What `console` stands for: the stand-in, then a real Keystone, whose tests get the marks."""
    return ["stand-in", pytest.param("keystone", marks=(pytest.mark.slow, *marks))]


# With the second database the stand-in is as good: Keystone's tests take ten times as long.
@pytest.fixture(params=peers(pytest.mark.once))
def console(request: pytest.FixtureRequest) -> Console:
    """The stand-in, then a real Keystone: the same test on both."""
    name = "stand_in" if request.param == "stand-in" else "real_keystone"
    found: Console = request.getfixturevalue(name)
    return found


@pytest.fixture
def faulty(console: Console) -> Iterator[Faulty]:
    """The proxy in front of the console."""
    with Faulty(console.url) as proxy:
        yield proxy


@pytest.fixture
def iam(app: Flask, faulty: Faulty, console: Console) -> Iterator[Keystone]:
    """The portal's driver, on this test's console; the application uses it, too."""
    yield from _connected(app, faulty.url, console)


@pytest.fixture
def impatient(iam: Keystone) -> Iterator[None]:
    """The driver gives up a call after some seconds, as it does in production."""

    def give_up_after(seconds: int) -> None:
        iam.timeout = seconds
        for adapter in iam._adapters.values():
            adapter.session.timeout = seconds

    patient = iam.timeout
    give_up_after(3)
    yield
    give_up_after(patient)


@pytest.fixture
def stand_in_iam(app: Flask, stand_in: Console) -> Iterator[Keystone]:
    """The same on the stand-in only, for tests of pages."""
    yield from _connected(app, stand_in.url, stand_in)


@pytest.fixture
def faulty_stand_in(app: Flask, stand_in: Console) -> Iterator[Faulty]:
    """A proxy in front of the stand-in, which the application uses from now on."""
    with Faulty(stand_in.url) as proxy:
        connected = _connected(app, proxy.url, stand_in)
        next(connected)
        yield proxy
        next(connected, None)


def _connected(app: Flask, url: str, console: Console) -> Iterator[Keystone]:
    settings = replace(
        app.extensions["settings"],
        iam_url=url,
        iam_username=console.username,
        iam_password=console.password,
        iam_timeout=30,  # a real Keystone on a busy machine needs seconds for some calls
    )
    app.extensions["iam"] = port.connect(settings)
    yield app.extensions["iam"]
    app.extensions["iam"] = None


@pytest.fixture
def ref(request: pytest.FixtureRequest) -> str:
    """A contract's reference no other test has: the real Keystone lasts for the session."""
    return _refs()


def _numbers() -> Callable[[], str]:
    count = iter(range(200, 1_000_000))
    return lambda: f"OCB{next(count):07}"


_refs: Any = _numbers()


# What tests of pages look up


@pytest.fixture
def id_of(app: Flask) -> Callable[..., int]:
    """The id of somebody's membership."""

    def found(login: str, ref: str = "OCB0000124") -> int:
        with app.app_context():
            return db.session.execute(
                select(Membership.id)
                .join(Membership.account)
                .join(Membership.contract)
                .where(Account.login == login, Contract.ref == ref)
            ).scalar_one()

    return found


@pytest.fixture
def outbox(app: Flask) -> Callable[[str], list[str]]:
    """Who was written a mail of that name."""

    def found(name: str) -> list[str]:
        with app.app_context():
            sent = select(Mail.recipient).where(Mail.name == name).order_by(Mail.id)
            return list(db.session.execute(sent).scalars())

    return found
