"""A console that was broken and mended: the portal sees it and goes on by itself (USERS-8)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import AuditEntry, ConsoleLook, ContractConsole, WishState, now
from selfcare.services.console import domains, looking, sweeps
from selfcare.services.console.iam import errors
from tests.commands.conftest import told

__all__ = ["told"]  # fixtures

MINUTE = timedelta(minutes=1)


@pytest.fixture
def contract_id(world):
    world.settle()
    with world.app.app_context():
        return db.session.execute(select(ContractConsole.contract_id)).scalar_one()


def state(world):
    with world.app.app_context():
        found = db.session.execute(select(ContractConsole)).scalar_one()
        return found.told, found.problem


def look(world):
    with world.app.app_context():
        contract_id = db.session.execute(select(ConsoleLook.contract_id)).scalar_one()
    with world.app.app_context():
        looking.look(contract_id)


def later(world, worker, after=MINUTE):
    """What waits is tried when its time has come."""
    with time_machine.travel(now() + after, tick=True):
        with world.app.app_context():
            sweeps.wake_consoles()
        worker.run()
        with world.app.app_context():
            sweeps.wake_consoles()
        worker.run()


def ids(world):
    domain = world.iam._domain_id(world.ref)
    return domain, world.iam._group_ids(world.ref)


def delete_group(world):
    world.iam._call("DELETE", f"/groups/{ids(world)[1]['guest']}", world.ref)


def take_grant(world):
    domain, groups = ids(world)
    role = world.iam._role_id("manager", world.ref)
    path = f"/domains/{domain}/groups/{groups['admin']}/roles/{role}"
    world.iam._call("DELETE", path, world.ref)


@pytest.mark.parametrize("damage", [delete_group, take_grant])
def test_users_8_a_look_doubts_that_a_contract_is_ready(world, contract_id, worker, damage):
    look(world)
    assert state(world) == ("done", None)
    assert world.iam.is_sound(world.ref)
    damage(world)
    world.iam._groups.clear()
    assert not world.iam.is_sound(world.ref)
    look(world)
    assert state(world) == ("queued", None)
    worker.run()
    assert state(world) == ("done", None)
    world.iam._groups.clear()
    assert world.iam.is_sound(world.ref)


def enable(world, *, usable):
    path, change = f"/domains/{ids(world)[0]}", {"domain": {"enabled": usable}}
    world.iam._call("PATCH", path, world.ref, change)


def test_users_8_a_contract_disabled_there_is_not_ready_until_it_is_enabled(
    world, contract_id, worker
):
    enable(world, usable=False)
    look(world)
    worker.run()
    assert state(world) == ("failed", errors.ContractDisabled.code)
    assert "disabled in the console" in world.referent.get(f"{world.users}/console").words
    enable(world, usable=True)
    later(world, worker)
    assert state(world) == ("done", None)


def test_users_8_a_predefined_role_that_was_deleted_is_made_anew(world, contract_id, worker):
    delete_group(world)
    world.iam._groups.clear()
    world.change(("guest",))
    worker.run()
    later(world, worker)
    assert world.access().state == WishState.DONE
    assert world.groups() == {"guest"}


def test_users_8_what_was_forbidden_is_tried_again_after_mending(world, contract_id, worker):
    fault = world.faulty.fail("PUT /v3/groups", status=403, times=1000)
    world.change(("guest",))
    worker.run()
    assert (world.access().told, world.access().problem) == ("failed", "forbidden")
    assert world.access().due_at
    fault.times = 0
    later(world, worker)
    assert world.groups() == {"guest"}


class TestCommands:
    @pytest.fixture
    def stuck(self, world, contract_id, worker):
        fault = world.faulty.fail("PUT /v3/groups", status=403, times=1000)
        world.change(("guest",))
        worker.run()
        fault.times = 0
        return world

    def test_operable_iam_retry_tries_again_at_once(self, stuck, told, worker):
        assert told("iam", "retry", "--problem", "conflict") == [{"tried_again": 0}]
        assert told("iam", "retry", stuck.ref, "--problem", "forbidden") == [{"tried_again": 1}]
        worker.run()
        assert stuck.groups() == {"guest"}
        with stuck.app.app_context():
            said = db.session.execute(
                select(AuditEntry.action, AuditEntry.contract_ref).order_by(AuditEntry.id)
            ).all()
        assert tuple(said[-1]) == ("console.retried", stuck.ref)

    def test_operable_iam_prepare_makes_what_lacks(self, world, contract_id, told, worker, audited):
        take_grant(world)
        assert told("iam", "prepare", world.ref) == [{"count": 1}]
        [entry] = audited("console.prepared")
        assert (entry.contract_ref, entry.details) == (world.ref, {"count": 1})
        worker.run()
        assert world.iam.is_sound(world.ref)
        assert told("iam", "prepare", "--all") == [{"count": 1}]

    @pytest.mark.parametrize(
        ("command", "code"),
        [(["prepare"], 2), (["prepare", "X1", "--all"], 2), (["prepare", "OCB9"], 1),
         (["retry", "OCB9"], 1), (["retry", "--problem", "nonsense"], 2)],
    )  # fmt: skip
    def test_operable_iam_says_what_it_needs(self, app, flask, command, code):
        output, status = flask("iam", *command)
        assert status == code
        assert "Error" in output
        assert "Traceback" not in output


def test_users_8_what_is_being_prepared_is_not_doubted_twice(world, contract_id):
    with world.app.app_context():
        domains.doubt(contract_id)
        db.session.commit()
        first = db.session.execute(select(ContractConsole.changed_at)).scalar_one()
        domains.doubt(contract_id)
        db.session.commit()
        assert db.session.execute(select(ContractConsole.changed_at)).scalar_one() == first
