"""What the tests of the console's jobs share: the referent, Sophie's access, her mails sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from demo.children import scratch_folder
from selfcare.database import db
from selfcare.models import ConsoleAccess, Mail, WishState, now
from selfcare.services.mail import outbox
from tests.cast import account_of
from tests.jobs.processes import PassingRedis, Processes


@pytest.fixture
def users(ref):
    return f"/contracts/{ref}/users"


@pytest.fixture
def referent(paul_is, ref, iam):
    """The browser of the referent of a contract that no other test has."""
    return paul_is(ref=ref, referent=True)


@pytest.fixture
def access(app):
    """Sophie's console access as it is now."""

    def found() -> ConsoleAccess:
        with app.app_context():
            return db.session.execute(select(ConsoleAccess)).scalar_one()

    return found


@pytest.fixture
def portal_mail_is_sent(app):
    """As the mail worker does before the console is ready."""

    def sent() -> None:
        with app.app_context():
            for mail in db.session.execute(select(Mail)).scalars():
                mail.state = WishState.DONE
            db.session.commit()

    return sent


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
            row = outbox.write(
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
