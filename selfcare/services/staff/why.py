"""« Pourquoi ne voit-il pas… ? »: which rule refuses a page to somebody, and who can change it.

Reads the table of rights and the rows it rests on; opens nothing (STAFF-6).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from selfcare.models import Account, ConsoleAccess, WishState
from selfcare.rights import RULES, Ability, Access
from selfcare.services.users import access_requests, places
from selfcare.services.users.places import Place

ECE = {
    Ability.REQUEST_CHANGE: "has_ece_changes",
    Ability.OPEN_INCIDENT: "has_ece_incidents",
}
"""Buttons that only those see who have an account on another application."""


@dataclass(frozen=True)
class Reason:
    """One thing in the way: a code of `wording.WHY_NOT`, with what its sentence names."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """Whether the page opens, and all that is in its way."""

    ability: Ability
    reasons: tuple[Reason, ...]

    @property
    def opens(self) -> bool:
        """Nothing is in the way."""
        return not self.reasons


def _asked(here: Place, ability: Ability) -> list[Reason]:
    """That they have asked for it, and nobody has answered."""
    wanted = Access.to(ability)
    asked = (one for one in access_requests.open_of(here.membership.id) if one.access == wanted)
    return [Reason("asked", {"when": one.asked_at}) for one in asked]


def _is_barred(access: ConsoleAccess) -> bool:
    """Whether somebody has deleted or disabled the account in the console itself."""
    return access.is_disabled or (access.drift is not None and access.drift.gone)


def answer(account: Account, ref: str, ability: Ability) -> Answer:
    """Why somebody does or does not see what an ability opens on a contract."""
    return Answer(ability, tuple(_reasons(account, ref, ability)))


def _reasons(account: Account, ref: str, ability: Ability) -> list[Reason]:
    found: list[Reason] = []
    if account.disabled_at is not None:
        found.append(Reason("disabled"))
    if account.password_hash is None:
        found.append(Reason("no_password"))
    here = places.place_of(account.id, ref)
    if here is None:
        return [*found, Reason("no_member", {"ref": ref})]
    referent = places.referent_of(here.contract)
    rule, named = RULES[ability], {"referent": referent.full_name if referent else ""}
    if not here.rights.may(ability):
        found += _asked(here, ability)
        if rule.console_user:
            found.append(Reason("no_console_role", named))
        else:
            section = {"section": rule.section, "rule": rule, **named}
            found.append(
                Reason("no_profile", section | {"held": here.rights.profile(rule.section)})
            )
    elif rule.console_user and here.console and here.console.state != WishState.DONE:
        found.append(Reason("console_not_ready", {"problem": here.console.problem}))
    elif rule.console_user and here.console and _is_barred(here.console):
        found.append(Reason("console_barred"))
    if ability is Ability.OPEN_CONSOLE and not here.contract.offer.has_console:
        found.append(Reason("offer_without_console", {"offer": here.contract.offer.name}))
    if (flag := ECE.get(ability)) and not getattr(account, flag):
        found.append(Reason("no_ece"))
    if ability is Ability.OPEN_DOCUMENT_SPACE and not here.contract.offer.document_space_url:
        found.append(Reason("no_document_space", {"offer": here.contract.offer.name}))
    return found
