"""THE table: who may do what in which section (guide §5.2.2 to §5.9.2.5).

Pure data, imports nothing of ours. The menu, the checks, the buttons, « Vos droits », the choices
offered when a user is added, the docs and the tests all read it; nothing repeats it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Profile(StrEnum):
    """The profile of one person in one section of one contract."""

    NONE = "none"
    VISITOR = "visitor"
    CONSOLE_MANAGER = "console_manager"
    MANAGER = "manager"


class Section(StrEnum):
    """The sections of a contract, in menu order."""

    CONTRACT = "contract"
    DASHBOARD = "dashboard"
    SERVICES = "services"
    ORDERS = "orders"
    SUBSCRIPTIONS = "subscriptions"
    INVOICES = "invoices"
    SUPPORT = "support"
    USERS = "users"


class Ability(StrEnum):
    """The abilities that can be allowed; named after the person's action."""

    OPEN_CONTRACT = "open_contract"
    SEE_COMPANY = "see_company"
    OPEN_DOCUMENT_SPACE = "open_document_space"
    OPEN_DASHBOARD = "open_dashboard"
    OPEN_CONSOLE = "open_console"
    READ_ORDERS = "read_orders"
    READ_SUBSCRIPTIONS = "read_subscriptions"
    READ_CATALOGUE = "read_catalogue"
    ORDER_SERVICE = "order_service"
    REQUEST_CHANGE = "request_change"
    SEE_INVOICING_CONTACT = "see_invoicing_contact"
    READ_INVOICES = "read_invoices"
    SEE_SUPPORT_CONTACT = "see_support_contact"
    OPEN_INCIDENT = "open_incident"
    READ_USERS = "read_users"
    ADD_USER = "add_user"
    CHANGE_USER = "change_user"
    REMOVE_USER = "remove_user"
    READ_CONSOLE_USERS = "read_console_users"
    SET_CONSOLE_ROLES = "set_console_roles"


NONE, VISITOR, CONSOLE_MANAGER, MANAGER = (
    Profile.NONE,
    Profile.VISITOR,
    Profile.CONSOLE_MANAGER,
    Profile.MANAGER,
)


@dataclass(frozen=True)
class Offer:
    """The profiles a section offers, and which one a new user and the referent get."""

    profiles: tuple[Profile, ...]
    new: Profile
    referent: Profile


OFFERS: Mapping[Section, Offer] = {
    Section.CONTRACT: Offer((VISITOR, MANAGER), new=MANAGER, referent=MANAGER),
    Section.DASHBOARD: Offer((NONE, VISITOR, MANAGER), new=VISITOR, referent=MANAGER),
    Section.SERVICES: Offer((NONE, VISITOR, MANAGER), new=NONE, referent=MANAGER),
    Section.ORDERS: Offer((NONE, VISITOR), new=NONE, referent=VISITOR),
    Section.SUBSCRIPTIONS: Offer((NONE, VISITOR, MANAGER), new=NONE, referent=MANAGER),
    Section.INVOICES: Offer((NONE, VISITOR, MANAGER), new=NONE, referent=MANAGER),
    Section.SUPPORT: Offer((NONE, VISITOR, MANAGER), new=NONE, referent=MANAGER),
    Section.USERS: Offer((NONE, VISITOR, CONSOLE_MANAGER, MANAGER), new=NONE, referent=MANAGER),
}


PREDEFINED_CONSOLE_ROLES = ("admin", "power_user", "guest")
REFERENT_CONSOLE_ROLES = ("admin",)


@dataclass(frozen=True)
class Rule:
    """The holders of an ability: a profile of the section, or any console role of the contract."""

    section: Section
    profiles: frozenset[Profile]
    console_user: bool = False


def _rule(section: Section, *profiles: Profile) -> Rule:
    return Rule(section, frozenset(profiles))


RULES: Mapping[Ability, Rule] = {
    Ability.OPEN_CONTRACT: _rule(Section.CONTRACT, VISITOR, MANAGER),
    Ability.SEE_COMPANY: _rule(Section.CONTRACT, MANAGER),
    Ability.OPEN_DOCUMENT_SPACE: _rule(Section.CONTRACT, MANAGER),
    Ability.OPEN_DASHBOARD: _rule(Section.DASHBOARD, VISITOR, MANAGER),
    Ability.OPEN_CONSOLE: Rule(Section.DASHBOARD, frozenset(), console_user=True),
    Ability.READ_ORDERS: _rule(Section.ORDERS, VISITOR),
    Ability.READ_SUBSCRIPTIONS: _rule(Section.SUBSCRIPTIONS, VISITOR, MANAGER),
    Ability.READ_CATALOGUE: _rule(Section.SERVICES, VISITOR, MANAGER),
    Ability.ORDER_SERVICE: _rule(Section.SERVICES, MANAGER),
    Ability.REQUEST_CHANGE: _rule(Section.SERVICES, VISITOR, MANAGER),
    Ability.SEE_INVOICING_CONTACT: _rule(Section.INVOICES, VISITOR, MANAGER),
    Ability.READ_INVOICES: _rule(Section.INVOICES, MANAGER),
    Ability.SEE_SUPPORT_CONTACT: _rule(Section.SUPPORT, VISITOR, MANAGER),
    Ability.OPEN_INCIDENT: _rule(Section.SUPPORT, VISITOR, MANAGER),
    Ability.READ_USERS: _rule(Section.USERS, VISITOR, MANAGER),
    Ability.ADD_USER: _rule(Section.USERS, MANAGER),
    Ability.CHANGE_USER: _rule(Section.USERS, MANAGER),
    Ability.REMOVE_USER: _rule(Section.USERS, MANAGER),
    Ability.READ_CONSOLE_USERS: _rule(Section.USERS, VISITOR, CONSOLE_MANAGER, MANAGER),
    Ability.SET_CONSOLE_ROLES: _rule(Section.USERS, CONSOLE_MANAGER, MANAGER),
}

