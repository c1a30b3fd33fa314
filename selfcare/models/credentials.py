"""Proofs of identity besides the password: links, codes, keys, challenges."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from selfcare.models.account import Account
from selfcare.models.base import Base, now


class LinkPurpose(StrEnum):
    """The purpose of a mailed link."""

    SET_PASSWORD = "set_password"  # noqa: S105 (a purpose, no password)
    CONFIRM_EMAIL = "confirm_email"


class MailedLink(Base):
    """A link sent by mail: good once, for a day, until the password changes (AUTH-2, ACCOUNT-1).

    The token is the row's id and nonce signed with the portal's secret key: it is made as the mail
    leaves and stands nowhere in the database.
    """

    __tablename__ = "mailed_links"
    __table_args__ = (
        CheckConstraint("purpose IN ('set_password', 'confirm_email')", name="purpose"),
        Index(None, "account_id", "used_at"),
        Index(None, "expires_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    purpose: Mapped[LinkPurpose] = mapped_column(String(16))
    nonce: Mapped[str] = mapped_column(String(32))
    email: Mapped[str | None] = mapped_column(String(254))
    """The address a CONFIRM_EMAIL link is about."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(lazy="raise_on_sql")


class RecoveryRequest(Base):
    """Somebody who cannot sign in asks for a mail; a worker finds out whether they are known.

    The web process does the same for every login and address, known or not (AUTH-2, AUTH-4).
    """

    __tablename__ = "recovery_requests"
    __table_args__ = (
        CheckConstraint("wanted IN ('password', 'login')", name="wanted"),
        Index(None, "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    wanted: Mapped[str] = mapped_column(String(8))
    given: Mapped[str] = mapped_column(String(254))
    ip: Mapped[str] = mapped_column(String(45), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class Challenge(Base):
    """Something asked and not yet answered (captcha, passkey): good once, for some minutes."""

    __tablename__ = "challenges"
    __table_args__ = (Index(None, "expires_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    data: Mapped[dict[str, Any]]
    expires_at: Mapped[datetime]


class TwoFactor(Base):
    """An account's authenticator app; in force once its first code was given (AUTH-7)."""

    __tablename__ = "two_factors"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    sealed_secret: Mapped[str] = mapped_column(String(255))
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(default=0)
    """The newest 30-second step a code was accepted for; it and older ones are refused."""


class RecoveryCode(Base):
    """A code for whoever lost their authenticator app; good once. Only its hash is kept."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("account_id", "code_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A WebAuthn credential: a way in beside the password, for browsers that have it (AUTH-7)."""

    __tablename__ = "passkeys"
    __table_args__ = (Index(None, "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(lazy="raise_on_sql")
