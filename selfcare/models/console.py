"""What the portal wants of the technical console, and how far the console is with it.

The wish is a row (design.md, decision 3); a worker carries it out, the sweep finds what was lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

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

    iam_user_id: Mapped[str | None] = mapped_column(String(64))
    """The console's own id of the account: it stays when the account is renamed there."""
    iam_email: Mapped[str | None] = mapped_column(String(254))
    """The address the account shall have; None for accounts made before it was noted."""
    iam_enabled: Mapped[bool] = mapped_column(default=True)
    """Whether the account shall be usable: False once « Accepter » was said to its disabling."""
    overwrite: Mapped[list[str]] = mapped_column(default=list)
    """Which of the account's details the console takes from here at the next convergence: a
    changed address, or everything « Rétablir » brings back. The others are left as they are."""
    seen_account: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """The name, address and state of the account as the sweep found them."""

    @property
    def is_disabled(self) -> bool:
        """Whether somebody disabled the account in the console, as far as was seen."""
        seen = self.seen_account if self.seen_at else None
        return not self.iam_enabled or not (seen or {}).get("enabled", True)

    @property
    def drift(self) -> Drift | None:
        """How the console was seen to differ from what the portal wants (USERS-8)."""
        return drift(self, self.wanted_groups, self.seen_groups, self.seen_account)


@dataclass(frozen=True)
class Drift:
    """What was changed in the console; what is empty is as it should be."""

    gone: bool = False
    lacking: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    disabled: bool = False
    enabled: bool = False
    """Usable again, though its disabling was accepted."""
    username: str = ""
    email: str = ""


def drift(
    row: Any, wanted: list[str], seen_groups: list[str] | None, account: Mapping[str, Any] | None
) -> Drift | None:
    """What was changed in the console; None if all is well, or nothing is known yet.

    Args:
        row: an access, or a list's row with `state`, `seen_at`, `iam_username`, `iam_email` and
            `iam_enabled` of one.
        wanted: the groups the portal wants.
        seen_groups: the groups that were found; None where there is no account.
        account: the account's details that were found.
    """
    if row.state != ConsoleState.READY or row.seen_at is None:
        return None
    if seen_groups is None:
        return Drift(gone=True, lacking=tuple(sorted(wanted))) if wanted else None
    account = account or {}
    enabled = account.get("enabled", row.iam_enabled)
    name, email = account.get("username", ""), account.get("email", "")
    found = Drift(
        lacking=tuple(sorted(set(wanted) - set(seen_groups))),
        extra=tuple(sorted(set(seen_groups) - set(wanted))),
        disabled=row.iam_enabled and not enabled,
        enabled=enabled and not row.iam_enabled,
        username=name if name.casefold() != (row.iam_username or name).casefold() else "",
        email=email if email.casefold() != (row.iam_email or email).casefold() else "",
    )
    return found if found != Drift() else None
