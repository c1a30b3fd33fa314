"""The demo's invoices and usage reports: real files, loaded as an operator would load them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from demo import papers, seed
from selfcare.database import db
from selfcare.models import Invoice, UsageReport
from selfcare.services.invoices import due
from selfcare.services.spending import overview

MOMENT = datetime(2026, 11, 22, 9, tzinfo=UTC)


def test_invoices_1_the_demo_has_those_of_figure_26(app, store):
    with app.app_context():
        seed.seed(MOMENT)
        assert papers.add(MOMENT) == 5 + 12 + 4 + 4 + 12 + 1
        assert papers.add(MOMENT) == 0, "once is enough"
        shown = select(Invoice.net, Invoice.gross).where(Invoice.issued_on < date(2018, 1, 1))
        assert db.session.execute(shown.order_by(Invoice.issued_on.desc())).all() == [
            (Decimal("2352.21"), Decimal("2822.65")),
            (Decimal("2145.67"), Decimal("2574.80")),
            (Decimal("2342.89"), Decimal("2811.47")),
            (Decimal("2023.21"), Decimal("2427.85")),
            (Decimal("2167.98"), Decimal("2601.58")),
        ]
        assert db.session.execute(select(func.count(UsageReport.id))).scalar_one() == 17
        contract_id = db.session.execute(select(Invoice.contract_id).limit(1)).scalar_one()
        euros, francs = overview.of_contract(contract_id, MOMENT.date())
        assert (euros.currency, francs.currency) == ("EUR", "CHF")
        assert sum(1 for month in euros.months if month.invoiced) >= 11
        assert francs.only, "a sentence on the page of the spend"
        db.session.rollback()


@pytest.mark.parametrize("day", [1, 4, 9, 15, 28])
def test_invoices_1_the_demo_has_one_of_each_kind_and_says_what_is_due(app, store, day):
    moment = MOMENT.replace(day=day)
    with app.app_context():
        seed.seed(moment)
        papers.add(moment)
        codes = set(db.session.execute(select(Invoice.type_code)).scalars())
        contract_id = db.session.execute(select(Invoice.contract_id).limit(1)).scalar_one()
        first, *_, last = due.of_contract(contract_id, moment.date()).to_pay
        db.session.rollback()
    assert codes == {"380", "381", "384", "386"}
    assert last.type_code == "386"
    if day >= 15:
        assert first.days_until(moment.date()) == -papers.LATE_BY
