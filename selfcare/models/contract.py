"""Customers, the offers they hold, their contracts, and who may do what on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Numeric,
    String,
    UniqueConstraint,
    or_,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from selfcare import rights
from selfcare.models.account import Account
from selfcare.models.base import Base, Searchable, now
from selfcare.rights import Profile, Section, VisitPolicy


class Customer(Base):
    """The company; its code starts every order reference (`HONEY1655-1710-008`)."""

    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    siren: Mapped[str | None] = mapped_column(String(9))
    vat_number: Mapped[str | None] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(250), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class Offer(Base):
    """The offer bought: it decides whether a technical console comes with the contract."""

    __tablename__ = "offers"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    has_console: Mapped[bool] = mapped_column(default=True)
    document_space_url: Mapped[str | None] = mapped_column(String(500))
    support_phone: Mapped[str | None] = mapped_column(String(40))
    support_email: Mapped[str | None] = mapped_column(String(254))


class Contract(Searchable, Base):
    """One contract = one IAM domain of the console, named by `ref`."""

    __tablename__ = "contracts"
    __table_args__ = (
        CheckConstraint("visit_policy IN ('notice', 'approval', 'closed')", name="visit_policy"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    platform_id: Mapped[str] = mapped_column(String(80), default="")
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    vat_rate: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    """Per cent, where it is not the setting's: Réunion has 8.5, abroad it may be 0."""
    visit_policy: Mapped[VisitPolicy] = mapped_column(String(8), default=VisitPolicy.NOTICE)
    """Whether staff may look at it as its members do (STAFF-2)."""

    customer: Mapped[Customer] = relationship(lazy="raise_on_sql")
    offer: Mapped[Offer] = relationship(lazy="raise_on_sql")

    def search_terms(self) -> Iterable[str | None]:
        """Reference, name and platform."""
        return (self.ref, self.name, self.platform_id)


class Profiles(TypeDecorator[Mapping[Section, Profile]]):
    """Section → profile, as JSON; a profile the section does not offer is refused on the way in."""

    impl = JSON
    cache_ok = True

    def process_bind_param(
        self, value: Mapping[Section, Profile] | None, _dialect: Dialect
    ) -> dict[str, str] | None:
        """Write only what the table of rights offers."""
        if value is None:
            return None
        if wrong := list(rights.refused(value)):
            raise ValueError(f"not offered by the section: {wrong}")
        return {str(section): str(profile) for section, profile in value.items()}

    def process_result_value(
        self, value: Any, _dialect: Dialect
    ) -> Mapping[Section, Profile] | None:
        """Read back as members of the two enumerations."""
        return None if value is None else read_profiles(value)


_SECTIONS = {section.value: section for section in Section}
_PROFILES = {profile.value: profile for profile in Profile}


def read_profiles(stored: Mapping[str, str]) -> Mapping[Section, Profile]:
    """Profiles as the table of rights knows them; what no longer exists counts as no access."""
    return {
        _SECTIONS[section]: _PROFILES.get(profile, Profile.NONE)
        for section, profile in stored.items()
        if section in _SECTIONS
    }


class Membership(Base):
    """Somebody's place on a contract: one profile per section; the first user is the referent."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("account_id", "contract_id"),
        Index(None, "contract_id"),
        Index(
            "ix_memberships_ends_on",
            "ends_on",
            sqlite_where=text("ends_on IS NOT NULL"),
            postgresql_where=text("ends_on IS NOT NULL"),
        ),
        Index(
            "uq_memberships_referent",
            "contract_id",
            unique=True,
            sqlite_where=text("is_referent"),
            postgresql_where=text("is_referent"),
        ),
        {"sqlite_autoincrement": True},  # its number is an address: never somebody else's later
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    is_referent: Mapped[bool] = mapped_column(default=False)
    profiles: Mapped[Mapping[Section, Profile]] = mapped_column(Profiles)
    created_at: Mapped[datetime] = mapped_column(default=now)
    invited_as: Mapped[str | None] = mapped_column(String(254))
    """The address a manager typed for somebody of another customer: all that is shown of them
    until they open the contract; None from then on, and for everybody else."""
    ends_on: Mapped[date | None]
    """The last day of the access; None where it has no end. The referent's never has one."""
    end_is_told: Mapped[bool] = mapped_column(default=False)
    """Whether a mail told of that end."""

    account: Mapped[Account] = relationship(lazy="raise_on_sql")
    contract: Mapped[Contract] = relationship(lazy="raise_on_sql")

    @classmethod
    def lasts_on(cls, day: BindParameter[date]) -> ColumnElement[bool]:
        """Whether the access lasts on a day, for whoever reads what it opens (USERS-10).

        The sweep that ends it (`services/users/ending.py`) comes some time after its last day.
        """
        return or_(cls.ends_on.is_(None), cls.ends_on >= day, cls.is_referent)
