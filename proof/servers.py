"""Apache before Keystone, and Horizon, each on a free port of this machine."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat
from cryptography.x509.oid import NameOID

from demo.children import end, start
from demo.ports import free_port
from proof import needed

HORIZON_HOST = "127.0.0.3"
"""Another site than the portal (127.0.0.1) and Keystone (localhost), as in real life."""
CONFIGURATION = Path(__file__).with_name("apache.conf")
HORIZON_FOLDER = Path(__file__).parent / "horizon"
START_WITHIN = 60


def public_address(port: int) -> str:
    """Where Keystone is reached through Apache."""
    return f"http://localhost:{port}/v3"


@contextlib.contextmanager
def apache(
    folder: Path, *, port: int, keystone: str, portal: str, client_id: str, client_secret: str
) -> Iterator[None]:
    """Apache with mod_auth_openidc in front of Keystone."""
    program = needed.apache()
    folder.mkdir(parents=True, exist_ok=True)
    settings, log = folder / "apache.conf", folder / "output.log"
    (folder / "error.log").unlink(missing_ok=True)
    with _readable_folder() as public:
        certificate = public / "certificate.pem"
        _certify(certificate, key=folder / "key.pem")
        settings.touch(mode=0o600)
        settings.write_text(
            CONFIGURATION.read_text().format(
                folder=folder,
                certificate=certificate,
                modules=needed.MODULES,
                account="" if os.geteuid() else "User www-data\nGroup www-data",
                port=port,
                tls_port=free_port(),
                keystone=keystone.removesuffix("/v3"),
                portal=portal,
                client_id=client_id,
                client_secret=client_secret,
                passphrase=secrets.token_urlsafe(24),
            )
        )
        command: list[str | Path] = [program, "-f", settings, "-DFOREGROUND"]
        with _running(command, {"PATH": os.environ["PATH"]}, log) as process:
            answers(f"{public_address(port)}/", process, log)
            yield


@contextlib.contextmanager
def horizon(
    folder: Path, *, port: int, keystone: str, portal: str, client_id: str
) -> Iterator[str]:
    """Horizon's dashboard; gives its address."""
    venv = needed.horizon()
    folder.mkdir(parents=True, exist_ok=True)
    # No address to come back to: Horizon would sign in at once who stays signed in to the portal.
    address = f"http://{HORIZON_HOST}:{port}"
    environment = needed.environment(
        {
            "KEYSTONE_URL": keystone,
            "PORTAL_LOGOUT_URL": f"{portal}/oauth/logout?client_id={client_id}",
            "SECRET_KEY": secrets.token_urlsafe(32),
        }
    )
    command: list[str | Path] = [
        *(venv / "bin" / "gunicorn", "wsgi:application", "--no-control-socket"),
        *("--bind", f"{HORIZON_HOST}:{port}"),
        # One process: what people signed in as is kept in its memory.
        *("--workers", "1", "--worker-class", "gthread", "--threads", "4", "--timeout", "120"),
    ]
    # From its own folder: gunicorn reads the `gunicorn.conf.py` of where it is started, ours.
    started = _running(command, environment, folder / "output.log", folder=HORIZON_FOLDER)
    with started as process:
        answers(f"{address}/static/dashboard/img/favicon.ico", process, folder / "output.log")
        yield address


@contextlib.contextmanager
def _readable_folder() -> Iterator[Path]:
    """A folder that Apache's own account can read, wherever this project lies."""
    with tempfile.TemporaryDirectory(prefix="console-proof-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        yield folder


def _certify(public: Path, *, key: Path) -> None:
    """A certificate for `localhost`, good for a day, that only this Apache believes."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    present = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(present - timedelta(hours=1))
        .not_valid_after(present + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(private, hashes.SHA256())
    )
    key.touch(mode=0o600)
    key.write_bytes(
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public.write_bytes(certificate.public_bytes(Encoding.PEM))


@contextlib.contextmanager
def _running(
    command: list[str | Path], environment: dict[str, str], log: Path, *, folder: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = start(
            command,
            when_orphaned=signal.SIGTERM,
            environment=environment,
            output=output,
            folder=folder,
        )
        try:
            yield process
        finally:
            end(process, signal.SIGTERM, within=15)


def answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until somebody answers there.

    Raises:
        RuntimeError: the process ended, or nobody does within a minute.
    """
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(url, timeout=10).close()
            return
        time.sleep(0.2)
    raise RuntimeError(f"{url} does not answer:\n{log.read_text()[-2000:]}")
