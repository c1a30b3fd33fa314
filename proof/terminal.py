"""The unmodified `openstack` command, waiting for somebody to sign in."""

from __future__ import annotations

import contextlib
import json
import re
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
def websso(environment: Mapping[str, str], keystone: str, ref: str) -> Iterator[Command]:
    """By the browser of this machine, with no secret anywhere."""
    with _waiting(environment, "v3websso", keystone, ref, []) as command:
        yield command


@contextlib.contextmanager
def device(
    environment: Mapping[str, str], keystone: str, ref: str, portal: str, client_id: str
) -> Iterator[Command]:
    """By a code that is typed in a browser elsewhere."""
    options = [
        *("--os-client-id", client_id, "--os-openid-scope", "openid profile groups"),
        *("--os-discovery-endpoint", f"{portal}/.well-known/openid-configuration"),
        *("--os-code-challenge-method", "S256"),
    ]
    with _waiting(environment, "v3oidcdeviceauthz", keystone, ref, options) as command:
        yield command


@contextlib.contextmanager
def _waiting(
    environment: Mapping[str, str], kind: str, keystone: str, ref: str, options: list[str]
) -> Iterator[Command]:
    program = needed.horizon() / "bin" / "openstack"
    with tempfile.TemporaryDirectory() as folder:
        output, said = Path(folder) / "output", Path(folder) / "said"
        command: list[str | Path] = [
            *(program, "--os-auth-type", kind, "--os-auth-url", keystone),
            *("--os-identity-provider", "portal", "--os-protocol", "openid"),
            *("--os-project-name", ref, "--os-project-domain-name", ref),
            *options,
            *("token", "issue", "--format", "json"),
        ]
        # No browser starts by itself; the address is also told in words.
        known = {"PATH": environment["PATH"], "HOME": folder, "BROWSER": "true"}
        with output.open("wb") as out, said.open("wb") as words:
            process = subprocess.Popen(
                command, env=known, stdin=subprocess.DEVNULL, stdout=out, stderr=words
            )
        try:
            yield Command(process, output, said)
        finally:
            end(process, signal.SIGTERM, within=10)
