"""The demo's processes: started, restarted when they fall, stopped together."""

from __future__ import annotations

import io
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from demo import processes
from demo.folder import DemoFolder, DemoRunningError
from demo.ports import HOST, free_port, listen, port_of
from demo.processes import StartFailedError, Supervisor, Terminal
from selfcare.services.documents.object_store import ObjectStore

pytestmark = pytest.mark.once


def python(program: str) -> list[str]:
    return [sys.executable, "-u", "-c", program]


LASTING = python("print('here'); import time; time.sleep(60)")
STUBBORN = python(
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('here'); time.sleep(60)"
)


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervisor(output, monkeypatch) -> Iterator[Supervisor]:
    monkeypatch.setattr(processes, "_TICK", 0.01)
    supervisor = Supervisor(Terminal(output, names=("web", "worker")))
    yield supervisor
    supervisor.stop(within=1)


@pytest.fixture
def says(output, supervisor) -> Callable[[str], bool]:
    def says(text: str) -> bool:
        """Look after the processes until this has been printed."""
        deadline = time.monotonic() + 10

        def it_does() -> bool:
            assert time.monotonic() < deadline, output.getvalue()
            return text in output.getvalue()

        return supervisor.watch(until=it_does)

    return says


class TestSupervisor:
    def test_prefixes_what_they_say(self, supervisor, says, output):
        supervisor.start("web", LASTING)
        assert says("here")
        assert output.getvalue().endswith(" web    | here\n")

    def test_restarts_what_was_killed(self, supervisor, says):
        child = supervisor.start("worker", LASTING)
        assert says("here")
        first = child.process.pid
        os.kill(first, signal.SIGKILL)
        assert says("worker was killed by SIGKILL; it starts again in 1 s")
        supervisor.watch(until=lambda: child.starts == 2)
        assert child.is_running
        assert child.process.pid != first

    def test_waits_longer_and_longer(self, output, monkeypatch):
        monkeypatch.setattr(processes, "_TICK", 0.001)
        now = 0.0
        supervisor = Supervisor(Terminal(output), clock=lambda: now)
        child = supervisor.start("cron", python("raise SystemExit(3)"))
        now += 5

        def fell_often() -> bool:
            nonlocal now
            now += 0.0 if child.is_running else 1.0
            return child.falls == 7

        supervisor.watch(until=fell_often)
        supervisor.stop()
        said = [line for line in output.getvalue().splitlines() if "ended with code 3" in line]
        delays = [line.rpartition(" in ")[2] for line in said]
        assert delays == ["1 s", "2 s", "4 s", "8 s", "16 s", "30 s", "30 s"]

    def test_gives_up_on_what_cannot_start(self, supervisor):
        supervisor.start("web", python("import sys; print('wrong setting'); sys.exit(2)"))
        with pytest.raises(StartFailedError, match=r"(?s)web ended with code 2.*wrong setting"):
            supervisor.watch()

    def test_runs_to_the_end(self, supervisor, output):
        assert supervisor.finish("web", python("print('migrated')"))
        assert output.getvalue() == "", "what goes well says nothing"
        with pytest.raises(StartFailedError, match=r"(?s)web ended with code 1.*ValueError: no"):
            supervisor.finish("web", python("raise ValueError('no')"))

    def test_stops_in_the_middle_of_a_step(self, supervisor):
        supervisor.request_stop()
        assert not supervisor.finish("web", LASTING)
        assert not supervisor.watch()
        [child] = supervisor.children
        supervisor.stop()
        assert child.process.returncode == -signal.SIGTERM

    def test_kills_what_does_not_stop(self, supervisor, says):
        child = supervisor.start("web", STUBBORN)
        assert says("here")
        supervisor.stop(within=0.1)
        assert child.process.returncode == -signal.SIGKILL

    def test_kills_what_their_children_left(self, supervisor, says):
        program = "import os, time; os.fork(); print(os.getpid()); time.sleep(60)"
        child = supervisor.start("web", python(program))
        assert says(str(child.process.pid))
        os.killpg(child.process.pid, 0)
        supervisor.stop()
        deadline = time.monotonic() + 5  # it takes the system a moment to bury them
        while is_there(child.process.pid):
            assert time.monotonic() < deadline


def is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


