"""The work of the users section: drafts of the wizard, removals, imports."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from selfcare.models.base import Base, now
from selfcare.models.wish import Wish, rules_of_a_wish


class UserDraft(Base):
    """A wizard on its way: nothing of it counts before « terminer » (USERS-2).

    Its owner finds it again after a reload, in another tab, or once signed in again.
    """

    __tablename__ = "user_drafts"
    __table_args__ = (Index(None, "updated_at"), Index(None, "owner_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    membership_id: Mapped[int | None] = mapped_column(
        ForeignKey("memberships.id", ondelete="CASCADE")
    )
    """Whose roles are being changed; None where somebody is being added."""
    console_only: Mapped[bool] = mapped_column(default=False)
    """Begun on the console-users tab: console roles and nothing else (USERS-7)."""
    person: Mapped[dict[str, Any]] = mapped_column(default=dict)
    roles: Mapped[dict[str, Any]] = mapped_column(default=dict)
    seen: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The roles in force when the change was begun: another manager may be quicker."""
    result_id: Mapped[int | None]
    """The membership « terminer » led to, so that a second one leads there, too."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def kind(self) -> str:
        """`new` or `change`: a part of its addresses."""
        return "change" if self.membership_id else "new"


class Removal(Base):
    """The receipt of somebody's removal: what ended, and when (USERS-6)."""

    __tablename__ = "removals"
    __table_args__ = (Index(None, "contract_id"), Index(None, "account_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    membership_id: Mapped[int] = mapped_column(unique=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    login: Mapped[str] = mapped_column(String(64))
    full_name: Mapped[str] = mapped_column(String(170))
    removed_by: Mapped[str] = mapped_column(String(64))
    removed_at: Mapped[datetime] = mapped_column(default=now)
    had_console: Mapped[bool] = mapped_column(default=False)
    console_ended_at: Mapped[datetime | None]
    keys_deleted: Mapped[int] = mapped_column(default=0)
    keys_known: Mapped[bool] = mapped_column(default=True)
    """False where the portal is not told how many there were: those it made are counted, and the
    others are gone with the account all the same."""
    applications_deleted: Mapped[int] = mapped_column(default=0)
    """Application credentials, counted likewise."""


class LineState(StrEnum):
    """The result of a line of an import."""

    WRONG = "wrong"
    WAITING = "waiting"
    ADDED = "added"
    REFUSED = "refused"


class UserImport(Wish, Base):
    """Many users from a file: checked first, then added by a job (USERS-9).

    Until somebody has read what the check says and wants it, it is due at no time.
    """

    __tablename__ = "user_imports"
    __table_args__ = rules_of_a_wish(
        Index(None, "contract_id", "created_at"), Index(None, "created_at")
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    filename: Mapped[str] = mapped_column(String(120), default="")
    due_at: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class UserImportLine(Base):
    """One line of the file, what is wrong with it, what became of it."""

    __tablename__ = "user_import_lines"
    __table_args__ = (
        CheckConstraint("state IN ('wrong', 'waiting', 'added', 'refused')", name="state"),
    )

    import_id: Mapped[int] = mapped_column(
        ForeignKey("user_imports.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The line of the file, the heading being 1."""
    label: Mapped[str] = mapped_column(String(170), default="")
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(8), default=LineState.WAITING)
    problems: Mapped[list[Any]] = mapped_column(default=list)
    """Sentences by language: whoever reads them reads their own."""
