"""Opening a contract: its customer, its referent, and its place on the console (STAFF-3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

import structlog
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Contract, Customer
from selfcare.rights import REFERENT_CONSOLE_ROLES, profiles_of_referent
from selfcare.services.console import domains as console_domains
from selfcare.services.contracts import customers, offers
from selfcare.services.contracts.refusals import ContractRefused, fitting
from selfcare.services.safety import audit
from selfcare.services.users import joining
from selfcare.services.users.new_member import NewMember
from selfcare.services.users.roles import Roles

log = structlog.get_logger(__name__)

_REF = re.compile(r"[A-Z]{3}\d{4,12}")


@dataclass(frozen=True, kw_only=True)
class NewContract:
    """The terms agreed with the customer."""

    ref: str
    name: str
    platform_id: str = ""
    customer_code: str
    customer_name: str = ""
    """Of a new customer; of a known one it is compared."""
    siren: str = ""
    """Likewise."""
    offer: str
    """The code or the name of one that is there."""
    starts_on: date


def create(new: NewContract, referent: NewMember) -> Contract:
    """Open a contract with its first user, who gets the mails; the console follows by its job.

    Raises:
        ContractRefused: something of it will not do; nothing is kept of it.
        Refusal: the referent's login is somebody else's.
    """
    if not _REF.fullmatch(new.ref):
        raise ContractRefused(f"{new.ref}: a reference is like OCB0000124")
    if db.session.execute(select(Contract.id).filter_by(ref=new.ref)).first():
        raise ContractRefused(f"{new.ref} exists already")
    kept = replace(
        new,
        name=fitting(Contract.name, new.name, "name"),
        platform_id=fitting(Contract.platform_id, new.platform_id, "platform", may_be_empty=True),
    )
    contract = Contract(
        ref=kept.ref,
        name=kept.name,
        platform_id=kept.platform_id,
        customer=_customer(kept),
        offer=offers.known(kept.offer),
        starts_on=kept.starts_on,
    )
    db.session.add(contract)
    db.session.flush()
    console_domains.open_console(contract)
    console_roles = REFERENT_CONSOLE_ROLES if contract.offer.has_console else ()
    roles = Roles(profiles_of_referent(), console_roles)
    audit.record("contract.opened", actor=None, subject=contract.name, contract=contract)
    joining.add(contract, referent, roles, by=None, is_referent=True)
    log.info("contract_opened", ref=contract.ref, referent=referent.login)
    return contract


def _customer(new: NewContract) -> Customer:
    """The customer of that code, as it is known, or a new one."""
    known = customers.find(new.customer_code)
    if known is None:
        return customers.made(new.customer_code, name=new.customer_name, siren=new.siren)
    for what, said, held in (
        ("the company", new.customer_name, known.name),
        ("SIREN", new.siren, known.siren or "unknown"),
    ):
        if said and said.casefold() != held.casefold():
            raise ContractRefused(
                f"{known.code}: {what} is {held}, not {said}; leave it out, or change it for all"
                f" contracts of this customer first: flask customers set {known.code}"
            )
    return known
