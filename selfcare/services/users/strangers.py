"""People of other customers: what a manager who types their address may learn (USERS-3).

An address that is typed shows that an account exists, and no more: neither login nor name nor
phone, until its owner has opened this contract. A brake counts how often somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass

from selfcare import config
from selfcare.models import Account, Contract
from selfcare.services.safety import throttling
from selfcare.services.safety.throttling import Brake
from selfcare.services.users import joining
from selfcare.services.users.new_member import NewMember
from selfcare.services.users.refusals import Refusal


@dataclass(frozen=True)
class Known:
    """The details that may be shown of somebody: everything, or the typed address."""

    email: str
    login: str = ""
    last_name: str = ""
    first_name: str = ""
    full_name: str = ""

    @property
    def called(self) -> str:
        """« Paul DUPONT (paul.dupont) », or the address."""
        return f"{self.full_name} ({self.login})" if self.login else self.email


def shown(account: Account, *, typed: str | None) -> Known:
    """The details that may be shown of an account; of a stranger, only the `typed` address."""
    if typed is not None:
        return Known(typed)
    return Known(
        account.email, account.login, account.last_name, account.first_name, account.full_name
    )


def of_email(contract: Contract, email: str) -> Known | None:
    """The account an address belongs to, as this contract's managers may see it."""
    account = joining.known_by(email)
    if account is None:
        return None
    return shown(account, typed=email if joining.strangers(contract, [account.id]) else None)


def brake(by: Account) -> Brake:
    """The brake on somebody who looks up many addresses."""
    return throttling.of_subject("strangers", str(by.id), config.current().throttle_strangers)


def look_up(contract: Contract, person: NewMember, *, by: Account, before: str = "") -> None:
    """Whether somebody can be added, as a form asks it; `before` is an address answered already.

    Raises:
        TooManyAttempts: too much was asked about people of others; nothing was looked up.
        Refusal: see `joining.check_new_member`; what it tells of others counts, too.
    """
    asked = brake(by)
    asked.check()
    try:
        account = joining.check_new_member(contract, person)
    except Refusal:
        asked.count()
        raise
    again = person.email.lower() == before.lower()
    if account and not again and joining.strangers(contract, [account.id]):
        asked.take()
