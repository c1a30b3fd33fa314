"""Flexible Engine and its family: Keystone v3 with calls of its own for users and access keys.

Domains are opened by the cloud's operator, never by us; a user has a mail address and a mobile
number there; an access key is made by the cloud, its secret shown in that answer only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from selfcare.rights import PREDEFINED_CONSOLE_ROLES
from selfcare.services.console.iam.errors import Conflict, Unsupported
from selfcare.services.console.iam.keystone.driver import Keystone
from selfcare.services.console.iam.keystone.personal import Personal, moment
from selfcare.services.console.iam.kinds import FLEXIBLE_ENGINE, Kind
from selfcare.services.console.iam.port import (
    ApplicationCredential,
    Held,
    Holder,
    Key,
    NewApplicationCredential,
    NewKey,
    description_of,
    mark_in,
)

_SPECIAL = "/v3.0"
_KEYS = f"{_SPECIAL}/OS-CREDENTIAL/credentials"


class PersonalFlexibleEngine(Personal):
    """One's own access keys on Flexible Engine; it has no application credentials."""

    @staticmethod
    def _scope(ref: str) -> dict[str, Any]:
        """Keys belong to nobody's project there."""
        return {"domain_name": ref}

    def access_keys(self) -> list[Key]:
        """Their keys; when one was last used is told of each alone."""
        listed = self._call("GET", _of_user(self.user_id), "")["credentials"]
        return [self._key(one["access"], one) for one in listed]

    def _key(self, access: str, listed: Mapping[str, Any]) -> Key:
        path = f"{_KEYS}/{quote(access, safe='')}"
        alone = self._call("GET", path, "", gone_ok=True).get("credential", {})
        return Key(
            access,
            mark=mark_in(listed.get("description")),
            active=listed.get("status", "active") == "active",
            created_at=moment(listed.get("create_time")),
            last_used_at=moment(alone.get("last_use_time")),
        )

    def create_key(self, new: NewKey) -> NewKey:
        """The cloud makes the pair; of ours only the mark is used."""
        wanted = {"user_id": self.user_id, "description": description_of(new.mark)}
        made = self._call("POST", _KEYS, "", {"credential": wanted})["credential"]
        return NewKey(access=made["access"], secret=made["secret"], mark=new.mark)

    def enable_key(self, access: str, *, usable: bool) -> None:
        """Put a key to rest, or wake it."""
        wanted = {"credential": {"status": "active" if usable else "inactive"}}
        self._call("PUT", f"{_KEYS}/{quote(access, safe='')}", "", wanted)

    def delete_key(self, access: str) -> None:
        """Delete one; gone already is fine."""
        self._call("DELETE", f"{_KEYS}/{quote(access, safe='')}", "", gone_ok=True)

    def application_credentials(self) -> list[ApplicationCredential]:
        """None: the cloud has nothing of the kind."""
        return []

    def create_application_credential(
        self, name: str, *, roles: Iterable[str], expires_at: datetime, mark: str
    ) -> NewApplicationCredential:
        """Nothing of the kind."""
        raise Unsupported(f"{name} ({mark}): {sorted(roles)} until {expires_at}")

    def delete_application_credential(self, key: str) -> None:
        """Nothing of the kind."""
        raise Unsupported(key)

    def _address(self, path: str) -> str:
        return _address(self.url, path) or super()._address(path)


class FlexibleEngine(Keystone):
    """The same port on Flexible Engine."""

    PERSONAL: ClassVar[type[Personal]] = PersonalFlexibleEngine
    kind: ClassVar[Kind] = FLEXIBLE_ENGINE

    def prepare_contract(self, ref: str) -> None:
        """Make the groups that lack; their roles are given with the domain, by the operator."""
        domain = self._domain_id(ref)
        for name in PREDEFINED_CONSOLE_ROLES:
            self._ensure("groups", {"name": name, "domain_id": domain}, ref)
        self._groups.pop(ref, None)

    def is_sound(self, ref: str) -> bool:
        """The groups alone are ours; their roles are the operator's."""
        there = self._all("domains", ref, {"name": ref})
        enabled = bool(there) and there[0].get("enabled", True)
        return enabled and self._group_ids(ref).keys() >= set(PREDEFINED_CONSOLE_ROLES)

    def _create_user(self, ref: str, holder: Holder) -> dict[str, Any]:
        user = {
            "name": holder.username,
            "domain_id": self._domain_id(ref),
            "email": holder.email,
            "enabled": holder.enabled,
            **_phone_of(holder),
        }
        try:
            made: dict[str, Any] = self._call(
                "POST", f"{_SPECIAL}/OS-USER/users", ref, {"user": user}
            )["user"]
        except Conflict:
            if (found := self._find_user(ref, holder.username)) is None:
                raise  # the mail address or phone belongs to another name
            return {**found, "adopted": True}
        return made

    def _overwrite(self, ref: str, user: Mapping[str, Any], holder: Holder) -> None:
        """Said without looking: a list there tells no address and no phone."""
        given = {"username": "name", "email": "email", "enabled": "enabled"}
        values = {given[name]: getattr(holder, name) for name in holder.overwrite & given.keys()}
        if "mobile" in holder.overwrite:
            values |= _phone_of(holder)
        if values:
            self._call("PUT", f"{_SPECIAL}/OS-USER/users/{user['id']}", ref, {"user": values})

    def _held_by(self, ref: str, user_id: str) -> Held:
        listed = self._call("GET", _of_user(user_id), ref)
        return Held(len(listed["credentials"]), 0)

    def _address(self, path: str) -> str:
        return _address(self.url, path) or super()._address(path)


def _of_user(user_id: str) -> str:
    """Where somebody's keys are listed."""
    return f"{_KEYS}?{urlencode({'user_id': user_id})}"


def _address(url: str, path: str) -> str:
    """Where the cloud's own calls go; nothing for the others."""
    return url.removesuffix("/v3") + path if path.startswith(_SPECIAL) else ""


def _phone_of(holder: Holder) -> dict[str, str]:
    """A mobile number as that cloud takes it; nothing where there is none."""
    if phone := re.fullmatch(r"\+(\d{1,3}) ([\d ]+)", holder.mobile):
        return {"areacode": f"00{phone.group(1)}", "phone": phone.group(2).replace(" ", "")}
    return {}
