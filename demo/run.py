"""The whole portal in one terminal: what `make demo` runs."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType

from demo.children import scratch_folder
from demo.folder import DemoFolder, DemoRunningError
from demo.ports import HOST, free_port
from demo.processes import StartFailedError, Supervisor, Terminal
from demo.servers import ServerUnavailableError, redis_answers, redis_command

PASSWORD = "Espace-2026!"  # noqa: S105 - the demo's, printed for everyone to see
SIGN_INS = (
    ("paul.dupont", "referent of OCB0000124"),
    ("sophie.dupont", "visitor everywhere"),
    ("pierre.dupont", "console manager"),
    ("martin.dupont", "no rights but « Contrat »"),
    ("jacques.dupont", "manager everywhere, but not referent"),
    ("autre.client", "another customer's contract, OCB0000777"),
)
PROCESSES = ("redis", "migrate", "seed", "web", "worker", "cron", "mails", "console", "demo")
_READY_WITHIN = 90.0


class Demo:
    """One run of the demo: its folder, its ports, its processes."""

    port: int
    mail_page_port: int
    smtp_port: int
    console_port: int
    portal_url: str

    def __init__(self, folder: DemoFolder, terminal: Terminal) -> None:
        """Take what it is to use."""
        self.folder = folder
        self.terminal = terminal
        self.supervisor = Supervisor(terminal)

    def run(self) -> int:
        """Run until told to stop."""
        with (
            self.folder.locked(),
            _ending_signals(self.supervisor.request_stop),
            scratch_folder("redis") as scratch,
        ):
            self._choose_ports()
            given, socket = os.environ.get("REDIS_URL"), scratch / "redis.sock"
            redis_url = given or f"unix://{socket}?db=0"
            self.supervisor.environment = self._environment(redis_url)
            try:
                if given or self._starts_redis(socket):
                    self._show(self.supervisor)
            finally:
                self.terminal.block("Stopping…")
                self.supervisor.stop()
        self.terminal.block("Stopped. Everything is kept for the next `make demo`.")
        return 0

    def _starts_redis(self, socket: Path) -> bool:
        """Start a Redis, which is started again when it dies; false if the demo was stopped."""
        data = self.folder.redis
        data.mkdir(parents=True, exist_ok=True)
        command = redis_command(socket, folder=data, keep=True)
        command += ["--logfile", data / "redis.log"]
        self.supervisor.start("redis", command, serves_the_others=True)
        return self.supervisor.watch(until=lambda: redis_answers(socket))

    def _choose_ports(self) -> None:
        self.port = self._choose("PORT", 8000)
        self.mail_page_port = self._choose("MAIL_PAGE_PORT", 8025, self.port)
        self.smtp_port = self._choose("SMTP_PORT", 1025, self.port, self.mail_page_port)
        taken = (self.port, self.mail_page_port, self.smtp_port)
        self.console_port = self._choose("CONSOLE_PORT", 5000, *taken)
        self.portal_url = os.environ.get("PORTAL_URL") or f"http://{HOST}:{self.port}"

    def _show(self, supervisor: Supervisor) -> None:
        for name, arguments in (
            ("migrate", ["alembic", "upgrade", "head"]),
            ("seed", ["flask", "demo", "seed"]),
        ):
            if not supervisor.finish(name, _python("-m", *arguments)):
                return
        mails = ["--folder", str(self.folder.mails)]
        ports = [f"--smtp-port={self.smtp_port}", f"--web-port={self.mail_page_port}"]
        bind = f"{HOST}:{self.port}"
        if not self._has_console_of_its_own():
            kept = ["--port", str(self.console_port), "--folder", str(self.folder.path)]
            supervisor.start("console", _python("-m", "demo.console", *kept))
        supervisor.start("mails", _python("-m", "demo.mails", *mails, *ports))
        supervisor.start(
            "web", _python("-m", "gunicorn", "app:app", "-c", "gunicorn.conf.py", "--bind", bind)
        )
        supervisor.start("worker", _python("-m", "flask", "worker"))
        supervisor.start("cron", _python("-m", "flask", "cron"))
        if supervisor.watch(until=self._ready_in_time()):
            self.terminal.block(self._welcome())
            supervisor.watch()

    def _environment(self, redis_url: str) -> dict[str, str]:
        # A mail server that the surroundings name is not to be used: the demo mails nobody.
        theirs = {name: value for name, value in os.environ.items() if not name.startswith("MAIL_")}
        # Without a port of its own, the web server would listen to the whole network.
        theirs.pop("PORT", None)
        return {
            "DATABASE_URL": f"sqlite:///{self.folder.database}",
            "SECRET_KEY": self.folder.secret_key(),
            "ASSETS_DIR": str(self.folder.path / "assets"),
            "DOCUMENTS_URL": f"file://{self.folder.path / 'documents'}",
            "FULFILMENT": "automatic",
            "OPERATOR_EMAILS": "operateurs@example.com",
            "ECE_CHANGES_URL": "https://changes.example.com/",
            "ECE_INCIDENTS_URL": "https://incidents.example.com/",
            "NEWS_URL": "https://news.example.com/",
            "CONTACT_URL": "mailto:contact@example.com",
            "TERMS_URL": "https://www.example.com/terms",
            "LOG_FORMAT": "console",
            **{name: value for name, value in theirs.items() if value},
            "DEMO": "1",
            "PORTAL_URL": self.portal_url,
            "REDIS_URL": redis_url,
            "MAIL_SERVER": HOST,
            "MAIL_PORT": str(self.smtp_port),
            "MAIL_SENDER": os.environ.get("MAIL_SENDER") or "ne-pas-repondre@demo.example",
            "PYTHONUNBUFFERED": "1",
            **self._console_environment(),
        }

    @staticmethod
    def _has_console_of_its_own() -> bool:
        """Whether the surroundings name a real console: then the stand-in stays away."""
        return bool(os.environ.get("IAM_URL"))

    def _console_environment(self) -> dict[str, str]:
        if self._has_console_of_its_own():
            return {}
        address = f"http://{HOST}:{self.console_port}"
        return {
            "IAM_DRIVER": "keystone",
            "IAM_URL": f"{address}/v3",
            "IAM_USERNAME": "admin",
            "IAM_PASSWORD": self.folder.secret_key(),
            "IAM_USER_DOMAIN": "Default",
            "CONSOLE_URL": os.environ.get("CONSOLE_URL") or f"{address}/dashboard/sign-in",
            "CONSOLE_CLIENT_SECRET": self.folder.secret_key()[:32],
        }

    def _choose(self, setting: str, usual: int, *apart_from: int) -> int:
        wanted = os.environ.get(setting) or str(usual)
        if not wanted.isdecimal() or int(wanted) > 65535:
            msg = f"{setting} must be a port number, not {wanted!r}."
            raise SystemExit(msg)
        port = free_port(int(wanted), apart_from=apart_from)
        if port != int(wanted) != 0:
            self.terminal.block(f"Port {wanted} is taken: using {port}.")
        return port

    def _ready_in_time(self) -> Callable[[], bool]:
        deadline = time.monotonic() + _READY_WITHIN

        def is_ready() -> bool:
            answer = self._readiness()
            if answer.startswith("200 "):
                return True
            if time.monotonic() > deadline:
                msg = f"The portal is not ready after {_READY_WITHIN:.0f} s: /readyz: {answer}"
                raise StartFailedError(msg)
            return False

        return is_ready

    def _readiness(self) -> str:
        connection = HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            response = connection.getresponse()
            return f"{response.status} {response.read(1000).decode(errors='replace').strip()}"
        except (OSError, HTTPException) as failure:
            return f"no answer ({failure})"
        finally:
            connection.close()

    def _console_address(self) -> str:
        if self._has_console_of_its_own():
            return os.environ.get("CONSOLE_URL") or os.environ["IAM_URL"]
        return f"http://{HOST}:{self.console_port}/   (a stand-in)"

    def _welcome(self) -> str:
        width = max(len(login) for login, _ in SIGN_INS)
        people = "\n".join(f"    {login:{width}}  {who}" for login, who in SIGN_INS)
        rule = "─" * 72
        files = os.path.relpath(self.folder.mails)
        return (
            f"\n{rule}\n"
            f"  Portal  {self.portal_url}\n"
            f"  Mails   http://{HOST}:{self.mail_page_port}   (files in {files}/)\n"
            f"  Console {self._console_address()}\n"
            f"\n  Sign in as, with the password {PASSWORD}\n{people}\n"
            f"\n  Ctrl-C stops everything; what you did is kept (`make demo-reset` forgets it).\n"
            f"{rule}\n"
        )


@contextlib.contextmanager
def _ending_signals(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Hand the signals that end a program to a function instead."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    former = [signal.signal(signum, handler) for signum in signals]
    try:
        yield
    finally:
        for signum, before in zip(signals, former, strict=True):
            signal.signal(signum, before)


def _python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def main() -> int:
    """Run the demo; 0 when it was stopped as people do, 1 when it could not run."""
    terminal = Terminal(names=PROCESSES)
    try:
        return Demo(DemoFolder(), terminal).run()
    except DemoRunningError as running:
        print(f"{running} Use that one, or stop it with Ctrl-C in its terminal.", file=sys.stderr)
    except (StartFailedError, ServerUnavailableError, OSError) as failure:
        print(f"\nThe demo could not start or go on.\n{failure}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
