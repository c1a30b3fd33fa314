"""The portal as the console's OpenID provider: who may ask, what was asked, what was granted."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from selfcare.models.account import Account, SignIn
from selfcare.models.base import Base, index_of, now
from selfcare.models.contract import Contract
from selfcare.models.wish import GIVEN_UP, Wish, rules_of_a_wish


class ClientKind(StrEnum):
    """How a client proves who it is, and what it gets (CONSOLE-6)."""

    CONFIDENTIAL = "confidential"
    """A server with a secret: mod_auth_openidc before Keystone."""
    PUBLIC = "public"
    """A command line: no secret, PKCE always, loopback addresses on any port."""
    FLEXIBLE_ENGINE = "flexible_engine"
    """Gets an ID token by `form_post` and asks for nothing else; one client per contract."""


class OidcClient(Base):
    """A program that may send people here to sign in; made by `flask oidc client add`."""

    __tablename__ = "oidc_clients"
    __table_args__ = (
        CheckConstraint("kind IN ('confidential', 'public', 'flexible_engine')", name="kind"),
        CheckConstraint("kind <> 'public' OR require_pkce", name="public_uses_pkce"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[ClientKind] = mapped_column(String(16))
    redirect_uris: Mapped[list[str]] = mapped_column(default=list)
    post_logout_uris: Mapped[list[str]] = mapped_column(default=list)
    backchannel_uri: Mapped[str | None] = mapped_column(String(500))
    require_pkce: Mapped[bool] = mapped_column(default=True)
    trusted: Mapped[bool] = mapped_column(default=True)
    """False: the person is asked before the client learns who they are."""
    contract_id: Mapped[int | None] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    """The only contract it signs in for; None where the person's click or choice decides."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    disabled_at: Mapped[datetime | None]


class OidcSecret(Base):
    """A client's secret, as a hash; two are good at once while one replaces the other."""

    __tablename__ = "oidc_secrets"
    __table_args__ = (Index(None, "client_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("oidc_clients.id", ondelete="CASCADE"))
    secret_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)
    ends_at: Mapped[datetime | None]


class OidcKey(Base):
    """A key that signs ID tokens. Clients see it before it signs, and after it has signed."""

    __tablename__ = "oidc_keys"

    kid: Mapped[str] = mapped_column(String(32), primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    """The private key as PEM, sealed."""
    public: Mapped[dict[str, Any]]
    """The public half as a JWK."""
    signs_from: Mapped[datetime]
    shown_until: Mapped[datetime | None]


class OidcRequest(Base):
    """A checked authorization request that waits for the person to sign in and choose.

    Its name travels through the sign-in pages instead of a long address (CONSOLE-5).
    """

    __tablename__ = "oidc_requests"
    __table_args__ = (Index(None, "expires_at"),)

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("oidc_clients.id", ondelete="CASCADE"))
    redirect_uri: Mapped[str] = mapped_column(String(2000))
    response_mode: Mapped[str] = mapped_column(String(16))
    scope: Mapped[str] = mapped_column(String(200))
    state: Mapped[str | None] = mapped_column(String(2000))
    nonce: Mapped[str | None] = mapped_column(String(255))
    code_challenge: Mapped[str | None] = mapped_column(String(43))
    prompt: Mapped[str] = mapped_column(String(60), default="")
    max_age: Mapped[int | None]
    hinted_subject: Mapped[str | None] = mapped_column(String(32))
    """The `sub` of a valid `id_token_hint`: nobody else may answer this request."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]

    client: Mapped[OidcClient] = relationship(lazy="joined", innerjoin=True)


class OidcGrant(Base):
    """One person let into one client, for one contract; the code and the tokens follow from it."""

    __tablename__ = "oidc_grants"
    __table_args__ = (
        Index(None, "sign_in_id"),
        Index(None, "account_id"),
        Index(None, "created_at"),
        Index(None, "ended_at"),
        index_of("ended_at IS NULL", "ix_oidc_grants_open", "sign_in_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("oidc_clients.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    sign_in_id: Mapped[int] = mapped_column(ForeignKey("sign_ins.id", ondelete="CASCADE"))
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    scope: Mapped[str] = mapped_column(String(200))
    nonce: Mapped[str | None] = mapped_column(String(255))
    redirect_uri: Mapped[str | None] = mapped_column(String(2000))
    code_challenge: Mapped[str | None] = mapped_column(String(43))
    code_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    code_expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    """When the code was redeemed; one `UPDATE` sets it, so that of many tries one wins."""
    ended_at: Mapped[datetime | None]
    """When its tokens were revoked."""
    created_at: Mapped[datetime] = mapped_column(default=now)

    client: Mapped[OidcClient] = relationship(lazy="raise_on_sql")
    account: Mapped[Account] = relationship(lazy="raise_on_sql")
    sign_in: Mapped[SignIn] = relationship(lazy="raise_on_sql")
    contract: Mapped[Contract] = relationship(lazy="raise_on_sql")


class OidcToken(Base):
    """An access token, as a hash: opaque, for userinfo, good for minutes (CONSOLE-7)."""

    __tablename__ = "oidc_tokens"
    __table_args__ = (Index(None, "grant_id"), Index(None, "expires_at"))

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    grant_id: Mapped[int] = mapped_column(ForeignKey("oidc_grants.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]

    grant: Mapped[OidcGrant] = relationship(lazy="raise_on_sql")


class OidcLogout(Wish, Base):
    """A client is to be told that a sign-in has ended (CONSOLE-9)."""

    __tablename__ = "oidc_logouts"
    __table_args__ = rules_of_a_wish(
        Index(None, "created_at"),
        Index(None, "sign_in_id"),
        index_of(GIVEN_UP, "ix_oidc_logouts_failed", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("oidc_clients.id", ondelete="CASCADE"))
    sign_in_id: Mapped[int] = mapped_column(ForeignKey("sign_ins.id", ondelete="CASCADE"))
    jti: Mapped[str] = mapped_column(String(32), default="")
    """The name of the token sent last, as the client's log tells it."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class DeviceState(StrEnum):
    """The person's answer to a device that asks to sign in."""

    WAITING = "waiting"
    ALLOWED = "allowed"
    REFUSED = "refused"


class OidcDevice(Base):
    """A device without a browser that waits for somebody to let it in (RFC 8628)."""

    __tablename__ = "oidc_devices"
    __table_args__ = (
        Index(None, "expires_at"),
        Index(None, "grant_id"),
        CheckConstraint("state IN ('waiting', 'allowed', 'refused')", name="state"),
    )

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_code: Mapped[str] = mapped_column(String(8), unique=True)
    """The code the person types: eight consonants, so that no word comes out."""
    client_id: Mapped[str] = mapped_column(ForeignKey("oidc_clients.id", ondelete="CASCADE"))
    scope: Mapped[str] = mapped_column(String(200))
    code_challenge: Mapped[str | None] = mapped_column(String(43))
    state: Mapped[DeviceState] = mapped_column(String(8), default=DeviceState.WAITING)
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("oidc_grants.id", ondelete="CASCADE"))
    polled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]

    client: Mapped[OidcClient] = relationship(lazy="raise_on_sql")
