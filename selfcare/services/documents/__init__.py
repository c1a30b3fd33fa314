"""Where invoices and reports are kept: a private folder or an S3 bucket, by `DOCUMENTS_URL`.

Nothing in there has an address: a view checks the reader's rights, then hands the bytes over.
"""

from __future__ import annotations

from typing import cast

from flask import current_app

from selfcare import config
from selfcare.services.documents.port import DocumentMissing, DocumentStore, StoreAway

__all__ = ["DocumentMissing", "DocumentStore", "StoreAway", "store"]


def store() -> DocumentStore:
    """The application's document store, opened at its first use."""
    if "documents" not in current_app.extensions:
        from selfcare.services.documents.object_store import ObjectStore  # noqa: PLC0415 (heavy)

        url = config.current().documents_url
        current_app.extensions["documents"] = ObjectStore(url)
    return cast("DocumentStore", current_app.extensions["documents"])
