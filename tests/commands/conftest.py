"""What tests of commands ask for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask


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
