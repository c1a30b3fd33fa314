"""Whom the tests of pages know."""

from __future__ import annotations

import pytest

from tests.browsing import Browser


@pytest.fixture
def paul(cast):
    """The referent of the contract."""
    cast.member("paul.dupont", referent=True)


@pytest.fixture
def paul_s(paul, browse_as) -> Browser:
    """Paul's browser, signed in."""
    return browse_as("paul.dupont")
