"""`make demo`: the whole portal in one terminal."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType

from demo.children import scratch_folder
from demo.data_files import read
from demo.folder import DemoFolder, DemoRunningError
from demo.ports import HOST, listen, port_of
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

    web: socket.socket
    mail_pages: socket.socket
    smtp: socket.socket
    console: socket.socket
    portal_url: str

    def __init__(self, folder: DemoFolder, terminal: Terminal) -> None:
        """Use this folder and this terminal."""
        self.folder = folder
        self.terminal = terminal
        self.supervisor = Supervisor(terminal)

    def run(self) -> int:
        """Run until told to stop."""
        with (
            self.folder.locked(),
            _ending_signals(self.supervisor.request_stop),
            scratch_folder("redis") as scratch,
            contextlib.ExitStack() as sockets,
        ):
            self._listen(sockets)
            self.folder.disown_documents()
            given, redis_socket = os.environ.get("REDIS_URL"), scratch / "redis.sock"
            redis_url = given or f"unix://{redis_socket}?db=0"
            self.supervisor.environment = self._environment(redis_url)
            try:
                if given or self._starts_redis(redis_socket):
                    self._show(self.supervisor)
            finally:
                self.terminal.block("Stopping…")
                self.supervisor.stop()
        self.terminal.block("Stopped. Everything is kept for the next `make demo`.")
        return 0

    def _starts_redis(self, redis_socket: Path) -> bool:
        """Start a Redis, which is started again when it dies; false if the demo was stopped."""
        data = self.folder.redis
        data.mkdir(parents=True, exist_ok=True)
        command = redis_command(redis_socket, folder=data, keep=True)
        command += ["--logfile", data / "redis.log"]
        self.supervisor.start("redis", command, serves_the_others=True)
        return self.supervisor.watch(until=lambda: redis_answers(redis_socket))

    def _listen(self, sockets: contextlib.ExitStack) -> None:
        """Take the ports; the processes inherit the sockets, so that nobody else gets one."""

        def listening(setting: str, usual: int) -> socket.socket:
            return sockets.enter_context(self._listening(setting, usual))

        self.web = listening("PORT", 8000)
        self.mail_pages = listening("MAIL_PAGE_PORT", 8025)
        self.smtp = listening("SMTP_PORT", 1025)
        self.console = listening("CONSOLE_PORT", 5000)
        self.portal_url = os.environ.get("PORTAL_URL") or _address(self.web)

    def _show(self, supervisor: Supervisor) -> None:
        self.terminal.block("Starting; the first time takes a little longer…")
        for name, arguments in (
            ("migrate", ["alembic", "upgrade", "head"]),
            ("seed", ["flask", "demo", "seed"]),
        ):
            if not supervisor.finish(name, _python("-m", *arguments)):
                return
        if not self._has_console_of_its_own():
            kept = ["--socket", str(self.console.fileno()), "--folder", str(self.folder.path)]
            command = _python("-m", "demo.console", *kept)
            supervisor.start("console", command, sockets=[self.console])
        mails = ["--folder", str(self.folder.mails), "--smtp-socket", str(self.smtp.fileno())]
        mails += ["--web-socket", str(self.mail_pages.fileno())]
        supervisor.start(
            "mails", _python("-m", "demo.mails", *mails), sockets=[self.smtp, self.mail_pages]
        )
        options = ["--bind", f"fd://{self.web.fileno()}", "--log-level", "warning"]
        supervisor.start(
            "web",
            _python("-m", "gunicorn", "app:app", "-c", "gunicorn.conf.py", *options),
            sockets=[self.web],
        )
        supervisor.start("worker", _python("-m", "flask", "worker"))
        supervisor.start("cron", _python("-m", "flask", "cron"))
        if supervisor.watch(until=self._ready_in_time()):
            self.terminal.block(self._welcome())
            self.terminal.reminder = self._addresses()
            supervisor.watch()

    def _environment(self, redis_url: str) -> dict[str, str]:
        # The demo mails nobody: a mail server of the environment is not used.
        theirs = {name: value for name, value in os.environ.items() if not name.startswith("MAIL_")}
        # Without a port of its own, the web server would listen to the whole network.
        theirs.pop("PORT", None)
        return {
            "DATABASE_URL": f"sqlite:///{self.folder.database}",
            "SECRET_KEY": self.folder.secret_key(),
            "ASSETS_DIR": str(self.folder.path / "assets"),
            "DOCUMENTS_URL": f"file://{self.folder.documents}",
            "FULFILMENT": "automatic",
            "OPERATOR_EMAILS": "operateurs@example.com",
            "ECE_CHANGES_URL": "https://changes.example.com/",
            "ECE_INCIDENTS_URL": "https://incidents.example.com/",
            "OFFER_LOGOS": str(Path(__file__).parent / "data" / "logos"),
            "NEWS_URL": "https://news.example.com/",
            "CONTACT_URL": "mailto:contact@example.com",
            "TERMS_URL": "https://www.example.com/terms",
            "LOG_FORMAT": "console",
            "LOG_LEVEL": "WARNING",
            **{name: value for name, value in theirs.items() if value},
            "DEMO": "1",
            "PORTAL_URL": self.portal_url,
            "REDIS_URL": redis_url,
            "MAIL_SERVER": HOST,
            "MAIL_PORT": str(port_of(self.smtp)),
            "MAIL_SENDER": os.environ.get("MAIL_SENDER") or "ne-pas-repondre@demo.example",
            "PYTHONUNBUFFERED": "1",
            **self._console_environment(),
        }

    @staticmethod
    def _has_console_of_its_own() -> bool:
        """Whether the environment names a real console; then the stand-in is not started."""
        return bool(os.environ.get("IAM_URL"))

    def _console_environment(self) -> dict[str, str]:
        if self._has_console_of_its_own():
            return {}
        address = _address(self.console)
        return {
            "IAM_DRIVER": "keystone",
            "IAM_URL": f"{address}/v3",
            "IAM_USERNAME": "admin",
            "IAM_PASSWORD": self.folder.secret_key(),
            "IAM_USER_DOMAIN": "Default",
            "CONSOLE_URL": os.environ.get("CONSOLE_URL") or f"{address}/dashboard/sign-in",
            "CONSOLE_CLIENT_SECRET": self.folder.secret_key()[:32],
        }

    def _listening(self, setting: str, usual: int) -> socket.socket:
        wanted = os.environ.get(setting) or str(usual)
        if not wanted.isdecimal() or int(wanted) > 65535:
            msg = f"{setting} must be a port number, not {wanted!r}."
            raise SystemExit(msg)
        found = listen(int(wanted))
        if port_of(found) != int(wanted) != 0:
            self.terminal.block(f"Port {wanted} is taken: using {port_of(found)}.")
        return found

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
        connection = HTTPConnection(HOST, port_of(self.web), timeout=2)
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
        return f"{_address(self.console)}/"

    def _welcome(self) -> str:
        width = max(len(login) for login, _ in SIGN_INS)
        people = "\n".join(f"    {login:{width}}  {who}" for login, who in SIGN_INS)
        staff = "\n".join(
            f"    {one['login']:{width}}  {', '.join(one['roles'])}; app's key {one['key']}"
            for one in read("staff")["agent"]
        )
        rule = "─" * 72
        return (
            f"\n{rule}\n"
            f"  Sign in as, with the password {PASSWORD}\n{people}\n\n"
            f"  Staff, at {self.portal_url}/staff/login, with a code of an authenticator app:\n"
            f"{staff}\n\n"
            f"  Ctrl-C stops everything; what you did is kept (`make demo-reset` forgets it).\n"
            f"  Mails are files in {os.path.relpath(self.folder.mails)}/, too.\n\n"
            f"{self._addresses()}\n{rule}\n"
        )

    def _addresses(self) -> str:
        return (
            f"  Portal  {self.portal_url}\n"
            f"  Mails   {_address(self.mail_pages)}\n"
            f"  Console {self._console_address()}"
        )


@contextlib.contextmanager
def _ending_signals(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Call a function on the signals that would end the program."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    former = [signal.signal(signum, handler) for signum in signals]
    try:
        yield
    finally:
        for signum, before in zip(signals, former, strict=True):
            signal.signal(signum, before)


def _address(listening: socket.socket) -> str:
    return f"http://{HOST}:{port_of(listening)}"


def _python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def main() -> int:
    """Run the demo; return 0 when somebody stopped it, 1 when it could not run."""
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
