"""INVOICES-1: usage reports come in, pre-invoices are worked out from them and made PDFs."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import select, update

from selfcare.database import db
from selfcare.models import AuditEntry, PreInvoice, PreInvoiceVersion, UsageLine, UsageReport
from selfcare.services import schedule
from selfcare.services.files.problems import Problems
from selfcare.services.pre_invoices import working_out
from selfcare.services.usage import reading as usage_reading
from selfcare.services.usage import reports as usage_reports
from selfcare.services.usage.reports import ReportAlreadyLoaded
from tests.plugin_commerce import HEADER, usage_line, usage_report

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def load(app, cast, store):
    cast.contract()

    def run(content: bytes, **kwargs) -> int:
        with app.app_context():
            report = usage_reports.load(content, **kwargs)
            db.session.commit()
            return report.id

    return run


def reports(app) -> list[UsageReport]:
    with app.app_context():
        return list(db.session.execute(select(UsageReport)).scalars())


def versions(app) -> list[PreInvoiceVersion]:
    with app.app_context():
        by_number = select(PreInvoiceVersion).order_by(PreInvoiceVersion.number)
        return list(db.session.execute(by_number).scalars())


def read_pdf(app, store, number: int = 1) -> str:
    """The words of a version's PDF, spaces made plain."""
    pdf = PdfReader(io.BytesIO(store.get(versions(app)[number - 1].key)))
    return " ".join("".join(page.extract_text() for page in pdf.pages).split())


