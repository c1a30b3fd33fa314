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
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import LocalStore, S3Store

from selfcare.services.documents.port import DocumentMissing, ForeignStore, StoreAway

log = structlog.get_logger(__name__)

MARK = "portal"
"""The document that names the portal whose store it is."""

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

    The first portal that puts something there makes it its own, by a mark: two that share a store
    by mistake would take each other's documents for orphans.
    """

    def __init__(self, url: str, *, owner: str = "", **config: Any) -> None:
        self._owner, self._is_ours = owner, not owner
        with _answering("open", url):
            self._store = _folder(url) if url.startswith("file://") else _bucket(url, config)

    def put(self, key: str, data: bytes) -> None:
        """Keep a document, whole or not at all."""
        self._check_owner()
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
        self._check_owner()
        with _answering("delete", key), contextlib.suppress(NotFoundError, FileNotFoundError):
            obstore.delete(self._store, key)

    def keys(self, prefix: str = "") -> Iterator[str]:
        """The keys of the documents under a folder."""
        with _answering("list", prefix):
            for some in obstore.list(self._store, prefix or None):
                yield from (item["path"] for item in some if item["path"] != MARK)

    def own(self) -> None:
        """Make it this portal's, whoever's it was."""
        with _answering("put", MARK):
            obstore.put(self._store, MARK, self._owner.encode())
        self._is_ours = True

    def _check_owner(self) -> None:
        """Refuse to change what is another portal's; the first one owns it.

        Raises:
            ForeignStore: it is another portal's.
        """
        if self._is_ours:
            return
        with _answering("put", MARK), contextlib.suppress(AlreadyExistsError):
            obstore.put(self._store, MARK, self._owner.encode(), mode="create")
        found = self.get(MARK).decode()
        if found != self._owner:
            raise ForeignStore(
                f"this document store belongs to the portal {found}: give this one a DOCUMENTS_URL"
                " of its own; if its address has changed, `flask documents own` says so"
            )
        self._is_ours = True


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
