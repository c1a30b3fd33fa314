"""What members ask for and were not given: an access, for the contract's managers to answer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from selfcare.models.base import Base, index_of, now
from selfcare.rights import Access, Profile, Section

CONSOLE = "console"
"""Stands for the technical console where a section would stand."""
_OPEN = "state = 'open'"


class RequestState(StrEnum):
    """How far an access request is."""

    OPEN = "open"
    GRANTED = "granted"
    DECLINED = "declined"


class AccessRequest(Base):
    """An access on a contract that a member asks for (ASK-1); deleted with their membership."""

    __tablename__ = "access_requests"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'granted', 'declined')", name="state"),
        Index(None, "membership_id", "asked_at"),
        Index(None, "asked_at"),
        index_of(_OPEN, "ix_access_requests_open", "contract_id", "asked_at"),
        Index(
            "uq_access_requests_open",
            "membership_id",
            "section",
            "profile",
            unique=True,
            sqlite_where=text(_OPEN),
            postgresql_where=text(_OPEN),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("memberships.id", ondelete="CASCADE"))
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    section: Mapped[str] = mapped_column(String(16))
    """A section of the table of rights, or `console`."""
    profile: Mapped[str] = mapped_column(String(16), default="")
    """The profile asked for; nothing for the console, where a manager chooses the roles."""
    asked_at: Mapped[datetime] = mapped_column(default=now)
    """When it was last asked for: the referent got a mail then."""
    state: Mapped[RequestState] = mapped_column(String(8), default=RequestState.OPEN)
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="SET NULL")
    )

    @property
    def access(self) -> Access:
        """What is asked for, as the table of rights knows it."""
        return access_of(self.section, self.profile)


def access_of(section: str, profile: str) -> Access:
    """The access that the two columns, or two fields of a form, name.

    Raises:
        ValueError: they name none.
    """
    if section == CONSOLE and not profile:
        return Access()
    found = Access(Section(section), Profile(profile))
    if not found.is_offered():
        raise ValueError(f"the section offers no such profile: {section}, {profile}")
    return found
