"""The sample data: the rows of the guide's figures, and recent ones.

A customer comes with everything of theirs or not at all. What is there is left as it is, so a
later run adds nothing to what people did meanwhile, and takes nothing of it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select

from demo.data_files import read
from demo.invented import GROWN_DOMAIN
from demo.order_rows import PARIS, OrderRow, in_paris, order_rows
from demo.price_list import MIGRATION, Rate
from demo.run import PASSWORD
from selfcare.config import ROOT
from selfcare.database import db
from selfcare.language import phones
from selfcare.models import (
    AccessRequest,
    Account,
    ConsoleAccess,
    Contract,
    Customer,
    Membership,
    Offer,
    Order,
    OrderStatus,
    PriceKind,
    Service,
    Subscription,
    Visit,
    VisitKind,
    now,
)
from selfcare.rights import OFFERS, Profile, Section, StaffRole, profiles_of_referent
from selfcare.services.accounts import passwords, two_factor
from selfcare.services.catalogue import publishing
from selfcare.services.console.iam import username_for
from selfcare.services.months import reservation_period
from selfcare.services.orders import references
from selfcare.services.staff import agents


def strangers() -> int:
    """Count the accounts that neither the demo nor `grow` made."""
    logins = [person["login"] for person in [*read("people")["person"], *read("staff")["agent"]]]
    return db.session.execute(
        select(func.count())
        .select_from(Account)
        .where(
            func.lower(Account.login).not_in(logins),
            Account.email.not_like(f"%@{GROWN_DOMAIN}"),
        )
    ).scalar_one()


def seed(moment: datetime | None = None) -> list[str]:
    """Add missing rows in the caller's transaction; return the references of new contracts.

    Args:
        moment: the "today" that recent orders lie around; the present one unless said.
    """
    moment = moment or now()
    for row in read("offers")["offer"]:
        if _lacks(Offer.code == row["code"]):
            db.session.add(Offer(**row))
    if _lacks(Service.version > 0):
        publishing.load(publishing.files_in(ROOT / "catalogue"))
    db.session.flush()
    contracts: dict[str, Contract] = {}
    for row in read("contracts")["customer"]:
        if _lacks(Customer.code == row["code"]):
            contracts |= {contract.ref: contract for contract in _add_customer(row)}
    _add_orders(contracts, order_rows(moment))
    for row in read("staff")["agent"]:
        if _lacks(func.lower(Account.login) == row["login"]):
            _add_agent(row)
    db.session.flush()
    return list(contracts)


def _lacks(condition: ColumnElement[bool]) -> bool:
    """Whether no row has these values."""
    return db.session.execute(select(1).where(condition)).first() is None


# --- Customers, contracts, people ------------------------------------------------------------


def _add_customer(row: dict[str, Any]) -> list[Contract]:
    contracts = row.pop("contract")
    since = min(contract["starts_on"] for contract in contracts)
    customer = Customer(**row, created_at=_morning(since))
    db.session.add(customer)
    return [_add_contract(contract, customer) for contract in contracts]


def _add_contract(row: dict[str, Any], customer: Customer) -> Contract:
    members, code = row.pop("member"), row.pop("offer")
    offer = db.session.execute(select(Offer).where(Offer.code == code)).scalar_one()
    started = _morning(row["starts_on"])
    contract = Contract(**row, customer=customer, offer=offer, created_at=started)
    db.session.add(contract)
    db.session.flush()
    for member in members:
        _add_member(contract, member)
    return contract


def _morning(day: Any) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=PARIS)


def _add_member(contract: Contract, row: Mapping[str, Any]) -> None:
    account = _account(row["login"])
    since = max(account.created_at, contract.created_at)
    membership = Membership(
        account=account,
        contract=contract,
        is_referent=row["profiles"] == "referent",
        profiles=_profiles(row["profiles"]),
        created_at=since,
    )
    if "ends_in_days" in row:
        membership.ends_on = now().astimezone(PARIS).date() + timedelta(days=row["ends_in_days"])
    db.session.add(membership)
    if "console_roles" in row:
        console = ConsoleAccess(
            account_id=account.id,
            contract_id=contract.id,
            wanted_groups=row["console_roles"],
            iam_username=username_for(account.login),
            iam_email=account.email,
            state="failed" if "console_problem" in row else "done",
            problem=row.get("console_problem"),
            due_at=None,
            changed_at=since,
        )
        db.session.add(console)
    if "asks" in row:
        db.session.flush()
        wish = AccessRequest(
            membership_id=membership.id,
            contract_id=contract.id,
            asked_at=now() - timedelta(hours=20),
            **row["asks"],
        )
        db.session.add(wish)


def _account(login: str) -> Account:
    """Return the account of a login, made if it is missing."""
    there = db.session.execute(select(Account).where(func.lower(Account.login) == login))
    if account := there.scalar_one_or_none():
        return account
    [row] = [row for row in read("people")["person"] if row["login"] == login]
    numbers = {
        name: phones.read(row[name], mobile=name == "mobile")
        for name in ("phone", "mobile")
        if name in row
    }
    account = Account(**{**row, **numbers, "created_at": in_paris(row["created_at"])})
    passwords.set_password(account, PASSWORD)
    db.session.add(account)
    db.session.flush()
    return account


def _add_agent(row: dict[str, Any]) -> None:
    """A staff member whose authenticator app is set up: its key is not a secret here."""
    roles, key, asks = row.pop("roles"), row.pop("key"), row.pop("asks_to_see", None)
    account = Account(**row, is_staff=True)
    passwords.set_password(account, PASSWORD)
    db.session.add(account)
    db.session.flush()
    agents.set_roles(account, [StaffRole(role) for role in roles])
    two_factor.take_over(account, key)
    if asks:
        _add_visit(account, asks)


def _add_visit(agent: Account, asks: Mapping[str, str]) -> None:
    """A visit that waits for the referent's answer, for a day."""
    seen = select(Contract).where(Contract.ref == asks["contract"])
    visit = Visit(
        kind=VisitKind.APPROVAL,
        account=_account(asks["login"]),
        contract=db.session.execute(seen).scalar_one(),
        agent_id=agent.id,
        reason=asks["reason"],
        ticket=asks["ticket"],
        expires_at=now() + timedelta(hours=24),
    )
    db.session.add(visit)


