"""Passkeys (WebAuthn): a way in beside the password, bound to this portal's address (AUTH-7).

The device asks its owner (finger, face, PIN), so a passkey counts as both factors. The `webauthn`
library takes 280 ms to import and is read by whoever uses it.
"""

from __future__ import annotations

import ipaddress
import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from selfcare import config
from selfcare.database import db
from selfcare.models import Account, Passkey, SignIn, now
from selfcare.services.accounts import challenges, sign_ins
from selfcare.services.mail.kinds import account as mails
from selfcare.services.safety import audit
from selfcare.services.safety.browsers import Browser

GOOD_FOR = timedelta(minutes=5)
MOST = 10
_ADD, _USE = "passkey-add", "passkey-use"


class PasskeyRefused(Exception):
    """The browser's answer proves nothing to us."""


class PasskeyWentBack(PasskeyRefused):
    """The device counts fewer uses than we do: it was restored from a backup, or copied."""


def possible() -> bool:
    """Whether browsers allow passkeys here: on https (or localhost), and never on a bare IP."""
    portal = urlsplit(config.current().portal_url)
    try:
        ipaddress.ip_address(portal.hostname or "")
    except ValueError:
        return config.current().secure or portal.hostname == "localhost"
    return False


def of(account: Account) -> list[Passkey]:
    """The account's passkeys, oldest first."""
    statement = select(Passkey).where(Passkey.account_id == account.id).order_by(Passkey.id)
    return list(db.session.execute(statement).scalars())


def offer(account: Account) -> tuple[str, str]:
    """The data a browser needs to make a passkey: the challenge's name, and options as JSON."""
    import webauthn  # noqa: PLC0415
    from webauthn.helpers import structs  # noqa: PLC0415

    options = webauthn.generate_registration_options(
        rp_id=_host(),
        rp_name=config.current().brand_name,
        user_name=account.login,
        user_display_name=account.full_name,
        user_id=f"account:{account.id}".encode(),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            structs.PublicKeyCredentialDescriptor(
                id=webauthn.base64url_to_bytes(known.credential_id)
            )
            for known in of(account)
        ],
    )
    data = {"challenge": options.challenge.hex(), "account": account.id}
    return challenges.put(_ADD, data, good_for=GOOD_FOR), webauthn.options_to_json(options)


def add(account: Account, *, challenge: str, credential: str, name: str) -> Passkey:
    """Keep the passkey a browser has made.

    Raises:
        PasskeyRefused: it does not answer our challenge, is known already, or there are too many.
    """
    import webauthn  # noqa: PLC0415

    asked = challenges.take(_ADD, challenge)
    if asked is None or asked["account"] != account.id or len(of(account)) >= MOST:
        raise PasskeyRefused
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=bytes.fromhex(asked["challenge"]),
            expected_rp_id=_host(),
            expected_origin=_origin(),
            require_user_verification=True,
        )
    except _refusals() as refusal:
        raise PasskeyRefused(str(refusal)) from refusal
    passkey = Passkey(
        account_id=account.id,
        credential_id=webauthn.helpers.bytes_to_base64url(made.credential_id),
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=name[:60],
    )
    try:
        with db.session.begin_nested():
            db.session.add(passkey)
    except IntegrityError as known:
        raise PasskeyRefused("known already") from known
    audit.record("passkey.added", actor=account, subject=account, details={"name": passkey.name})
    mails.passkey_added(account, passkey=passkey)
    return passkey


def ask() -> tuple[str, str]:
    """The data a browser needs to sign in with any passkey it has: challenge, options."""
    import webauthn  # noqa: PLC0415
    from webauthn.helpers import structs  # noqa: PLC0415

    options = webauthn.generate_authentication_options(
        rp_id=_host(), user_verification=structs.UserVerificationRequirement.REQUIRED
    )
    data = {"challenge": options.challenge.hex()}
    return challenges.put(_USE, data, good_for=GOOD_FOR), webauthn.options_to_json(options)


def sign_in(*, challenge: str, credential: str, browser: Browser) -> SignIn:
    """Sign in whoever the passkey belongs to.

    Raises:
        PasskeyWentBack: it was used more often than its device counts: there may be a copy.
        PasskeyRefused: unknown, revoked, or the answer does not fit the challenge.
    """
    import webauthn  # noqa: PLC0415

    asked = challenges.take(_USE, challenge)
    passkey = _known(credential)
    if asked is None or passkey is None:
        raise PasskeyRefused
    try:
        proof = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=bytes.fromhex(asked["challenge"]),
            expected_rp_id=_host(),
            expected_origin=_origin(),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except _refusals() as refusal:
        raise PasskeyRefused(str(refusal)) from refusal
    account = passkey.account
    if account.disabled_at is not None or account.is_staff:  # staff have a door of their own
        audit.record("sign_in.disabled", actor=None, subject=account)
        raise PasskeyRefused
    if passkey.sign_count and proof.new_sign_count <= passkey.sign_count:
        audit.record("sign_in.failed", actor=None, subject=account)
        raise PasskeyWentBack
    passkey.sign_count, passkey.last_used_at = proof.new_sign_count, now()
    audit.record("sign_in.done", actor=account, subject=account, details={"passkey": passkey.name})
    return sign_ins.begin(account, browser=browser, two_factor=True)


def remove(passkey: Passkey, *, by: Account) -> None:
    """It signs nobody in any more."""
    db.session.delete(passkey)
    audit.record("passkey.removed", actor=by, subject=by, details={"name": passkey.name})
    mails.passkey_removed(by, passkey=passkey)


def remove_all(account: Account) -> None:
    """None of them signs anybody in any more."""
    for passkey in of(account):
        remove(passkey, by=account)


def _known(credential: str) -> Passkey | None:
    try:
        answer: Any = json.loads(credential)
        name = str(answer["id"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,1400}", name):
        return None
    return db.session.execute(
        select(Passkey).options(joinedload(Passkey.account)).where(Passkey.credential_id == name)
    ).scalar_one_or_none()


def _refusals() -> tuple[type[Exception], ...]:
    """What the library raises for an answer it does not like, malformed ones included."""
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    return (WebAuthnException, ValueError, KeyError, TypeError, RecursionError)


def _host() -> str:
    return urlsplit(config.current().portal_url).hostname or ""


def _origin() -> str:
    portal = urlsplit(config.current().portal_url)
    return f"{portal.scheme}://{portal.netloc}"
