"""What the tests of jobs share: a contract with its console, processes, a mail to deliver."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from demo.children import scratch_folder
from selfcare.database import db
from selfcare.models import Mail, now
from selfcare.services.console.iam.keystone.driver import Keystone
from selfcare.services.mail import outbox as mail_outbox
from tests.browsing import Browser
from tests.cast import account_of
from tests.faulty import Faulty
from tests.jobs.converging import ConsoleWorld
from tests.jobs.processes import PassingRedis, Processes


@pytest.fixture
def world(
    app: Flask,
    ref: str,
    iam: Keystone,
    faulty: Faulty,
    paul_is: Callable[..., Browser],
    id_of: Callable[..., int],
    outbox: Callable[[str], list[str]],
) -> ConsoleWorld:
    """A contract with its referent, and its console."""
    referent = paul_is(ref=ref, referent=True)
    return ConsoleWorld(app, ref, referent, iam, faulty, id_of, outbox)


@pytest.fixture
def settled(world: ConsoleWorld) -> int:
    """Sophie has her console account; her access's id."""
    return world.settle()


@pytest.fixture
def start(settings, smtp_server, tmp_path) -> Iterator[Processes]:
    """Start a command of ours as the Procfile does: `start("worker")`."""
    processes = Processes(settings, smtp_port=smtp_server.port, log=tmp_path / "log")
    yield processes
    processes.end()


@pytest.fixture
def passing_redis() -> Iterator[PassingRedis]:
    """A Redis that can be killed, frozen, emptied."""
    with scratch_folder("redis") as folder:
        redis = PassingRedis(folder)
        redis.start()
        yield redis
        redis.end()


@pytest.fixture
def write(app, cast) -> Callable[[], int]:
    def write() -> int:
        cast.account("paul.dupont")
        with app.app_context():
            row = mail_outbox.write(
                "failed_sign_ins", account_of("paul.dupont"), ip="::1", at=now().isoformat()
            )
            db.session.commit()
            return row.id

    return write


@pytest.fixture
def state(app) -> Callable[[int], str]:
    def state(mail_id: int) -> str:
        with app.app_context():
            return db.session.execute(select(Mail.state).filter_by(id=mail_id)).scalar_one()

    return state