def _profiles(told: str | Mapping[str, str]) -> dict[Section, Profile]:
    """Return profiles by section; a section without "manager" or "visitor" gets the nearest."""
    if told == "referent":
        return profiles_of_referent()
    if isinstance(told, str):
        wanted = Profile(told)
        return {
            section: wanted if wanted in offer.profiles else Profile.VISITOR
            for section, offer in OFFERS.items()
        }
    return {section: Profile(told.get(section, Profile.NONE)) for section in Section}


# --- Orders and subscriptions ----------------------------------------------------------------


def _add_orders(contracts: Mapping[str, Contract], rows: Iterable[OrderRow]) -> None:
    """Add orders by date, so that the rule of references (ORDERS-2) numbers them.

    Raises:
        ValueError: a reference is not the one its figure shows: the data have a gap or too much.
    """
    services = {service.code: service for service in db.session.execute(select(Service)).scalars()}
    migration = next(service for service in services.values() if service.slug == MIGRATION)
    for row in rows:
        if row.contract not in contracts:
            continue
        contract = contracts[row.contract]
        service = services[row.rate.service_code] if row.rate else migration
        day = row.placed_at.astimezone(PARIS).date()
        ref = references.next_reference(contract.customer, day)
        if row.ref and row.ref != ref:
            raise ValueError(f"the figure says {row.ref}, its turn is {ref}")
        order = _order(ref, row, contract, service)
        db.session.add(order)
        if row.rate and row.status is OrderStatus.COMPLETED:
            db.session.add(_subscription(order, row, row.rate))


def _order(ref: str, row: OrderRow, contract: Contract, service: Service) -> Order:
    by = _account(row.by)
    kind, price, upfront = service.price_kind, service.from_price, Decimal(0)
    if row.rate and not row.at_catalogue_price:
        kind, price, upfront = PriceKind.MONTHLY, row.rate.monthly, row.rate.upfront
    return Order(
        ref=ref,
        contract=contract,
        placed_by=by,
        placed_at=row.placed_at,
        name_fr=service.name_fr,
        name_en=service.name_en,
        price=price,
        price_kind=kind,
        upfront=upfront,
        currency=service.currency,
        status=row.status,
        parameters=row.rate.parameters
        if row.rate
        else {"contact": by.full_name, "needs": row.needs, "serviceCode": service.code},
    )


def _subscription(order: Order, row: OrderRow, rate: Rate) -> Subscription:
    day = row.placed_at.astimezone(PARIS).date()
    starts_on, ends_on = reservation_period(day, rate.months)
    return Subscription(
        order=order,
        contract=order.contract,
        subscribed_by_id=order.placed_by.id,
        subscribed_at=row.subscribed_at,
        ref=order.ref,
        name=rate.subscription_name,
        months=rate.months,
        price=rate.monthly,
        upfront=rate.upfront,
        currency=rate.currency,
        region=rate.region,
        starts_on=starts_on,
        ends_on=ends_on,
    )
