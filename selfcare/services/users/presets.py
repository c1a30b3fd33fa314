"""Roles to begin with: those often given together, and those somebody else has (USERS-2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select

from selfcare.database import db
from selfcare.models import Account, Contract, Membership
from selfcare.rights import OFFERS, Profile, Section
from selfcare.services.users import members
from selfcare.services.users.roles import Roles

SUGGESTED = 20
"""Members whose logins the form proposes; any other is typed."""


@dataclass(frozen=True)
class Preset:
    """Roles that are often given together; sections that are left out get the least there is."""

    profiles: Mapping[Section, Profile]
    console: tuple[str, ...] = ()


PRESETS: Mapping[str, Preset] = {
    "read": Preset(
        {
            **dict.fromkeys(Section, Profile.VISITOR),
            Section.CONTRACT: Profile.MANAGER,
            Section.INVOICES: Profile.MANAGER,
        }
    ),
    "accounting": Preset(
        {
            Section.CONTRACT: Profile.MANAGER,
            Section.DASHBOARD: Profile.VISITOR,
            Section.ORDERS: Profile.VISITOR,
            Section.SUBSCRIPTIONS: Profile.VISITOR,
            Section.INVOICES: Profile.MANAGER,
        }
    ),
    "technical": Preset(
        {
            Section.CONTRACT: Profile.VISITOR,
            Section.DASHBOARD: Profile.VISITOR,
            Section.SERVICES: Profile.VISITOR,
            Section.SUBSCRIPTIONS: Profile.VISITOR,
            Section.SUPPORT: Profile.VISITOR,
        },
        console=("power_user",),
    ),
}
"""« Tout consulter », « Comptabilité », « Technique »: where reading takes a manager's profile, it
is given; nothing here orders anything or manages anybody."""


def named(name: str, *, console: Collection[str] | None) -> Roles | None:
    """A preset's roles, as far as the contract has them; None without such a preset.

    `console`: the console roles there are; None where the offer has no console.
    """
    preset = PRESETS.get(name)
    if preset is None:
        return None
    profiles = {s: preset.profiles.get(s, offer.profiles[0]) for s, offer in OFFERS.items()}
    there = set(console or ())
    return Roles(profiles, tuple(role for role in preset.console if role in there))


def like(contract: Contract, who: str) -> Roles | None:
    """The roles of a user of the contract, by the login or address its managers see; or None.

    Their last day is their own.
    """
    come = and_(
        Membership.invited_as.is_(None), or_(Account.has_login(who), Account.has_email(who))
    )
    invited = func.lower(Membership.invited_as) == who.lower()
    found = db.session.execute(
        select(Membership)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.contract_id == contract.id, or_(come, invited))
        .order_by(Membership.id)
        .limit(1)
    ).scalar_one_or_none()
    if found is None:
        return None
    held = members.roles_of(found)
    return Roles(held.profiles, held.console)


def suggestions(contract: Contract) -> list[str]:
    """Some users of the contract, by login, to take as a model."""
    some = (
        select(Account.login)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.contract_id == contract.id, Membership.invited_as.is_(None))
        .limit(SUGGESTED)
    )
    return sorted(db.session.execute(some).scalars())
