"""The unmodified `openstack` command, waiting for somebody to sign in."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from demo.children import end
from proof import needed

WITHIN = 90


class Command:
    """One that runs: where it wants the browser to go, and what it prints at the end."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path, said: Path) -> None:
        self._process, self._output, self._said = process, output, said

    def address(self) -> str:
        """Where it asks its user to go.

        Raises:
            RuntimeError: it ended, or asks for nothing.
        """
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline and self._process.poll() is None:
            found = re.search(r"go to:? (http\S+)", self._said.read_text())
            if found:
                return found[1]
            time.sleep(0.2)
        raise RuntimeError(f"it asks for no browser:\n{self._said.read_text()[-1000:]}")

    def token(self) -> str:
        """Whose token it was given, and for which project.

        Raises:
            RuntimeError: it ended without.
        """
        if self._process.wait(WITHIN):
            raise RuntimeError(f"no token:\n{self._said.read_text()[-1500:]}")
        issued = json.loads(self._output.read_text())
        return f"project {issued['project_id']}, until {issued['expires']}"


@contextlib.contextmanager
def with_cloud(environment: Mapping[str, str], clouds_yaml: str, ref: str) -> Iterator[Command]:
    """As somebody runs it who has put the portal's `clouds.yaml` where it is looked for."""
    options = ("--os-cloud", ref, "token", "issue", "--format", "json")
    with _waiting(environment, "clouds.yaml", clouds_yaml, [_program(), *options]) as command:
        yield command


@contextlib.contextmanager
def with_variables(environment: Mapping[str, str], openrc: str) -> Iterator[Command]:
    """As somebody runs it whose shell has read the portal's `openrc.sh`."""
    line = f". ./openrc.sh && exec {shlex.quote(_program())} token issue --format json"
    with _waiting(environment, "openrc.sh", openrc, ["/bin/sh", "-c", line]) as command:
        yield command


def _program() -> str:
    return str(needed.horizon() / "bin" / "openstack")


@contextlib.contextmanager
def _waiting(
    environment: Mapping[str, str], name: str, text: str, command: list[str]
) -> Iterator[Command]:
    with tempfile.TemporaryDirectory() as folder:
        output, said = Path(folder) / "output", Path(folder) / "said"
        (Path(folder) / name).write_text(text)
        # No browser starts by itself; the address is also told in words.
        known = {"PATH": environment["PATH"], "HOME": folder, "BROWSER": "true"}
        with output.open("wb") as out, said.open("wb") as words:
            process = subprocess.Popen(
                command, env=known, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=words
            )
        try:
            yield Command(process, output, said)
        finally:
            end(process, signal.SIGTERM, within=10)
