"""A contract's terms, changed by an operator: each change counts at once and is kept (STAFF-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from selfcare.config.rules import vat_rate_problem
from selfcare.database import db
from selfcare.models import Account, ConsoleAccess, Contract, Membership, UsageReport
from selfcare.rights import (
    REFERENT_CONSOLE_ROLES,
    Profile,
    Section,
    profiles_of_referent,
    refused,
)
from selfcare.services.console import access as console_access
from selfcare.services.console import converging
from selfcare.services.console import domains as console_domains
from selfcare.services.contracts import offers
from selfcare.services.contracts.refusals import ContractRefused, fitting
from selfcare.services.pre_invoices import making as pre_invoice_making
from selfcare.services.safety import audit
from selfcare.services.users import members
from selfcare.services.users.roles import Roles

log = structlog.get_logger(__name__)


def known(ref: str) -> Contract:
    """The contract of a reference, whatever its case, with its customer and its offer.

    Raises:
        ContractRefused: there is none.
    """
    found = db.session.execute(
        select(Contract)
        .options(joinedload(Contract.customer), joinedload(Contract.offer))
        .where(Contract.ref == ref.strip().upper())
    ).scalar_one_or_none()
    if found is None:
        raise ContractRefused(f"{ref}: no such contract")
    return found


def rename(ref: str, name: str) -> Contract:
    """Give a contract another name.

    Raises:
        ContractRefused: there is no such contract, or the name will not do.
    """
    return _change(known(ref), "name", fitting(Contract.name, name, "name"))


def set_platform(ref: str, platform_id: str) -> Contract:
    """Say which platform it is; an empty text: none.

    Raises:
        ContractRefused: there is no such contract, or the text is too long.
    """
    kept = fitting(Contract.platform_id, platform_id, "platform", may_be_empty=True)
    return _change(known(ref), "platform_id", kept)


def set_end(ref: str, day: date | None) -> Contract:
    """Say on which day it ends, or that no day is known.

    Raises:
        ContractRefused: there is no such contract, or it would end before it begins.
    """
    contract = known(ref)
    if day is not None and day < contract.starts_on:
        raise ContractRefused(f"{contract.ref} begins on {contract.starts_on}, after {day}")
    return _change(contract, "ends_on", day)


def close_console(contract: Contract) -> int:
    """Wish the end of every console account of a contract; says how many."""
    theirs = (
        select(ConsoleAccess, Account)
        .join(Account, Account.id == ConsoleAccess.account_id)
        .where(ConsoleAccess.contract_id == contract.id)
        .order_by(ConsoleAccess.id)
    )
    ended: dict[Account, list[str]] = {
        account: [] for access, account in db.session.execute(theirs) if access.wanted_groups
    }
    console_access.want_all(contract, ended)
    if ended:
        converging.converge_waiting.after_commit(contract.id)
    return len(ended)


def set_offer(ref: str, named: str) -> Contract:
    """Give a contract another offer; its console opens or closes with it.

    Raises:
        ContractRefused: there is no such contract, or no such offer.
    """
    contract, offer = known(ref), offers.known(named)
    had_console = contract.offer.has_console
    before = contract.offer.code
    contract.offer = offer
    db.session.flush()
    if offer.code != before:
        _note(contract, "offer", before, offer.code)
    if had_console and not offer.has_console:
        close_console(contract)
    if offer.has_console and not had_console:
        console_domains.open_console(contract)
    return contract


def set_referent(ref: str, login: str) -> Membership:
    """Make another user of the contract its referent, with a referent's profiles.

    The former one stays a user, with the profiles they had.

    Raises:
        ContractRefused: they are not a user of it, are disabled, or are the referent already.
        Refusal: somebody changes their roles at this moment.
    """
    contract, membership = known(ref), _member(ref, login)
    account = db.session.get_one(Account, membership.account_id)
    if membership.is_referent:
        raise ContractRefused(f"{account.login} is the referent of {contract.ref} already")
    if account.disabled_at is not None:
        raise ContractRefused(f"{account.login} is disabled")
    former = db.session.execute(
        select(Membership)
        .options(joinedload(Membership.account))
        .where(Membership.contract_id == contract.id, Membership.is_referent)
    ).scalar_one_or_none()
    if former:
        former.is_referent = False
        db.session.flush()  # there is one referent at a time, the database sees to it
    membership.is_referent = True
    db.session.flush()
    seen = members.roles_of(membership)
    console = {*seen.console, *(REFERENT_CONSOLE_ROLES if contract.offer.has_console else ())}
    given = Roles(profiles_of_referent(), tuple(sorted(console)))  # and no last day
    members.change(membership, given, seen=seen, by=None)
    _note(
        contract, "referent", former.account.login if former else "", account.login, subject=account
    )
    return membership


def set_applications(
    ref: str, login: str, *, changes: bool | None, incidents: bool | None
) -> Account:
    """Say whether a user has an account on the change-request and incident applications (§5.6.3).

    Raises:
        ContractRefused: they are not a user of the contract.
    """
    contract, membership = known(ref), _member(ref, login)
    account = db.session.get_one(Account, membership.account_id)
    for name, wanted in (("has_ece_changes", changes), ("has_ece_incidents", incidents)):
        before = getattr(account, name)
        if wanted is not None and wanted != before:
            setattr(account, name, wanted)
            _note(contract, name, str(before), str(wanted), subject=account)
    db.session.flush()
    return account


def give_roles(
    ref: str, login: str, profiles: Mapping[Section, Profile], console: Sequence[str] | None
) -> None:
    """An operator gives somebody other profiles, or other console roles (None: those they have).

    So a contract whose referent cannot act gets on; they are told as by any change (USERS-5).

    Raises:
        ContractRefused: they are not a user of the contract, or that is not offered there.
        Refusal: the referent would lose the section « Utilisateurs ».
    """
    membership = _member(ref, login)
    if wrong := next(iter(refused(profiles)), None):
        raise ContractRefused(f"{wrong}: {profiles[wrong]} is not offered there")
    offered = console_domains.roles_on_offer(membership.contract_id)
    if unknown := sorted(set(console or ()) - set(offered)):
        raise ContractRefused(f"no such console role: {', '.join(unknown)}")
    seen = members.roles_of(membership)
    held = seen.console if console is None else tuple(console)
    given = replace(seen, profiles={**seen.profiles, **profiles}, console=held)
    members.change(membership, given, seen=seen, by=None)


def set_vat_rate(ref: str, rate: Decimal | None) -> None:
    """Give a contract its own VAT rate in per cent, or the setting's again.

    Raises:
        ContractRefused: the contract does not exist, or the rate is out of range.
    """
    if rate is not None and (problem := vat_rate_problem(rate)):
        raise ContractRefused(f"{rate}: {problem}")
    contract = known(ref)
    _change(contract, "vat_rate", rate)
    pre_invoice_making.want(UsageReport.contract_id == contract.id)
    log.info("vat_rate_set", ref=contract.ref, rate=str(rate))


def _member(ref: str, login: str) -> Membership:
    found = db.session.execute(
        select(Membership)
        .join(Membership.contract)
        .join(Membership.account)
        .where(Contract.ref == ref.strip().upper(), Account.has_login(login))
    ).scalar_one_or_none()
    if found is None:
        raise ContractRefused(f"{login} is not a user of {ref}")
    return found


def _change(contract: Contract, what: str, value: Any) -> Contract:
    before = getattr(contract, what)
    if before != value:
        setattr(contract, what, value)
        db.session.flush()
        _note(contract, what, before, value)
    return contract


def _note(
    contract: Contract, what: str, before: Any, after: Any, *, subject: Account | str = ""
) -> None:
    audit.record(
        "contract.changed",
        actor=None,
        subject=subject,
        contract=contract,
        details={"what": [what], "before": _text(before), "after": _text(after)},
    )
    log.info("contract_changed", ref=contract.ref, what=what)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
