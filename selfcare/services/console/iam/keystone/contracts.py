"""A contract in a Keystone: its domain, its project, its groups, and who is in them."""

from __future__ import annotations

from collections.abc import Mapping

from selfcare.rights import PREDEFINED_CONSOLE_ROLES
from selfcare.services.console.iam.errors import NotFound
from selfcare.services.console.iam.keystone.lookup import Lookup
from selfcare.services.console.iam.port import Found, Overview

GRANTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "admin": (("domain", "manager"), ("project", "member")),
    "power_user": (("project", "member"),),
    "guest": (("project", "reader"),),
}
"""Console role → (scope, Keystone role). Never `admin`: it would rule the whole cloud (point 5)."""


class Contracts(Lookup):
    """The port's verbs for a contract."""

    def prepare_contract(self, ref: str) -> None:
        """Domain, project, three groups, their roles; what is there already stays as it is."""
        domain = self._domain_id(ref, missing_ok=True)
        domain = domain or self._ensure("domains", {"name": ref, "enabled": True}, ref)
        self._domains[ref] = domain
        project = self._ensure("projects", {"name": ref, "domain_id": domain}, ref)
        groups = {
            name: self._ensure("groups", {"name": name, "domain_id": domain}, ref)
            for name in PREDEFINED_CONSOLE_ROLES
        }
        self._groups.pop(ref, None)
        targets = {"domain": f"/domains/{domain}", "project": f"/projects/{project}"}
        for name, group in groups.items():
            for scope, role in GRANTS[name]:
                role_id = self._role_id(role, ref)
                self._call("PUT", f"{targets[scope]}/groups/{group}/roles/{role_id}", ref)

    def overview(self, ref: str) -> Overview:
        """Users and groups of the domain: a call per group, and one per user a group leaves out.

        It leaves some out where it holds more people than one list.
        """
        domain = self._domain_id(ref)
        self._groups.pop(ref, None)
        groups = self._group_ids(ref)
        users = {user["id"]: user for user in self._all("users", ref, {"domain_id": domain})}
        held: dict[str, set[str]] = {key: set() for key in users}
        cut: set[str] = set()
        for name, group in groups.items():
            members, whole = self._as_far_as_told(f"groups/{group}/users", ref, key="users")
            for key in held.keys() & {member["id"] for member in members}:
                held[key].add(name)
            if not whole:
                cut.add(name)
        for key in [key for key, names in held.items() if cut - names]:
            try:
                held[key] = set(self._held(ref, key))
            except NotFound:
                del users[key]  # deleted while we looked
        return Overview(
            frozenset(groups),
            {
                key: Found(
                    key=key,
                    username=user["name"],
                    groups=frozenset(held[key]),
                    email=user.get("email") or "",
                    enabled=user.get("enabled", True),
                )
                for key, user in users.items()
            },
        )
