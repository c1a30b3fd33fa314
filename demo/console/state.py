"""The stand-in console's data, kept in one file so that a restart forgets nothing."""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from pathlib import Path
from typing import Any

ROLES = ("admin", "manager", "member", "reader")
KINDS = ("domains", "projects", "users", "groups", "roles", "credentials", "applications")


class Refused(Exception):
    """An error answer, in Keystone's own words."""

    def __init__(self, status: int, message: str, title: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.title = status, message, title


class State:
    """Domains, projects, users, groups, memberships, grants, credentials, tokens."""

    def __init__(self, file: Path | None = None, *, password: str = "") -> None:
        """Read the file; the administrator `admin` gets the password."""
        self.file = file
        self.lock = threading.RLock()
        self.busy: set[tuple[str, str]] = set()
        self.tokens: dict[str, dict[str, Any]] = {}
        self.things: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in KINDS}
        self.members: list[list[str]] = []
        self.grants: list[list[str]] = []
        self.revoked: dict[str, int] = {}
        if file and file.exists():
            self._load(file)
        else:
            self._bootstrap()
        self.administrator()["password"] = password
        self.save()

    def _bootstrap(self) -> None:
        self.things["domains"]["default"] = {"id": "default", "name": "Default", "enabled": True}
        for name in ROLES:
            self.add("roles", {"name": name})
        self.add("users", {"name": "admin", "domain_id": "default", "enabled": True})

    def administrator(self) -> dict[str, Any]:
        """The portal's service account here."""
        return next(
            user
            for user in self.things["users"].values()
            if (user["name"], user["domain_id"]) == ("admin", "default")
        )

    def add(self, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        """Add a thing; its name must be unique in its domain."""
        name, domain = values.get("name"), values.get("domain_id")
        if kind != "credentials" and any(
            (other["name"], other.get("domain_id")) == (name, domain)
            for other in self.things[kind].values()
        ):
            raise Refused(
                409,
                f"Conflict occurred attempting to store {kind.removesuffix('s')} - Duplicate "
                f"entry found with name {name} at domain ID {domain}.",
                "Conflict",
            )
        thing = {"id": values.pop("id", None) or secrets.token_hex(16), **values}
        self.things[kind][thing["id"]] = thing
        return thing

    def get(self, kind: str, key: str) -> dict[str, Any]:
        """Return a thing by its id."""
        if key not in self.things[kind]:
            raise Refused(404, f"Could not find {kind.removesuffix('s')}: {key}.", "Not Found")
        return self.things[kind][key]

    def delete_user(self, key: str) -> None:
        """Delete a user with memberships and credentials."""
        self.get("users", key)
        del self.things["users"][key]
        self.members = [pair for pair in self.members if pair[1] != key]
        for kind in ("credentials", "applications"):
            self.things[kind] = {
                name: held for name, held in self.things[kind].items() if held["user_id"] != key
            }

    def delete_group(self, key: str) -> None:
        """Delete a group with its memberships; its members' tokens end."""
        self.get("groups", key)
        del self.things["groups"][key]
        for group, user in self.members:
            if group == key:
                self.revoke(user)
        self.members = [pair for pair in self.members if pair[0] != key]

    def leave(self, group: str, user: str) -> None:
        """Take somebody out of a group; all their tokens end."""
        if [group, user] not in self.members:
            raise Refused(404, f"Could not find user {user} in group {group}.", "Not Found")
        self.members.remove([group, user])
        self.revoke(user)

    def revoke(self, user: str) -> None:
        """End all tokens issued up to this second: the granularity is one second."""
        self.revoked[user] = int(time.time())

    def is_dead(self, token: dict[str, Any]) -> bool:
        """Whether a token was revoked."""
        return int(token["issued_at"]) <= self.revoked.get(token["user_id"], 0)

    def groups_of(self, user: str) -> list[dict[str, Any]]:
        """Return the groups somebody is in."""
        return [self.things["groups"][group] for group, member in self.members if member == user]

    def save(self) -> None:
        """Write the file in one step, so that it is never half-written."""
        if self.file is None:
            return
        kept = {
            "things": self.things,
            "members": self.members,
            "grants": self.grants,
        }
        beside = self.file.with_suffix(".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as output:
            json.dump(kept, output)
        beside.replace(self.file)

    def _load(self, file: Path) -> None:
        kept = json.loads(file.read_text())
        self.things |= kept["things"]
        self.members, self.grants = kept["members"], kept["grants"]
