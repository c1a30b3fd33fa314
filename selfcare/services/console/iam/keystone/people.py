"""Somebody's account in a Keystone: groups, details, API password, end."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from selfcare.services.console.iam import errors
from selfcare.services.console.iam.errors import Conflict, ContractMissing, Forbidden, NotFound
from selfcare.services.console.iam.keystone.lookup import Lookup
from selfcare.services.console.iam.port import LONGEST_PASSWORD, Held, Holder

DETAILS: Mapping[str, str] = {
    "username": "name",
    "email": "email",
    "full_name": "description",
    "enabled": "enabled",
}
"""A person's field → Keystone's name of it; it has none for a phone."""


class People(Lookup):
    """The port's verbs for a person."""

    def groups_of(self, ref: str, username: str) -> frozenset[str] | None:
        """Their groups; None without an account."""
        user = self._find_user(ref, username)
        return frozenset(self._held(ref, user["id"])) if user else None

    def set_groups(self, ref: str, holder: Holder, groups: frozenset[str]) -> str:
        """Exactly these groups: add first, for removing from any revokes all tokens.

        Of somebody new nothing is looked up: the account is made, or turns out to be there.
        """
        try:
            return self._set_groups(ref, holder, groups)
        except NotFound as gone:  # deleted there since we looked
            self._domains.pop(ref, None)
            self._groups.pop(ref, None)
            raise errors.Retryable(str(gone)) from None

    def _set_groups(self, ref: str, holder: Holder, groups: frozenset[str]) -> str:
        ids = self._group_ids(ref)
        if not groups <= ids.keys():
            self._groups.pop(ref, None)  # perhaps made since we looked
            ids = self._group_ids(ref)
        if missing := sorted(groups - ids.keys()):
            raise errors.GroupMissing(missing)
        user = self._find_user(ref, holder.username, holder.key) if holder.key else None
        there = user is not None
        if user is None:
            user = self._create_user(ref, holder)
            there = bool(user.get("adopted"))
        held = self._held(ref, user["id"]) if there else {}
        for name in sorted(groups - held.keys()):
            self._call("PUT", f"/groups/{ids[name]}/users/{user['id']}", ref)
        for name in sorted(held.keys() - groups):
            self._call("DELETE", f"/groups/{held[name]}/users/{user['id']}", ref, gone_ok=True)
        if there:
            self._overwrite(ref, user, holder)
        return str(user["id"])

    def _overwrite(self, ref: str, user: Mapping[str, Any], holder: Holder) -> None:
        """Details the portal insists on; what is right already is left alone."""
        values = {
            DETAILS[field]: getattr(holder, field)
            for field in sorted(holder.overwrite & DETAILS.keys())
        }
        values = {name: value for name, value in values.items() if user.get(name) != value}
        if values:
            self._call("PATCH", f"/users/{user['id']}", ref, {"user": values})

    def is_enabled(self, ref: str, key: str) -> bool:
        """Whether the account of that id is usable."""
        user = self._user_of_id(ref, key)
        return bool(user and user.get("enabled", True))

    def enable(self, ref: str, key: str, *, usable: bool) -> None:
        """Disabling ends every token at once and keeps credentials (measured on Keystone 30)."""
        wanted = {"user": {"enabled": usable}}
        try:
            self._call("PATCH", f"/users/{quote(key, safe='')}", ref, wanted)
        except (NotFound, Forbidden):
            if self._user_of_id(ref, key):
                raise

    def delete_user(self, ref: str, username: str, key: str = "") -> Held | None:
        """Delete the account; Keystone deletes its credentials with it."""
        try:
            user = self._find_user(ref, username, key)
        except ContractMissing:
            return Held(0, 0)
        if user is None:
            return Held(0, 0)
        held: Held | None = None
        with suppress(Forbidden):  # who rules a domain only is not told them
            held = self._held_by(ref, user["id"])
        self._call("DELETE", f"/users/{user['id']}", ref, gone_ok=True)
        return held

    def _held_by(self, ref: str, user_id: str) -> Held:
        """How many credentials somebody has; the secrets that Keystone tells stay here."""
        keys = self._all(f"users/{user_id}/credentials/OS-EC2", ref, key="credentials")
        path = f"users/{user_id}/application_credentials"
        return Held(len(keys), len(self._all(path, ref, key="application_credentials")))

    def set_password(self, ref: str, username: str, password: str, key: str = "") -> None:
        """Set the API password; an empty one would be taken and let anybody in."""
        if not 1 <= len(password.encode()) <= LONGEST_PASSWORD:
            raise errors.WeakPassword(f"1 to {LONGEST_PASSWORD} bytes")
        user = self._existing_user(ref, username, key)
        self._call("PATCH", f"/users/{user['id']}", ref, {"user": {"password": password}})

    def check_password(self, ref: str, username: str, password: str) -> bool:
        """Sign in with it, unscoped; the token is given up at once."""
        identity = {
            "methods": ["password"],
            "password": {"user": {"name": username, "domain": {"name": ref}, "password": password}},
        }
        body = {"auth": {"identity": identity, "scope": "unscoped"}}
        answer = self._raw("POST", "/auth/tokens", None, body, authenticated=False)
        if answer.status_code == 401:
            return False
        self._checked(answer)
        return True

    def _create_user(self, ref: str, holder: Holder) -> dict[str, Any]:
        """Make the account, without any password; somebody quicker than us made the same one."""
        user = {
            "name": holder.username,
            "domain_id": self._domain_id(ref),
            "email": holder.email,
            "description": holder.full_name,
            "enabled": holder.enabled,
        }
        try:
            made: dict[str, Any] = self._call("POST", "/users", ref, {"user": user})["user"]
        except Conflict:
            return {**self._existing_user(ref, holder.username), "adopted": True}
        return made
