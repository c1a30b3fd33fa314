"""Requests no browser sends, to a real gunicorn: what it logs, and what its connections do next."""

from __future__ import annotations

import json

import pytest

from tests.server.conftest import Served, get, one_answer

pytestmark = [pytest.mark.slow, pytest.mark.once]
TOKEN = "WzEsIm5vbmNlIl0.c2lnbmF0dXJlLW9mLWZvcnR5LXRocmVlLWNoYXJhY3RlcnM"
SPELLINGS = [
    "/password/set/{}",
    "/password/set/{}/",
    "/password/set/{}/more",
    "/password//set/{}",
    "//password/set/{}",
    "/Password/Set/{}",
    "/password%2fset%2f{}",
    "/fr/password/set/{}",
    "/email/confirm/{}",
    "/email/confirm/{}%20",
    "/{}",
    "/login/{}",
]


def post(path: str, length: int) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: portal.test\r\nContent-Length: {length}\r\n\r\n"
    return head.encode()


def test_auth_2_no_spelling_of_a_mailed_link_puts_its_token_into_the_log(served: Served):
    for spelling in SPELLINGS:
        path = spelling.format(TOKEN)
        served.page(path)
        served.ask(
            f"POST {path} HTTP/1.1\r\nHost: portal.test\r\nConnection: close\r\n\r\n".encode()
        )
        served.ask(f"GET {path} HTTP/9.9\r\nHost: portal.test\r\n\r\n".encode())
        served.ask(f"GET {path} \r\n\r\n".encode())
    log = served.log.read_text()
    assert log.count("<token>") > len(SPELLINGS)
    assert TOKEN.partition(".")[2] not in log
    assert f"/set/{TOKEN[:8]}" not in log


def test_safe_a_line_of_the_log_is_never_long(served: Served):
    served.page("/" + "x" * 900_000)
    served.ask(b"GET /" + b"y" * 900_000 + b" HTTP/9.9\r\n\r\n")
    lines = served.log.read_text().splitlines()
    assert any("xxx" in line for line in lines)
    assert max(map(len, lines)) < 10_000


@pytest.mark.parametrize("path", ["/nowhere", "/legal", "/account/profile", "/login"])
def test_safe_a_post_refused_unread_leaves_its_connection_in_order(served: Served, path: str):
    with served.connect() as client:
        client.sendall(post(path, 900_000) + b"x" * 900_000)
        assert b"HTTP/1.1 4" in one_answer(client)[:12]
        client.sendall(get("/healthz", keep=True))
        assert json.loads(one_answer(client).partition(b"\r\n\r\n")[2]) == {"status": "ok"}


@pytest.mark.parametrize("path", ["/nowhere", "/legal", "/account/profile", "/login"])
def test_safe_a_post_too_large_says_that_its_connection_ends(served: Served, path: str):
    with served.connect() as client:
        client.sendall(post(path, 2_000_000) + b"x" * 100_000)
        answer = one_answer(client)
        assert b"HTTP/1.1 4" in answer[:12]
        assert b"\r\nConnection: close\r\n" in answer
        assert client.recv(1) == b""


@pytest.mark.parametrize("name", ["User-Agent", "Cookie", "Referer", "X-Request-ID", "HX-Target"])
def test_safe_a_header_with_a_nul_gets_nowhere(served: Served, name: str):
    line = f"GET /login HTTP/1.1\r\nHost: portal.test\r\n{name}: a\0b\r\nConnection: close\r\n\r\n"
    assert b" 400 " in served.ask(line.encode())[:20]
