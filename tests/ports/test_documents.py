"""The document store: one suite for the folder and for S3."""

from __future__ import annotations

import contextlib
import socket
import stat
import threading
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from selfcare.services.documents import DocumentMissing, StoreAway
from selfcare.services.documents.object_store import ObjectStore

pytestmark = pytest.mark.once

CONFIG = {"region": "us-east-1", "access_key_id": "key", "secret_access_key": "secret"}


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store(request, tmp_path) -> ObjectStore:
    if request.param == "folder":
        return ObjectStore(f"file://{tmp_path / 'with space' / 'documents'}")
    endpoint = request.getfixturevalue("s3_server")
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    client.create_bucket(Bucket="papers")
    for item in client.list_objects_v2(Bucket="papers").get("Contents", []):
        client.delete_object(Bucket="papers", Key=item["Key"])
    return ObjectStore("s3://papers/portal", endpoint=endpoint, **CONFIG)


KEY = "invoices/OCB0000124/abc.pdf"


def test_invoices_1_what_is_put_comes_back(store):
    store.put(KEY, b"%PDF-1.7 \x00\xff")
    assert store.get(KEY) == b"%PDF-1.7 \x00\xff"


def test_invoices_1_putting_again_replaces_it(store):
    store.put(KEY, b"one")
    store.put(KEY, b"two")
    assert store.get(KEY) == b"two"
    assert list(store.keys()) == [KEY]


def test_invoices_1_what_is_not_there_is_said_to_be_missing(store):
    with pytest.raises(DocumentMissing):
        store.get(KEY)


def test_invoices_1_deleting_twice_is_once(store):
    store.put(KEY, b"one")
    store.delete(KEY)
    store.delete(KEY)
    with pytest.raises(DocumentMissing):
        store.get(KEY)


def test_invoices_1_keys_are_listed_by_folder(store):
    for key in ("invoices/A/1.pdf", "invoices/B/2.pdf", "usage/A/3.csv"):
        store.put(key, b"x")
    assert sorted(store.keys("invoices/")) == ["invoices/A/1.pdf", "invoices/B/2.pdf"]
    assert list(store.keys("nothing/")) == []


def test_invoices_1_a_large_document_comes_back_whole(store):
    data = bytes(range(256)) * 60_000  # 15 MB: in several parts on S3
    store.put(KEY, data)
    assert store.get(KEY) == data


def test_invoices_1_a_folder_is_its_owners_alone(tmp_path):
    folder = tmp_path / "documents"
    ObjectStore(f"file://{folder}").put(KEY, b"one")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_invoices_1_a_key_does_not_leave_the_folder(tmp_path):
    store = ObjectStore(f"file://{tmp_path / 'documents'}")
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(Exception, match=r"(?i)path|segment|missing"):
        store.get("../secret")


@pytest.fixture(params=["nobody there", "no such bucket", "a broken answer", "no folder"])
def away(request, tmp_path) -> Iterator[ObjectStore]:
    """A store that does not answer as it should."""
    if request.param == "nobody there":
        yield ObjectStore("s3://papers/portal", endpoint="http://127.0.0.1:9", **CONFIG)
    elif request.param == "no such bucket":
        endpoint = request.getfixturevalue("s3_server")
        yield ObjectStore("s3://nobodys-papers/portal", endpoint=endpoint, **CONFIG)
    elif request.param == "a broken answer":
        with broken_server() as endpoint:
            yield ObjectStore("s3://papers/portal", endpoint=endpoint, **CONFIG)
    else:
        store = ObjectStore(f"file://{tmp_path / 'documents'}")
        (tmp_path / "documents").rmdir()
        (tmp_path / "documents").write_text("a file where the folder was")
        yield store


@contextlib.contextmanager
def broken_server() -> Iterator[str]:
    """It takes connections, and closes them in the middle of its answer."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        done = threading.Event()

        def answer() -> None:
            while not done.is_set():
                with contextlib.suppress(OSError):
                    connection, _ = listening.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\ncut")

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        done.set()
        thread.join()


def test_invoices_1_a_store_that_is_away_is_said_to_be(away):
    with pytest.raises(StoreAway, match="the document store does not answer"):
        away.put(KEY, b"one")
    with pytest.raises((StoreAway, DocumentMissing)):
        away.get(KEY)


def test_invoices_1_a_folder_that_cannot_be_opened_is_a_store_that_is_away(tmp_path):
    (tmp_path / "documents").write_text("a file where the folder should be")
    with pytest.raises(StoreAway):
        ObjectStore(f"file://{tmp_path / 'documents'}")
