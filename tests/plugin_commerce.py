"""Fixtures of the commercial life of a contract: the catalogue, documents, invoices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from selfcare.config import ROOT
from selfcare.database import db
from selfcare.rights import Profile
from selfcare.services import catalogue_loading, documents
from selfcare.services.documents.object_store import ObjectStore
from tests.cast import Cast

MANAGER = Profile.MANAGER


@pytest.fixture
def shop(cast: Cast) -> str:
    """The catalogue of the repository, and Paul, the referent, who may order from it."""
    cast.member("paul.dupont", referent=True)
    with cast.app.app_context():
        catalogue_loading.load(catalogue_loading.files_in(ROOT / "catalogue"))
        db.session.commit()
    return "elastic-cloud-server-reservation"


@pytest.fixture
def store(app: Flask, tmp_path: Path) -> Iterator[ObjectStore]:
    """A document store of this test's own."""
    former = app.extensions.get("documents")
    app.extensions["documents"] = own = ObjectStore(f"file://{tmp_path / 'documents'}")
    with app.app_context():
        assert documents.store() is own
    yield own
    app.extensions.pop("documents")
    if former:
        app.extensions["documents"] = former


@pytest.fixture
def setting(app: Flask) -> Iterator[Callable[..., None]]:
    """Change settings for one test: `setting(fulfilment="automatic")`."""
    import dataclasses

    former = app.extensions["settings"]

    def change(**values: object) -> None:
        changed = dataclasses.replace(app.extensions["settings"], **values)
        app.extensions["settings"] = app.jinja_env.globals["settings"] = changed

    yield change
    app.extensions["settings"] = app.jinja_env.globals["settings"] = former
