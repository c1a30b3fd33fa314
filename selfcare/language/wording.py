"""The words for what the code names: sections, profiles, statuses, problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from selfcare.language import _, _l
from selfcare.language.i18n import Reader, catalogue, day, is_one, locale, one_of
from selfcare.models import OrderStatus, SubscriptionStatus
from selfcare.rights import RULES, Ability, Profile, Rule, Section

SECTION: Mapping[Section, Any] = {
    Section.CONTRACT: _l("Contract"),
    Section.DASHBOARD: _l("Dashboard"),
    Section.SERVICES: _l("Services"),
    Section.ORDERS: _l("Orders"),
    Section.SUBSCRIPTIONS: _l("Subscriptions"),
    Section.INVOICES: _l("Invoices"),
    Section.SUPPORT: _l("Support"),
    Section.USERS: _l("Users"),
}

PROFILE: Mapping[Profile, Any] = {
    Profile.NONE: _l("No access"),
    Profile.VISITOR: _l("Visitor"),
    Profile.CONSOLE_MANAGER: _l("Console manager"),
    Profile.MANAGER: _l("Manager"),
}

THEME: Mapping[str, Any] = {
    "system": _l("as the device"),
    "light": _l("light"),
    "dark": _l("dark"),
}
"""The colours of pages, to choose from."""

CIVILITY: Mapping[str, Any] = {"madam": _l("Mrs"), "sir": _l("Mr")}

ORDER_STATUS: Mapping[str, Any] = {
    OrderStatus.SUBMITTED: _l("submitted"),
    OrderStatus.IN_PROGRESS: _l("in progress"),
    OrderStatus.COMPLETED: _l("completed"),
    OrderStatus.CANCELLED: _l("cancelled"),
}

ORDER_STATUS_TOO: Mapping[str, Any] = {
    OrderStatus.SUBMITTED: _l("waiting, pending, new"),
    OrderStatus.IN_PROGRESS: _l("under way, being carried out"),
    OrderStatus.COMPLETED: _l("done, delivered"),
    OrderStatus.CANCELLED: _l("canceled"),
}
"""What else people call it when they search, separated by commas."""

SUBSCRIPTION_STATUS: Mapping[str, Any] = {
    SubscriptionStatus.SUBSCRIBED: _l("subscribed"),
    SubscriptionStatus.ACTIVE: _l("active"),
    SubscriptionStatus.ENDED: _l("ended"),
}

SUBSCRIPTION_STATUS_TOO: Mapping[str, Any] = {
    SubscriptionStatus.SUBSCRIBED: _l("to come, future"),
    SubscriptionStatus.ACTIVE: _l("running, current"),
    SubscriptionStatus.ENDED: _l("past, over"),
}

CONSOLE_STATE: Mapping[str, Any] = {
    "queued": _l("being prepared"),
    "running": _l("being prepared"),
    "done": _l("ready"),
    "failed": _l("failed"),
}

MOVED_BY: Mapping[str, Any] = {
    "operator": _l("our teams"),
    "automatic": _l("automatic processing"),
}
"""Who moved an order, where it was nobody with a login."""

PRE_INVOICE_STATE: Mapping[str, Any] = {
    "queued": _l("being prepared"),
    "late": _l("delayed"),
}

CONSOLE_ROLE: Mapping[str, Any] = {
    "admin": _l("highest rights: manages cloud resources and user groups"),
    "power_user": _l("manages cloud resources"),
    "guest": _l("read-only access"),
}
"""What the three roles of every contract allow; groups made in the console speak for themselves."""

CONSOLE_PROBLEM: Mapping[str, Any] = {
    "unavailable": _l("The console does not answer at the moment."),
    "slow": _l("The console takes too long to answer."),
    "throttled": _l("The console is busy. We will try again shortly."),
    "credentials": _l("The portal cannot sign in to the console."),
    "forbidden": _l("The console does not allow the portal to do this."),
    "no_role": _l("The contract is not open in the console, or the portal has no rights there."),
    "conflict": _l("Somebody else has this name in the console."),
    "email_taken": _l("Somebody else has this email address in the console."),
    "phone_taken": _l("Somebody else has this mobile number in the console."),
    "quota": _l("The console has no room for another account."),
    "group_missing": _l("A chosen role no longer exists in the console."),
    "contract_missing": _l("The contract is not open in the console yet."),
    "contract_disabled": _l("The contract has been disabled in the console."),
    "locked": _l("The account is locked in the console."),
    "not_configured": _l("The console’s address is not configured on this portal."),
}
"""Why a console access is not ready; any other code is « unknown »."""

ABILITY: Mapping[Ability, Any] = {
    Ability.OPEN_CONTRACT: _l("see the contract"),
    Ability.SEE_COMPANY: _l("see the company’s data"),
    Ability.OPEN_DOCUMENT_SPACE: _l("open the document space"),
    Ability.OPEN_DASHBOARD: _l("open the dashboard"),
    Ability.OPEN_CONSOLE: _l("go to the technical console"),
    Ability.READ_ORDERS: _l("see all orders of the contract"),
    Ability.READ_SUBSCRIPTIONS: _l("see all subscriptions"),
    Ability.READ_CATALOGUE: _l("see the catalogue"),
    Ability.ORDER_SERVICE: _l("order services"),
    Ability.REQUEST_CHANGE: _l("ask for changes of services"),
    Ability.SEE_INVOICING_CONTACT: _l("see the invoicing contact"),
    Ability.READ_INVOICES: _l("see invoices and their amounts"),
    Ability.SEE_SUPPORT_CONTACT: _l("see the support contact"),
    Ability.OPEN_INCIDENT: _l("open an incident"),
    Ability.READ_USERS: _l("see the users"),
    Ability.ADD_USER: _l("add users"),
    Ability.CHANGE_USER: _l("change users’ roles"),
    Ability.REMOVE_USER: _l("remove users"),
    Ability.READ_CONSOLE_USERS: _l("see the console users"),
    Ability.SET_CONSOLE_ROLES: _l("give console roles"),
}

USER_REFUSAL: Mapping[str, Any] = {
    "LoginTaken": _l("This login belongs to somebody else: choose another one."),
    "AlreadyMember": _l("The person with this email is already a user of this contract."),
    "NotForStaff": _l("This email cannot be used: it belongs to the support staff."),
    "ReferentStays": _l(
        "The referent of the contract cannot be removed and stays manager of its users."
    ),
    "ReferentsOwn": _l(
        "Only the referent and customer support can change the referent’s own roles."
    ),
    "NotOneself": _l(
        "You can neither remove yourself nor change your own profile in the section Users."
    ),
    "NoEnd": _l("Neither the referent’s access nor your own can be given a last day."),
    "EndIsPast": _l("The last day of the access is past: choose today or a later day."),
    "ChangedMeanwhile": _l(
        "Somebody else has just changed these roles. Look at how they are now and start again."
    ),
    "GoneMeanwhile": _l("Somebody else has just removed this user from the contract."),
    "RightLost": _l("Not added: the person who loaded the file may no longer add users."),
    "MailOnItsWay": _l("This mail has not left yet: it is on its way."),
    "RoleNeeded": _l("Choose at least one console role"),
}
"""Why a change to a contract's users was refused, by the refusal's name."""

TOO_MANY_STRANGERS = _l(
    "You have asked for many addresses or logins of other people. Try again in %(minutes)s minutes."
)

PRESET: Mapping[str, Any] = {
    "read": _l("Read everything"),
    "accounting": _l("Accounting"),
    "technical": _l("Technical"),
}

ORDER_PARAMETER: Mapping[str, Any] = {
    "region": _l("Region"),
    "reference": _l("Reference"),
    "serviceCode": _l("Service code"),
    "templateName": _l("Flavor and term"),
    "contact": _l("Contact person"),
    "needs": _l("Needs"),
}
"""Headings of the parameters an order was made with; an unknown one is shown by its own name."""

_UNIT: Mapping[str, str] = {
    **dict.fromkeys(("hour", "hours", "heure", "heures"), "hour"),
    **dict.fromkeys(("day", "days", "jour", "jours"), "day"),
    **dict.fromkeys(("month", "months", "mois"), "month"),
    **dict.fromkeys(("gb", "go"), "GB"),
}
"""The names of the units that usage reports bill by."""


def measured(value: Decimal, unit: str, reader: Reader) -> str:
    """« 1 483,2 heures »: a quantity in the words of its reader; other units stay as they came."""
    ngettext = catalogue(reader.language).ngettext
    n = 1 if is_one(value, reader.language) else 2
    words = {
        "hour": ngettext("hour", "hours", n),
        "day": ngettext("day", "days", n),
        "month": ngettext("month", "months", n),
        "GB": ngettext("GB", "GB", n),
    }
    word = words[_UNIT[unit.lower()]] if unit.lower() in _UNIT else unit
    return f"{reader.quantity(value)}\N{NO-BREAK SPACE}{word}".strip()


def profiles_that_would_do(rule: Rule) -> str:
    """« Visiteur » ou « Gestionnaire »: the profiles with an ability, in menu order."""
    return one_of(str(PROFILE[profile]) for profile in Profile if profile in rule.profiles)


def quoted(cell: str) -> str:
    """A cell of somebody's file, as far as it helps to find it."""
    return _("“%(cell)s”") % {"cell": cell if len(cell) <= 40 else f"{cell[:40]}…"}


