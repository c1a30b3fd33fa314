"""The sample data in a database, and what tests read in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from demo.seed import seed
from selfcare.database import db
from selfcare.models import Contract

PARIS = ZoneInfo("Europe/Paris")
TODAY = datetime(2026, 11, 22, 7, 46, tzinfo=UTC)


@pytest.fixture
def seeded(app: Flask) -> Iterator[Flask]:
    """The application with the sample data of `TODAY`, in its context."""
    with app.app_context():
        seed(TODAY)
        db.session.commit()
        yield app


def contract(ref: str) -> Contract:
    """The contract, with its customer and its offer."""
    return db.session.execute(
        select(Contract)
        .where(Contract.ref == ref)
        .options(joinedload(Contract.customer), joinedload(Contract.offer))
    ).scalar_one()
