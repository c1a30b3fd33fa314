"""The guide's figures, found in the sample data to the letter."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from selfcare.database import db
from selfcare.models import (
    Account,
    Contract,
    Customer,
    Membership,
    Order,
    OrderStatus,
    PriceKind,
    Service,
    Subscription,
)
from tests.demo.conftest import PARIS, contract

# When ordered, reference, by whom: figure 21 from the top.
FIGURE_21 = """
09/10/2017 11:31  HONEY1655-1710-008  paul.dupont
05/09/2017 09:42  HONEY1655-1709-007  paul.dupont
27/07/2017 10:15  HONEY1655-1707-006  paul.dupont
27/07/2017 10:14  HONEY1655-1707-005  paul.dupont
27/07/2017 04:56  HONEY1655-1707-004  paul.dupont
"""
# Figure 22 from the top; its « 57,03 $ » is a slip.
FIGURE_22 = """
29/08/2017 17:00 | HONEY1655-1708-017 | Reservation c2.large 2 years with upfront | 24.39 | 01/09/2017 | 31/08/2019
29/08/2017 16:55 | HONEY1655-1708-016 | Reservation e2.4xlarge 1 year without upfront | 3596.45 | 01/09/2017 | 31/08/2018
28/08/2017 11:19 | HONEY1655-1708-015 | Reservation c2.large 2 years with upfront | 24.39 | 01/09/2017 | 31/08/2019
23/08/2017 14:09 | HONEY1655-1708-009 | Reservation c2.large 2 years with upfront | 24.39 | 01/09/2017 | 31/08/2019
22/08/2017 17:17 | HONEY1655-1708-008 | Reservation c2.2xlarge 3 years with upfront | 79.51 | 01/09/2017 | 31/08/2020
22/08/2017 17:14 | HONEY1655-1708-007 | Reservation c2.xlarge 1 year with upfront | 57.03 | 01/09/2017 | 31/08/2018
27/07/2017 10:15 | HONEY1655-1707-006 | Reservation c2.2xlarge 1 year without upfront | 240.60 | 01/08/2017 | 31/07/2018
27/07/2017 10:15 | HONEY1655-1707-005 | Reservation c2.large 1 year without upfront | 60.15 | 01/08/2017 | 31/07/2018
27/07/2017 04:57 | HONEY1655-1707-004 | Reservation c2.xlarge 1 year without upfront | 120.30 | 01/08/2017 | 31/07/2018
"""  # noqa: E501 - lines of the figure
FIGURE_28 = {
    "pierre.dupont": "27/10/2016",
    "jacques.dupont": "27/10/2016",
    "paul.dupont": "14/12/2016",
    "sophie.dupont": "23/09/2016",
    "martin.dupont": "18/10/2016",
}


def shown(moment: datetime) -> str:
    """A moment as the guide's figures write it."""
    return f"{moment.astimezone(PARIS):%d/%m/%Y %H:%M}"


@pytest.mark.usefixtures("seeded")
class TestFigures:
    def test_figure_21_orders(self):
        rows = db.session.execute(
            select(Order, Account.login).join(Order.placed_by).join(Order.contract)
            .where(Contract.ref == "OCB0000124", Order.placed_at < datetime(2018, 1, 1, tzinfo=UTC))
            .order_by(Order.placed_at.desc())
        ).all()  # fmt: skip
        found = {order.ref: (shown(order.placed_at), login, order) for order, login in rows}
        for line in FIGURE_21.strip().splitlines():
            day, time, ref, login = line.split()
            moment, by, order = found[ref]
            assert (moment, by) == (f"{day} {time}", login)
            assert order.name("fr") == "Réservation d'un gabarit Elastic Cloud Server"
            assert (order.price, order.price_kind) == (Decimal("4.97"), PriceKind.FROM_MONTHLY)
            assert order.status == OrderStatus.COMPLETED
        assert found["HONEY1655-1710-008"][2].parameters == {
            "region": "eu-west-0",
            "serviceCode": "AD135",
            "templateName": "c2.large.3Y.upfront",
        }

    def test_figure_22_subscriptions(self):
        rows = db.session.execute(
            select(Subscription).options(joinedload(Subscription.order))
            .join(Subscription.contract).where(Contract.ref == "OCB0000124")
        ).scalars()  # fmt: skip
        found = {row.ref: row for row in rows}
        for line in FIGURE_22.strip().splitlines():
            when, ref, name, price, start, end = (part.strip() for part in line.split("|"))
            row = found[ref]
            assert (shown(row.subscribed_at), row.name) == (when, name)
            assert (row.price, row.currency) == (Decimal(price), "EUR")
            assert (f"{row.starts_on:%d/%m/%Y}", f"{row.ends_on:%d/%m/%Y}") == (start, end)
            assert row.order.ref == ref
            assert row.order.status == OrderStatus.COMPLETED
        first = found["HONEY1655-1708-017"]
        assert (first.months, first.upfront, first.region) == (24, Decimal("513.02"), "eu-west-0")

    def test_figure_23_catalogue(self):
        services = db.session.execute(select(Service).order_by(Service.position)).scalars().all()
        assert [(s.family_fr, s.category_fr, s.name_fr, s.from_price) for s in services] == [
            ("SERVICE", "Migration", "Migration", None),
            (
                "INFRASTRUCTURE",
                "Serveur virtuel",
                "Réservation d'un gabarit Elastic Cloud Server",
                Decimal("4.97"),
            ),
        ]
        assert [s.price_kind for s in services] == [PriceKind.QUOTE, PriceKind.FROM_MONTHLY]
        assert services[1].code == "AD135"

    def test_figure_28_people(self):
        rows = db.session.execute(
            select(Account.login, Account.created_at, Membership.created_at)
            .join(Membership).join(Contract).where(Contract.ref == "OCB0000124")
        ).all()  # fmt: skip
        for _, account_made, joined in rows:
            assert account_made == joined
        assert {login: shown(made)[:10] for login, made, _ in rows} == FIGURE_28

    def test_figure_41_contracts(self):
        prod, qualif = contract("OCB0000124"), contract("OCB0000412")
        assert (prod.name, prod.platform_id, prod.offer.name, prod.offer.has_console) == (
            "SI_Prod", "FCE_SI_qualif", "Flexible Engine", True,
        )  # fmt: skip
        assert (qualif.name, qualif.platform_id, qualif.offer.name, qualif.offer.has_console) == (
            "SI_qualif", "FCA_QI_qualif", "Flexible Computing Advanced", False,
        )  # fmt: skip
        assert prod.customer.code == qualif.customer.code == "HONEY1655"
        assert contract("OCB0000777").customer.code != "HONEY1655"

    def test_companies_have_valid_numbers(self):
        for customer in db.session.execute(select(Customer)).scalars():
            siren = customer.siren or ""
            digits = [int(digit) for digit in reversed(siren)]
            luhn = sum(sum(divmod(d * (1 + i % 2), 10)) for i, d in enumerate(digits))
            assert (len(digits), luhn % 10) == (9, 0)
            key = (12 + 3 * (int(siren) % 97)) % 97
            assert customer.vat_number == f"FR{key:02}{customer.siren}"
