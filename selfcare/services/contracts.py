"""Opening a contract: its customer, its referent, and its place on the console (STAFF-3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import structlog
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Contract, Customer, Offer
from selfcare.rights import REFERENT_CONSOLE_ROLES, profiles_of_referent
from selfcare.services import console_contracts, users
from selfcare.services.users import Newcomer, Roles

log = structlog.get_logger(__name__)

_REF = re.compile(r"[A-Z]{3}\d{4,12}")
_CODE = re.compile(r"[A-Z0-9]{3,16}")


class ContractRefused(Exception):
    """The contract cannot be opened like this; the message says why."""


@dataclass(frozen=True, kw_only=True)
class NewContract:
    """What is agreed with the customer."""

    ref: str
    name: str
    platform_id: str = ""
    customer_code: str
    customer_name: str
    offer: str
    has_console: bool
    starts_on: date


def create(new: NewContract, referent: Newcomer) -> Contract:
    """Open a contract with its first user, who gets the mails; the console follows by its job.

    A customer or an offer that is known stays as it is.

    Raises:
        ContractRefused: the reference or the code will not do, or the reference is taken.
        Refusal: the referent's login is somebody else's.
    """
    if not _REF.fullmatch(new.ref):
        raise ContractRefused(f"{new.ref}: a reference is like OCB0000124")
    if not _CODE.fullmatch(new.customer_code):
        raise ContractRefused(f"{new.customer_code}: a customer's code is like HONEY1655")
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
    console_contracts.open_console(contract)
    console_roles = REFERENT_CONSOLE_ROLES if contract.offer.has_console else ()
    roles = Roles(profiles_of_referent(), console_roles)
    users.add(contract, referent, roles, by=None, is_referent=True)
    log.info("contract_opened", ref=contract.ref, referent=referent.login)
    return contract


def _customer(new: NewContract) -> Customer:
    known = db.session.execute(select(Customer).filter_by(code=new.customer_code)).scalar()
    return known or Customer(code=new.customer_code, name=new.customer_name)


def _offer(new: NewContract) -> Offer:
    known = db.session.execute(select(Offer).filter_by(name=new.offer)).scalar()
    code = re.sub(r"[^a-z0-9]+", "-", new.offer.lower()).strip("-")[:32]
    return known or Offer(code=code, name=new.offer, has_console=new.has_console)
