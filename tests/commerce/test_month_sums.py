"""INVOICES-1: what belongs to a month of a pre-invoice, and how its VAT is rounded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Contract, UsageReport
from selfcare.services.pre_invoices import working_out
from selfcare.services.pre_invoices.working_out import Line, MonthSum
from selfcare.services.usage import reports
from tests.plugin_commerce import usage_report

USAGE, RUNS, STARTS = ["usage"], ["usage", "subscription"], ["usage", "subscription", "upfront"]


@pytest.mark.once
@pytest.mark.parametrize(
    ("amounts", "rate", "vat"),
    [
        (["0.10"], "5", "0.01"),  # half a cent
        (["0.10", "0.10"], "5", "0.01"),  # of the sum, not of each
        (["-0.10"], "5", "-0.01"),
        (["0.09"], "5", "0.00"),
        (["100.00", "-100.00"], "20", "0.00"),
        (["1234.56"], "8.5", "104.94"),
    ],
)
def test_invoices_1_vat_is_rounded_once_half_a_cent_away_from_zero(amounts, rate, vat):
    lines = [Line("usage", "", "", Decimal(amount)) for amount in amounts]
    month = MonthSum(date(2016, 9, 1), "EUR", lines, Decimal(rate))
    assert month.vat == Decimal(vat)
    assert month.gross == sum(map(Decimal, amounts)) + Decimal(vat)


@pytest.fixture
def september(app, cast, store) -> Callable[[], list[str]]:
    """The kinds of the lines of September 2016."""
    cast.referent()
    with app.app_context():
        reports.load(usage_report())
        db.session.commit()

    def kinds() -> list[str]:
        with app.app_context():
            report = db.session.execute(select(UsageReport)).scalar_one()
            [month] = working_out.work_out(report, Decimal(20))
            return [line.kind for line in month.lines]

    return kinds


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "kinds"),
    [
        (date(2016, 8, 1), date(2016, 8, 31), USAGE),
        (date(2016, 8, 1), date(2016, 9, 1), RUNS),
        (date(2016, 8, 31), date(2017, 8, 30), RUNS),
        (date(2016, 9, 1), date(2017, 8, 31), STARTS),
        (date(2016, 9, 30), date(2017, 9, 29), STARTS),
        (date(2016, 10, 1), date(2017, 9, 30), USAGE),
    ],
)
def test_invoices_1_a_month_has_what_runs_on_one_of_its_days(
    cast, september, starts_on, ends_on, kinds
):
    cast.subscription(starts_on=starts_on, ends_on=ends_on)
    assert september() == kinds


def test_invoices_1_another_contract_s_subscriptions_are_not_in_it(cast, september):
    cast.member("autre.client", ref="OCB0000777", referent=True)
    dates = {"starts_on": date(2016, 9, 1), "ends_on": date(2017, 8, 31)}
    cast.subscription(by="autre.client", ref="OCB0000777", **dates)
    assert september() == USAGE


def test_invoices_1_a_contract_without_vat_has_none(app, cast):
    cast.contract(vat_rate=Decimal(0))
    with app.app_context():
        assert working_out.vat_rate(db.session.execute(select(Contract)).scalar_one()) == 0
