"""The private servers: had, used, and gone afterwards whatever happens."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from demo import servers
from demo.children import scratch_folder
from demo.servers import ServerUnavailableError, postgres_server, redis_server

pytestmark = pytest.mark.once


def test_redis_is_gone_with_its_block():
    with redis_server() as url:
        client = redis.Redis.from_url(url)
        assert client.ping()
        socket = Path(client.connection_pool.connection_kwargs["path"])
    with pytest.raises(redis.ConnectionError):
        client.ping()
    client.close()
    assert not socket.parent.exists()


def test_redis_given_is_used_as_it_is():
    with redis_server(given="redis://elsewhere:1/2") as url:
        assert url == "redis://elsewhere:1/2"


def test_redis_missing_says_what_to_do(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(servers, "_wheel_folder", lambda _: None)
    with pytest.raises(ServerUnavailableError, match="REDIS_URL"), redis_server():
        pass


def test_redis_that_fails_says_why(monkeypatch):
    monkeypatch.setattr(servers, "_redis_binary", lambda: Path(shutil.which("ls") or "/bin/ls"))
    with pytest.raises(ServerUnavailableError, match=r"(?s)ended at once.*--port"), redis_server():
        pass


def test_postgresql_makes_empty_databases_and_is_gone_with_its_block():
    url = ""
    try:
        with postgres_server() as server:
            for _ in range(2):  # the second time in place of the first
                url = server.create_database("some")
                with psycopg.connect(url, autocommit=True) as connection:
                    connection.execute("create table here (id integer)")
    except ServerUnavailableError as unavailable:
        pytest.skip(f"missing: PostgreSQL ({unavailable})")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_postgresql_missing_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(servers, "_wheel_folder", lambda _: None)
    monkeypatch.setattr(servers, "_DEBIAN", tmp_path)
    with pytest.raises(ServerUnavailableError, match="TEST_DATABASE_URL"), postgres_server():
        pass


def test_nothing_outlives_a_killed_parent():
    """Not even after SIGKILL; and the next run sweeps up the folder that was left."""
    program = (
        "import time\nfrom demo.servers import redis_server\n"
        "with redis_server() as url: print(url, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        url = parent.stdout.readline().strip()
        folder = Path(url.removeprefix("unix://").partition("?")[0]).parent
        parent.kill()
    with redis.Redis.from_url(url) as client:
        _eventually(lambda: not _answers(client))
    with scratch_folder("redis"):
        assert not folder.exists()


def test_folders_of_living_owners_are_left_alone():
    with scratch_folder("test") as first, scratch_folder("test") as second:
        assert first != second
        assert first.exists()


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def _eventually(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)
