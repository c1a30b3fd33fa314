"""Customers: which company has the contracts (INVOICES-2, CONTRACT-1)."""

from __future__ import annotations

import re
from typing import Any

import structlog
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Customer
from selfcare.services.contracts.refusals import ContractRefused, fitting
from selfcare.services.safety import audit

log = structlog.get_logger(__name__)

_CODE = re.compile(r"[A-Z0-9]{3,16}")
_VAT_NUMBER = re.compile(r"[A-Z]{2}[0-9A-Z]{2,13}")


def find(code: str) -> Customer | None:
    """The customer of a code, whatever its case."""
    found = select(Customer).where(Customer.code == code.strip().upper())
    return db.session.execute(found).scalar_one_or_none()


def known(code: str) -> Customer:
    """The customer of a code that an operator names.

    Raises:
        ContractRefused: there is none.
    """
    found = find(code)
    if found is None:
        raise ContractRefused(f"{code}: no such customer")
    return found


def made(code: str, *, name: str, siren: str = "") -> Customer:
    """A new customer; a contract brings it into the session.

    Raises:
        ContractRefused: something of it will not do.
    """
    if not _CODE.fullmatch(code):
        raise ContractRefused(f"{code}: a customer's code is like HONEY1655")
    return Customer(
        code=code,
        name=fitting(Customer.name, name, "company"),
        siren=siren_of(siren) if siren else None,
    )


def change(customer: Customer, **wanted: str | None) -> list[str]:
    """Change what is known of a company, in all its contracts; says what is another now.

    Invoices whose buyer is another company than its SIREN says are refused (INVOICES-2).

    Args:
        customer: which one.
        wanted: `name`, `siren`, `vat_number`, `address`; None and those left out stay, and an
            empty text forgets it.

    Raises:
        ContractRefused: something of it will not do.
    """
    checked = {what: _checked(what, text) for what, text in wanted.items() if text is not None}
    changed = sorted(what for what, value in checked.items() if getattr(customer, what) != value)
    before = {what: getattr(customer, what) for what in changed}
    for what in changed:
        setattr(customer, what, checked[what])
    db.session.flush()
    for what in changed:
        audit.record(
            "customer.changed",
            actor=None,
            subject=customer.code,
            details={"what": [what], "before": before[what] or "", "after": checked[what] or ""},
        )
    log.info("customer_changed", customer=customer.code, what=changed)
    return changed


def _checked(what: str, text: str) -> Any:
    if what == "name":
        return fitting(Customer.name, text, "company")
    if what == "address":
        return fitting(Customer.address, text, "address", may_be_empty=True)
    compact = "".join(text.split()).upper()
    if not compact:
        return None
    if what == "siren":
        return siren_of(compact)
    if not _VAT_NUMBER.fullmatch(compact):
        raise ContractRefused(f"{text}: a VAT number is like FR83404833048")
    return compact


def siren_of(text: str) -> str:
    """The SIREN: nine digits, the last of which is a check digit (Luhn).

    Raises:
        ContractRefused: it is not one.
    """
    siren = "".join(text.split())
    if not re.fullmatch(r"[0-9]{9}", siren):
        raise ContractRefused(f"{siren}: a SIREN has nine digits")
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(siren)))
    if sum(number // 10 + number % 10 for number in doubled) % 10:
        raise ContractRefused(f"{siren}: a digit of this SIREN is wrong")
    return siren
