"""What tests of invoices taken in share: the command, and what it left."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Invoice
from selfcare.services.documents.object_store import ObjectStore
from tests.cast import Cast


@pytest.fixture
def load(app: Flask, cast: Cast, store: ObjectStore) -> Callable[..., tuple[str, int]]:
    """Run `flask invoices load`: its lines and its exit code."""
    cast.contract()

    def run(*paths: object, options: tuple[str, ...] = ()) -> tuple[str, int]:
        done = app.test_cli_runner().invoke(args=["invoices", "load", *map(str, paths), *options])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.output, done.exit_code

    return run


@pytest.fixture
def invoices(app: Flask) -> Callable[[], list[Invoice]]:
    """All invoices there are."""

    def found() -> list[Invoice]:
        with app.app_context():
            return list(db.session.execute(select(Invoice).order_by(Invoice.id)).scalars())

    return found
