"""The form somebody sent just after their session had ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from selfcare.models.base import Base, now


class KeptForm(Base):
    """Typed into a form of the portal, for nobody but the account that typed it."""

    __tablename__ = "kept_forms"
    __table_args__ = (Index(None, "account_id"), Index(None, "created_at"))

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of the token in the address it is shown at."""
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(String(500))
    sealed: Mapped[str] = mapped_column(Text)
    """The fields, encrypted: a copy of the table says nothing."""
    created_at: Mapped[datetime] = mapped_column(default=now)
