"""Roles on a contract: whose they are to change, who is told, what the log keeps (USERS-5)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from selfcare.models import Account, Contract, Membership
from selfcare.rights import Profile, Rights, Section, may_change_roles
from selfcare.services.mail import kinds
from selfcare.services.safety import audit
from selfcare.services.users import access_requests
from selfcare.services.users.refusals import ReferentsOwn

CONSOLE_ONLY_PROFILES: Mapping[Section, Profile] = {
    **dict.fromkeys(Section, Profile.NONE),
    Section.CONTRACT: Profile.VISITOR,
    Section.DASHBOARD: Profile.VISITOR,
}
"""The portal profiles of somebody added on the console-users tab (USERS-7)."""


@dataclass(frozen=True)
class Roles:
    """Profiles by section, and console roles."""

    profiles: Mapping[Section, Profile]
    console: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """A short name of just these roles: a form says which ones it was filled in on."""
        kept = json.dumps(self.as_json(), sort_keys=True)
        return hashlib.sha256(kept.encode()).hexdigest()[:16]

    def as_json(self) -> dict[str, object]:
        """The form in which drafts keep them."""
        profiles = {str(section): str(profile) for section, profile in self.profiles.items()}
        return {"profiles": profiles, "console": sorted(self.console)}

    @classmethod
    def from_json(cls, kept: Mapping[str, object]) -> Roles:
        """The roles, read from the form in which drafts keep them."""
        profiles = kept.get("profiles") or {}
        console = kept.get("console") or []
        if not isinstance(profiles, dict) or not isinstance(console, list):
            raise TypeError("roles of a draft")
        known = {s.value: s for s in Section}
        return cls(
            {known[s]: Profile(p) for s, p in profiles.items() if s in known}, tuple(console)
        )

    def changes_to(self, new: Roles) -> list[list[str]]:
        """The differences: section (or `console`), profile before, profile now."""
        sections = [
            [str(section), str(was), str(held)]
            for section in Section
            if (was := self.profiles.get(section, Profile.NONE))
            != (held := new.profiles.get(section, Profile.NONE))
        ]
        was_there, is_there = (" ".join(sorted(roles.console)) for roles in (self, new))
        return sections + [["console", was_there, is_there]] * (was_there != is_there)


NOTHING = Roles({})
"""Held before somebody is added, and after they are removed."""


def check_whose(membership: Membership, by: Account | None) -> None:
    """Whether these roles are theirs to change; an operator (None) changes everybody's.

    Raises:
        ReferentsOwn: they are the referent's.
    """
    oneself = by is not None and membership.account_id == by.id
    if by is not None and not may_change_roles(of_referent=membership.is_referent, own=oneself):
        raise ReferentsOwn


def note_change(
    account: Account,
    contract: Contract,
    old: Roles,
    new: Roles,
    *,
    by: Account | None,
    called: str | None = None,
) -> None:
    """Tell somebody that their roles are others now, and keep what they were (STAFF-4).

    `called` is what the log calls them where whoever changes them may not learn their login.
    """
    if not (changes := old.changes_to(new)):
        return
    asked_at = access_requests.settle(account, contract, Rights(new.profiles, new.console), by=by)
    kinds.roles_changed(account, contract=contract, by=by, changes=changes, asked_at=asked_at)
    audit.record(
        "user.changed",
        actor=by,
        subject=account,
        called=called,
        contract=contract,
        details={"roles": changes},
    )
