"""Mails about orders, and about the subscriptions they led to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypedDict

from selfcare.models import Account, Contract, Mail, OrderStatus, Subscription
from selfcare.services.mail import outbox
from selfcare.services.mail.kinds.facts import of_contract

NAMED = 10
"""Of many things that one mail tells of, as many are named."""


class Told(TypedDict):
    """The facts of an order for mails and commands: JSON values, both languages."""

    ref: str
    contract_ref: str
    contract_name: str
    name_fr: str
    name_en: str
    price: str | None
    price_kind: str
    upfront: str
    currency: str
    months: int | None
    starts_on: str | None
    subscription_name: str | None
    renews: str | None
    parameters: list[list[Any]]


def order_placed(account: Account, *, told: Told) -> Mail:
    """Their order is in (SERVICES-4)."""
    return outbox.write("order_placed", account, **told)


def order_moved(account: Account, *, told: Told, status: OrderStatus, note: str) -> Mail:
    """It has come to this status; `note` is what the operator says of it."""
    return outbox.write("order_moved", account, **told, status=status.value, note=note)


def order_to_do(*, told: Told, by: Account) -> Sequence[Mail]:
    """An order that an operator carries out; goes to each of `OPERATOR_EMAILS`."""
    orderer = {"login": by.login, "name": by.full_name, "email": by.email}
    return outbox.write_to_operators("order_to_do", **told, by=orderer)


def subscription_ends(
    contract: Contract,
    ending: Mapping[Account, Sequence[Subscription]],
    *,
    open_to: Collection[Account],
) -> list[Mail]:
    """Subscriptions of a contract end soon, which these people may renew (SUBS-3).

    Args:
        contract: whose.
        ending: for each addressee, those they may see, the first to end first.
        open_to: who may open the section, and is led there to choose among several.
    """
    told = {
        account: {
            **of_contract(contract),
            "count": len(seen),
            "ending": [
                {
                    "ref": one.ref,
                    "called": one.name,
                    "ends_on": one.ends_on.isoformat(),
                    "price": str(one.price),
                    "currency": one.currency,
                }
                for one in seen[:NAMED]
            ],
            "sees_all": account in open_to,
        }
        for account, seen in ending.items()
    }
    return outbox.write_many("subscription_ends", told)
