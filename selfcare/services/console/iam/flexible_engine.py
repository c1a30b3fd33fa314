"""Flexible Engine and its family: Keystone v3 with calls of its own for users and access keys.

Domains are opened by the cloud's operator, never by us; a user has a mail address and a mobile
number there; an access key is made by the cloud, its secret shown in that answer only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from selfcare.rights import PREDEFINED_CONSOLE_ROLES
from selfcare.services.console.iam.errors import Conflict
from selfcare.services.console.iam.keystone.driver import Keystone
from selfcare.services.console.iam.port import Key, NewKey, Person

_FITS = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{4,31}")
_SPECIAL = "/v3.0"


class FlexibleEngine(Keystone):
    """The same port on Flexible Engine."""

    @staticmethod
    def username_for(login: str) -> str:
        """The login where it fits (5 to 32, no leading digit), else a stable name from it."""
        if _FITS.fullmatch(login):
            return login
        mark = hashlib.sha256(login.casefold().encode()).hexdigest()[:8]
        return f"u_{re.sub(r'[^A-Za-z0-9._-]', '', login)[:21]}_{mark}"

    def prepare_contract(self, ref: str) -> None:
        """Make the groups that lack; their roles are given with the domain, by the operator."""
        domain = self._domain_id(ref)
        for name in PREDEFINED_CONSOLE_ROLES:
            self._ensure("groups", {"name": name, "domain_id": domain}, ref)
        self._groups.pop(ref, None)

    def _create_user(self, ref: str, person: Person) -> dict[str, Any]:
        user = {
            "name": person.username,
            "domain_id": self._domain_id(ref),
            "email": person.email,
            "enabled": person.enabled,
            **_phone_of(person),
        }
        try:
            made: dict[str, Any] = self._call(
                "POST", f"{_SPECIAL}/OS-USER/users", ref, {"user": user}
            )["user"]
        except Conflict:
            if (found := self._find_user(ref, person.username)) is None:
                raise  # the mail address or phone belongs to another name
            return {**found, "adopted": True}
        return made

    def _overwrite(self, ref: str, user: Mapping[str, Any], person: Person) -> None:
        """Said without looking: a list there tells no address and no phone."""
        given = {"username": "name", "email": "email", "enabled": "enabled"}
        values = {given[name]: getattr(person, name) for name in person.overwrite & given.keys()}
        if "mobile" in person.overwrite:
            values |= _phone_of(person)
        if values:
            self._call("PUT", f"{_SPECIAL}/OS-USER/users/{user['id']}", ref, {"user": values})

    def create_key(self, ref: str, username: str, new: NewKey) -> NewKey:
        """The cloud makes the pair; ours is not used."""
        user = self._existing_user(ref, username)
        body = {"credential": {"user_id": user["id"], "description": new.description}}
        made = self._call("POST", f"{_SPECIAL}/OS-CREDENTIAL/credentials", ref, body)["credential"]
        return NewKey(access=made["access"], secret=made["secret"], description=new.description)

    def delete_key(self, ref: str, username: str, access: str) -> None:
        """Delete one; gone already is fine."""
        if access not in {key.access for key in self.keys(ref, username)}:
            return  # the call itself would take anybody's
        path = f"{_SPECIAL}/OS-CREDENTIAL/credentials/{quote(access, safe='')}"
        self._call("DELETE", path, ref, gone_ok=True)

    def _user_keys(self, ref: str, user_id: str) -> list[Key]:
        query = urlencode({"user_id": user_id})
        listed = self._call("GET", f"{_SPECIAL}/OS-CREDENTIAL/credentials?{query}", ref)
        return [
            Key(found["access"], found.get("description", "")) for found in listed["credentials"]
        ]

    def _address(self, path: str) -> str:
        if path.startswith(_SPECIAL):
            return self.url.removesuffix("/v3") + path
        return super()._address(path)


def _phone_of(person: Person) -> dict[str, str]:
    """A mobile number as that cloud takes it; nothing where there is none."""
    if phone := re.fullmatch(r"\+(\d{1,3}) ([\d ]+)", person.mobile):
        return {"areacode": f"00{phone.group(1)}", "phone": phone.group(2).replace(" ", "")}
    return {}
