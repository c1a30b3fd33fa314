"""What is kept, and how long: one table, carried out by one job, shown in docs/security.md.

Every model stands in it once: in `FORGOTTEN` (its rows go by themselves), or in `LASTING` (they
stay while something else does, or for good). A new model without a line fails a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, delete, inspect, select
from sqlalchemy.orm import InstrumentedAttribute

from selfcare.background.jobs import job
from selfcare.database import db
from selfcare.models import (
    Account,
    ApiLogin,
    ApiPassword,
    ApiReset,
    AuditEntry,
    Base,
    Challenge,
    ConsoleAccess,
    ConsoleGroup,
    ConsoleLook,
    Contract,
    ContractConsole,
    Customer,
    Invoice,
    InvoiceReference,
    KeptForm,
    Mail,
    MailedCode,
    MailedLink,
    Membership,
    Offer,
    OidcClient,
    OidcDevice,
    OidcGrant,
    OidcKey,
    OidcLogout,
    OidcRequest,
    OidcSecret,
    OidcToken,
    Order,
    OrderCounter,
    OrderDraft,
    OrderEvent,
    Passkey,
    PreInvoice,
    PreInvoiceVersion,
    RecoveryCode,
    RecoveryRequest,
    Removal,
    SealedSecret,
    Service,
    ServiceVersion,
    SignIn,
    Subscription,
    SubscriptionTotal,
    TwoFactor,
    UsageLine,
    UsageReport,
    UsageShare,
    UserDraft,
    UserImport,
    UserImportLine,
    Wish,
    WishState,
    now,
)

ROUND = 1000
"""Rows of a kind that one transaction deletes; where there are more, another follows."""


class Sort(StrEnum):
    """How careful to be with it; docs/security.md says what the words mean."""

    SECRET = "secret"  # noqa: S105 (a word for secrets, no secret)
    PERSONAL = "personal"
    CONFIDENTIAL = "confidential"
    OPEN = "open"


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """Rows that are deleted a `period` after the time in their column `since`."""

    since: InstrumentedAttribute[Any]
    period: timedelta
    what: str
    after: str
    """What happened at `since`, in words: "it was begun"."""
    sort: Sort
    only: ColumnElement[bool] | None = None
    """Which rows, where it is not all of them."""

    @property
    def model(self) -> type[Base]:
        """Whose rows they are."""
        model: type[Base] = self.since.parent.class_
        return model


@dataclass(frozen=True, kw_only=True)
class Lasting:
    """Models whose rows no sweep deletes, and why."""

    models: tuple[type[Base], ...]
    what: str
    kept: str
    sort: Sort


def _over(kind: type[Wish]) -> ColumnElement[bool]:
    return kind.state.in_((WishState.DONE, WishState.FAILED))


FORGOTTEN = (
    Forgotten(
        since=SignIn.expires_at,
        period=timedelta(days=365),  # facts.md: a security log is kept for 12 months
        what="sign-ins: network address, browser",
        after="they ran out",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=AuditEntry.at,
        # A trigger refuses to delete what is not older than 366 days by the database's clock.
        period=timedelta(days=367),
        what="audit log: who did what, from where",
        after="it was done",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=Mail.created_at,
        period=timedelta(days=365),
        what="mails that left or were given up: addressee and what they tell (no secret)",
        after="they were written",
        sort=Sort.PERSONAL,
        only=_over(Mail),
    ),
    Forgotten(
        since=MailedLink.expires_at,
        period=timedelta(days=30),
        what="links of mails: signed, not stored; their row",
        after="they ran out",
        sort=Sort.SECRET,
    ),
    Forgotten(
        since=UserDraft.updated_at,
        period=timedelta(days=7),
        what="drafts of users",
        after="the last change",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=UserImport.created_at,
        period=timedelta(days=30),
        what="files of users, line by line",
        after="they were sent",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=OrderDraft.created_at,
        period=timedelta(days=30),
        what="drafts of orders",
        after="they were begun",
        sort=Sort.CONFIDENTIAL,
    ),
    Forgotten(
        since=KeptForm.created_at,
        period=timedelta(hours=12),
        what="forms sent too late (encrypted)",
        after="they were sent",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=RecoveryRequest.created_at,
        period=timedelta(days=1),
        what="what somebody asked who cannot sign in, where no worker answered",
        after="it was asked",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=SealedSecret.expires_at,
        period=timedelta(0),
        what="API passwords and keys on their way (encrypted), where nobody took them",
        after="their two minutes",
        sort=Sort.SECRET,
    ),
    Forgotten(
        since=MailedCode.created_at,
        period=timedelta(days=1),
        what="mailed codes: worked out, not stored; their row",
        after="they were asked for",
        sort=Sort.SECRET,
    ),
    Forgotten(
        since=ApiReset.expires_at,
        period=timedelta(days=1),
        what="API passwords: what somebody gave who asked for one",
        after="the page ran out",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=ApiLogin.created_at,
        period=timedelta(days=365),  # a security log, as sign-ins are
        what="API Login: account, network address",
        after="it was tried",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=ApiPassword.created_at,
        period=timedelta(days=30),
        what="API passwords: that one was set",
        after="it was wished",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=Challenge.expires_at,
        period=timedelta(0),
        what="questions of captchas and passkeys that nobody answered",
        after="they ran out",
        sort=Sort.SECRET,
    ),
    Forgotten(
        since=OidcRequest.expires_at,
        period=timedelta(days=1),
        what="single sign-on: requests",
        after="they ran out",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=OidcDevice.expires_at,
        period=timedelta(days=1),
        what="single sign-on: devices that ask",
        after="they ran out",
        sort=Sort.SECRET,
    ),
    Forgotten(
        since=OidcToken.expires_at,
        period=timedelta(days=1),
        what="single sign-on: access tokens, as hashes",
        after="they ran out",
        sort=Sort.SECRET,
    ),
    Forgotten(
        since=OidcKey.shown_until,
        period=timedelta(days=1),
        what="single sign-on: our signing keys (encrypted)",
        after="clients need them no more",
        sort=Sort.SECRET,
    ),
    Forgotten(
        since=OidcSecret.ends_at,
        period=timedelta(days=1),
        what="single sign-on: secrets of clients, as hashes",
        after="they ended",
        sort=Sort.SECRET,
    ),
    # What support looks at after a complaint is kept for a month.
    Forgotten(
        since=OidcGrant.ended_at,
        period=timedelta(days=30),
        what="single sign-on: who went where",
        after="they were signed out there",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=OidcLogout.created_at,
        period=timedelta(days=30),
        what="single sign-on: sign-outs that clients were told, or could not be told",
        after="the sign-out",
        sort=Sort.PERSONAL,
        only=_over(OidcLogout),
    ),
)
"""What goes by itself."""

LASTING = (
    Lasting(
        models=(Account, Membership),
        what="names, addresses, phone numbers and roles of accounts; passwords, as hashes",
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
        models=(ConsoleAccess,),
        what="accounts in the technical console",
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


def period(model: type[Base]) -> timedelta:
    """How long rows of a model are kept, for whoever must not use them any longer."""
    [line] = [line for line in FORGOTTEN if line.model is model]
    return line.period


@job(queue="sweeps")
def forget() -> None:
    """Delete what was kept long enough; a round at a time, so that nobody waits for its locks."""
    full = [_forget(line) >= ROUND for line in FORGOTTEN]
    if any(full):
        forget.after_commit()


def _forget(line: Forgotten) -> int:
    """Delete a round of rows; says how many."""
    [key] = inspect(line.model).primary_key
    old = select(key).where(line.since < now() - line.period)
    if line.only is not None:
        old = old.where(line.only)
    mine = old.limit(ROUND).with_for_update(skip_locked=True)  # two sweeps, no row twice
    gone = db.session.execute(delete(line.model).where(key.in_(mine)).returning(key))
    return len(gone.all())