def of_cell(label: Any, cell: str, problem: Any) -> str:
    """The fault of a cell, which is quoted unless it is empty."""
    if not cell:
        return _("%(label)s: %(value)s") % {"label": label, "value": problem}
    values = {"label": label, "cell": quoted(cell), "value": problem}
    return _("%(label)s %(cell)s: %(value)s") % values


def _last_day(iso: str) -> str:
    return day(date.fromisoformat(iso), locale()) if iso else _("no end")


def role_change(change: Sequence[str]) -> str:
    """« Commandes : aucun accès → visiteur », from one of what `Roles.changes_to` gives."""
    section, was, held = change
    if section == "console":
        nothing = _("No access")
        label, before, after = _("Technical console"), was or nothing, held or nothing
    elif section == "ends_on":
        label, before, after = _("Last day of the access"), _last_day(was), _last_day(held)
    else:
        label = str(SECTION[Section(section)])
        before, after = (str(PROFILE[Profile(profile)]) for profile in (was, held))
    return _("%(label)s: %(value)s") % {"label": label, "value": f"{before} → {after}"}


def access_name(section: str, profile: str) -> str:
    """« Factures : Gestionnaire », or the technical console."""
    if section not in set(Section):
        return _("Technical console")
    values = {"label": SECTION[Section(section)], "value": PROFILE[Profile(profile)]}
    return _("%(label)s: %(value)s") % values


def console_problem(code: str | None) -> str:
    """Why a console access is not ready, in plain words."""
    known = CONSOLE_PROBLEM.get(code or "")
    return str(known) if known else _("Something unforeseen happened in the console.")


def abilities(profiles: Mapping[Section, Profile], section: Section) -> list[str]:
    """What somebody with these profiles may do in a section, for « ce que la personne verra »."""
    held = profiles.get(section, Profile.NONE)
    return [
        str(ABILITY[ability])
        for ability, rule in RULES.items()
        if rule.section == section and held in rule.profiles
    ]


FILE_NAME = {
    "orders": _l("orders"),
    "subscriptions": _l("subscriptions"),
    "contracts": _l("contracts"),
    "activity": _l("activity"),
    "invoices": _l("invoices"),
    "usage": _l("usage-reports"),
    "lines": _l("usage-lines"),
    "users": _l("users"),
    "console-users": _l("console-users"),
    "new-members": _l("users-to-add"),
    "my-data": _l("my-data"),
    "audit": _l("audit-log"),
    "left-out": _l("lines-left-out"),
    "recovery-codes": _l("recovery-codes"),
}
"""Downloads by the list's name, without spaces and accents: some browsers garble them."""