OPENS: Mapping[Section, Ability] = {
    Section.CONTRACT: Ability.OPEN_CONTRACT,
    Section.DASHBOARD: Ability.OPEN_DASHBOARD,
    Section.SERVICES: Ability.READ_CATALOGUE,
    Section.ORDERS: Ability.READ_ORDERS,
    Section.SUBSCRIPTIONS: Ability.READ_SUBSCRIPTIONS,
    Section.INVOICES: Ability.SEE_INVOICING_CONTACT,
    Section.SUPPORT: Ability.SEE_SUPPORT_CONTACT,
    Section.USERS: Ability.READ_CONSOLE_USERS,
}
"""The ability that puts a section in the menu."""


@dataclass(frozen=True)
class Rights:
    """One person's rights on one contract."""

    profiles: Mapping[Section, Profile]
    console_roles: tuple[str, ...] = ()

    def profile(self, section: Section) -> Profile:
        """The person's profile in a section; `NONE` where nothing was given."""
        return self.profiles.get(section, Profile.NONE)

    def may(self, ability: Ability) -> bool:
        """Whether the table gives this ability to these profiles."""
        rule = RULES[ability]
        if rule.console_user:
            return bool(self.console_roles)
        return self.profile(rule.section) in rule.profiles

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The sections that may be opened, in menu order."""
        return tuple(section for section in Section if self.may(OPENS[section]))


def opened_by(section: Section, profile: Profile) -> frozenset[Ability]:
    """The abilities that a profile gives in its section."""
    found = (ability for ability, rule in RULES.items() if rule.section == section)
    return frozenset(ability for ability in found if profile in RULES[ability].profiles)


@dataclass(frozen=True)
class Access:
    """What somebody can ask for: a profile in a section, or a role on the console (ASK-1)."""

    section: Section | None = None
    """None: the technical console."""
    profile: Profile = NONE

    @classmethod
    def to(cls, ability: Ability) -> Access:
        """The least that has an ability."""
        rule = RULES[ability]
        if rule.console_user:
            return cls()
        return cls(rule.section, next(p for p in Profile if p in rule.profiles))

    def is_offered(self) -> bool:
        """Whether the section offers the profile, and the profile opens something."""
        if self.section is None:
            return self.profile is NONE
        offered = self.profile in OFFERS[self.section].profiles
        return offered and bool(opened_by(self.section, self.profile))

    def is_held(self, rights: Rights) -> bool:
        """Whether these rights open all that it would open."""
        if self.section is None:
            return bool(rights.console_roles)
        held = opened_by(self.section, rights.profile(self.section))
        return opened_by(self.section, self.profile) <= held


def profiles_of_new_user() -> dict[Section, Profile]:
    """The wizard's proposal for somebody added to a contract (USERS-2)."""
    return {section: offer.new for section, offer in OFFERS.items()}


def profiles_of_referent() -> dict[Section, Profile]:
    """The profiles of the first user of a contract."""
    return {section: offer.referent for section, offer in OFFERS.items()}


def refused(profiles: Mapping[Section, Profile]) -> Iterable[Section]:
    """The sections that do not offer the profile asked for them."""
    return [s for s, profile in profiles.items() if profile not in OFFERS[s].profiles]


def may_change_roles(*, of_referent: bool, own: bool) -> bool:
    """Whether a manager changes these roles: the referent's are the referent's own (USERS-5).

    Of their own, nobody gives the section « Utilisateurs » away (`services/users/members.py`).
    """
    return own or not of_referent


class StaffRole(StrEnum):
    """The tasks of a staff member, who has one or several (STAFF-5)."""

    SUPPORT = "support"
    OPERATOR = "operator"
    AUDITOR = "auditor"


class StaffAbility(StrEnum):
    """The abilities of staff, who are members of no contract; named after their action."""

    LOOK = "look"
    VISIT = "visit"
    WRITE_NOTES = "write_notes"
    RETRY = "retry"
    DISABLE = "disable"
    READ_AUDIT = "read_audit"


STAFF_RULES: Mapping[StaffAbility, frozenset[StaffRole]] = {
    StaffAbility.LOOK: frozenset(StaffRole),
    StaffAbility.VISIT: frozenset({StaffRole.SUPPORT}),
    StaffAbility.WRITE_NOTES: frozenset({StaffRole.SUPPORT, StaffRole.OPERATOR}),
    StaffAbility.RETRY: frozenset({StaffRole.SUPPORT, StaffRole.OPERATOR}),
    StaffAbility.DISABLE: frozenset({StaffRole.OPERATOR}),
    StaffAbility.READ_AUDIT: frozenset({StaffRole.AUDITOR}),
}


def staff_may(roles: Iterable[StaffRole], ability: StaffAbility) -> bool:
    """Whether one of these roles has the ability."""
    return not STAFF_RULES[ability].isdisjoint(roles)


class VisitPolicy(StrEnum):
    """A referent's answer to staff who want to look at the contract as its members do (STAFF-2)."""

    NOTICE = "notice"
    APPROVAL = "approval"
    CLOSED = "closed"
