"""Opening a contract: its customer, its referent, and its place on the console (STAFF-3)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import structlog
from sqlalchemy import func, select

from selfcare.config.rules import vat_rate_problem
from selfcare.database import db
from selfcare.models import Account, Contract, Customer, Membership, Offer, UsageReport
from selfcare.rights import (
    REFERENT_CONSOLE_ROLES,
    Profile,
    Section,
    profiles_of_referent,
    refused,
)
from selfcare.services.console import domains as console_domains
from selfcare.services.pre_invoices import making as pre_invoice_making
from selfcare.services.users import members
from selfcare.services.users.members import NewMember
from selfcare.services.users.roles import Roles
from selfcare.text import one_line

log = structlog.get_logger(__name__)

_REF = re.compile(r"[A-Z]{3}\d{4,12}")
_CODE = re.compile(r"[A-Z0-9]{3,16}")


class ContractRefused(Exception):
    """The contract cannot be opened like this; the message says why."""


@dataclass(frozen=True, kw_only=True)
class NewContract:
    """The terms agreed with the customer."""

    ref: str
    name: str
    platform_id: str = ""
    customer_code: str
    customer_name: str
    siren: str = ""
    """Of a new customer; a known one keeps its own (`set_siren`)."""
    offer: str
    has_console: bool
    starts_on: date


def create(new: NewContract, referent: NewMember) -> Contract:
    """Open a contract with its first user, who gets the mails; the console follows by its job.

    A customer or an offer that is known stays as it is.

    Raises:
        ContractRefused: the reference, the code or the SIREN will not do, or the reference is
            taken.
        Refusal: the referent's login is somebody else's.
    """
    if not _REF.fullmatch(new.ref):
        raise ContractRefused(f"{new.ref}: a reference is like OCB0000124")
    if not _CODE.fullmatch(new.customer_code):
        raise ContractRefused(f"{new.customer_code}: a customer's code is like HONEY1655")
    new = _readable(new)
    if new.siren:
        _check_siren(new.siren)
    if db.session.execute(select(Contract.id).filter_by(ref=new.ref)).first():
        raise ContractRefused(f"{new.ref} exists already")
    contract = Contract(
        ref=new.ref,
        name=new.name,
        platform_id=new.platform_id,
        customer=_customer(new),
        offer=_offer(new),
        starts_on=new.starts_on,
    )
    db.session.add(contract)
    db.session.flush()
    console_domains.open_console(contract)
    console_roles = REFERENT_CONSOLE_ROLES if contract.offer.has_console else ()
    roles = Roles(profiles_of_referent(), console_roles)
    members.add(contract, referent, roles, by=None, is_referent=True)
    log.info("contract_opened", ref=contract.ref, referent=referent.login)
    return contract


def _readable(new: NewContract) -> NewContract:
    """The same, its names as they are kept.

    Raises:
        ContractRefused: nothing of one can be seen.
    """
    kept = replace(
        new,
        name=one_line(new.name),
        platform_id=one_line(new.platform_id),
        customer_name=one_line(new.customer_name),
        offer=one_line(new.offer),
    )
    for key in ("name", "customer_name", "offer"):
        if not getattr(kept, key):
            raise ContractRefused(f"{key}: nothing of this name can be seen")
    return kept


def give_roles(
    ref: str, login: str, profiles: Mapping[Section, Profile], console: Sequence[str] | None
) -> None:
    """An operator gives somebody other profiles, or other console roles (None: those they have).

    So a contract whose referent cannot act gets on; they are told as by any change (USERS-5).

    Raises:
        ContractRefused: they are not a user of the contract, or that is not offered there.
        Refusal: the referent would lose the section « Utilisateurs ».
    """
    membership = db.session.execute(
        select(Membership)
        .join(Membership.contract)
        .join(Membership.account)
        .where(Contract.ref == ref.upper(), func.lower(Account.login) == login.lower())
    ).scalar_one_or_none()
    if membership is None:
        raise ContractRefused(f"{login} is not a user of {ref}")
    if wrong := next(iter(refused(profiles)), None):
        raise ContractRefused(f"{wrong}: {profiles[wrong]} is not offered there")
    offered = console_domains.roles_on_offer(membership.contract_id)
    if unknown := sorted(set(console or ()) - set(offered)):
        raise ContractRefused(f"no such console role: {', '.join(unknown)}")
    seen = members.roles_of(membership)
    held = seen.console if console is None else tuple(console)
    given = Roles({**seen.profiles, **profiles}, held)
    members.change(membership, given, seen=seen, by=None)


def set_vat_rate(ref: str, rate: Decimal | None) -> None:
    """Give a contract its own VAT rate in per cent, or the setting's again.

    Raises:
        ContractRefused: the contract does not exist, or the rate is out of range.
    """
    if rate is not None and (problem := vat_rate_problem(rate)):
        raise ContractRefused(f"{rate}: {problem}")
    contract = _contract(ref)
    contract.vat_rate = rate
    pre_invoice_making.want(UsageReport.contract_id == contract.id)
    log.info("vat_rate_set", ref=contract.ref, rate=str(rate))


def set_siren(ref: str, siren: str | None) -> Customer:
    """Say which company a contract's customer is, in all its contracts, or that nobody knows.

    Invoices whose buyer is another company are refused from then on (INVOICES-2).

    Raises:
        ContractRefused: the contract does not exist, or the SIREN is wrong.
    """
    if siren is not None:
        _check_siren(siren)
    customer = db.session.get_one(Customer, _contract(ref).customer_id)
    customer.siren = siren
    log.info("siren_set", customer=customer.code, siren=siren)
    return customer


def _contract(ref: str) -> Contract:
    found = db.session.execute(select(Contract).filter_by(ref=ref.upper())).scalar_one_or_none()
    if found is None:
        raise ContractRefused(f"{ref}: no such contract")
    return found


def _check_siren(siren: str) -> None:
    """Nine digits, the last of which is a check digit (Luhn)."""
    if not re.fullmatch(r"[0-9]{9}", siren):
        raise ContractRefused(f"{siren}: a SIREN has nine digits")
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(siren)))
    if sum(number // 10 + number % 10 for number in doubled) % 10:
        raise ContractRefused(f"{siren}: a digit of this SIREN is wrong")


def _customer(new: NewContract) -> Customer:
    known = db.session.execute(select(Customer).filter_by(code=new.customer_code)).scalar()
    return known or Customer(
        code=new.customer_code, name=new.customer_name, siren=new.siren or None
    )


def _offer(new: NewContract) -> Offer:
    known = db.session.execute(select(Offer).filter_by(name=new.offer)).scalar()
    code = re.sub(r"[^a-z0-9]+", "-", new.offer.lower()).strip("-")[:32]
    return known or Offer(code=code, name=new.offer, has_console=new.has_console)
