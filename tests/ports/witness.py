"""Sophie, and what `openstacksdk` sees of her."""

from __future__ import annotations

import secrets
import time
from collections.abc import Set
from datetime import UTC, datetime, timedelta
from typing import Any

from selfcare.services.console.iam.port import Holder, NewKey

SOPHIE = Holder("sophie.dupont", "sophie.dupont@example.com", "Sophie DUPONT")
GUEST, POWER = frozenset({"guest"}), frozenset({"power_user"})


def groups_of(witness: Any, ref: str, username: str) -> Set[str] | None:
    """Somebody's groups; None without an account."""
    domain = witness.identity.find_domain(ref, ignore_missing=False)
    user = next(iter(witness.identity.users(domain_id=domain.id, name=username)), None)
    if user is None:
        return None
    answer = witness.identity.get(f"/users/{user.id}/groups")
    return {group["name"] for group in answer.json()["groups"]}


def new_key(secret="s" * 32, mark="mark-1"):
    """A pair nobody has: the real Keystone, and its keys, last for the session."""
    return NewKey(secrets.token_hex(16), secret=secret, mark=mark)


def own(iam, ref, username=SOPHIE.username):
    """Somebody signed in as themselves, with a first API password."""
    iam.set_password(ref, username, "Espace-2026!")
    time.sleep(1.1)  # revocation has a granularity of one second
    return iam.sign_in(ref, username, "Espace-2026!")


def make_application(sophie, name="ci", **changed):
    """An application credential of hers, to read with for an hour."""
    wanted = {
        "roles": {"reader"},
        "expires_at": datetime.now(UTC) + timedelta(hours=1),
        "mark": "mark-2",
    }
    return sophie.create_application_credential(name, **{**wanted, **changed})
