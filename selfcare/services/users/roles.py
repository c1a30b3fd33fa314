"""Roles on a contract: whose they are to change, who is told, what the log keeps (USERS-5)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from selfcare.models import Account, Contract, Membership
from selfcare.rights import Profile, Rights, Section, may_change_roles
from selfcare.services.mail.kinds import access as mails
from selfcare.services.months import today
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
    """Profiles by section, console roles, and the last day of all that, if it has one."""

    profiles: Mapping[Section, Profile]
    console: tuple[str, ...] = ()
    ends_on: date | None = None

    @property
    def is_over(self) -> bool:
        """Whether the last day is past already."""
        return self.ends_on is not None and self.ends_on < today()

    @property
    def mark(self) -> str:
        """A short name of just these roles: a form says which ones it was filled in on."""
        kept = json.dumps(self.as_json(), sort_keys=True)
        return hashlib.sha256(kept.encode()).hexdigest()[:16]

    def as_json(self) -> dict[str, object]:
        """The form in which drafts keep them."""
        profiles = {str(section): str(profile) for section, profile in self.profiles.items()}
        ends = {"ends_on": self.ends_on.isoformat()} if self.ends_on else {}
        return {"profiles": profiles, "console": sorted(self.console), **ends}

    @classmethod
    def from_json(cls, kept: Mapping[str, object]) -> Roles:
        """The roles, read from the form in which drafts keep them."""
        profiles = kept.get("profiles") or {}
        console = kept.get("console") or []
        ends_on = kept.get("ends_on")
        if not isinstance(profiles, dict) or not isinstance(console, list):
            raise TypeError("roles of a draft")
        known = {s.value: s for s in Section}
        return cls(
            {known[s]: Profile(p) for s, p in profiles.items() if s in known},
            tuple(console),
            date.fromisoformat(str(ends_on)) if ends_on else None,
        )

    def changes_to(self, new: Roles) -> list[list[str]]:
        """The differences: section (or `console`, `ends_on`), what it was, what it is now."""
        sections = [
            [str(section), str(was), str(held)]
            for section in Section
            if (was := self.profiles.get(section, Profile.NONE))
            != (held := new.profiles.get(section, Profile.NONE))
        ]
        was_there, is_there = (" ".join(sorted(roles.console)) for roles in (self, new))
        ends = [roles.ends_on.isoformat() if roles.ends_on else "" for roles in (self, new)]
        return [
            *sections,
            *([["console", was_there, is_there]] if was_there != is_there else []),
            *([["ends_on", *ends]] if ends[0] != ends[1] else []),
        ]


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
    mails.roles_changed(account, contract=contract, by=by, changes=changes, asked_at=asked_at)
    audit.record(
        "user.changed",
        actor=by,
        subject=account,
        called=called,
        contract=contract,
        details={"roles": changes},
    )
