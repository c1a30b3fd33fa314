"""A real OpenStack Keystone for the tests, in a virtualenv of its own, kept in `var/test/keystone`.

Installed once per machine (about a minute), bootstrapped once, then copied and started for each
session that asks (about three seconds). The address of another: `TEST_KEYSTONE_URL` with
`TEST_KEYSTONE_PASSWORD`, the password of its `admin`.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.children import end, scratch_folder, start
from demo.ports import HOST, free_port

VERSION = "30.0.0"
REGION = "eu-west-0"
LIST_LIMIT = 20
"""A list's length; 1000 where it matters, little here, so that a test reaches it soon."""
ROOT = Path(__file__).parent.parent
CONSTRAINTS = Path(__file__).with_name("keystone-constraints.txt")
CACHE = ROOT / "var" / "test" / "keystone"
INSTALL_WITHIN, START_WITHIN = 900, 60

CONFIGURATION = """
[DEFAULT]
log_file = {folder}/keystone.log
list_limit = {limit}
[database]
connection = sqlite:///{folder}/keystone.db
[token]
provider = fernet
expiration = 3600
[fernet_tokens]
key_repository = {folder}/fernet-keys/
[credential]
key_repository = {folder}/credential-keys/
[identity]
password_hash_algorithm = bcrypt
password_hash_rounds = 4
[auth]
methods = password,token,application_credential,ec2credential,mapped,openid
[openid]
remote_id_attribute = HTTP_OIDC_ISS
[federation]
sso_callback_template = {callback_page}
{dashboards}
[oslo_policy]
enforce_scope = true
enforce_new_defaults = true
[cache]
enabled = true
backend = dogpile.cache.memory
"""

# Keystone hands sys.argv to oslo.config, which would refuse gunicorn's own options. And it works
# out what roles a token has three times a call, by thirty statements each: four fifths of its time.
# Here they are known until something is written.
WSGI = """import sys
sys.argv = sys.argv[:1]
from keystone.models.token_model import TokenModel
from keystone.wsgi.api import application as keystone

known = {}
find = TokenModel._get_system_roles

def system_roles(token):
    if token.user_id not in known:
        known[token.user_id] = find(token)
    return [dict(role) for role in known[token.user_id]]

def application(environ, start_response):
    try:
        return keystone(environ, start_response)
    finally:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") and asked(environ) != "/v3/auth/tokens":
            known.clear()

def asked(environ):
    return environ.get("SCRIPT_NAME", "") + environ["PATH_INFO"]

TokenModel._get_system_roles = system_roles
"""


class KeystoneUnavailableError(RuntimeError):
    """It cannot be installed: the package registry cannot be reached."""


@dataclass(frozen=True)
class Console:
    """An IAM that answers: a real one or the stand-in."""

    url: str
    password: str
    username: str = "admin"


DASHBOARD = "https://console.example/auth/websso/"
"""The page of a dashboard that Keystone may hand a token to, where a test needs one."""


@contextlib.contextmanager
def keystone(*, dashboards: Sequence[str] = (DASHBOARD,)) -> Iterator[Console]:
    """A Keystone of one's own, empty but for its administrator; gone at the end.

    Args:
        dashboards: the pages it may hand tokens to, letter by letter (`trusted_dashboard`).
    """
    if given := os.environ.get("TEST_KEYSTONE_URL"):
        yield Console(given, os.environ["TEST_KEYSTONE_PASSWORD"])
        return
    venv, template = prepared()
    with scratch_folder("keystone") as folder:
        for name in ("keystone.db", "fernet-keys", "credential-keys", "password"):
            source = template / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, folder / name)
        _configure(folder, dashboards=dashboards)
        port = free_port()
        log = folder / "gunicorn.log"
        with log.open("ab") as output:
            process = start(
                [
                    *(venv / "bin" / "gunicorn", "wsgi:application", "--no-control-socket"),
                    *("--bind", f"{HOST}:{port}", "--chdir", folder),
                    # One thread: concurrent writes on SQLite would answer "database is locked".
                    *("--worker-class", "gthread", "--threads", "1", "--timeout", "60"),
                ],
                when_orphaned=signal.SIGTERM,
                environment=_environment(folder),
                output=output,
                folder=folder,
            )
        try:
            _await(f"http://{HOST}:{port}/v3", process, log)
            yield Console(f"http://{HOST}:{port}/v3", (folder / "password").read_text())
        finally:
            end(process, signal.SIGTERM, within=10)


