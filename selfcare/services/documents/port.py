"""The port of a document store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class DocumentMissing(LookupError):
    """No document has this key."""


class StoreAway(OSError):
    """The store cannot be reached, refuses us, or is broken; nothing was done, try again later."""

    is_expected = True


class ForeignStore(StoreAway):
    """The store is another portal's: nothing is put there or deleted, only read."""


class DocumentStore(Protocol):
    """Documents by key (`invoices/OCB0000124/….pdf`); putting the same again changes nothing.

    Everything here raises `StoreAway` when the store does not answer as it should.
    """

    def put(self, key: str, data: bytes) -> None:
        """Keep a document, whole or not at all.

        Raises:
            ForeignStore: the store is another portal's.
        """

    def get(self, key: str) -> bytes:
        """The document.

        Raises:
            DocumentMissing: there is none.
        """

    def delete(self, key: str) -> None:
        """Forget a document; one that is not there is forgotten already.

        Raises:
            ForeignStore: the store is another portal's.
        """

    def keys(self, prefix: str = "") -> Iterator[str]:
        """The keys of the documents under a folder."""

    def own(self) -> None:
        """Make the store this portal's, whoever's it was: putting and deleting are its owner's."""
