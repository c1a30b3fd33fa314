"""What stays, and why."""

from __future__ import annotations

from selfcare.models import (
    Account,
    ConsoleAccess,
    ConsoleCredential,
    ConsoleGroup,
    ConsoleLook,
    Contract,
    ContractConsole,
    Customer,
    Invoice,
    InvoiceReference,
    Membership,
    Offer,
    OidcClient,
    Order,
    OrderCounter,
    OrderEvent,
    Passkey,
    PreInvoice,
    PreInvoiceVersion,
    RecoveryCode,
    Removal,
    Service,
    ServiceVersion,
    StaffMembership,
    Subscription,
    SubscriptionTotal,
    TwoFactor,
    UnknownAccount,
    UnwantedMail,
    UsageLine,
    UsageReport,
    UsageShare,
    UserImportLine,
)
from selfcare.services.retention.lines import Lasting, Sort

LASTING = (
    Lasting(
        models=(Account, Membership, StaffMembership, UnwantedMail),
        what="names, addresses, phone numbers, roles and mail choices of accounts; password hashes",
        kept="while there is the account",
        sort=Sort.PERSONAL,
    ),
    Lasting(
        models=(TwoFactor, RecoveryCode, Passkey),
        what="secrets of authenticator apps (encrypted), recovery codes (hashes), passkeys",
        kept="while they are in force",
        sort=Sort.SECRET,
    ),
    Lasting(
        models=(ConsoleAccess, ConsoleCredential),
        what="accounts in the technical console, and names of their access keys (no secret)",
        kept="while there are the account and the contract",
        sort=Sort.PERSONAL,
    ),
    Lasting(
        models=(Removal,),
        what="receipts of removals: login and name",
        kept="while there is the contract",
        sort=Sort.PERSONAL,
    ),
    Lasting(
        models=(UnknownAccount,),
        what="accounts seen in contracts' consoles that are no member's: name, address",
        kept="while the console has them",
        sort=Sort.PERSONAL,
    ),
    Lasting(
        models=(UserImportLine,),
        what="lines of files of users",
        kept="with their file",
        sort=Sort.PERSONAL,
    ),
    Lasting(
        models=(
            *(Order, OrderEvent, OrderCounter, Subscription, SubscriptionTotal),
            *(Invoice, InvoiceReference),
            *(PreInvoice, PreInvoiceVersion, UsageReport, UsageLine, UsageShare),
        ),
        what="orders, subscriptions, invoices, usage reports and their documents",
        kept="for good: the law wants orders kept for 5 years, invoices for 10",
        sort=Sort.CONFIDENTIAL,
    ),
    Lasting(
        models=(Customer, Contract, ContractConsole, ConsoleGroup, ConsoleLook),
        what="companies, their contracts and these contracts' console",
        kept="for good: invoices name them",
        sort=Sort.CONFIDENTIAL,
    ),
    Lasting(
        models=(Service, ServiceVersion, Offer, OidcClient),
        what="catalogue, offers, clients of single sign-on",
        kept="for good: orders and contracts name them; a client, until it is deleted",
        sort=Sort.OPEN,
    ),
)
"""What stays."""
