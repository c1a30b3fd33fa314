"""light, fast: bytes and SQL statements of what is sold and invoiced."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Contract, Invoice, PreInvoice, UsageReport, UsageShare
from tests.guards.test_weight import wire

C = "/contracts/OCB0000124"
SERVICES = (
    *("Elastic Cloud Server", "Elastic Volume Service", "Object Storage Service", "Elastic IP"),
    *("Relational Database Service", "Cloud Container Engine", "Virtual Private Network"),
)
PAGES = (
    *("services", "services/{slug}/order", "services/{slug}/order/{key}"),
    *("invoices", "invoices/usage", "invoices/spend"),
)


def fill(app) -> None:
    with app.app_context():
        contract = db.session.execute(select(Contract)).scalar_one()
        today = date.today()  # noqa: DTZ011
        for n in range(40):
            number = today.year * 12 + today.month - 1 - n
            month = date(number // 12, number % 12 + 1, 1)
            net = Decimal(1000 + n * 7)
            db.session.add(
                Invoice(
                    number=f"FA-{month:%Y-%m}",
                    contract_id=contract.id,
                    issued_on=month,
                    net=net,
                    vat=net / 5,
                    gross=net * 6 / 5,
                    currency="EUR",
                    digest=f"{n:064}",
                    pdf_key=f"{n}",
                    pdf_size=24_000 + n * 100,
                )
            )
            report = UsageReport(
                contract_id=contract.id,
                month=month,
                currency="EUR",
                total=net,
                digest=str(n),
                csv_key=str(n),
                csv_size=n,
                pre_invoice=PreInvoice(),
            )
            db.session.add(report)
            db.session.flush()
            db.session.add_all(
                UsageShare(report_id=report.id, service=name, lines=1, amount=net * part / 7)
                for part, name in enumerate(SERVICES, 1)
            )
        db.session.commit()


def test_light_pages_fit_the_budget(papers, app, browse_as):
    fill(app)
    paul = browse_as("paul.dupont")
    paths = [f"{C}/{page.format(**papers)}" for page in PAGES]
    paths += [
        f"{C}/dashboard",
        f"{C}/invoices/{papers['invoice_id']}",
        f"{C}/invoices/usage/2016-09",
    ]
    sizes = {path: len(wire(paul, path)) for path in paths}
    assert max(sizes.values()) <= 6_000, sizes


def test_fast_eight_statements_a_page_at_most(papers, app, browse_as, statements):
    paul = browse_as("paul.dupont")
    fill(app)
    order = f"{C}/services/{papers['slug']}/order"
    invoices = [f"{C}/invoices{page}" for page in ("", "/usage", "/usage/2016-09", "/spend")]
    for path in (*invoices, order, f"{order}/{papers['key']}"):
        statements.clear()
        paul.get(path)
        assert len(statements) <= 8, statements
