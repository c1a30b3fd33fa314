"""Staff: their roles, their visits to customers, their notes (STAFF-2, STAFF-5, STAFF-8)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from selfcare.models.account import Account
from selfcare.models.base import Base, now
from selfcare.models.contract import Contract
from selfcare.rights import StaffRole

LONGEST_REASON, LONGEST_TICKET, LONGEST_STAFF_NOTE = 300, 40, 2000


class StaffMembership(Base):
    """One role of a staff member; the database refuses them a place on a contract."""

    __tablename__ = "staff_memberships"
    __table_args__ = (CheckConstraint("role IN ('support', 'operator', 'auditor')", name="role"),)

    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    role: Mapped[StaffRole] = mapped_column(String(16), primary_key=True)


class VisitKind(StrEnum):
    """The reason why a visit is allowed: the contract's policy, or what goes beside it."""

    NOTICE = "notice"
    APPROVAL = "approval"
    EMERGENCY = "emergency"
    INVITATION = "invitation"


class Visit(Base):
    """A staff member looks at a contract as one of its members does (STAFF-2).

    The row comes first: asked for or invited, answered, begun, ended. Flask-Login's "user" of the
    customers' pages is this row while it lasts, so that nothing of the member's own sign-ins is
    touched.
    """

    __tablename__ = "visits"
    __allow_unmapped__ = True  # `token` below is not a column

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[VisitKind] = mapped_column(String(12))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    """The staff member; None for an invitation that nobody has taken yet."""
    agent_sign_in_id: Mapped[int | None] = mapped_column(
        ForeignKey("sign_ins.id", ondelete="SET NULL")
    )
    reason: Mapped[str] = mapped_column(String(LONGEST_REASON), default="")
    ticket: Mapped[str] = mapped_column(String(LONGEST_TICKET), default="")
    asked_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    """Until begun: when what was asked for or offered lapses. From then on: the hard end."""
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="SET NULL")
    )
    allowed: Mapped[bool] = mapped_column(default=False)
    begun_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the cookie while the visit lasts; before, of an invitation's code to read out."""
    pages: Mapped[int] = mapped_column(default=0)

    account: Mapped[Account] = relationship(foreign_keys=[account_id], lazy="raise_on_sql")
    contract: Mapped[Contract] = relationship(lazy="raise_on_sql")
    agent: Mapped[Account | None] = relationship(foreign_keys=[agent_id], lazy="raise_on_sql")

    __table_args__ = (
        CheckConstraint("kind IN ('notice', 'approval', 'emergency', 'invitation')", name="kind"),
        CheckConstraint("begun_at IS NULL OR (allowed AND agent_id IS NOT NULL)", name="begun"),
        CheckConstraint("agent_id IS NULL OR agent_id <> account_id", name="another"),
        Index(
            "uq_visits_running",
            "agent_id",
            unique=True,
            sqlite_where=text("begun_at IS NOT NULL AND ended_at IS NULL"),
            postgresql_where=text("begun_at IS NOT NULL AND ended_at IS NULL"),
        ),
        Index(None, "contract_id", "asked_at"),
        Index(None, "account_id", "asked_at"),
        Index(None, "agent_sign_in_id"),
        Index(None, "agent_id", "asked_at"),
        Index(None, "expires_at"),
    )

    token: str | None = None
    """The clear token: known while the cookie is being set, never stored."""

    is_authenticated = True
    is_active = True
    is_anonymous = False
    two_factor = True

    @property
    def locale(self) -> str:
        """The language of the member whose pages are shown."""
        return self.account.locale

    def get_id(self) -> str:
        """The content of the visit's cookie."""
        if self.token is None:
            raise LookupError("the token of a stored visit is not known")
        return self.token


class StaffNote(Base):
    """What one staff member leaves for the others, on a person or a contract (STAFF-8)."""

    __tablename__ = "staff_notes"
    __table_args__ = (
        CheckConstraint("(account_id IS NULL) <> (contract_id IS NULL)", name="one_subject"),
        Index(None, "account_id"),
        Index(None, "contract_id"),
        Index(None, "for_id", "done_at"),
        Index(None, "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contract_id: Mapped[int | None] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    for_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    """The colleague it is handed over to; it waits in their queue until `done_at`."""
    text: Mapped[str] = mapped_column(String(LONGEST_STAFF_NOTE))
    shown_until: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    done_at: Mapped[datetime | None]

    author: Mapped[Account | None] = relationship(foreign_keys=[author_id], lazy="raise_on_sql")
    handed_to: Mapped[Account | None] = relationship(foreign_keys=[for_id], lazy="raise_on_sql")
