"""An instance that is told to stop: quick, and nobody notices (operable)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.server.conftest import get, one_answer
from tests.server.round_robin import Failed, RoundRobin

pytestmark = [pytest.mark.slow, pytest.mark.once]


def test_operable_who_comes_to_a_stopping_instance_is_refused_at_once(serve):
    served = serve()
    with served.connect() as kept:
        kept.sendall(get("/healthz", keep=True))
        assert b" 200 OK" in one_answer(kept)[:20]
        served.process.terminate()
        for _ in range(100):
            try:
                served.connect().close()
            except ConnectionRefusedError:
                break
            time.sleep(0.05)
        else:
            pytest.fail("connections are still taken")
        kept.sendall(get("/healthz", keep=True))  # sent before its proxy could know
        assert b"\r\nConnection: close\r\n" in one_answer(kept)
    assert served.process.wait(20) == 0


def test_operable_a_rolling_restart_under_load_fails_nobody(serve, cookie_of, cast):
    cast.referent()
    cast.orders(5)
    page = get("/contracts/OCB0000124/orders", cookie=cookie_of("paul.dupont"), keep=True)
    instances = [serve(WEB_CONCURRENCY="2") for _ in range(2)]
    proxy = RoundRobin([served.port for served in instances])
    with load(proxy, [page, get("/login", keep=True)]) as answers:
        for served in instances:
            so_far = len(answers)
            served.process.terminate()
            assert served.process.wait(20) == 0
            again = serve("--bind", f"127.0.0.1:{served.port}", WEB_CONCURRENCY="2")
            assert again.process.poll() is None
            assert len(answers) > so_far, "the other one answered meanwhile"
    proxy.close()
    assert len(answers) > 50
    assert [answer for answer in answers if b" 200 OK" not in answer[:20]] == []


@contextmanager
def load(proxy: RoundRobin, requests: list[bytes]) -> Iterator[list[bytes]]:
    """Four clients that ask again and again; gives what each of their requests got."""
    answers: list[bytes] = []
    over = threading.Event()

    def client(request: bytes) -> None:
        while not over.is_set():
            try:
                answers.append(proxy.ask(request))
            except Failed as failure:
                answers.append(str(failure).encode())
            over.wait(0.02)  # the machine has other work, too

    clients = [threading.Thread(target=client, args=(request,)) for request in requests * 2]
    for one in clients:
        one.start()
    try:
        yield answers
    finally:
        over.set()
        for one in clients:
            one.join()
