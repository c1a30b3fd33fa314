"""CONSOLE-8: the modules of the OpenID Foundation's test plans, by their official names.

Basic, Form Post, Config, RP-initiated and back-channel logout, driven by npm's oauth4webapi
under node. The same modules are tried on npm's oidc-provider, which shows that they ask for what is
right.
"""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from demo.ports import HOST, free_port
from selfcare.database import db
from selfcare.models import ClientKind
from selfcare.services.oidc import clients, keys
from tests.cast import PASSWORD
from tests.work import Worker

PERSON = {"login": "marie.dupont", "password": PASSWORD}
PLAN = Path(__file__).with_name("plan")
NODE = Path(__file__).parents[2] / "var" / "test" / "node"
MODULE = re.compile(r'^  "(oidcc-[a-z0-9-]+)":', re.MULTILINE)
REDIRECT, FAREWELL = "https://console.example/redirect_uri", "https://console.example/bye"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.once,
    pytest.mark.needs("node"),
    pytest.mark.needs("npm"),
    pytest.mark.timeout(300),
]


def modules() -> list[tuple[str, str]]:
    """Plan and module, as `modules.mjs` has them."""
    parts = re.split(
        r"^export const (\w+) = \{", (PLAN / "modules.mjs").read_text(), flags=re.MULTILINE
    )
    found = dict(zip(parts[1::2], parts[2::2], strict=True))
    found["formpost"] = found["basic"]
    return [(plan, name) for plan, part in found.items() for name in MODULE.findall(part)]


@pytest.fixture(scope="session")
def node() -> Path:
    """The folder with the modules and what they need; brought once per machine."""
    NODE.mkdir(parents=True, exist_ok=True)
    with (NODE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = (PLAN / "package.json").read_text()
        stamp = NODE / "installed.json"
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.copy(PLAN / "package.json", NODE)
            install = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
            done = subprocess.run(
                install, cwd=NODE, capture_output=True, text=True, check=False, timeout=240
            )
            if done.returncode:
                pytest.skip("missing: oauth4webapi and oidc-provider (npm cannot bring them)")
            stamp.write_text(wanted)
        for module in PLAN.glob("*.mjs"):
            shutil.copy(module, NODE)
    return NODE


def run(
    node: Path, *, meanwhile: Callable[[], None] = lambda: None, **given: Any
) -> dict[str, dict[str, str | None]]:
    """What came of each module: None, or what was wrong. `meanwhile` is called time and again."""
    told = {"redirect_uri": REDIRECT, "post_logout_uri": FAREWELL, "person": PERSON, **given}
    with subprocess.Popen(
        ["node", "run.mjs", json.dumps(told)],
        cwd=node,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as done:
        try:
            output, complaints = _ended(done, meanwhile)
        finally:
            done.kill()
    assert done.returncode == 0, complaints[-2000:]
    found: dict[str, dict[str, str | None]] = json.loads(output.strip().splitlines()[-1])
    return found


def _ended(process: subprocess.Popen[str], meanwhile: Callable[[], None]) -> tuple[str, str]:
    while True:
        try:
            return process.communicate(timeout=0.3)
        except subprocess.TimeoutExpired:
            meanwhile()


OURS: dict[str, dict[str, str | None]] = {}
"""What came of the run on the portal; one run, whose modules are tests of their own."""
OTHERS: dict[str, dict[str, str | None]] = {}


@pytest.fixture
def ours(node, request):
    if not OURS:
        OURS.update(run(node, **request.getfixturevalue("registered"), patience=1))
    return OURS


@pytest.fixture
def others(node):
    if not OTHERS:
        issuer = f"http://{HOST}:{free_port()}"
        client: dict[str, Any] = {
            "client_id": "console",
            "client_secret": "s" * 32,
            "issuer": issuer,
        }
        client["backchannel_uri"] = f"http://{HOST}:{free_port()}/backchannel_logout"
        OTHERS.update(run(node, **client, other_make=True, patience=1))
    return OTHERS


@pytest.fixture
def registered(another_app, cast):
    """The portal on a port, with a client as the plans want it: without PKCE."""
    issuer = f"http://{HOST}:{free_port()}"
    backchannel_uri = f"http://{HOST}:{free_port()}/backchannel_logout"
    app = another_app(portal_url=issuer)
    cast.member("marie.dupont", console_roles=["guest"])
    with app.app_context():
        client = clients.add(
            "console",
            name="Test plan",
            kind=ClientKind.CONFIDENTIAL,
            redirect_uris=[REDIRECT],
            post_logout_uris=[FAREWELL],
            backchannel_uri=backchannel_uri,
            require_pkce=False,
        )
        secret = clients.new_secret(client)
        keys.rotate()
        db.session.commit()
    server = make_server(HOST, int(issuer.rpartition(":")[2]), app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield {
        "issuer": issuer,
        "client_id": "console",
        "client_secret": secret,
        "backchannel_uri": backchannel_uri,
        "meanwhile": Worker(app).run,
    }
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("plan", "module"), modules())
def test_console_8_the_portal_passes(ours, plan, module):
    assert ours[plan][module] is None


@pytest.mark.parametrize(("plan", "module"), modules())
def test_console_8_a_provider_of_another_make_passes_too(others, plan, module):
    assert others[plan][module] is None
