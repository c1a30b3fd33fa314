"""The outbox: one row per mail to send, written with the change that causes it; unwanted mails."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from selfcare.models.base import Base, index_of, now
from selfcare.models.wish import GIVEN_UP, Wish, rules_of_a_wish


class Mail(Wish, Base):
    """A mail to send; rendered when it is sent, so no secret is ever stored here."""

    __tablename__ = "mails"
    __table_args__ = rules_of_a_wish(
        Index(None, "account_id", "created_at"),
        Index(None, "created_at"),
        index_of(GIVEN_UP, "ix_mails_failed", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(2))
    context: Mapped[dict[str, Any]] = mapped_column(default=dict)
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]
    """When the mail server took it; None in a mail that is done: its addressee wants none."""


class UnwantedMail(Base):
    """A kind of mail that somebody has switched off (NOTIFY-1)."""

    __tablename__ = "unwanted_mails"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
