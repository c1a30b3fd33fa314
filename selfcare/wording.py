"""The words for what the code names: sections, profiles, statuses, prices."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from selfcare.i18n import Reader, catalogue, gettext, money
from selfcare.i18n import lazy as _l
from selfcare.models import OrderStatus, PriceKind, SubscriptionStatus
from selfcare.rights import Profile, Rule, Section

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

CIVILITY: Mapping[str, Any] = {"madam": _l("Mrs"), "sir": _l("Mr")}

ORDER_STATUS: Mapping[str, Any] = {
    OrderStatus.SUBMITTED: _l("submitted"),
    OrderStatus.IN_PROGRESS: _l("in progress"),
    OrderStatus.COMPLETED: _l("completed"),
    OrderStatus.CANCELLED: _l("cancelled"),
}

SUBSCRIPTION_STATUS: Mapping[str, Any] = {
    SubscriptionStatus.SUBSCRIBED: _l("subscribed"),
    SubscriptionStatus.ACTIVE: _l("active"),
    SubscriptionStatus.ENDED: _l("ended"),
}

CONSOLE_STATE: Mapping[str, Any] = {
    "queued": _l("being prepared"),
    "running": _l("being prepared"),
    "ready": _l("ready"),
    "failed": _l("failed"),
}

MOVED_BY: Mapping[str, Any] = {
    "operator": _l("our teams"),
    "automatic": _l("automatic processing"),
}
"""Who moved an order, where it was nobody with a login."""

INVOICE_KIND: Mapping[str, Any] = {
    "invoice": _l("invoice"),
    "credit_note": _l("credit note"),
}

PRE_INVOICE_STATE: Mapping[str, Any] = {
    "queued": _l("being prepared"),
    "ready": _l("ready"),
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


@lru_cache(maxsize=16384)
def price(amount: Decimal | None, kind: str, currency: str, language: str) -> str:
    """`3 596,45 € / mois`, « à partir de 4,97 € / mois », « sur devis »."""
    _ = catalogue(language).gettext
    if amount is None or kind == PriceKind.QUOTE:
        return _("on quotation")
    values = {"amount": money(amount, currency, language)}
    if kind == PriceKind.FROM_MONTHLY:
        return _("from %(amount)s / month") % values
    return _("%(amount)s / month") % values if kind == PriceKind.MONTHLY else values["amount"]


def size(count: int, reader: Reader) -> str:
    """« 84 Ko », `1.2 MB`: how much a download weighs."""
    _ = catalogue(reader.language).gettext
    if count < 1_000_000:
        return _("%(count)s KB") % {"count": max(1, round(count / 1000))}
    return _("%(count)s MB") % {"count": reader.quantity(Decimal(count // 100_000) / 10)}


def profiles_that_would_do(rule: Rule) -> str:
    """« Visiteur » ou « Gestionnaire »: the profiles with an ability, in menu order."""
    names = [str(PROFILE[profile]) for profile in Profile if profile in rule.profiles]
    return gettext(" or ").join(names)


def plain_amount(amount: Decimal | None, reader: Reader) -> str:
    """An amount as a spreadsheet of the reader's language reads it: `3596,45`."""
    if amount is None:
        return ""
    return f"{amount:.2f}".replace(".", "," if reader.language == "fr" else ".")