def prepared() -> tuple[Path, Path]:
    """The virtualenv with Keystone, and the folder with an empty one; made where they are missing.

    Raises:
        KeystoneUnavailableError: it has to be installed and cannot be had.
    """
    with _locked():
        venv = _install()
        return venv, _bootstrapped(venv)


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    """Two sessions at once: the second waits, then finds it there."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install() -> Path:
    venv = CACHE / "venv"
    pins = hashlib.sha256(CONSTRAINTS.read_bytes()).hexdigest()[:12]
    stamp = venv / f"installed-{VERSION}-{pins}"
    if stamp.exists():
        return venv
    if not (venv / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True, timeout=INSTALL_WITHIN)
    done = subprocess.run(
        [
            *(venv / "bin" / "python", "-m", "pip", "install", "--quiet"),
            *("--disable-pip-version-check", "--constraint", CONSTRAINTS),
            *(f"keystone=={VERSION}", "gunicorn"),
        ],
        capture_output=True, text=True, check=False, timeout=INSTALL_WITHIN,
    )  # fmt: skip
    if done.returncode:
        if re.search(r"connection|timed? ?out|resolve|network", done.stderr, re.IGNORECASE):
            raise KeystoneUnavailableError("the package registry cannot be reached")
        raise RuntimeError(f"Keystone could not be installed:\n{done.stderr[-2000:]}")
    stamp.touch()
    return venv


def _bootstrapped(venv: Path) -> Path:
    """A folder with keys, tables and the administrator, to be copied."""
    folder = CACHE / f"bootstrapped-{VERSION}"
    if (folder / "password").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    _configure(folder)
    password = secrets.token_urlsafe(18)
    owner = ["--keystone-user", str(os.getuid()), "--keystone-group", str(os.getgid())]
    address = "http://127.0.0.1:5000/v3"
    for arguments in (
        ["fernet_setup", *owner],
        ["credential_setup", *owner],
        ["db_sync"],
        [
            *("bootstrap", "--bootstrap-username", "admin", "--bootstrap-project-name", "admin"),
            *("--bootstrap-role-name", "admin", "--bootstrap-service-name", "keystone"),
            *("--bootstrap-region-id", REGION, "--bootstrap-public-url", address),
        ],
    ):
        manage = venv / "bin" / "keystone-manage"
        subprocess.run(
            [manage, "--config-file", folder / "keystone.conf", *arguments],
            env=_environment(folder) | {"OS_BOOTSTRAP_PASSWORD": password},
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    (folder / "password").write_text(password)
    return folder


def _configure(folder: Path, *, dashboards: Sequence[str] = ()) -> None:
    settings = CONFIGURATION.format(
        folder=folder,
        limit=LIST_LIMIT,
        callback_page=CACHE / "venv" / "etc" / "keystone" / "sso_callback_template.html",
        dashboards="\n".join(f"trusted_dashboard = {page}" for page in dashboards),
    )
    (folder / "keystone.conf").write_text(settings)
    (folder / "wsgi.py").write_text(WSGI)


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "OS_KEYSTONE_CONFIG_FILES": str(folder / "keystone.conf"),
        "HOME": str(folder),
    }


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(url, timeout=5).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"Keystone did not start:\n{log.read_text()[-2000:]}")


if __name__ == "__main__":  # before the tests, which have little time each
    if not os.environ.get("TEST_KEYSTONE_URL"):
        try:
            prepared()
        except KeystoneUnavailableError as missing:
            print(f"No Keystone: {missing}; its tests will be skipped")
