"""What the portal wants of the technical console, and how far the console is with it.

The wish is a row (design.md, decision 3); a worker carries it out, the sweep finds what was lost.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from selfcare.models.base import Base, now


class ConsoleState(StrEnum):
    """How far the console is; the first two are one to the reader: « en préparation »."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


class ContractConsole(Base):
    """A contract's place in the console: its domain, project and three groups, once made."""

    __tablename__ = "contract_consoles"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'ready', 'failed')", name="state"),
    )

    contract_id: Mapped[int] = mapped_column(
        ForeignKey("contracts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    state: Mapped[str] = mapped_column(String(8), default=ConsoleState.QUEUED)
    problem: Mapped[str | None] = mapped_column(String(40))
    detail: Mapped[str | None] = mapped_column(String(500))
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    looked_at: Mapped[datetime | None]
    """When its groups and people were last compared with what the portal wants."""
    changed_at: Mapped[datetime] = mapped_column(default=now)


class ConsoleGroup(Base):
    """A group seen in a contract's console: a role to choose, whoever made it (USERS-2)."""

    __tablename__ = "console_groups"

    contract_id: Mapped[int] = mapped_column(
        ForeignKey("contracts.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(default=now)


class ConsoleAccess(Base):
    """The console roles somebody shall hold on a contract, and how far the console is with it.

    A row without wanted groups asks for removal. `version` counts the wishes: work done for an
    older one does not settle a newer one.
    """

    __tablename__ = "console_accesses"
    __table_args__ = (
        UniqueConstraint("account_id", "contract_id"),
        Index(None, "contract_id"),
        Index(None, "state", "next_try_at"),
        CheckConstraint("state IN ('queued', 'running', 'ready', 'failed')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    wanted_groups: Mapped[list[str]] = mapped_column(default=list)
    state: Mapped[str] = mapped_column(String(8), default=ConsoleState.QUEUED)
    problem: Mapped[str | None] = mapped_column(String(500))
    """What went wrong, as a code of `services.iam.errors`; `wording` says it in plain words."""
    changed_at: Mapped[datetime] = mapped_column(default=now)

    iam_username: Mapped[str | None] = mapped_column(String(64))
    """Their name in the console: kept, for it need not be the login (iam.md, point 11)."""
    version: Mapped[int] = mapped_column(default=1)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    """When to try again; while `running`, when a silent worker counts as dead."""
    detail: Mapped[str | None] = mapped_column(String(500))
    """What the IAM said, for support staff."""
    settled_at: Mapped[datetime | None]
    """When the console was last made to hold what was wanted."""
    announced_at: Mapped[datetime | None]
    """When the console access mail was written; None again once the account is deleted."""
    seen_groups: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """The groups the sweep found; None before it looked, or where the account is gone."""
    seen_at: Mapped[datetime | None]
    keys_deleted: Mapped[int] = mapped_column(default=0)

    @property
    def is_pending(self) -> bool:
        """Whether work is going on or about to."""
        return self.state in {ConsoleState.QUEUED, ConsoleState.RUNNING}

    @property
    def is_adrift(self) -> bool:
        """Whether the console was seen to differ from what the portal wants (USERS-8)."""
        return drift(self.state, self.wanted_groups, self.seen_groups, self.seen_at) is not None


def drift(
    state: str, wanted: list[str], seen: list[str] | None, seen_at: datetime | None
) -> tuple[list[str], list[str]] | None:
    """The groups that lack in the console and those nobody asked for; None if all is well."""
    if state != ConsoleState.READY or seen_at is None:
        return None
    lacking = sorted(set(wanted) - set(seen or []))
    extra = sorted(set(seen or []) - set(wanted))
    return (lacking, extra) if lacking or extra or (seen is None and wanted) else None
