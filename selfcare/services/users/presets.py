"""Roles to begin with: those often given together, and those somebody else has (USERS-2)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import and_, func, or_, select

from selfcare.database import db
from selfcare.models import Account, Contract, Membership
from selfcare.rights import OFFERS, PRESETS
from selfcare.services.users import members
from selfcare.services.users.roles import Roles

SUGGESTED = 20
"""Members whose logins the form proposes; any other is typed."""


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
