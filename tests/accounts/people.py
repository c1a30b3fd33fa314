"""People the cast has made."""

from __future__ import annotations

from selfcare.models import Account
from selfcare.services import accounts


def account_of(login: str) -> Account:
    """The account of a login that exists."""
    found = accounts.find(login)
    assert found, f"no account {login}: let the cast make it first"
    return found
