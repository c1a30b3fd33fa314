"""INVOICES-1: pre-invoices are tried again, give up in sight, follow what they are made from."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from sqlalchemy import select, update

from demo.factur_x import document
from selfcare.background import claims
from selfcare.background.jobs import DELAYS
from selfcare.database import db
from selfcare.models import (
    Invoice,
    Order,
    OrderStatus,
    PreInvoice,
    PreInvoiceVersion,
    UsageReport,
    now,
)
from selfcare.services import schedule
from selfcare.services.invoices import loading
from selfcare.services.invoices.facturx import reading as facturx_reading
from selfcare.services.orders import fulfilment
from selfcare.services.pre_invoices import making as pre_invoice_making
from selfcare.services.pre_invoices.making import NotMade
from selfcare.services.usage import reports
from tests.commerce.test_fulfilment import placed
from tests.commerce.test_usage import read_pdf, versions
from tests.plugin_commerce import bill, usage_line, usage_report

__all__ = ["placed"]

MONTH = "/contracts/OCB0000124/invoices/usage/2016-09"
LIST = "/contracts/OCB0000124/invoices"
USAGE = f"{LIST}/usage"


class Away:
    """A document store that answers nothing."""

    def put(self, _key: str, _data: bytes) -> None:
        raise OSError("no route to host")


pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def loaded(app, paul, worker):
    """September's report, its pre-invoice still to be made; load again to correct it."""

    def load(*lines: str, replace: bool = False) -> int:
        with app.app_context():
            report = reports.load(usage_report(*lines), replace=replace)
            db.session.commit()
            return report.id

    load()
    return load


def report(app) -> UsageReport:
    with app.app_context():
        return db.session.execute(select(UsageReport)).scalar_one()


def invoice(app, **values) -> None:
    with app.app_context():
        pdf = document(bill("FA-1", **{"issued_on": date(2016, 10, 5), **values}))
        loading.load(facturx_reading.read(pdf), pdf)
        db.session.commit()


class TestTries:
    def fail(self, app, report_id: int) -> None:
        with pytest.raises(NotMade):
            pre_invoice_making.make_pdf(report_id)

    @pytest.fixture
    def away(self, app, loaded):
        app.extensions["documents"] = Away()
        return report(app).id

    def test_invoices_1_a_failed_try_says_why_and_when_the_next_is(self, app, away):
        with time_machine.travel(now(), tick=False), app.app_context():
            self.fail(app, away)
            next_try = now() + timedelta(seconds=DELAYS[0])
        found = report(app)
        assert found.pre_invoice.state == "queued"
        assert found.pre_invoice.attempts == 1
        assert "the document store does not take it" in (found.pre_invoice.problem or "")
        assert found.pre_invoice.due_at == next_try

    def test_invoices_1_the_last_try_gives_up_in_sight_of_the_operator(
        self, app, away, store, flask, paul, worker
    ):
        with app.app_context(), time_machine.travel(now(), tick=False) as clock:
            for delay in (*DELAYS, 0):
                self.fail(app, away)
                pre_invoice_making.make_pdf(away)  # woken once more meanwhile: no try of its own
                clock.shift(delay)
        assert report(app).pre_invoice.state == "failed"
        with app.app_context():
            pre_invoice_making.make_pdf(away)  # no try more
            schedule.wake_wishes()
        worker.redis.flushdb()
        listed, code = flask("pre-invoices", "list")
        assert code == 0
        assert "OCB0000124  2016-09  failed" in listed
        assert "no route to host" in listed
        assert "delayed" in paul.get(USAGE).words
        assert "delayed" in paul.get(MONTH).words
        assert "no route" not in paul.get(MONTH).words, "the cause is the operator's"
        app.extensions["documents"] = store
        assert flask("pre-invoices", "retry", "ocb0000124", "2016-09")[1] == 0
        worker.run()
        assert report(app).pre_invoice.state == "done"
        assert report(app).pre_invoice.problem is None
        assert "delayed" not in paul.get(MONTH).words
        assert flask("pre-invoices", "list")[0].strip() == "All pre-invoices are ready."

    def test_invoices_1_all_that_were_given_up_are_tried_at_once(self, app, loaded, flask, audited):
        with app.app_context():
            db.session.execute(update(PreInvoice).values(state="failed"))
            db.session.commit()
        output, _ = flask("pre-invoices", "retry", "--all")
        assert output.strip() == "Tried again: 1."
        assert [entry.details for entry in audited("pre_invoice.retried")] == [{"count": 1}]
        assert report(app).pre_invoice.state == "queued"

    @pytest.mark.parametrize(
        "words", [[], ["OCB0000124"], ["OCB0000124", "Sept"], ["OCB0000124", "2015-01"]]
    )
    def test_invoices_1_a_retry_that_names_nothing_is_refused(self, loaded, flask, words):
        assert flask("pre-invoices", "retry", *words)[1] != 0

    def test_invoices_1_a_worker_that_died_is_taken_over(self, app, loaded, worker):
        worker.redis.flushdb()
        report_id = report(app).id
        with app.app_context():
            assert claims.claim(PreInvoice, report_id)
            assert not claims.claim(PreInvoice, report_id), "somebody has it"
            db.session.execute(update(PreInvoice).values(due_at=now() - timedelta(seconds=1)))
            db.session.commit()
            schedule.wake_wishes()
        worker.run()
        assert report(app).pre_invoice.state == "done"
        assert len(versions(app)) == 1

    def test_invoices_1_a_try_not_due_yet_is_not_swept(self, app, away, worker):
        worker.redis.flushdb()
        with app.app_context(), time_machine.travel(now(), tick=False) as clock:
            for delay in DELAYS[:3]:
                self.fail(app, away)
                clock.shift(delay)
            clock.shift(-1)
            schedule.wake_wishes()
        assert worker.waiting() == []

    def test_invoices_1_a_change_while_it_is_made_is_not_lost(
        self, app, loaded, worker, monkeypatch
    ):
        """What was drawn from old figures is not kept; the correction's own try makes it."""
        draw = pre_invoice_making._draw
        corrected: list[bool] = []

        def drawn_slowly(*args):
            if not corrected:
                corrected.append(True)
                with app.app_context():  # another process
                    reports.load(usage_report(usage_line(Amount="7")), replace=True)
                    db.session.commit()
            return draw(*args)

        monkeypatch.setattr(pre_invoice_making, "_draw", drawn_slowly)
        worker.run()
        assert report(app).pre_invoice.state == "done"
        assert [one.content[0]["lines"][0]["amount"] for one in versions(app)] == ["7.00"]


