"""Slow and silent clients, as many as there are: everybody else is served (real gunicorn)."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from selfcare.rights import Profile
from tests.server.conftest import Served, everything, get, one_answer

pytestmark = [pytest.mark.slow, pytest.mark.once]
VISITOR = Profile.VISITOR
POST = b"POST /login HTTP/1.1\r\nHost: portal.test\r\nContent-Length: 1000\r\n"
BEGUN = {
    "nothing": b"",
    "half a line": b"GET /log",
    "half a head": b"GET /login HTTP/1.1\r\nHost: portal.test\r\n",
    "half a body": POST + b"\r\nlogin=paul",
    "half a body by chunks": b"POST /login HTTP/1.1\r\nHost: portal.test\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nlogin\r\n",
    "a body that waits for a word": POST + b"Expect: 100-continue\r\n\r\n",
    "empty lines": b"\r\n\r\n",
    "a head that looks whole": b"GET /login \r\n\r\n",
    "chunks that look whole": b"POST /login HTTP/1.1\r\nHost: portal.test\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nff\r\n\r\n0\r\n\r\n",
    "an answer's connection left open": get("/healthz"),
}


def answers(served: Served) -> None:
    """Served before a client of these tests gives up, which is sooner than the server does."""
    assert b" 200 OK" in served.page("/login")[:20]


@pytest.mark.parametrize("begun", BEGUN)
def test_safe_sixty_four_half_sent_requests_hold_nobody_up(served, begun):
    with ExitStack() as held:
        for _ in range(64):
            held.enter_context(served.connect()).sendall(BEGUN[begun])
        time.sleep(0.3)
        for _ in range(3):
            answers(served)


def test_safe_a_request_that_comes_byte_by_byte_is_answered(served):
    with served.connect() as client:
        for byte in get("/healthz"):
            client.send(bytes([byte]))
            time.sleep(0.002)
        assert b" 200 OK" in everything(client)[:20]


def test_safe_requests_that_come_together_are_answered_in_turn(served):
    with served.connect() as client:
        client.sendall(get("/healthz", keep=True) + get("/legal", keep=True) + get("/healthz"))
        assert everything(client).count(b"HTTP/1.1 200 OK") == 3


def test_safe_a_body_by_chunks_is_read(served):
    head = b"POST /login HTTP/1.1\r\nHost: portal.test\r\nTransfer-Encoding: chunked\r\n"
    for end in (b"0\r\n\r\n", b"0\r\nX-Trailer: x\r\n\r\n"):
        with served.connect() as client:
            client.sendall(head + b"Connection: close\r\n\r\n")
            client.sendall(b"5\r\nlogin\r\n")
            client.sendall(end)
            assert b"HTTP/1.1 400" in everything(client)  # no form token in it


def test_safe_a_body_is_asked_for_where_the_client_waits_for_that(served):
    with served.connect() as client:
        client.sendall(POST + b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
        assert client.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"x" * 1000)
        assert b"HTTP/1.1 400" in everything(client)  # no form token in it


def test_safe_a_connection_too_many_ends_the_one_that_waits_longest(serve):
    served = serve("--worker-connections", "20")
    with ExitStack() as held:
        first = held.enter_context(served.connect())
        first.sendall(BEGUN["half a line"])
        time.sleep(0.1)
        for _ in range(40):
            held.enter_context(served.connect()).sendall(BEGUN["half a line"])
        answers(served)
        assert first.recv(1) == b""


def test_safe_unfinished_requests_have_a_bound_in_memory(serve):
    """The largest of them go; everybody else's stay."""
    served = serve()
    head = b"POST /login HTTP/1.1\r\nHost: portal.test\r\nContent-Length: 1000000\r\n\r\n"
    with ExitStack() as held:
        small = held.enter_context(served.connect())
        small.sendall(get("/healthz")[:-2])
        for _ in range(70):
            large = held.enter_context(served.connect())
            with suppress(ConnectionError):
                large.sendall(head + b"x" * 950_000)
        pid = served.process.pid
        [process] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        peak = Path(f"/proc/{process}/status").read_text()
        assert int(peak.split("VmHWM:")[1].split()[0]) < 300_000  # kB
        small.sendall(b"\r\n")
        assert b" 200 OK" in everything(small)[:20]


def test_safe_connections_that_idle_do_not_hold_up_the_end(serve):
    served = serve()
    with served.connect() as client:
        client.sendall(get("/healthz", keep=True))
        assert b" 200 OK" in one_answer(client)[:20]
        began = time.monotonic()
        served.process.terminate()
        assert served.process.wait(20) == 0
        assert time.monotonic() - began < 8


def test_safe_exports_that_nobody_reads_hold_nobody_up(cast, cookie_of, serve):
    """Larger than what the system keeps for a connection, smaller than what we do."""
    cast.member("paul.dupont", orders=VISITOR)
    cast.orders(4_500, name_en="A" * 1_300)  # few rows, since six readers have them written
    cookies = [cookie_of(cast.member(f"reader.n{n}", orders=VISITOR)) for n in range(6)]
    served = serve()
    with ExitStack() as held:
        clients: list[socket.socket] = []
        for cookie in cookies:
            client = held.enter_context(served.connect(receives=4096))
            client.sendall(get("/contracts/OCB0000124/orders?format=csv", cookie=cookie))
            clients.append(client)
            assert b" 200 OK" in client.recv(4096)
        answers(served)
        assert everything(clients[-1]).endswith(b"\r\n0\r\n\r\n")  # read late, but whole
