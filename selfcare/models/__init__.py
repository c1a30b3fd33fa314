"""Columns, constraints and derived facts; one module per aggregate."""

from selfcare.models.account import CIVILITIES, LOCALES, Account, SignIn
from selfcare.models.audit import AuditEntry
from selfcare.models.base import Base, Searchable, fold, now
from selfcare.models.console import ConsoleAccess, ConsoleGroup, ConsoleState, ContractConsole
from selfcare.models.contract import Contract, Customer, Membership, Offer, read_profiles
from selfcare.models.credentials import (
    Challenge,
    LinkPurpose,
    MailedLink,
    Passkey,
    RecoveryCode,
    RecoveryRequest,
    TwoFactor,
)
from selfcare.models.document_types import (
    CORRECTIONS,
    DOCUMENT_TYPES,
    USUAL_TYPE,
    InvoiceKind,
)
from selfcare.models.invoice import (
    Invoice,
    InvoiceReference,
    PreInvoiceState,
    PreInvoiceVersion,
    UsageLine,
    UsageReport,
    UsageShare,
)
from selfcare.models.kept_form import KeptForm
from selfcare.models.mail import Mail, MailState
from selfcare.models.order import (
    LONGEST_NAME,
    LONGEST_NOTE,
    LONGEST_REGION,
    Order,
    OrderCounter,
    OrderDraft,
    OrderEvent,
    OrderStatus,
    PriceKind,
    Subscription,
    SubscriptionStatus,
    subscription_status,
)
from selfcare.models.service import Service, ServiceVersion
from selfcare.models.users import LineState, Removal, UserDraft, UserImport, UserImportLine

__all__ = [
    "CIVILITIES",
    "CORRECTIONS",
    "DOCUMENT_TYPES",
    "LOCALES",
    "LONGEST_NAME",
    "LONGEST_NOTE",
    "LONGEST_REGION",
    "USUAL_TYPE",
    "Account",
    "AuditEntry",
    "Base",
    "Challenge",
    "ConsoleAccess",
    "ConsoleGroup",
    "ConsoleState",
    "Contract",
    "ContractConsole",
    "Customer",
    "Invoice",
    "InvoiceKind",
    "InvoiceReference",
    "KeptForm",
    "LineState",
    "LinkPurpose",
    "Mail",
    "MailState",
    "MailedLink",
    "Membership",
    "Offer",
    "Order",
    "OrderCounter",
    "OrderDraft",
    "OrderEvent",
    "OrderStatus",
    "Passkey",
    "PreInvoiceState",
    "PreInvoiceVersion",
    "PriceKind",
    "RecoveryCode",
    "RecoveryRequest",
    "Removal",
    "Searchable",
    "Service",
    "ServiceVersion",
    "SignIn",
    "Subscription",
    "SubscriptionStatus",
    "TwoFactor",
    "UsageLine",
    "UsageReport",
    "UsageShare",
    "UserDraft",
    "UserImport",
    "UserImportLine",
    "fold",
    "now",
    "read_profiles",
    "subscription_status",
]