class TestVersions:
    def test_invoices_1_a_corrected_report_makes_a_new_version(
        self, app, loaded, worker, store, paul
    ):
        worker.run()
        loaded(usage_line(Amount="100"), replace=True)
        page = paul.get(MONTH)
        assert "next version is being prepared" in page.words
        assert "€85.39" in page.words, "the page says what the PDF says"
        worker.run()
        first, second = versions(app)
        assert (first.number, second.number) == (1, 2)
        assert "Version 2 du" in read_pdf(app, store, 2)
        assert "100,00 €" in read_pdf(app, store, 2)
        assert "85,39 €" in read_pdf(app, store, 1), "somebody may have it"
        page = paul.get(MONTH)
        assert "€100.00" in page.words
        newest = paul.get(f"{MONTH}/pre-invoice.pdf")
        earlier = paul.get(f"{MONTH}/pre-invoice.pdf?version=1")
        assert newest.response.data == store.get(second.key)
        assert earlier.response.data == store.get(first.key)
        assert earlier.headers["Content-Disposition"].endswith('-2016-09-v1.pdf"')
        assert page.one('a[href$="pre-invoice.pdf?version=1"]')
        for wrong in ("3", "0", "x"):
            expected = 200 if wrong == "x" else 404
            assert paul.get(f"{MONTH}/pre-invoice.pdf?version={wrong}").status == expected

    def test_invoices_1_the_same_again_is_no_new_version(self, app, loaded, worker, flask):
        worker.run()
        flask("pre-invoices", "retry", "OCB0000124", "2016-09")
        worker.run()
        assert len(versions(app)) == 1
        assert report(app).pre_invoice.state == "done"

    def test_invoices_1_an_order_completed_late_shows_in_the_month_it_starts(
        self, shop, placed, app, worker, store
    ):
        """Ordered in August, completed in October, when September's pre-invoice was made."""
        ref = placed()
        with app.app_context():
            db.session.execute(
                update(Order).values(placed_at=datetime(2016, 8, 29, 15, tzinfo=UTC))
            )
            reports.load(usage_report())
            db.session.commit()
        worker.run()
        assert ref not in read_pdf(app, store)
        with app.app_context():
            order = fulfilment.find(ref)
            assert order
            fulfilment.move(order, OrderStatus.COMPLETED, by="operator")
            db.session.commit()
        assert report(app).pre_invoice.state == "queued"
        worker.run()
        assert ref in read_pdf(app, store, 2)

    def test_invoices_1_nothing_changes_once_the_invoice_is_there(
        self, app, loaded, worker, paul, flask
    ):
        worker.run()
        invoice(app)
        loaded(usage_line(Amount="100"), replace=True)
        worker.run()
        assert len(versions(app)) == 1
        assert report(app).pre_invoice.state == "done"
        page = paul.get(MONTH)
        assert "the pre-invoice no longer changes" in page.words
        assert "Invoice of the month: FA-1" in page.words
        assert "€85.39" in page.words

    def test_invoices_1_the_first_version_is_made_although_the_invoice_is_there(
        self, app, loaded, worker
    ):
        invoice(app)
        worker.run()
        assert len(versions(app)) == 1

    @pytest.mark.parametrize(
        ("values", "is_its"),
        [
            ({}, True),
            ({"currency": "CHF"}, False),
            ({"is_credit_note": True}, False),
            ({"issued_on": date(2016, 11, 5)}, False),  # October's
        ],
    )
    def test_invoices_1_only_the_months_own_invoice_ends_it(self, app, loaded, values, is_its):
        invoice(app, **values)
        with app.app_context():
            assert (pre_invoice_making.invoice_of(report(app)) is not None) == is_its

    @pytest.mark.parametrize(
        ("issued_on", "is_its"), [(date(2016, 10, 31), True), (date(2016, 9, 30), False)]
    )
    def test_invoices_1_an_invoice_without_period_counts_for_the_month_before(
        self, app, loaded, issued_on, is_its
    ):
        invoice(app)
        with app.app_context():
            db.session.execute(
                update(Invoice).values(period_from=None, period_to=None, issued_on=issued_on)
            )
            db.session.commit()
            assert (pre_invoice_making.invoice_of(report(app)) is not None) == is_its

    @pytest.mark.parametrize("code", ["325", "386", "500"])
    def test_invoices_1_money_asked_for_in_advance_does_not_end_it(self, app, loaded, code):
        invoice(app)
        with app.app_context():
            db.session.execute(update(Invoice).values(type_code=code))
            db.session.commit()
            assert pre_invoice_making.invoice_of(report(app)) is None

    def test_invoices_1_a_missed_change_is_noticed_by_the_daily_look(
        self, app, loaded, worker, cast
    ):
        worker.run()
        cast.subscription(at=now() - timedelta(days=70))  # nobody was told
        with app.app_context():
            db.session.execute(update(UsageReport).values(month=now().date().replace(day=1)))
            db.session.commit()
            schedule.look_at_pre_invoices()
        worker.run()
        worker.run()
        assert len(versions(app)) == 2

    def test_invoices_1_the_daily_look_leaves_the_rest_alone(self, app, loaded, worker):
        worker.run()
        with app.app_context():
            pre_invoice_making.compare(report(app).id)
        assert worker.waiting() == []
        assert report(app).pre_invoice.state == "done"


