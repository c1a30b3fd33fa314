"""Somebody signed in to a Keystone as themselves, by their API password.

What the service account may not do, they may: their access keys and their application credentials.
Nothing here outlives the job that made it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from keystoneauth1.adapter import Adapter
from keystoneauth1.identity.v3 import Token
from keystoneauth1.session import Session

from selfcare.services.console.iam import errors
from selfcare.services.console.iam.client import Client
from selfcare.services.console.iam.errors import AuthExpired, Conflict, Forbidden, NotFound
from selfcare.services.console.iam.kinds import MOST_KEYS
from selfcare.services.console.iam.port import (
    ApplicationCredential,
    Key,
    NewApplicationCredential,
    NewKey,
    description_of,
    mark_in,
)


class Personal(Client):
    """The port's verbs for one's own credentials, with a token for the contract's project."""

    def __init__(self, *, ref: str, **settings: Any) -> None:
        """Sign in.

        Raises:
            WrongPassword: the password is not theirs, or they have none, or no usable account.
            NoProject: it is theirs, and opens nothing on this contract.
        """
        super().__init__(user_domain=ref, **settings)
        unscoped = self._session(unscoped=True)
        try:
            with self._translated():
                token = unscoped.get_token()
        except AuthExpired as refusal:
            raise errors.WrongPassword(str(refusal)) from None
        # Not by the password again: a wrong one would count twice towards the IAM's lock-out.
        auth = Token(self.url, str(token), **self._scope(ref))
        session = Session(auth=auth, timeout=self.timeout, user_agent="selfcare-portal")
        try:
            with self._translated():
                access = auth.get_access(session)
        except AuthExpired as refusal:
            raise errors.NoProject(str(refusal)) from None
        except NotFound as revoked:  # the password was set in this very second
            raise errors.Retryable(str(revoked)) from None
        self._own = Adapter(session, service_type="identity", region_name=self._region)
        self.user_id = str(access.user_id)
        self.project_id = access.project_id
        self.roles = frozenset(access.role_names or ())

    @staticmethod
    def _scope(ref: str) -> dict[str, Any]:
        return {"project_name": ref, "project_domain_name": ref}

    def _adapter(self, ref: str | None) -> Adapter:  # noqa: ARG002 (one scope only)
        return self._own

    # Access keys

    def access_keys(self) -> list[Key]:
        """Their keys; Keystone tells the secrets, too, and the port does not."""
        found = self._all("credentials", "", {"user_id": self.user_id, "type": "ec2"})
        return [
            Key(str(json.loads(one["blob"])["access"]), mark_in(one.get("description")))
            for one in found
        ]

    def create_key(self, new: NewKey) -> NewKey:
        """Store the pair proposed: saying it again makes no second key."""
        held = self.access_keys()
        if any(key.access == new.access for key in held):
            return new
        if len(held) >= MOST_KEYS:
            raise errors.Quota(f"{MOST_KEYS} keys at most")
        credential = {
            "type": "ec2",
            "user_id": self.user_id,
            "project_id": self.project_id,
            "blob": json.dumps({"access": new.access, "secret": new.secret}),
            "description": description_of(new.mark),
        }
        try:
            self._call("POST", "/credentials", "", {"credential": credential})
        except Conflict:  # our own, if another run of this was faster
            if all(key.access != new.access for key in self.access_keys()):
                raise
        return new

    def enable_key(self, access: str, *, usable: bool) -> None:
        """Keystone knows no key that is put to rest."""
        raise errors.Unsupported(f"{access}: usable={usable}")

    def delete_key(self, access: str) -> None:
        """Delete one; gone already is fine."""
        identifier = hashlib.sha256(access.encode()).hexdigest()  # as Keystone names them
        try:
            self._call("DELETE", f"/credentials/{identifier}", "", gone_ok=True)
        except Forbidden:  # so Keystone answers their owner once they are gone
            if any(key.access == access for key in self.access_keys()):
                raise

    # Application credentials

    def application_credentials(self) -> list[ApplicationCredential]:
        """Their application credentials on any contract's project they reach with this account."""
        found = self._all(self._applications.strip("/"), "", key="application_credentials")
        return [
            ApplicationCredential(
                key=one["id"],
                name=one["name"],
                mark=mark_in(one.get("description")),
                roles=frozenset(role["name"] for role in one["roles"]),
                expires_at=moment(one.get("expires_at")),
            )
            for one in found
        ]

    def create_application_credential(
        self, name: str, *, roles: Iterable[str], expires_at: datetime, mark: str
    ) -> NewApplicationCredential:
        """Make one that can make no others."""
        wanted = frozenset(roles)
        if lacking := sorted(wanted - self.roles):
            raise errors.RoleNotHeld(", ".join(lacking))
        body = {
            "name": name,
            "description": description_of(mark),
            "roles": [{"name": role} for role in sorted(wanted)],
            "expires_at": expires_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000000"),
            "unrestricted": False,
        }
        made = self._call("POST", self._applications, "", {"application_credential": body})
        one = made["application_credential"]
        return NewApplicationCredential(
            key=one["id"],
            name=name,
            mark=mark,
            roles=wanted,
            expires_at=expires_at,
            secret=one["secret"],
        )

    def delete_application_credential(self, key: str) -> None:
        """Delete one; gone already is fine."""
        self._call("DELETE", f"{self._applications}/{quote(key, safe='')}", "", gone_ok=True)

    @property
    def _applications(self) -> str:
        return f"/users/{self.user_id}/application_credentials"


def moment(said: str | None) -> datetime | None:
    """A date as an IAM writes it: UTC, whether it says so or not."""
    if not said:
        return None
    found = datetime.fromisoformat(said)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