class TestTerminal:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    def test_colours_a_terminal_only(self, monkeypatch, output):
        monkeypatch.delenv("NO_COLOR", raising=False)
        screen = self.Screen()
        Terminal(screen, names=["web"]).line("web", "here")
        assert re.fullmatch(r"\x1b\[0m\x1b\[36m[\d:]{8} web \| \x1b\[0mhere\n", screen.getvalue())
        Terminal(output, names=["web"]).line("web", "here")
        assert re.fullmatch(r"[\d:]{8} web \| here\n", output.getvalue())

    def test_honours_no_color(self, monkeypatch):
        monkeypatch.setenv("NO_COLOR", "1")
        screen = self.Screen()
        Terminal(screen, names=["web"]).line("web", "here")
        assert re.fullmatch(r"[\d:]{8} web \| here\n", screen.getvalue())

    def test_says_again_what_must_stay_in_sight(self, output):
        terminal = Terminal(output, names=["web"])
        terminal.reminder = "Portal http://here"
        for number in range(45):
            terminal.line("web", str(number))
        lines = output.getvalue().splitlines()
        assert [n for n, line in enumerate(lines) if line == terminal.reminder] == [20, 41]

    def test_survives_a_terminal_that_went_away(self, output):
        terminal = Terminal(output)
        output.close()
        terminal.line("web", "here")


class TestPorts:
    def test_the_next_one_when_taken(self):
        with listen(0) as taken, listen(port_of(taken)) as other:
            assert port_of(other) > port_of(taken)

    def test_demos_that_start_at_the_same_moment_have_ports_of_their_own(self):
        usual = free_port()
        with ThreadPoolExecutor(8) as demos:
            sockets = list(demos.map(lambda _: listen(usual), range(8)))
        assert len({port_of(found) for found in sockets}) == 8
        for found in sockets:
            found.close()

    def test_a_port_is_its_process_s_also_after_a_fall(self, supervisor, says):
        """Nobody else gets it between the look for a free one and the process that listens."""
        program = (
            "import socket, sys, time; s = socket.socket(fileno=int(sys.argv[1]));"
            "print('port', s.getsockname()[1]); c, _ = s.accept(); c.sendall(b'here'); sys.exit(1)"
        )
        with listen(0) as listening:
            command = [*python(program), str(listening.fileno())]
            child = supervisor.start("web", command, sockets=[listening])
            assert says(f"port {port_of(listening)}")
            assert child.process
            os.kill(child.process.pid, signal.SIGKILL)
            child.process.wait()
            with socket.create_connection((HOST, port_of(listening)), timeout=5) as waiting:
                supervisor.watch(until=lambda: child.starts == 2)
                assert waiting.recv(4) == b"here"


class TestFolder:
    def test_one_demo_at_a_time(self, tmp_path):
        folder = DemoFolder(tmp_path / "demo")
        with folder.locked():
            with pytest.raises(DemoRunningError, match=f"process {os.getpid()}"):
                folder.wipe()
            with pytest.raises(DemoRunningError), folder.locked():
                pass
        with folder.locked():
            pass

    def test_a_lock_left_by_a_killed_demo_does_not_count(self, tmp_path):
        (tmp_path / "lock").write_text("1\n")
        with DemoFolder(tmp_path).locked():
            assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"

    def test_secret_key_is_kept_and_private(self, tmp_path):
        folder = DemoFolder(tmp_path)
        key = folder.secret_key()
        assert len(key) >= 32
        assert folder.secret_key() == key
        assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600

    def test_documents_are_taken_in_at_whatever_address_it_starts_next(self, tmp_path):
        folder = DemoFolder(tmp_path)
        folder.disown_documents()
        url = f"file://{folder.documents}"
        ObjectStore(url, owner="127.0.0.1:8000").put("invoices/1.pdf", b"made then")
        folder.disown_documents()
        again = ObjectStore(url, owner="localhost:8001")
        again.put("invoices/2.pdf", b"made now")
        assert sorted(again.keys()) == ["invoices/1.pdf", "invoices/2.pdf"]

    def test_wipe_forgets_everything(self, tmp_path):
        folder = DemoFolder(tmp_path / "demo")
        folder.wipe()
        with folder.locked():
            folder.secret_key()
        folder.wipe()
        assert not folder.path.exists()