class TestLoading:
    def test_invoices_1_reads_lines_and_rounds_once(self, load, app):
        load(usage_report(usage_line(Amount="0,004"), usage_line(Amount="0,004"), usage_line()))
        (report,) = reports(app)
        assert f"{report.month:%Y-%m}" == "2016-09"
        assert report.total == Decimal("85.40")

    @pytest.mark.parametrize(
        ("amounts", "total"),
        [
            (("0,005",), "0.01"),
            (("0,0025", "0,0025"), "0.01"),
            (("-0,005",), "-0.01"),
            ((), "85.39"),
        ],
    )
    def test_invoices_1_half_a_cent_makes_one_as_on_invoices(self, load, app, amounts, total):
        load(usage_report(*(usage_line(Amount=amount) for amount in amounts)))
        assert reports(app)[0].total == Decimal(total)

    def test_invoices_1_the_discounted_amount_counts(self, load, app):
        load(usage_report(usage_line(Amount="100", DiscountedAmount="90,5")))
        assert reports(app)[0].total == Decimal("90.50")

    def test_invoices_1_subscription_lines_are_not_counted_twice(self, load, app):
        load(usage_report(usage_line(), usage_line(Amount="60,15", SubsChargeType="Recurring")))
        assert reports(app)[0].total == Decimal("85.39")

    def test_invoices_1_a_subscription_line_needs_no_amount(self, load, app):
        load(usage_report(usage_line(), usage_line(Amount="", SubsChargeType="Upfront")))
        assert reports(app)[0].total == Decimal("85.39")

    @pytest.mark.parametrize(
        ("begins", "month"),
        [
            ("2016-08-31T22:00:00Z", "2016-09"),
            ("2016-09-30T21:59:59Z", "2016-09"),
            ("2016-12-31T22:59:59Z", "2016-12"),
            ("2016-12-31T23:30:00Z", "2017-01"),
            ("2016-12-31T23:30:00", "2016-12"),
        ],
    )
    def test_invoices_1_a_moment_in_utc_belongs_to_the_contract_s_month(
        self, load, app, begins, month
    ):
        load(usage_report(usage_line(BeginDate=begins)))
        assert f"{reports(app)[0].month:%Y-%m}" == month

    def test_invoices_1_a_report_is_read_however_a_spreadsheet_saves_it(self, load, app):
        text = usage_report(usage_line(Project="Été")).decode()
        load(text.replace(";", "\t").encode("utf-16"))
        load(text.encode("cp1252"), replace=True)
        load(("sep=;\r\n" + text).encode("utf-8-sig"), replace=True)
        with app.app_context():
            line = db.session.execute(select(UsageLine)).scalar_one()
            assert line.project == "Été"
        assert [report.total for report in reports(app)] == [Decimal("85.39")]

    def test_invoices_1_twice_the_same_is_once(self, load, app):
        load(usage_report())
        with pytest.raises(ReportAlreadyLoaded):
            load(usage_report())
        assert len(reports(app)) == 1

    def test_invoices_1_a_correction_has_to_be_wanted(self, load, app):
        load(usage_report())
        other = usage_report(usage_line(Amount="1"))
        with pytest.raises(Problems, match="--replace"):
            load(other)
        load(other, replace=True)
        assert [report.total for report in reports(app)] == [Decimal("1.00")]
        with app.app_context():
            assert len(db.session.execute(select(UsageLine)).scalars().all()) == 1

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "not a text file"),
            (b"a;b\n1;2\n", "27 columns"),
            (HEADER.encode(), "no line below"),
            (b"\x00\x01", "not a text file"),
            (usage_report(usage_line(Amount="ten")), "line 2: Amount: 'ten' is not a number"),
            (usage_report(usage_line(Amount="NaN")), "is not a number"),
            (usage_report(usage_line(Amount="1_000")), "Amount: '1_000' is not a number"),
            (usage_report(usage_line(Amount="")), "line 2: Amount is empty"),
            (usage_report(usage_line(Amount="", DiscountedAmount="1")), "Amount is empty"),
            (usage_report(usage_line(), usage_line() + ";x"), "line 3: not 27 cells"),
            (
                usage_report(usage_line(), usage_line(BeginDate="2016-09-30T22:00:00Z")),
                "several values of month in one report: 2016-09, 2016-10",
            ),
            (usage_report(usage_line(BeginDate="soon")), "BeginDate: 'soon' is not a date"),
            (
                usage_report(usage_line(), usage_line(BeginDate="2016-10-01")),
                "several values of month",
            ),
            (usage_report(usage_line(), usage_line(Currency="CHF")), "several values of Currency"),
            (usage_report(usage_line(TenantLabel="")), "TenantLabel is empty"),
            (usage_report(usage_line(TenantLabel="OCB9")), "unknown contract: OCB9"),
            (usage_report(usage_line(Currency="euros")), "is not a currency"),
            (usage_report(usage_line(Currency="EUX")), "'EUX' is not a currency"),
            (usage_report(usage_line(BeginDate="0216-09-01")), "'0216-09-01' cannot be right"),
            (
                usage_report(*[usage_line(Amount="9999999999")] * 11),
                "its total, 109999999989.00, cannot be right",
            ),
            (usage_report("a;b;c"), "line 2: not 27 cells"),
        ],
    )
    def test_invoices_1_refuses_with_the_line_and_the_reason(
        self, load, app, store, content, reason
    ):
        with pytest.raises(Problems) as refusal:
            load(content)
        assert reason in str(refusal.value)
        assert reports(app) == []
        assert list(store.keys()) == []

    def test_invoices_1_the_command_reports(self, load, flask, tmp_path, app):
        (tmp_path / "good.csv").write_bytes(usage_report())
        (tmp_path / "bad.csv").write_bytes(b"nothing")
        output, code = flask("usage", "load", str(tmp_path))
        assert code == 1
        assert "1 loaded, 0 there already, 1 refused" in output
        assert len(reports(app)) == 1
        with app.app_context():
            [entry] = db.session.execute(select(AuditEntry)).scalars()
        assert (entry.action, entry.contract_ref) == ("usage.loaded", "OCB0000124")

    def test_invoices_1_a_file_of_another_kind_is_not_passed_over(self, load, flask, tmp_path):
        (tmp_path / "report.xlsx").write_bytes(b"x")
        output, code = flask("usage", "load", str(tmp_path / "report.xlsx"))
        assert code == 1
        assert "report.xlsx: no .csv file" in output

    def test_invoices_1_a_dry_run_says_of_doubles_what_loading_does(self, load, flask, tmp_path):
        for number in (1, 2):
            (tmp_path / f"{number}.csv").write_bytes(usage_report(usage_line(Amount=str(number))))
        for options in (["--dry-run"], []):
            output, code = flask("usage", "load", *options, str(tmp_path))
            assert code == 1
            assert "1 loaded, 0 there already, 1 refused" in output

    def test_invoices_1_one_loaded_by_two_at_once_is_refused_in_words(
        self, load, flask, tmp_path, monkeypatch
    ):
        load(usage_report())
        monkeypatch.setattr(
            usage_reports, "of_month", lambda *_: None
        )  # the other one came in just now
        (tmp_path / "good.csv").write_bytes(usage_report(usage_line(Amount="1")))
        output, code = flask("usage", "load", str(tmp_path))
        assert code == 1
        assert "good.csv: its month was loaded by somebody else" in output

    def test_invoices_1_a_dry_run_changes_nothing(self, load, flask, tmp_path, app, store):
        (tmp_path / "good.csv").write_bytes(usage_report())
        output, code = flask("usage", "load", "--dry-run", str(tmp_path))
        assert code == 0
        assert "1 loaded" in output
        assert reports(app) == []
        assert list(store.keys()) == []

    @pytest.mark.once
    @given(st.binary(max_size=200), st.booleans())
    def test_invoices_1_no_bytes_break_the_reader(self, data, headed):
        content = HEADER.encode() + b"\n" + data if headed else data
        with pytest.raises(Problems):
            usage_reading.read(content, zone=PARIS)


