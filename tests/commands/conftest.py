"""What tests of commands ask for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def told(flask: Callable[..., tuple[str, int]]) -> Callable[..., list[dict[str, Any]]]:
    """Run a command that succeeds with `--json`; gives its objects."""

    def run(*args: str) -> list[dict[str, Any]]:
        output, code = flask(*args, "--json")
        assert code == 0, output
        return [json.loads(line) for line in output.splitlines()]

    return run
