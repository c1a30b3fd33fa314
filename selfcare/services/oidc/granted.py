"""Who was let in where: all that tokens and their checks need, read in one statement.

A grant is in force as long as its sign-in and its client are, and the person still has a console
role on the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from selfcare.database import db
from selfcare.models import (
    Account,
    ClientKind,
    ConsoleAccess,
    Contract,
    Membership,
    OidcClient,
    OidcGrant,
    OidcToken,
    SignIn,
    now,
)
from selfcare.models.account import full_name
from selfcare.services.months import TODAY


@dataclass(frozen=True)
class Granted:
    """A grant in force."""

    grant_id: int
    client_id: str
    client_kind: ClientKind
    redirect_uri: str | None
    scope: str
    nonce: str | None
    code_challenge: str | None
    code_expires_at: datetime | None
    sid: str
    signed_in_at: datetime
    two_factor: bool
    subject: str
    login: str
    email: str
    first_name: str
    last_name: str
    locale: str
    company_account: str
    console_name: str
    roles: list[str]

    def claims(self) -> dict[str, Any]:
        """The person as the console sees them, from the portal's present data.

        `ksuser` and `ksdomain` have no underscore: proxies drop headers that have one.
        """
        return {
            "sub": self.subject,
            "preferred_username": self.login,
            "ksuser": self.console_name,
            "ksdomain": self.company_account,
            "groups": self.roles,
            "email": self.email,
            "email_verified": True,
            "name": full_name(self.first_name, self.last_name),
            "given_name": self.first_name,
            "family_name": self.last_name,
            "locale": self.locale,
        }


_IN_FORCE = (
    select(  # in the order of `Granted`
        OidcGrant.id,
        OidcGrant.client_id,
        OidcClient.kind,
        OidcGrant.redirect_uri,
        OidcGrant.scope,
        OidcGrant.nonce,
        OidcGrant.code_challenge,
        OidcGrant.code_expires_at,
        SignIn.sid,
        SignIn.created_at,
        SignIn.two_factor,
        Account.subject,
        Account.login,
        Account.email,
        Account.first_name,
        Account.last_name,
        Account.locale,
        Contract.ref,
        ConsoleAccess.iam_username,
        ConsoleAccess.wanted_groups,
    )
    .join(OidcGrant.client)
    .join(OidcGrant.sign_in)
    .join(OidcGrant.account)
    .join(OidcGrant.contract)
    .join(
        ConsoleAccess,
        (ConsoleAccess.account_id == OidcGrant.account_id)
        & (ConsoleAccess.contract_id == OidcGrant.contract_id),
    )
    .join(
        Membership,
        (Membership.account_id == OidcGrant.account_id)
        & (Membership.contract_id == OidcGrant.contract_id)
        & Membership.lasts_on(TODAY),
    )
    .where(
        OidcGrant.ended_at.is_(None),
        SignIn.ended_at.is_(None),
        SignIn.expires_at > bindparam("at"),
        OidcClient.disabled_at.is_(None),
    )
)
_BY_ID = _IN_FORCE.where(OidcGrant.id == bindparam("grant"))
_BY_TOKEN = (
    _IN_FORCE.add_columns(OidcToken.expires_at)
    .join(OidcToken, OidcToken.grant_id == OidcGrant.id)
    .where(OidcToken.token_hash == bindparam("token"), OidcToken.expires_at > bindparam("at"))
)


def by_id(grant_id: int) -> Granted | None:
    """The grant, unless it is not in force any more."""
    found = _find(_BY_ID, {"grant": grant_id})
    return Granted(*found) if found else None


def by_token(token_hash: str) -> tuple[Granted, datetime] | None:
    """The grant an access token stands for, and the token's end; None for one that is void."""
    found = _find(_BY_TOKEN, {"token": token_hash})
    return (Granted(*found[:-1]), found[-1]) if found else None


def _find(statement: Any, values: Mapping[str, object]) -> tuple[Any, ...] | None:
    found = db.session.execute(statement, {**values, "at": now()}).one_or_none()
    roles = len(Granted.__dataclass_fields__) - 1
    return tuple(found) if found and found[roles] else None
