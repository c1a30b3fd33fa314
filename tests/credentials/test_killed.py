"""The worker that makes a key is killed between every two calls: nothing is lost, nothing is left.

As in `tests/jobs/test_killed.py` the job stops dead, here also before and after each HTTP call.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import requests.adapters
import time_machine
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from selfcare.database import db
from selfcare.models import (
    ConsoleAccess,
    ConsoleCredential,
    CredentialKind,
    CredentialWish,
    SealedSecret,
    WishState,
    now,
)
from selfcare.services import schedule
from selfcare.services.console import iam as port
from selfcare.services.console.credentials import making, wishes
from tests.credentials.conftest import API_PASSWORD, REF

pytestmark = pytest.mark.slow

MOST_STEPS = 60


class Killed(BaseException):
    """No code of ours catches it."""


@dataclass
class Scene:
    """Marie, her console, and the worker."""

    app: Any
    worker: Any
    kind: CredentialKind

    def own(self) -> port.OwnIAM:
        return self.app.extensions["iam"].sign_in(REF, "marie.dupont", API_PASSWORD)

    def there(self) -> list[str]:
        """What the console has of her."""
        if self.kind == CredentialKind.ACCESS_KEY:
            return [one.access for one in self.own().access_keys()]
        return [one.key for one in self.own().application_credentials()]

    def wish(self) -> int:
        with self.app.app_context():
            access = db.session.execute(select(ConsoleAccess)).scalar_one()
            if self.kind == CredentialKind.ACCESS_KEY:
                wish = wishes.key(access, API_PASSWORD, ip="")
            else:
                wish = wishes.application(
                    access,
                    API_PASSWORD,
                    name="backup",
                    roles=["reader"],
                    expires_at=now() + timedelta(days=30),
                    ip="",
                )
            db.session.commit()
            self.worker.redis.flushdb()
            return wish.id

    def die_at(self, step: int, wish_id: int, monkeypatch) -> bool:
        """Run the job and stop it dead at that step; whether it came so far."""
        passed = 0

        def reached(*_: Any) -> None:
            nonlocal passed
            passed += 1
            if passed == step:
                raise Killed

        send = requests.adapters.HTTPAdapter.send

        def call(*args: Any, **kwargs: Any) -> Any:
            reached()
            answer = send(*args, **kwargs)
            reached()
            return answer

        with self.app.app_context():
            engine = db.engine
        with monkeypatch.context() as patched:
            patched.setattr(requests.adapters.HTTPAdapter, "send", call)
            event.listen(engine, "commit", reached)
            event.listen(Session, "after_commit", reached, insert=True)
            try:
                with self.app.app_context():
                    making.carry_out(wish_id)
            except Killed:
                with self.app.app_context():
                    db.dispose()
                return True
            finally:
                event.remove(engine, "commit", reached)
                event.remove(Session, "after_commit", reached)
        return False

    def find_again(self, wish_id: int) -> None:
        """Half a minute later its claim has run out, and the sweep finds it."""
        with self.app.app_context():
            over = now() - timedelta(minutes=1)
            db.session.execute(
                update(CredentialWish)
                .where(CredentialWish.id == wish_id, CredentialWish.due_at.is_not(None))
                .values(due_at=over)
            )
            db.session.commit()
            schedule.wake_wishes()
            db.session.commit()
        self.worker.run()

    def shown(self, wish_id: int) -> tuple[str, str | None]:
        """What the page shows: the key, and its secret, once."""
        with self.app.app_context():
            wish = db.session.get_one(CredentialWish, wish_id)
            assert wish.state == WishState.DONE, wish.problem
            secret = wishes.secret_of(wish)
            db.session.commit()
            return wish.key, secret

    def clear(self, key: str) -> None:
        own = self.own()
        if self.kind == CredentialKind.ACCESS_KEY:
            own.delete_key(key)
        else:
            own.delete_application_credential(key)
        with self.app.app_context():
            for row in db.session.execute(select(ConsoleCredential)).scalars():
                db.session.delete(row)
            db.session.commit()


def ready(app, marie, iam, worker, kind) -> Scene:
    with time_machine.travel(now() - timedelta(seconds=5)):
        iam.set_password(REF, marie, API_PASSWORD)
    return Scene(app, worker, kind)


@pytest.fixture(params=["access_key", "application", "access_key of Flexible Engine"])
def scene(request, app, marie, stand_in_iam, worker) -> Any:
    kind, _, cloud = request.param.partition(" ")
    if cloud:
        settings = replace(
            app.extensions["settings"],
            iam_driver="flexible-engine",
            iam_url=stand_in_iam.url,
            iam_username="admin",
            iam_password=stand_in_iam._credentials["password"],
        )
        app.extensions["iam"] = driver = port.connect(settings)
        domain, groups = driver._domain_id(REF), driver._group_ids(REF)
        role = driver._role_id("reader", REF)
        driver._call("PUT", f"/domains/{domain}/groups/{groups['guest']}/roles/{role}", REF)
    return ready(app, marie, app.extensions["iam"], worker, CredentialKind(kind))


def test_api_2_a_worker_killed_between_any_two_calls_leaves_one_key_whose_secret_is_shown(
    scene, monkeypatch
):
    for step in range(1, MOST_STEPS):
        wish_id = scene.wish()
        killed = scene.die_at(step, wish_id, monkeypatch)
        scene.find_again(wish_id)
        key, secret = scene.shown(wish_id)
        assert scene.there() == [key], f"killed at step {step}"
        assert secret, f"killed at step {step}"
        with scene.app.app_context():
            assert db.session.execute(select(SealedSecret)).all() == []
        scene.clear(key)
        if not killed:
            assert step > 8, "it was killed at every step before"
            return
    pytest.fail(f"more than {MOST_STEPS} steps")


def test_api_2_what_is_left_once_the_password_is_gone_is_deleted_with_the_next_one(
    scene, monkeypatch
):
    """Two minutes were over before anybody took over: the wish fails, and says so."""
    step, wish_id = 1, scene.wish()
    while scene.die_at(step, wish_id, monkeypatch) and not scene.there():
        scene.find_again(wish_id)
        scene.clear(scene.shown(wish_id)[0])
        step, wish_id = step + 1, scene.wish()
    with scene.app.app_context():
        for row in db.session.execute(select(SealedSecret)).scalars():
            db.session.delete(row)
        db.session.commit()
    [orphan] = scene.there()
    scene.find_again(wish_id)
    with scene.app.app_context():
        assert db.session.get_one(CredentialWish, wish_id).problem == CredentialWish.LOST
    later = scene.wish()
    scene.find_again(later)
    key, secret = scene.shown(later)
    assert scene.there() == [key]
    assert key != orphan
    assert secret
