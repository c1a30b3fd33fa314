"""INVOICES-1, DASH-1: the picture of twelve months by service says what is known, and no more."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from bs4 import Tag
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Contract, Invoice, UsageLine, UsageReport, UsageShare
from selfcare.rights import Profile
from selfcare.services.months import twelve_until
from selfcare.services.pre_invoices import working_out
from selfcare.services.spending import overview as spending_overview
from selfcare.services.spending.by_month import Spend, Step
from selfcare.services.usage import reports
from selfcare.services.usage.reading import ReadLine, ReadReport
from tests.browsing import Page
from tests.commerce.test_invoice_pages import INVOICES, add
from tests.plugin_commerce import usage_line, usage_report

__all__ = ["add"]
pytestmark = pytest.mark.usefixtures("store")

SPEND = f"{INVOICES}/spend"
DASHBOARD = "/contracts/OCB0000124/dashboard"
TODAY = date(2026, 6, 10)
MONTHS = twelve_until(TODAY)[:-1]
CURRENT, LAST, BEFORE = MONTHS[-1], MONTHS[-2], MONTHS[-3]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(datetime(2026, 6, 10, 9, tzinfo=UTC)):
        yield


@pytest.fixture
def load(app, paul, store):
    """A month's usage by service: `load(LAST, ECS="100", EVS="7")`."""

    def run(month: date, currency: str = "EUR", **amounts: str) -> None:
        days = {"BeginDate": f"{month:%Y-%m-%d}", "EndDate": f"{month:%Y-%m-%d}"}
        lines = [
            usage_line(ServiceCloud=service, Amount=amount, Currency=currency, **days)
            for service, amount in amounts.items()
        ]
        with app.app_context():
            reports.load(usage_report(*lines))
            db.session.commit()

    return run


@pytest.fixture
def overview(app):
    def read() -> tuple[Spend, ...]:
        with app.app_context():
            contract_id = db.session.execute(select(Contract.id)).scalar_one()
            return spending_overview.of_contract(contract_id, TODAY)

    return read


class TestFigures:
    def test_invoices_1_adds_usage_and_subscriptions_as_the_pre_invoice_does(
        self, app, load, cast, overview
    ):
        cast.subscription(at=datetime.combine(BEFORE, datetime.min.time(), UTC))  # starts in LAST
        load(LAST, ECS="100,126", EVS="7,5")
        (found,) = overview()
        amounts = {share.name: share.amounts[-2] for share in found.shares}
        assert amounts == {
            "ECS": Decimal("100.13"),
            "EVS": Decimal("7.50"),
            "Réservation d'un gabarit Elastic Cloud Server": Decimal("24.39"),
        }
        assert found.months[-2].once == Decimal("513.02")
        with app.app_context():
            report = db.session.execute(select(UsageReport)).scalar_one()
            (announced,) = working_out.work_out(report, Decimal(20))
        assert found.months[-2].total == announced.net

    def test_invoices_1_the_dearest_are_named_the_rest_is_one(self, load, overview):
        load(LAST, **{f"S{number}": str(number) for number in range(1, 8)})
        (found,) = overview()
        assert [share.name for share in found.shares] == [
            "S7",
            "S6",
            "S5",
            "S4",
            "3 autres services",
        ]
        assert found.shares[-1].amounts[-2] == Decimal("6.00")
        assert found.months[-2].total == Decimal("28.00")

    def test_invoices_1_upfront_payments_are_never_drawn_and_flatten_nothing(
        self, load, cast, overview
    ):
        cast.subscription(
            at=datetime.combine(BEFORE, datetime.min.time(), UTC), upfront=Decimal("9999.50")
        )
        load(LAST, ECS="100")
        (found,) = overview()
        assert found.longest == Decimal("124.39")
        assert (found.once, found.months[-2].once) == (Decimal("9999.50"),) * 2
        assert found.total == found.months[-2].total + found.months[-1].total

    def test_invoices_1_change_is_told_between_months_that_are_alike(self, load, overview):
        load(BEFORE, ECS="200")
        load(LAST, ECS="230")
        (found,) = overview()
        assert (found.last.difference, found.last.percent) == (Decimal(30), Decimal("15.0"))
        assert found.last.is_fair
        assert not found.current.is_fair, "its usage is not known yet"
        assert Step(found.months[0], found.months[1]).percent is None

    def test_invoices_1_five_services_are_all_named(self, load, overview):
        load(LAST, **{f"S{number}": str(number) for number in range(1, 6)})
        (found,) = overview()
        assert [share.name for share in found.shares] == ["S5", "S4", "S3", "S2", "S1"]

    def test_invoices_1_currencies_are_never_mixed(self, load, overview):
        load(LAST, ECS="10")
        load(BEFORE, currency="CHF", ECS="20")
        found = overview()
        assert [(one.currency, one.total) for one in found] == [
            ("CHF", Decimal("20.00")),
            ("EUR", Decimal("10.00")),
        ]

    def test_invoices_1_thirteen_months_ago_is_not_shown(self, load, overview):
        load((MONTHS[0] - timedelta(days=1)).replace(day=1), ECS="10")
        assert overview() == ()

    def test_invoices_1_invoiced_stands_beside_what_is_worked_out(self, load, add, overview):
        load(LAST, ECS="10")
        add("FA-OLD", issued_on=date(2016, 12, 6))
        add("AV-NEW", issued_on=LAST, is_credit_note=True)
        (found,) = overview()
        assert found.months[-2].invoiced == Decimal("-2352.21")
        assert found.total == Decimal("10.00")


