"""The document store on a folder or on S3, both through `obstore`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import obstore
import structlog
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, S3Store

from selfcare.services.documents.port import DocumentMissing, StoreAway

log = structlog.get_logger(__name__)

_PATIENCE = {"connect_timeout": "3s", "timeout": "15s"}
_TRIES: Any = {
    "max_retries": 2,
    "retry_timeout": timedelta(seconds=10),
    "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=1)},
}
"""Somebody waits for the answer: a store that is away is said to be within seconds."""


class ObjectStore:
    """Documents under an address, `file:///folder` or `s3://bucket/prefix`.

    A folder is made for its owner alone; a bucket stays as private as it is (no ACL is ever
    set). S3 credentials, region and endpoint come from `AWS_…` variables, or from `config`.
    """

    def __init__(self, url: str, **config: Any) -> None:
        with _answering("open", url):
            self._store = _folder(url) if url.startswith("file://") else _bucket(url, config)

    def put(self, key: str, data: bytes) -> None:
        """Keep a document, whole or not at all."""
        with _answering("put", key):
            obstore.put(self._store, key, data)

    def get(self, key: str) -> bytes:
        """The document, read whole (an invoice is some hundred kilobytes)."""
        with _answering("get", key):
            try:
                return bytes(obstore.get(self._store, key).bytes())
            except (NotFoundError, FileNotFoundError):
                raise DocumentMissing(key) from None

    def delete(self, key: str) -> None:
        """Forget a document, if it is there."""
        with _answering("delete", key), contextlib.suppress(NotFoundError, FileNotFoundError):
            obstore.delete(self._store, key)

    def keys(self, prefix: str = "") -> Iterator[str]:
        """The keys of the documents under a folder."""
        with _answering("list", prefix):
            for some in obstore.list(self._store, prefix or None):
                yield from (item["path"] for item in some)


def _folder(url: str) -> LocalStore | S3Store:
    folder = Path(unquote(urlsplit(url).path))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return LocalStore(folder, automatic_cleanup=True)


def _bucket(url: str, config: dict[str, Any]) -> LocalStore | S3Store:
    endpoint = str(config.get("endpoint", ""))
    options: Any = {**_PATIENCE, "allow_http": endpoint.startswith("http://")}
    return S3Store.from_url(url, client_options=options, retry_config=_TRIES, **config)


@contextlib.contextmanager
def _answering(what: str, key: str) -> Iterator[None]:
    """Whatever goes wrong in the store is one thing to its callers, and in the log."""
    try:
        yield
    except (BaseError, OSError) as problem:
        reason = str(problem).partition("\n")[0]
        log.error("document_store_away", action=what, key=key, problem=reason)  # noqa: TRY400
        raise StoreAway("the document store does not answer as it should") from problem
