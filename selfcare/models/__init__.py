"""Columns, constraints and derived facts; one module per aggregate."""

from selfcare.models.account import CIVILITIES, LOCALES, Account, SignIn
from selfcare.models.audit import AuditEntry
from selfcare.models.base import Base, Searchable, fold, now
from selfcare.models.console import ConsoleAccess, ConsoleGroup, ContractConsole
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
    IN_ADVANCE,
    USUAL_TYPE,
    InvoiceKind,
)
from selfcare.models.invoice import (
    Invoice,
    InvoiceReference,
    PreInvoice,
    PreInvoiceVersion,
    UsageLine,
    UsageReport,
    UsageShare,
)
from selfcare.models.kept_form import KeptForm
from selfcare.models.mail import Mail
from selfcare.models.oidc import (
    ClientKind,
    DeviceState,
    OidcClient,
    OidcDevice,
    OidcGrant,
    OidcKey,
    OidcLogout,
    OidcRequest,
    OidcSecret,
    OidcToken,
)
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
)
from selfcare.models.service import Service, ServiceVersion
from selfcare.models.subscription import (
    Subscription,
    SubscriptionStatus,
    SubscriptionTotal,
    subscription_status,
)
from selfcare.models.users import LineState, Removal, UserDraft, UserImport, UserImportLine
from selfcare.models.wish import Wish, WishState

__all__ = [
    "CIVILITIES",
    "CORRECTIONS",
    "DOCUMENT_TYPES",
    "IN_ADVANCE",
    "LOCALES",
    "LONGEST_NAME",
    "LONGEST_NOTE",
    "LONGEST_REGION",
    "USUAL_TYPE",
    "Account",
    "AuditEntry",
    "Base",
    "Challenge",
    "ClientKind",
    "ConsoleAccess",
    "ConsoleGroup",
    "Contract",
    "ContractConsole",
    "Customer",
    "DeviceState",
    "Invoice",
    "InvoiceKind",
    "InvoiceReference",
    "KeptForm",
    "LineState",
    "LinkPurpose",
    "Mail",
    "MailedLink",
    "Membership",
    "Offer",
    "OidcClient",
    "OidcDevice",
    "OidcGrant",
    "OidcKey",
    "OidcLogout",
    "OidcRequest",
    "OidcSecret",
    "OidcToken",
    "Order",
    "OrderCounter",
    "OrderDraft",
    "OrderEvent",
    "OrderStatus",
    "Passkey",
    "PreInvoice",
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
    "SubscriptionTotal",
    "TwoFactor",
    "UsageLine",
    "UsageReport",
    "UsageShare",
    "UserDraft",
    "UserImport",
    "UserImportLine",
    "Wish",
    "WishState",
    "fold",
    "now",
    "read_profiles",
    "subscription_status",
]