class TestShares:
    @pytest.mark.once
    @given(
        st.lists(
            st.tuples(
                st.sampled_from("ABC"),
                st.sampled_from("xy"),
                st.decimals(-1000, 1000, places=6),
            ),
            min_size=1,
            max_size=30,
        )
    )
    def test_invoices_1_shares_make_exactly_the_total(self, lines):
        read = ReadReport(
            "OCB0000124",
            date(2016, 9, 1),
            "EUR",
            [
                ReadLine(service, project, "", "", Decimal(1), "", Decimal(0), amount)
                for service, project, amount in lines
            ],
        )
        shares = reports._shares(read)
        assert sum(share["amount"] for share in shares) == read.total
        assert sum(share["lines"] for share in shares) == len(lines)
        for share in shares:
            exact = sum(a for s, p, a in lines if (s, p) == (share["service"], share["project"]))
            assert abs(share["amount"] - exact) <= Decimal("0.01")

    def test_invoices_1_pages_read_no_line_to_add_it_up(self, app, load, paul, statements):
        """A million lines cost what ten cost: only the list of lines itself reads lines."""
        load(LAST, ECS="10", EVS="5")
        statements.clear()
        for path in (INVOICES, SPEND, DASHBOARD):
            paul.get(path)
        assert not [sql for sql in statements if UsageLine.__tablename__ in sql]
        statements.clear()
        paul.get(f"{INVOICES}/usage/{LAST:%Y-%m}")
        sums = [sql for sql in statements if "usage_lines" in sql and "sum(" in sql.lower()]
        assert sums == []

    def test_invoices_1_a_correction_replaces_the_shares(self, app, load):
        load(LAST, ECS="10", EVS="5")
        with app.app_context():
            day = {"BeginDate": f"{LAST:%Y-%m-%d}"}
            reports.load(usage_report(usage_line(ServiceCloud="OBS", **day)), replace=True)
            db.session.commit()
            shares = db.session.execute(select(UsageShare.service)).scalars().all()
        assert shares == ["OBS"]


def months_of(page: Page) -> dict[str, Tag]:
    """The months of the picture."""
    return {
        one.select_one(".month").get_text(strip=True): one  # type: ignore[union-attr]
        for one in page.all(".bars li")
    }


