"""Where invoices and reports are kept: a private folder or an S3 bucket, by `DOCUMENTS_URL`.

Nothing in there has an address: a view checks the reader's rights, then hands the bytes over.
"""

from __future__ import annotations

from typing import cast

from flask import current_app

from selfcare import config
from selfcare.services.documents.port import DocumentMissing, DocumentStore, ForeignStore, StoreAway

__all__ = ["DocumentMissing", "DocumentStore", "ForeignStore", "StoreAway", "store"]


def store() -> DocumentStore:
    """The application's document store, opened at its first use."""
    if "documents" not in current_app.extensions:
        from selfcare.services.documents.object_store import ObjectStore  # noqa: PLC0415 (heavy)

        settings = config.current()
        opened = ObjectStore(settings.documents_url, owner=settings.own_name)
        current_app.extensions["documents"] = opened
    return cast("DocumentStore", current_app.extensions["documents"])