class TestPreInvoice:
    def sums(self, app) -> list[working_out.MonthSum]:
        with app.app_context():
            report = db.session.execute(select(UsageReport)).scalar_one()
            return working_out.work_out(report, Decimal(20))

    def test_invoices_1_adds_usage_subscriptions_and_upfront(self, load, app, cast):
        cast.member("paul.dupont", referent=True)
        cast.subscription(at=datetime(2016, 8, 29, 15, 0, tzinfo=UTC))  # starts in the month
        cast.subscription(  # runs already
            at=datetime(2016, 7, 1, tzinfo=UTC), price=Decimal("60.15"), upfront=Decimal(10)
        )
        cast.subscription(at=datetime(2016, 9, 5, tzinfo=UTC))  # starts later
        load(usage_report(usage_line(Amount="100")))
        (one,) = self.sums(app)
        assert sorted((line.kind, line.amount) for line in one.lines) == [
            ("subscription", Decimal("24.39")),
            ("subscription", Decimal("60.15")),
            ("upfront", Decimal("513.02")),
            ("usage", Decimal("100.00")),
        ]
        assert (one.net, one.vat, one.gross) == (
            Decimal("697.56"),
            Decimal("139.51"),
            Decimal("837.07"),
        )

    def test_invoices_1_another_currency_makes_a_sum_of_its_own(self, load, app, cast):
        cast.member("paul.dupont", referent=True)
        cast.subscription(at=datetime(2016, 7, 1, tzinfo=UTC), currency="CHF")
        load(usage_report())
        assert [(one.currency, one.net) for one in self.sums(app)] == [
            ("EUR", Decimal("85.39")),
            ("CHF", Decimal("24.39")),
        ]

    def test_invoices_1_a_job_makes_the_pdf(self, load, app, cast, store, worker):
        cast.member("paul.dupont", referent=True)
        cast.subscription(at=datetime(2016, 8, 29, 15, 0, tzinfo=UTC))
        load(usage_report(usage_line(Amount="1234,56")))
        assert reports(app)[0].pre_invoice.state == "queued"
        worker.run()
        (report,) = reports(app)
        assert report.pre_invoice.state == "done"
        assert report.pre_invoice.version == 1
        plain = read_pdf(app, store)
        assert "OCB0000124" in plain
        assert "1 234,56 €" in plain
        assert "24,39 €" in plain

    def test_invoices_1_the_sweep_makes_what_was_lost(self, load, app, store, worker):
        load(usage_report())
        worker.redis.flushdb()
        with app.app_context():
            db.session.execute(update(PreInvoice).values(due_at=datetime(2016, 1, 1, tzinfo=UTC)))
            db.session.commit()
            schedule.wake_wishes()
        worker.run()
        assert reports(app)[0].pre_invoice.state == "done"
