"""What tests of commands ask for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import AuditEntry


@pytest.fixture
def flask(app: Flask) -> Callable[..., tuple[str, int]]:
    """Run a command: `flask("orders", "list")` gives what it prints, and its exit status."""

    def run(*args: str) -> tuple[str, int]:
        done = app.test_cli_runner().invoke(args=list(args))
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.output, done.exit_code

    return run


@pytest.fixture
def told(flask: Callable[..., tuple[str, int]]) -> Callable[..., list[dict[str, Any]]]:
    """Run a command that succeeds with `--json`; gives its objects."""

    def run(*args: str) -> list[dict[str, Any]]:
        output, code = flask(*args, "--json")
        assert code == 0, output
        return [json.loads(line) for line in output.splitlines()]

    return run


@pytest.fixture
def audited(app: Flask) -> Callable[[str], list[AuditEntry]]:
    """The entries of an action in the audit log."""

    def entries(action: str) -> list[AuditEntry]:
        with app.app_context():
            found = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
            return list(db.session.execute(found).scalars())

    return entries