class TestPicture:
    def test_invoices_1_says_which_month_has_no_usage(self, load, cast, paul):
        cast.subscription(at=datetime(BEFORE.year - 1, BEFORE.month, 1, tzinfo=UTC))
        load(LAST, ECS="1000")
        said = {month: one.get_text(" ") for month, one in months_of(paul.get(SPEND)).items()}
        assert len(said) == 12
        assert "usage to come" in said[f"{CURRENT:%m/%Y}"]
        assert "usage not known" in said[f"{BEFORE:%m/%Y}"]
        assert "€24" in said[f"{BEFORE:%m/%Y}"]
        assert said[f"{LAST:%m/%Y}"].split()[-1] == "€1,024"

    def test_invoices_1_blocks_fill_the_longest_month_and_no_more(self, load, paul):
        load(LAST, ECS="75", EVS="25")
        load(BEFORE, ECS="50", OBS="-10")
        months = months_of(paul.get(SPEND))

        def drawn(month: date) -> list[tuple[Any, ...]]:
            found = months[f"{month:%m/%Y}"].select("rect")
            return [(one["x"], one["width"], one.get("fill")) for one in found]

        assert drawn(LAST) == [("0.0%", "75.0%", None), ("75.0%", "25.0%", "url(#p1)")]
        assert drawn(BEFORE) == [("0.0%", "50.0%", None)], "what was given back is not drawn"
        assert "€40" in months[f"{BEFORE:%m/%Y}"].get_text(), "but counts"

    def test_invoices_1_upfront_payments_are_a_figure_of_their_month(self, load, cast, paul):
        cast.subscription(at=datetime.combine(BEFORE, datetime.min.time(), UTC))
        load(LAST, ECS="10")
        load(BEFORE, ECS="10")
        months = months_of(paul.get(SPEND))
        assert "+ €513 of upfront payments" in months[f"{LAST:%m/%Y}"].get_text()
        assert "+" not in months[f"{BEFORE:%m/%Y}"].get_text()
        assert "(+243.9%) compared with" in paul.get(SPEND).words

    def test_invoices_1_a_month_leads_to_its_page(self, load, paul):
        load(LAST, ECS="10")
        (link,) = paul.get(SPEND).all("main section a")
        assert paul.get(str(link["href"])).status == 200, "from the sentence about one month"
        load(BEFORE, ECS="10")
        (_, link) = paul.get(SPEND).all(".bars a")
        assert link["aria-label"] == f"{LAST:%m/%Y} – your report in detail"
        assert paul.get(str(link["href"])).status == 200

    def test_accessible_the_picture_needs_no_colour_and_has_its_table(self, load, paul):
        load(LAST, **{f"S{number}": str(number) for number in range(1, 8)})
        load(BEFORE, S7="0")
        page = paul.get(SPEND)
        keys = [str(rect.get("fill")) for rect in page.all(".key rect")]
        assert keys == ["None", "url(#p1)", "url(#p2)", "url(#p3)", "url(#p4)"], "solid, patterns"
        drawn = [str(rect.get("fill")) for rect in page.all(".bars rect")]
        assert drawn == keys, "a bar's blocks come in the key's order"
        ids = {str(pattern["id"]) for pattern in page.all("pattern")}
        assert ids == {"p1", "p2", "p3", "p4"}
        assert {svg.get("aria-hidden") for svg in page.all("main svg")} == {"true"}
        table = page.one("main details table")
        heads = [head.get_text(strip=True) for head in table.select("thead th")]
        assert heads == ["Month", "S7", "S6", "S5", "S4", "3 other services", "Total", "Invoiced"]
        assert [cell.get_text() for cell in table.select("tbody tr:last-child td")] == [
            *("€7.00", "€6.00", "€5.00", "€4.00", "€6.00", "€28.00", "–"),
        ]

    def test_dash_1_the_picture_by_service_is_for_those_who_may_read_invoices(
        self, load, cast, paul, browse_as
    ):
        load(LAST, ECS="1234")
        load(BEFORE, ECS="1")
        assert "€1,234" in paul.get(DASHBOARD).words
        cast.member("sophie.dupont", dashboard=Profile.MANAGER, invoices=Profile.VISITOR)
        sophie = browse_as("sophie.dupont")
        assert "1,234" not in sophie.get(DASHBOARD).words
        assert "1,234" not in sophie.get(INVOICES).words
        assert sophie.get(SPEND).status == 403
        assert sophie.get(f"{INVOICES}/usage").status == 403

    def test_invoices_1_another_contract_s_money_is_not_counted(self, load, cast, browse_as):
        load(LAST, ECS="1234")
        cast.member("autre.client", ref="OCB0000777", referent=True)
        page = browse_as("autre.client").get("/contracts/OCB0000777/invoices/spend")
        assert page.one(".empty")
        assert "1,234" not in page.words


class TestCost:
    @pytest.fixture
    def invoice_of(self, app, paul):
        def add_one(issued_on: date) -> None:
            with app.app_context():
                db.session.add(
                    Invoice(
                        number=f"FA-{issued_on}",
                        contract_id=db.session.execute(select(Contract.id)).scalar_one(),
                        issued_on=issued_on,
                        net=Decimal(1),
                        vat=Decimal(0),
                        gross=Decimal(1),
                        currency="EUR",
                        digest=str(issued_on),
                        pdf_key="-",
                        pdf_size=1,
                    )
                )
                db.session.commit()

        return add_one

    @pytest.mark.parametrize("invoiced", [(), (date(2016, 12, 6),), (date(2016, 12, 6), LAST)])
    @pytest.mark.parametrize("used", [False, True])
    @pytest.mark.parametrize("query", ["", "?q=FA", "?q=none&page=2"])
    def test_fast_eight_statements_whatever_there_is(
        self, paul, load, invoice_of, statements, invoiced, used, query
    ):
        for day in invoiced:
            invoice_of(day)
        if used:
            load(LAST, ECS="10")
            load(BEFORE, currency="CHF", ECS="10")
        for path in (INVOICES + query, f"{INVOICES}/usage{query}", SPEND, DASHBOARD):
            statements.clear()
            paul.get(path)
            assert len(statements) <= 8, statements
            assert sum("subscription_totals" in one for one in statements) <= 1
        if used:
            statements.clear()
            paul.get(f"{INVOICES}/usage/{LAST:%Y-%m}")
            assert len(statements) <= 8, statements
