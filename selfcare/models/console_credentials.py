"""Access keys and application credentials of the console, and wishes for them (API-2, API-4).

No secret stands here: one that was just made waits, sealed, for the page that shows it once.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from selfcare.models.base import Base, now
from selfcare.models.wish import Wish, rules_of_a_wish


class CredentialKind(StrEnum):
    """What opens a console account beside its API password."""

    ACCESS_KEY = "access_key"
    APPLICATION = "application"


class CredentialAction(StrEnum):
    """What is wished of a credential."""

    CREATE = "create"
    DELETE = "delete"
    REST = "rest"
    WAKE = "wake"


class ConsoleCredential(Base):
    """A credential as the console was last seen to have it; the list on the page."""

    __tablename__ = "console_credentials"
    __table_args__ = (
        UniqueConstraint("account_id", "contract_id", "kind", "key"),
        CheckConstraint("kind IN ('access_key', 'application')", name="kind"),
        Index(None, "contract_id"),
        Index(None, "expires_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    kind: Mapped[CredentialKind] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(128))
    """The access key, or the console's id of the application credential: no secret."""
    name: Mapped[str] = mapped_column(String(255), default="")
    """An application credential's; access keys have none."""
    roles: Mapped[list[str]] = mapped_column(default=list)
    active: Mapped[bool] = mapped_column(default=True)
    made_at: Mapped[datetime | None]
    """None where neither the console says it nor the portal made it."""
    last_used_at: Mapped[datetime | None]
    """None where the console does not say."""
    expires_at: Mapped[datetime | None]
    reminded_days: Mapped[int | None]
    """How many days before the end its owner was last reminded."""


class CredentialWish(Wish, Base):
    """One thing wished of somebody's credentials on a contract; one at a time.

    A worker carries it out as the person, whose API password waits sealed for two minutes at most.
    `problem` is a code of `services.console.iam.errors`, or `LOST`.
    """

    __tablename__ = "credential_wishes"
    __table_args__ = rules_of_a_wish(
        CheckConstraint("kind IN ('access_key', 'application')", name="kind"),
        CheckConstraint("action IN ('create', 'delete', 'rest', 'wake')", name="action"),
        Index(
            "uq_credential_wishes_open",
            "account_id",
            "contract_id",
            unique=True,
            sqlite_where=text("state IN ('queued', 'running')"),
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
        Index(None, "account_id", "contract_id"),
        Index(None, "created_at"),
    )

    LOST = "lost"
    """Two minutes were over, and the API password with them."""

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    kind: Mapped[CredentialKind] = mapped_column(String(16))
    action: Mapped[CredentialAction] = mapped_column(String(8))
    mark: Mapped[str] = mapped_column(String(32), unique=True)
    """Its name: in the page's address, and in the console on what it makes."""
    key: Mapped[str] = mapped_column(String(128), default="")
    """Which credential: the one to change, or the one that was made."""
    name: Mapped[str] = mapped_column(String(255), default="")
    roles: Mapped[list[str]] = mapped_column(default=list)
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    ip: Mapped[str] = mapped_column(String(45), default="")
    password_id: Mapped[str | None] = mapped_column(String(32))
    """The sealed row with the API password."""
    secret_id: Mapped[str | None] = mapped_column(String(32))
    """The sealed row with the secret that was made, until it is shown."""
