"""Rows for every list: each column in an order of its own, some values equal, some missing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import (
    Account,
    AuditEntry,
    ConsoleAccess,
    Contract,
    Customer,
    Invoice,
    Membership,
    Offer,
    Order,
    PreInvoice,
    Subscription,
    UsageLine,
    UsageReport,
    WishState,
    now,
)
from selfcare.rights import profiles_of_referent
from tests.cast import Cast

WORDS = ("Alto", "Bravo", "Corsica", "Delta", "Echo", "Fado", "Golf", "Hotel")
ROWS = len(WORDS)
T = TypeVar("T")


def dealt(seed: str, values: Sequence[T], *, equal: bool = True) -> list[T]:
    """The values in an order that the seed decides; two rows have the same one unless told."""
    cards = list(values)
    if equal:
        cards[1] = cards[2]
    random.Random(seed).shuffle(cards)
    return cards


def moments(seed: str) -> list[datetime]:
    """Days and hours apart."""
    first = datetime(2017, 10, 9, 9, 31, tzinfo=UTC)
    return dealt(seed, [first + timedelta(days=25 * n, hours=n) for n in range(ROWS)])


def amounts(seed: str) -> list[Decimal]:
    """As texts they would stand in another order; one is negative."""
    return dealt(
        seed, [Decimal(n) for n in ("-5", "0", "0.50", "9", "10.25", "100", "1200", "3e4")]
    )


@dataclass(frozen=True)
class World:
    """Whose lists they are."""

    contract: Contract
    account: Account
    report: UsageReport


def made(app: Flask, cast: Cast) -> World:
    """Everything, committed; to be used in the application's context."""
    cast.contract(platform_id="Foxtrot")
    cast.member("paul.dupont", referent=True)
    with app.app_context():
        contract = db.session.execute(select(Contract)).scalar_one()
        people = _people(contract)
        elsewhere = _contracts(people[0], contract)
        _orders([contract] * ROWS, people, "A")
        _orders(elsewhere, people, "B")
        _activity(people[0])
        report = _papers(contract)
        db.session.commit()
        world = World(contract, people[0], report)
        for row in vars(world).values():
            db.session.refresh(row)
        db.session.expunge_all()
    return world


def _add_all(kind: type[Any], **columns: Sequence[Any]) -> list[Any]:
    rows = [
        kind(**dict(zip(columns, values, strict=True)))
        for values in zip(*columns.values(), strict=True)
    ]
    for row in rows:
        db.session.add(row)
        db.session.flush()  # one by one: their keys stand in this order
    return rows


def _people(contract: Contract) -> list[Account]:
    paul = db.session.execute(select(Account)).scalar_one()
    lower = [word.lower() for word in WORDS]
    people = _add_all(
        Account,
        login=dealt("login", lower, equal=False),
        last_name=dealt("last", WORDS),
        first_name=dealt("first", WORDS),
        email=[f"{word}@example.com" for word in dealt("email", lower, equal=False)],
        phone=dealt("phone", [None, *(f"+3314444000{n}" for n in range(1, ROWS))]),
        mobile=dealt("mobile", [None, *(f"+3366666000{n}" for n in range(1, ROWS))]),
    )
    _add_all(
        Membership,
        account_id=[person.id for person in people],
        contract_id=[contract.id] * ROWS,
        profiles=[profiles_of_referent()] * ROWS,
        created_at=moments("member"),
    )
    working = {WishState.QUEUED, WishState.RUNNING}
    states = dealt("console", [*WishState] * 2, equal=False)
    _add_all(
        ConsoleAccess,
        account_id=[person.id for person in people[: len(states)]],
        contract_id=[contract.id] * len(states),
        wanted_groups=[["guest"]] * (len(states) - 1) + [[]],
        iam_username=dealt("names there", lower, equal=False)[: len(states)],
        iam_email=[f"{word}@example.com" for word in dealt("mails there", lower, equal=False)][
            : len(states)
        ],
        state=states,
        due_at=[now() if state in working else None for state in states],
        problem=[None, *["unavailable"] * (len(states) - 1)],
    )
    return [paul, *people]


def _contracts(paul: Account, beside: Contract) -> list[Contract]:
    offers = _add_all(
        Offer,
        code=[f"offer-{n}" for n in range(4)],
        name=dealt("offers", WORDS[:4], equal=False),
        has_console=[True] * 4,
    )
    customer = db.session.get_one(Customer, beside.customer_id)
    contracts = _add_all(
        Contract,
        ref=dealt("ref", [f"OCB000{n}777" for n in range(ROWS)], equal=False),
        name=dealt("names", WORDS),
        platform_id=dealt("platforms", ["", *WORDS[1:]]),
        offer_id=dealt("bought", [offer.id for offer in offers] * 2),
        customer=[customer] * ROWS,
        starts_on=[date(2016, 9, 1)] * ROWS,
    )
    _add_all(
        Membership,
        account_id=[paul.id] * ROWS,
        contract_id=[contract.id for contract in contracts],
        is_referent=[True] * ROWS,
        profiles=[profiles_of_referent()] * ROWS,
    )
    return contracts


