"""Finding things in a Keystone, and the ids the driver learnt."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from selfcare.services.console.iam import errors
from selfcare.services.console.iam.client import Client
from selfcare.services.console.iam.errors import Conflict, ContractMissing, Forbidden, NotFound


class Lookup(Client):
    """Domains, groups, projects, roles and users, by their names."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._domains: dict[str, str] = {}
        self._groups: dict[str, dict[str, str]] = {}

    def _domain_id(self, ref: str, *, missing_ok: bool = False) -> str:
        if ref in self._domains:
            return self._domains[ref]
        found = self._all("domains", ref, {"name": ref})
        if not found:
            if missing_ok:
                return ""
            raise ContractMissing(ref)
        self._domains[ref] = found[0]["id"]
        return self._domains[ref]

    def _group_ids(self, ref: str) -> dict[str, str]:
        if ref not in self._groups:
            listed = self._all("groups", ref, {"domain_id": self._domain_id(ref)})
            self._groups[ref] = {group["name"]: group["id"] for group in listed}
        return self._groups[ref]

    def _project_id(self, ref: str) -> str:
        found = self._all("projects", ref, {"domain_id": self._domain_id(ref), "name": ref})
        if not found:
            raise ContractMissing(f"{ref} has no project")
        return str(found[0]["id"])

    def _role_id(self, name: str, ref: str) -> str:
        found = self._all("roles", ref, {"name": name})
        if not found:
            raise NotFound(f"role {name}")
        return str(found[0]["id"])

    def _find_user(self, ref: str, username: str, key: str = "") -> dict[str, Any] | None:
        """The account of that id, else of that name; some Keystones mind its case."""
        if key and (user := self._user_of_id(ref, key)):
            return user
        if not username:
            return None
        listed = self._all("users", ref, {"domain_id": self._domain_id(ref), "name": username})
        same = (user for user in listed if user["name"].casefold() == username.casefold())
        return next(same, None)

    def _user_of_id(self, ref: str, key: str) -> dict[str, Any] | None:
        """An account by the console's id, which stays when it is renamed."""
        try:
            user: dict[str, Any] = self._call("GET", f"/users/{quote(key, safe='')}", ref)["user"]
        except (NotFound, Forbidden):  # who rules a domain only is refused what is not there
            return None
        return user if user.get("domain_id") == self._domain_id(ref) else None

    def _existing_user(self, ref: str, username: str, key: str = "") -> dict[str, Any]:
        user = self._find_user(ref, username, key)
        if user is None:
            raise NotFound(f"{username} in {ref}")
        return user

    def _held(self, ref: str, user_id: str) -> dict[str, str]:
        listed = self._all(f"users/{user_id}/groups", ref, key="groups")
        return {group["name"]: group["id"] for group in listed}

    def _ensure(self, kind: str, values: dict[str, Any], ref: str) -> str:
        """The id of the thing of that name, made if it is not there."""
        named: dict[str, str] = {k: v for k, v in values.items() if k in {"name", "domain_id"}}
        found = self._all(kind, ref, named)
        if not found:
            singular = kind.removesuffix("s")
            try:
                return str(self._call("POST", f"/{kind}", ref, {singular: values})[singular]["id"])
            except Conflict:
                found = self._all(kind, ref, named)
        if not found:
            raise errors.Retryable(f"{kind} {values['name']}: taken, yet not to be found")
        return str(found[0]["id"])