class TestVat:
    def test_invoices_1_vat_is_the_setting(self, app, loaded, worker, setting, paul, store):
        setting(vat_rate=Decimal("8.5"))
        worker.run()
        assert "TVA à 8,5 % 7,26 €" in read_pdf(app, store)
        assert "VAT at 8.5%" in paul.get(MONTH).words

    def test_invoices_1_a_contract_may_have_a_rate_of_its_own(
        self, app, loaded, worker, flask, store, paul
    ):
        worker.run()
        output, code = flask("contracts", "vat", "ocb0000124", "8,5")
        assert (output.strip(), code) == ("OCB0000124: 8.5 %.", 0)
        worker.run()
        assert "TVA à 20 % 17,08 €" in read_pdf(app, store, 1)
        assert "TVA à 8,5 % 7,26 €" in read_pdf(app, store, 2)
        flask("contracts", "vat", "OCB0000124", "default")
        worker.run()
        assert "VAT at 20%" in paul.get(MONTH).words

    @pytest.mark.parametrize(
        "words",
        [["OCB0000124", "much"], ["OCB0000124", "100"], ["OCB0000124", "NaN"], ["OCB9", "20"]],
    )
    def test_invoices_1_what_is_no_rate_is_refused(self, app, loaded, flask, words):
        assert flask("contracts", "vat", *words)[1] == 1
        with app.app_context():
            assert db.session.execute(select(PreInvoiceVersion)).first() is None