def _orders(contracts: Sequence[Contract], people: Sequence[Account], mark: str) -> None:
    prices = amounts(f"{mark} price")
    numbers = [f"HONEY{mark}-1710-00{n}" for n in range(ROWS)]
    orders = _add_all(
        Order,
        ref=dealt(f"{mark} ref", numbers, equal=False),
        contract=contracts,
        placed_by=dealt(f"{mark} by", people[1:]),
        parameters=[{}] * ROWS,
        labels=[{}] * ROWS,
        placed_at=moments(f"{mark} at"),
        name_fr=dealt(f"{mark} fr", WORDS),
        name_en=dealt(f"{mark} en", WORDS),
        price=[None if price < 0 else price for price in prices],
        status=dealt(f"{mark} status", ["submitted", "in_progress", "completed", "cancelled"] * 2),
        upfront=amounts(f"{mark} order upfront"),
    )
    year = [1990, 1991, 1992, 1993, 2990, 2991, 2992, 2993]
    lasts = dealt(f"{mark} lasts", [1, 2, 2500, 2501, 2, 40, 1, 7], equal=False)
    starts = dealt(f"{mark} starts", year)
    _add_all(
        Subscription,
        order=orders,
        ref=dealt(f"{mark} subscription", numbers, equal=False),
        contract=contracts,
        subscribed_by_id=[order.placed_by_id for order in orders],
        subscribed_at=moments(f"{mark} subscribed"),
        name=dealt(f"{mark} name", WORDS),
        price=amounts(f"{mark} monthly"),
        upfront=amounts(f"{mark} upfront"),
        months=dealt(f"{mark} months", range(1, ROWS + 1)),
        region=dealt(f"{mark} region", WORDS),
        starts_on=[date(start, 2, 1) for start in starts],
        ends_on=[date(start + more, 1, 31) for start, more in zip(starts, lasts, strict=True)],
    )


ACTIONS = (
    "two_factor.on",
    "password.changed",
    "order.placed",
    "document.opened",
    "user.removed",
    "account.changed",
    "sign_in.done",
    "import.stopped",
)


def _activity(paul: Account) -> None:
    _add_all(
        AuditEntry,
        action=dealt("action", ACTIONS),
        actor_id=[paul.id] * ROWS,
        at=moments("done"),
        actor=dealt("actor", ["", *WORDS[1:]]),
        on_behalf_of=dealt("on behalf of", ["", *WORDS[1:]]),
        subject=dealt("subject", WORDS),
        contract_ref=dealt("on", ["", *WORDS[1:]]),
        ip=dealt("ip", ["", *(f"192.0.2.{n}" for n in range(1, ROWS))]),
    )


def _papers(contract: Contract) -> UsageReport:
    _add_all(
        Invoice,
        number=dealt("number", [f"FA-{n}" for n in range(ROWS)], equal=False),
        contract_id=[contract.id] * ROWS,
        issued_on=[moment.date() for moment in moments("issued")],
        net=amounts("net"),
        vat=amounts("vat"),
        gross=amounts("gross"),
        currency=dealt("currency", ["CHF", "EUR", "USD", "GBP"] * 2),
        digest=[f"{n:064}" for n in range(ROWS)],
        pdf_key=["kept"] * ROWS,
        pdf_size=dealt("size", range(1, ROWS + 1)),
    )
    reports = _add_all(
        UsageReport,
        contract_id=[contract.id] * ROWS,
        month=dealt("month", [date(2016 + n, 12 - n, 1) for n in range(ROWS)], equal=False),
        currency=dealt("billed in", ["CHF", "EUR", "USD", "GBP"] * 2),
        total=amounts("total"),
        digest=[f"{n:064}" for n in range(ROWS)],
        csv_key=["kept"] * ROWS,
        csv_size=dealt("csv", range(1, ROWS + 1)),
        pre_invoice=[PreInvoice() for _ in range(ROWS)],
    )
    _add_all(
        UsageLine,
        report_id=[reports[0].id] * ROWS,
        service=dealt("service", WORDS),
        project=dealt("project", ["", *WORDS[1:]]),
        label=dealt("label", WORDS),
        resource=dealt("resource", ["", *WORDS[1:]]),
        quantity=amounts("quantity"),
        unit=dealt("unit", WORDS),
        unit_price=amounts("unit price"),
        amount=amounts("amount"),
    )
    return reports[0]
