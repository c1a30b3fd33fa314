"""The audit log: who did what, on whose behalf, on what, from where, when (STAFF-4, ACCOUNT-3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from selfcare.models.base import Base, now


class AuditEntry(Base):
    """One thing that was done. A database trigger refuses to change it, or to delete it early.

    Names are copied, not referenced: the entry says the same whatever happens to the rows.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "actor_id", "at"),
        Index(None, "on_behalf_of_id", "at"),
        Index(None, "subject_id", "at"),
        Index(None, "contract_ref", "at"),
        Index(None, "at"),
        Index(None, "visit_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    action: Mapped[str] = mapped_column(String(64))
    actor_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(String(64), default="")
    on_behalf_of_id: Mapped[int | None]
    on_behalf_of: Mapped[str] = mapped_column(String(64), default="")
    subject_id: Mapped[int | None]
    """The account it was done to, where it is one."""
    subject: Mapped[str] = mapped_column(String(120), default="")
    contract_ref: Mapped[str] = mapped_column(String(16), default="")
    ip: Mapped[str] = mapped_column(String(45), default="")
    request_id: Mapped[str] = mapped_column(String(64), default="")
    visit_id: Mapped[int | None]
    """The staff visit it was done in; its agent is shown to customers as « Support »."""
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
