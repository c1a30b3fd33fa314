"""The people and things of the guide, made one by one as a test needs them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import (
    Account,
    ConsoleAccess,
    Contract,
    Customer,
    Membership,
    Offer,
    Order,
    Service,
    Subscription,
    WishState,
    now,
)
from selfcare.rights import Profile, Section, StaffRole, profiles_of_referent
from selfcare.services.accounts import passwords, people, two_factor
from selfcare.services.console.iam import username_for
from selfcare.services.months import reservation_period
from selfcare.services.orders import references
from selfcare.services.staff import agents

PASSWORD = "Espace-2026!"
TOTP_KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""Of the authenticator app of staff in tests."""
NOTHING = dict.fromkeys(Section, Profile.NONE) | {Section.CONTRACT: Profile.VISITOR}


def account_of(login: str) -> Account:
    """An account the cast has made."""
    account = people.find(login)
    assert account, f"no account {login}: let the cast make it first"
    return account


class Cast:
    """Makes rows and commits them; everything is named by its login or reference."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def account(self, login: str, **values: Any) -> str:
        """An account, its names taken from the login; one that is there gets these values."""
        first, _, last = login.partition(".")
        with self.app.app_context():
            known = db.session.execute(select(Account).filter_by(login=login)).scalar_one_or_none()
            if known:
                for name, value in values.items():
                    setattr(known, name, value)
                db.session.commit()
                return login
            account = Account(
                login=login,
                **{
                    "email": f"{login}@example.com",
                    "first_name": first.title(),
                    "last_name": (last or first).title(),
                    "locale": "en",  # what the code is written in; a guard sees to the French
                    **values,
                },
            )
            passwords.set_password(account, PASSWORD)
            db.session.add(account)
            db.session.commit()
        return login

    def agent(
        self, login: str = "agent.support", *roles: StaffRole, key: str = TOTP_KEY, **values: Any
    ) -> str:
        """A staff member with these roles (support, unless others are named) and an app's key."""
        self.account(login, is_staff=True, **values)
        with self.app.app_context():
            account = account_of(login)
            agents.set_roles(account, roles or (StaffRole.SUPPORT,))
            two_factor.take_over(account, key)
            db.session.commit()
        return login

    def contract(
        self,
        ref: str = "OCB0000124",
        *,
        name: str = "SI_Prod",
        customer: str = "HONEY1655",
        offer: str = "Flexible Engine",
        **values: Any,
    ) -> str:
        """A contract, with its customer and offer."""
        with self.app.app_context():
            if db.session.execute(select(Contract).filter_by(ref=ref)).first():
                return ref
            owner = db.session.execute(
                select(Customer).filter_by(code=customer)
            ).scalar_one_or_none() or Customer(code=customer, name=f"Société {customer}")
            bought = db.session.execute(
                select(Offer).filter_by(name=offer)
            ).scalar_one_or_none() or Offer(
                code=offer.lower().replace(" ", "-"),
                name=offer,
                has_console="Engine" in offer,
                document_space_url="https://documents.example.com/",
            )
            db.session.add(
                Contract(
                    ref=ref,
                    name=name,
                    customer=owner,
                    offer=bought,
                    **{"platform_id": "FCE_SI_qualif", "starts_on": date(2016, 9, 1), **values},
                )
            )
            db.session.commit()
        return ref

    def member(
        self,
        login: str,
        *,
        ref: str = "OCB0000124",
        referent: bool = False,
        console_roles: list[str] | None = None,
        console_state: str = "done",
        rights: Mapping[Section, Profile] | None = None,
        **profiles: Profile,
    ) -> str:
        """Somebody on a contract; profiles by section name, nothing but Contrat otherwise.

        Whoever is there already has what is said last.
        """
        self.account(login)
        self.contract(ref)
        given = dict(profiles_of_referent() if referent else NOTHING) | dict(rights or {})
        given |= {Section(section): profile for section, profile in profiles.items()}
        with self.app.app_context():
            account = db.session.execute(select(Account).filter_by(login=login)).scalar_one()
            contract = db.session.execute(select(Contract).filter_by(ref=ref)).scalar_one()
            place = db.session.execute(
                select(Membership).filter_by(account_id=account.id, contract_id=contract.id)
            ).scalar_one_or_none() or Membership(account=account, contract=contract)
            place.is_referent, place.profiles = referent, given
            db.session.add(place)
            if console_roles:
                console = db.session.execute(
                    select(ConsoleAccess).filter_by(account_id=account.id, contract_id=contract.id)
                ).scalar_one_or_none() or ConsoleAccess(
                    account_id=account.id,
                    contract_id=contract.id,
                    iam_username=username_for(login),
                    iam_email=account.email,
                )
                console.wanted_groups, console.state = console_roles, WishState(console_state)
                console.due_at = now() if console_state == "queued" else None
                db.session.add(console)
            db.session.commit()
        return login

    def referent(self, *, ref: str = "OCB0000124", **values: Any) -> str:
        """Paul, the referent of the guide's contract."""
        return self.member("paul.dupont", ref=ref, referent=True, **values)

    def order(
        self,
        *,
        by: str = "paul.dupont",
        ref: str = "OCB0000124",
        at: datetime = datetime(2017, 10, 9, 9, 31, tzinfo=UTC),
        **values: Any,
    ) -> str:
        """An order, by default the first of figure 21; returns its reference."""
        with self.app.app_context():
            contract = db.session.execute(select(Contract).filter_by(ref=ref)).scalar_one()
            customer = db.session.get_one(Customer, contract.customer_id)
            account = db.session.execute(select(Account).filter_by(login=by)).scalar_one()
            order = Order(
                ref=references.next_reference(customer, at.date()),
                contract=contract,
                placed_by=account,
                placed_at=at,
                **{
                    "name_fr": "Réservation d'un gabarit Elastic Cloud Server",
                    "name_en": "Reservation of an Elastic Cloud Server flavor",
                    "price": Decimal("4.97"),
                    "price_kind": "from_monthly",
                    "status": "completed",
                    "parameters": {
                        "region": "eu-west-0",
                        "serviceCode": "AD135",
                        "templateName": "c2.large.3Y.upfront",
                    },
                    **values,
                },
            )
            db.session.add(order)
            db.session.commit()
            return order.ref

    def orders(
        self, count: int, *, by: str = "paul.dupont", ref: str = "OCB0000124", **values: Any
    ) -> None:
        """Many orders at once, a day apart, each a little different."""
        with self.app.app_context():
            contract = db.session.execute(select(Contract).filter_by(ref=ref)).scalar_one()
            customer = db.session.get_one(Customer, contract.customer_id)
            account = db.session.execute(select(Account).filter_by(login=by)).scalar_one()
            for number in range(1, count + 1):
                order = Order(
                    ref=f"{customer.code}-1801-{number:03}",
                    contract=contract,
                    placed_by=account,
                    placed_at=datetime(2018, 1, 1, 8, number % 60, tzinfo=UTC)
                    + timedelta(days=number),
                    **{
                        "name_fr": f"Réservation d'un gabarit c2.{number}",
                        "name_en": f"Reservation of a c2.{number} flavor",
                        "price": Decimal(number * 7919 % 100_000) / 100,
                        "status": ("submitted", "in_progress", "completed")[number % 3],
                        "parameters": {"region": "eu-west-0", "serviceCode": f"AD{number}"},
                        **values,
                    },
                )
                db.session.add(order)
            db.session.commit()

    def subscriptions_of_orders(self) -> None:
        """A subscription for every order there is."""
        with self.app.app_context():
            for order in db.session.execute(select(Order)).scalars():
                starts, ends = reservation_period(order.placed_at.date(), 120)
                db.session.add(
                    Subscription(
                        order=order,
                        ref=order.ref,
                        contract_id=order.contract_id,
                        subscribed_by_id=order.placed_by_id,
                        subscribed_at=order.placed_at,
                        name=order.name_en,
                        months=120,
                        price=order.price,
                        region="eu-west-0",
                        starts_on=starts,
                        ends_on=ends,
                    )
                )
            db.session.commit()

    def subscription(
        self,
        *,
        by: str = "paul.dupont",
        ref: str = "OCB0000124",
        at: datetime = datetime(2017, 8, 29, 15, 0, tzinfo=UTC),
        months: int = 24,
        **values: Any,
    ) -> str:
        """A subscription with its order, by default the first of figure 22."""
        order_ref = self.order(by=by, ref=ref, at=at)
        with self.app.app_context():
            order = db.session.execute(select(Order).filter_by(ref=order_ref)).scalar_one()
            starts, ends = reservation_period(at.date(), months)
            db.session.add(
                Subscription(
                    order=order,
                    ref=order.ref,
                    contract_id=order.contract_id,
                    subscribed_by_id=order.placed_by_id,
                    subscribed_at=at,
                    months=months,
                    **{
                        "name": "Reservation c2.large 2 years with upfront",
                        "price": Decimal("24.39"),
                        "upfront": Decimal("513.02"),
                        "region": "eu-west-0",
                        "starts_on": starts,
                        "ends_on": ends,
                        **values,
                    },
                )
            )
            db.session.commit()
        return order_ref

    def service(self, slug: str = "reservation", **values: Any) -> str:
        """A service of the catalogue, by default the reservation of figure 23."""
        with self.app.app_context():
            db.session.add(
                Service(
                    slug=slug,
                    **{
                        "code": slug[:16],
                        "category": "virtual-server",
                        "category_fr": "Serveur virtuel",
                        "category_en": "Virtual server",
                        "family_fr": "Infrastructure",
                        "family_en": "Infrastructure",
                        "name_fr": "Réservation d'un gabarit Elastic Cloud Server",
                        "name_en": "Reservation of an Elastic Cloud Server flavor",
                        "summary_fr": "Un serveur réservé.",
                        "summary_en": "A reserved server.",
                        "from_price": Decimal("4.97"),
                        **values,
                    },
                )
            )
            db.session.commit()
        return slug
