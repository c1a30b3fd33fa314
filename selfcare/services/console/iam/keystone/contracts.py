"""A contract in a Keystone: its domain, its project, its groups with their roles."""

from __future__ import annotations

from typing import Any

from selfcare.rights import PREDEFINED_CONSOLE_ROLES
from selfcare.services.console.iam.errors import ContractDisabled, ContractMissing
from selfcare.services.console.iam.keystone.lookup import Lookup
from selfcare.services.console.iam.kinds import GRANTS


class Contracts(Lookup):
    """The port's verbs for a contract."""

    def prepare_contract(self, ref: str) -> None:
        """Domain, project, three groups, their roles; what is there already stays as it is."""
        there = self._all("domains", ref, {"name": ref})
        if there and not there[0].get("enabled", True):
            raise ContractDisabled(ref)
        new = {"name": ref, "enabled": True}
        domain = str(there[0]["id"]) if there else self._ensure("domains", new, ref)
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

    def is_sound(self, ref: str) -> bool:
        """Whether the domain is enabled, and its three groups hold their roles."""
        there = self._all("domains", ref, {"name": ref})
        if not there or not there[0].get("enabled", True):
            return False
        groups = self._group_ids(ref)
        if not groups.keys() >= set(PREDEFINED_CONSOLE_ROLES):
            return False
        try:
            scopes = {"domain": str(there[0]["id"]), "project": self._project_id(ref)}
        except ContractMissing:
            return False
        held = {
            (scope, grant["group"]["id"], grant["role"]["name"])
            for scope, key in scopes.items()
            for grant in self._grants(ref, scope, key)
        }
        return all(
            (scope, groups[name], role) in held
            for name, grants in GRANTS.items()
            for scope, role in grants
        )

    def _grants(self, ref: str, scope: str, key: str) -> list[dict[str, Any]]:
        """The roles that groups hold there."""
        query = {f"scope.{scope}.id": key, "include_names": "true"}
        listed = self._all("role_assignments", ref, query)
        return [grant for grant in listed if "group" in grant]
