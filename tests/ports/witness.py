"""Sophie, and what `openstacksdk` sees of her."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from selfcare.services.console.iam.port import Person

SOPHIE = Person("sophie.dupont", "sophie.dupont@example.com", "Sophie DUPONT")
GUEST, POWER = frozenset({"guest"}), frozenset({"power_user"})


def groups_of(witness: Any, ref: str, username: str) -> Set[str] | None:
    """Somebody's groups; None without an account."""
    domain = witness.identity.find_domain(ref, ignore_missing=False)
    user = next(iter(witness.identity.users(domain_id=domain.id, name=username)), None)
    if user is None:
        return None
    answer = witness.identity.get(f"/users/{user.id}/groups")
    return {group["name"] for group in answer.json()["groups"]}
