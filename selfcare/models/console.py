"""The portal's wishes to the technical console, and the console's progress with them.

The wish is a row (docs/adr/0002); a worker carries it out, the sweep finds what was lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    case,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from selfcare.models.base import Base, index_of, now
from selfcare.models.wish import GIVEN_UP, Wish, WishState, rules_of_a_wish


class ConsoleWish(Wish):
    """A wish whose state people read."""

    @hybrid_property
    def told(self) -> str:
        """The state as people read it: one that is tried again later has failed, for now."""
        waits = self.state == WishState.QUEUED and self.problem is not None
        return WishState.FAILED if waits else self.state

    @told.inplace.expression
    @classmethod
    def _told(cls) -> ColumnElement[str]:
        waits = (cls.state == WishState.QUEUED) & cls.problem.is_not(None)
        return case((waits, WishState.FAILED.value), else_=cls.state)


class ContractConsole(ConsoleWish, Base):
    """A contract's place in the console: its domain, project and three groups, once made."""

    __tablename__ = "contract_consoles"
    __table_args__ = rules_of_a_wish()

    contract_id: Mapped[int] = mapped_column(
        ForeignKey("contracts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    detail: Mapped[str | None] = mapped_column(String(500))
    """What the IAM said, for support staff; `problem` is a code of `services.iam.errors`."""
    looked_at: Mapped[datetime | None]
    """When its groups and people were last compared with what the portal wants."""
    differing: Mapped[int | None]
    """How many accounts there were not as the portal wants them, or nobody's, at that time."""
    changed_at: Mapped[datetime] = mapped_column(default=now)


class ConsoleLook(Wish, Base):
    """The next look at a contract's console (USERS-8): wished again as soon as it is done."""

    __tablename__ = "console_looks"
    __table_args__ = rules_of_a_wish()

    contract_id: Mapped[int] = mapped_column(
        ForeignKey("contracts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    began_at: Mapped[datetime | None]
    """When the present look began, which may take several rounds."""
    rest: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), deferred=True)
    """What was read so far and what is still to be read, as the IAM's driver writes it."""
    found: Mapped[str | None] = mapped_column(String(64))
    """A mark of what the last look found."""
    quiet: Mapped[int] = mapped_column(default=0)
    """Looks in a row that found just the same."""


class ConsoleGroup(Base):
    """A group seen in a contract's console: a role to choose, whoever made it (USERS-2)."""

    __tablename__ = "console_groups"

    contract_id: Mapped[int] = mapped_column(
        ForeignKey("contracts.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(default=now)


class UnknownAccount(ConsoleWish, Base):
    """An account seen in a contract's console that is no member's; once wished, it is deleted.

    Until then it is due at no time: nothing that was made there is undone by itself (USERS-8).
    """

    __tablename__ = "console_unknown_accounts"
    __table_args__ = rules_of_a_wish(UniqueConstraint("contract_id", "key"))

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    """The console's own id of the account."""
    username: Mapped[str] = mapped_column(String(255))
    email: Mapped[str] = mapped_column(String(254), default="")
    enabled: Mapped[bool] = mapped_column(default=True)
    groups: Mapped[list[str]] = mapped_column(default=list)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime | None] = mapped_column(default=None)
    state: Mapped[WishState] = mapped_column(String(8), default=WishState.DONE)


TROUBLED = "console_accesses.problem IS NOT NULL"
"""The accesses whose last try came to nothing."""


class ConsoleAccess(ConsoleWish, Base):
    """The console roles somebody shall hold on a contract, and how far the console is with it.

    A row without wanted groups asks for removal. `version` counts the wishes: work done for an
    older one does not settle a newer one.
    """

    __tablename__ = "console_accesses"
    __table_args__ = rules_of_a_wish(
        UniqueConstraint("account_id", "contract_id"),
        Index(None, "contract_id"),
        index_of("announced_at IS NULL", "ix_console_accesses_unannounced", "state"),
        index_of("settled_at IS NULL", "ix_console_accesses_unsettled", "state"),
        index_of("problem IS NOT NULL", "ix_console_accesses_troubled", "contract_id"),
        index_of(GIVEN_UP, "ix_console_accesses_failed", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    wanted_groups: Mapped[list[str]] = mapped_column(default=list)
    changed_at: Mapped[datetime] = mapped_column(default=now)

    iam_username: Mapped[str] = mapped_column(String(64))
    """Their name in the console: kept, for it need not be the login."""
    version: Mapped[int] = mapped_column(default=1)
    detail: Mapped[str | None] = mapped_column(String(500))
    """What the IAM said, for support staff; `problem` is a code of `services.iam.errors`, which
    `wording` says in plain words."""
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
    iam_email: Mapped[str] = mapped_column(String(254))
    """The address the account shall have there."""
    iam_enabled: Mapped[bool] = mapped_column(default=True)
    """Whether the account shall be usable: False once « Accepter » was said to its disabling."""
    overwrite: Mapped[list[str]] = mapped_column(default=list)
    """Which of the account's details the console takes from here at the next convergence: a
    changed address, or everything « Rétablir » brings back. The others are left as they are."""
    seen_account: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """The name, address and state of the account as the sweep found them."""
    starts_over: Mapped[bool] = mapped_column(default=False)
    """Roles were wished again before the account's end was carried out: it still ends first, with
    its password and keys, as if there had been no hurry."""

    ends_tokens: Mapped[bool] = mapped_column(default=False)
    """Every token of the account is to end: it is disabled and enabled again (CONSOLE-9)."""
    paused: Mapped[bool] = mapped_column(default=False)
    """The portal disabled it for that; it enables it again, whatever happened meanwhile."""

    @property
    def is_settled(self) -> bool:
        """Whether the console was made to hold what is wanted, and nothing is left to do."""
        return self.state == WishState.DONE

    @property
    def is_disabled(self) -> bool:
        """Whether somebody disabled the account in the console, as far as was seen."""
        seen = self.seen_account if self.seen_at else None
        return not self.iam_enabled or not (seen or {}).get("enabled", True)

    @property
    def drift(self) -> Drift | None:
        """The difference seen between the console and the portal (USERS-8)."""
        return drift(self, self.wanted_groups, self.seen_groups, self.seen_account)


@dataclass(frozen=True)
class Drift:
    """The changes made in the console; an empty field means no change."""

    gone: bool = False
    lacking: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    disabled: bool = False
    enabled: bool = False
    """Usable again, though its disabling was accepted."""
    username: str = ""
    email: str = ""

    @property
    def mark(self) -> str:
        """A short name of just this difference: « Accepter » says which one was read."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


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
    if row.state != WishState.DONE or row.seen_at is None:
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
        username=name if name.casefold() not in ("", row.iam_username.casefold()) else "",
        email=email if email.casefold() not in ("", row.iam_email.casefold()) else "",
    )
    return found if found != Drift() else None
