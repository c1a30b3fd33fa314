"""Devices without a browser: they show a code, somebody types it here and lets them in.

The OAuth 2.0 Device Authorization Grant (RFC 8628), for `openstack` on a machine far away
(CONSOLE-10).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from selfcare.database import db
from selfcare.models import (
    Contract,
    DeviceState,
    OidcClient,
    OidcDevice,
    OidcGrant,
    SignIn,
    now,
)
from selfcare.services.oidc import grants, requests
from selfcare.services.oidc.granted import by_id
from selfcare.services.oidc.grants import InvalidGrant, Tokens

GOOD_FOR = timedelta(minutes=10)
INTERVAL = timedelta(seconds=5)
"""How often a device may ask; a second less is forgiven, for clocks and networks differ."""
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


class NotYet(Exception):
    """The device gets no token, and is told why: an error of RFC 8628, 3.5."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True)
class Asked:
    """The two codes of a device: its own, and the one to show."""

    device_code: str
    user_code: str


def ask(client: OidcClient, given: Mapping[str, str]) -> Asked:
    """A device asks to be let in.

    Raises:
        ValueError: what is wrong with the request.
    """
    scopes = given.get("scope", "openid").split()
    challenge = given.get("code_challenge")
    if "openid" not in scopes:
        raise ValueError("invalid_scope")
    if challenge is not None and requests.problem_of_challenge(given):
        raise ValueError("invalid_request")
    device_code = secrets.token_urlsafe(32)
    row = OidcDevice(
        code_hash=_hash(device_code),
        user_code="".join(secrets.choice(LETTERS) for _ in range(8)),
        client_id=client.id,
        scope=" ".join(scope for scope in requests.SCOPES if scope in scopes),
        code_challenge=challenge,
        expires_at=now() + GOOD_FOR,
    )
    db.session.add(row)
    try:
        db.session.flush()
    except IntegrityError:  # one in 25 milliards: somebody else was given this code
        db.session.rollback()
        return ask(client, given)
    return Asked(device_code, row.user_code)


def shown(user_code: str, *, lock: bool = False) -> OidcDevice | None:
    """The device that shows this code and waits; however the code is typed.

    `lock` is for whoever answers it: of many at the same time one finds it.
    """
    typed = "".join(letter for letter in user_code.upper() if letter in LETTERS)
    found = (
        select(OidcDevice)
        .options(joinedload(OidcDevice.client))
        .where(
            OidcDevice.user_code == typed,
            OidcDevice.expires_at > now(),
            OidcDevice.state == DeviceState.WAITING,
        )
    )
    found = found.with_for_update(of=OidcDevice) if lock else found
    return db.session.execute(found).scalar_one_or_none()


def allow(device: OidcDevice, *, sign_in: SignIn, contract: Contract) -> None:
    """The person lets the device in, for one contract."""
    grant = OidcGrant(
        client_id=device.client_id,
        account=sign_in.account,
        sign_in=sign_in,
        contract=contract,
        scope=device.scope,
        used_at=now(),
    )
    db.session.add(grant)
    db.session.flush()
    device.grant_id, device.state = grant.id, DeviceState.ALLOWED
    db.session.flush()


def refuse(device: OidcDevice) -> None:
    """The person does not know this device."""
    device.state = DeviceState.REFUSED
    db.session.flush()


def redeem(device_code: str, *, client: OidcClient, verifier: str | None) -> Tokens:
    """The tokens, once the person has said yes; the code is used up by it.

    Raises:
        NotYet: nobody answered yet, or they said no, or it asks too often or too late.
        InvalidGrant: never asked for, used, or by another client.
    """
    device = db.session.get(OidcDevice, _hash(device_code))
    if device is None or device.client_id != client.id:
        raise InvalidGrant
    present = now()
    if device.expires_at <= present:
        raise NotYet("expired_token")
    if device.state == DeviceState.REFUSED:
        raise NotYet("access_denied")
    if device.state == DeviceState.WAITING:
        hurried = device.polled_at and present - device.polled_at < INTERVAL - timedelta(seconds=1)
        device.polled_at = present
        raise NotYet("slow_down" if hurried else "authorization_pending")
    if not grants.is_verified(device.code_challenge, verifier):
        raise InvalidGrant
    taken = db.session.execute(
        update(OidcDevice)
        .where(
            OidcDevice.code_hash == device.code_hash,
            OidcDevice.expires_at > OidcDevice.created_at,  # the servers' clocks differ
        )
        .values(expires_at=OidcDevice.created_at)
        .returning(OidcDevice.grant_id)
    ).scalar_one_or_none()
    granted = by_id(taken) if taken else None
    if granted is None:
        raise InvalidGrant
    return grants.issue(granted)


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
