"""Fixtures of the commercial life of a contract: the catalogue, documents, invoices."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from demo.factur_x import Bill, document
from selfcare import config
from selfcare.config import ROOT
from selfcare.database import db
from selfcare.models import Account, Contract, Service
from selfcare.services import documents
from selfcare.services.catalogue import publishing
from selfcare.services.documents.object_store import ObjectStore
from selfcare.services.invoices import loading
from selfcare.services.invoices.facturx import reading as facturx_reading
from selfcare.services.orders import placing
from selfcare.services.pre_invoices import making as pre_invoice_making
from selfcare.services.usage import reports
from tests.cast import Cast

SIREN = "123456782"


@pytest.fixture
def shop(cast: Cast) -> str:
    """The catalogue of the repository, and Paul, the referent, who may order from it."""
    cast.referent()
    with cast.app.app_context():
        publishing.load(publishing.files_in(ROOT / "catalogue"))
        db.session.commit()
    return "elastic-cloud-server-reservation"


@pytest.fixture
def store(app: Flask, tmp_path: Path) -> Iterator[ObjectStore]:
    """A document store of this test's own."""
    former = app.extensions.get("documents")
    app.extensions["documents"] = own = ObjectStore(f"file://{tmp_path / 'documents'}")
    with app.app_context():
        assert documents.store() is own
    yield own
    app.extensions.pop("documents")
    if former:
        app.extensions["documents"] = former


@pytest.fixture
def setting(app: Flask) -> Iterator[Callable[..., None]]:
    """Change settings for one test: `setting(fulfilment="automatic")`."""
    former = app.extensions["settings"]

    def change(**values: object) -> None:
        changed = dataclasses.replace(app.extensions["settings"], **values)
        config.bind(app, changed)
        app.extensions["environments"].clear()

    yield change
    config.bind(app, former)
    app.extensions["environments"].clear()


def bill(number: str = "FA-0001", **values: object) -> Bill:
    """The latest invoice of figure 26, unless said otherwise."""
    usual: dict[str, object] = {
        "number": number,
        "issued_on": date(2017, 1, 11),
        "contract_ref": "OCB0000124",
        "lines": (("Usage", Decimal("1352.21")), ("Abonnements", Decimal("1000.00"))),
    }
    return Bill(**{**usual, **values})  # type: ignore[arg-type]


HEADER = (
    "BillingMode;BeginDate;EndDate;ServiceID;TenantLabel;Country;Region;ServiceCloud;CodeLabel;"
    "ChargeLabel;IdResource;Project;Tags;Quantity;BillingUnit;UnitPrice;Amount;VolumeDiscount;"
    "DiscountedAmount;Currency;SubsChargeType;SubsBeginDate;SubsEndDate;SubsUpfront;"
    "SubsUpfrontDiscounted;SubsFlavor;SubsDuration"
)


def usage_line(**values: str) -> str:
    """A line of a usage report, its cells named."""
    usual = {
        "BillingMode": "PostPaid",
        "BeginDate": "2016-09-01",
        "EndDate": "2016-09-30",
        "TenantLabel": "OCB0000124",
        "Country": "FR",
        "Region": "eu-west-0",
        "ServiceCloud": "Elastic Cloud Server",
        "CodeLabel": "c2.large",
        "ChargeLabel": "Heures",
        "IdResource": "vm-1",
        "Project": "eu-west-0_prod",
        "Quantity": "720",
        "BillingUnit": "Hour",
        "UnitPrice": "0,1186",
        "Amount": "85,392",
        "Currency": "EUR",
    }
    assert values.keys() <= set(HEADER.split(";")), values
    return ";".join({**usual, **values}.get(name, "") for name in HEADER.split(";"))


def usage_report(*lines: str) -> bytes:
    """A whole file."""
    return "\r\n".join([HEADER, *(lines or (usage_line(),)), ""]).encode()


@pytest.fixture
def papers(shop: str, cast: Cast, store: ObjectStore) -> dict[str, object]:
    """One of each: an invoice, a month of usage with its pre-invoice, an order's draft of Paul."""
    with cast.app.app_context():
        pdf = document(bill())
        invoice = loading.load(facturx_reading.read(pdf), pdf)
        report = reports.load(usage_report())
        db.session.info.pop("wakeups", None)
        paul = db.session.execute(select(Account).filter_by(login="paul.dupont")).scalar_one()
        contract = db.session.execute(select(Contract).filter_by(ref="OCB0000124")).scalar_one()
        service = db.session.execute(select(Service).filter_by(slug=shop)).scalar_one()
        offer = placing.offered(service)
        first = placing.first_values(offer.definition, paul)
        values = offer.definition.choosing(first).values
        draft = placing.keep(
            offer,
            values,
            account=paul,
            contract=contract,
            on=date.today(),  # noqa: DTZ011
        )
        found = {"slug": shop, "key": draft.key, "invoice_id": invoice.id, "month": "2016-09"}
        report_id = report.id
        db.session.commit()
        pre_invoice_making.make_pdf(report_id)
    return found
