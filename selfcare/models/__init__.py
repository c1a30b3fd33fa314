"""Columns, constraints and derived facts; one module per aggregate."""

from selfcare.models.account import CIVILITIES, LOCALES, Account, SignIn
from selfcare.models.base import Base, Searchable, fold, now
from selfcare.models.console import ConsoleAccess, ConsoleGroup, ConsoleState, ContractConsole
from selfcare.models.contract import Contract, Customer, Membership, Offer, read_profiles
from selfcare.models.mail import Mail, MailState
from selfcare.models.order import (
    Order,
    OrderCounter,
    OrderStatus,
    PriceKind,
    Subscription,
    SubscriptionStatus,
    subscription_status,
)
from selfcare.models.service import Service
from selfcare.models.users import LineState, Removal, UserDraft, UserImport, UserImportLine

__all__ = [
    "CIVILITIES",
    "LOCALES",
    "Account",
    "Base",
    "ConsoleAccess",
    "ConsoleGroup",
    "ConsoleState",
    "Contract",
    "ContractConsole",
    "Customer",
    "LineState",
    "Mail",
    "MailState",
    "Membership",
    "Offer",
    "Order",
    "OrderCounter",
    "OrderStatus",
    "PriceKind",
    "Removal",
    "Searchable",
    "Service",
    "SignIn",
    "Subscription",
    "SubscriptionStatus",
    "UserDraft",
    "UserImport",
    "UserImportLine",
    "fold",
    "now",
    "read_profiles",
    "subscription_status",
]
