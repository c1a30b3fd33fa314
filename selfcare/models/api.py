"""API passwords and keys: what proves who asks, and what is wished (API-1, API-2, API-5).

No secret is read here: a code is worked out anew, a password is sealed for two minutes.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from selfcare.models.base import Base, now
from selfcare.models.wish import Wish, rules_of_a_wish


class CodePurpose(StrEnum):
    """What a mailed code allows, once."""

    API_PASSWORD = "api_password"  # noqa: S105 (a purpose, no password)
    ACCESS_KEY = "access_key"
    APPLICATION_CREDENTIAL = "application_credential"


class MailedCode(Base):
    """Six digits sent by mail: good once, for a minute, five tries (API-1).

    They are worked out from the row and the portal's secret key as the mail leaves, and again when
    they are given: they stand nowhere in the database.
    """

    __tablename__ = "mailed_codes"
    __table_args__ = (
        CheckConstraint(
            "purpose IN ('api_password', 'access_key', 'application_credential')", name="purpose"
        ),
        Index(None, "account_id", "contract_id", "purpose"),
        Index(None, "created_at"),
    )

    TRIES = 5

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[CodePurpose] = mapped_column(String(24))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    """Whose it is; None where whoever asked is not known (yet): then no code is right."""
    contract_id: Mapped[int | None] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    nonce: Mapped[str] = mapped_column(String(32))
    tries_left: Mapped[int] = mapped_column(default=TRIES)
    created_at: Mapped[datetime] = mapped_column(default=now)
    accepted_at: Mapped[datetime | None]
    """When the mail server took the mail: the code's time starts."""
    told_at: Mapped[datetime | None]
    """When the mail server was first talked to, whatever it said: pages count from there, since a
    server that takes a mail later, or never, would tell somebody from nobody."""
    ended_at: Mapped[datetime | None]
    """When it was used, or a newer one took its place."""


class SealedSecret(Base):
    """A secret on its way to a worker, or to a page: sealed, for two minutes, read once."""

    __tablename__ = "sealed_secrets"
    __table_args__ = (Index(None, "expires_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(32))
    sealed: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime]


class ApiLogin(Wish, Base):
    """One *API Login*: the wish to have its password looked at, then a session (API-5).

    It opens the credentials pages of one contract for a quarter of an hour, and nothing else.
    `problem` is a code of `services.console.credentials.logins`.
    """

    __tablename__ = "api_logins"
    __table_args__ = rules_of_a_wish(
        Index(None, "account_id", "contract_id"), Index(None, "created_at")
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    company_account: Mapped[str] = mapped_column(String(32))
    user_name: Mapped[str] = mapped_column(String(254))
    """As given: login, mail address or mobile number."""
    secret_id: Mapped[str | None] = mapped_column(String(32))
    ip: Mapped[str] = mapped_column(String(45), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contract_id: Mapped[int | None] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime | None]
    """Until when it opens pages; None where the password was not right."""
    ended_at: Mapped[datetime | None]
    wait_until: Mapped[datetime | None]
    """When the next try is allowed, where there were too many."""


class ApiReset(Base):
    """Somebody on their way through the three pages of a new API password (figures 47 to 49).

    The web process writes the same for everybody; a worker finds out whether they are known.
    """

    __tablename__ = "api_resets"
    __table_args__ = (
        Index(None, "expires_at"),
        Index(None, "code_id"),
        Index(None, "wish_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    company_account: Mapped[str] = mapped_column(String(32))
    email: Mapped[str] = mapped_column(String(254))
    ip: Mapped[str] = mapped_column(String(45), default="")
    expires_at: Mapped[datetime]
    solved_captcha: Mapped[bool] = mapped_column(default=False)
    """One code may be asked for: the characters were copied."""
    code_id: Mapped[int | None] = mapped_column(ForeignKey("mailed_codes.id", ondelete="SET NULL"))
    proven_at: Mapped[datetime | None]
    """When the right code was given: the password may be chosen without hurry."""
    wish_id: Mapped[int | None] = mapped_column(ForeignKey("api_passwords.id", ondelete="SET NULL"))
    """The password that was wished then; its outcome is shown to whoever holds the token."""


class ApiPassword(Wish, Base):
    """The wish to give somebody's console account a new API password."""

    __tablename__ = "api_passwords"
    __table_args__ = rules_of_a_wish(
        Index(None, "account_id", "contract_id"), Index(None, "created_at")
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    secret_id: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(default=now)
    set_at: Mapped[datetime | None]
    """When the IAM took it; signing in works a second later: `passwords.SETTLES`."""
    alive: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    """What else opens the account and goes on doing so: `[kind, name]` each; None if unknown."""
