"""A contract in a Keystone: its domain, its project, its groups with their roles."""

from __future__ import annotations

from collections.abc import Mapping

from selfcare.rights import PREDEFINED_CONSOLE_ROLES
from selfcare.services.console.iam.keystone.lookup import Lookup

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
