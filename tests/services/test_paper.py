"""INVOICES-1, INVOICES-2: the PDFs we make keep for years and give their text back."""

from __future__ import annotations

import io
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import select, update

from demo.factur_x import document
from selfcare.database import db
from selfcare.models import Contract, Customer, UsageReport, now
from selfcare.services import documents
from selfcare.services.documents.paper import Paper
from selfcare.services.invoices.facturx import pdf as facturx_pdf
from selfcare.services.pre_invoices import pdf as pre_invoice_pdf
from selfcare.services.pre_invoices import working_out
from tests.plugin_commerce import bill

NAMES = "Œuvre d’État, Łódź, Ελλάς, Київ, Ğ, “ß” – 1 234,56 €"


def read(pdf: bytes) -> Any:
    return PdfReader(io.BytesIO(pdf))


def text(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in read(pdf).pages)


def pre_invoice(app: Any) -> bytes:
    """The PDF of the month's pre-invoice, as the job put it."""
    with app.app_context():
        (key,) = documents.store().keys("pre-invoices/")
        return documents.store().get(key)


def properties(pdf: bytes) -> dict[str, str]:
    """The XMP metadata, by local names."""
    metadata = read(pdf).root_object["/Metadata"].get_object().get_data()
    tree = ET.fromstring(metadata.decode().strip())
    return {one.tag.rpartition("}")[2]: "".join(one.itertext()).strip() for one in tree.iter()}


def check_archivable(pdf: bytes, part: str, conformance: str) -> None:
    """What of PDF/A can be seen without a validator."""
    reader = read(pdf)
    root = reader.root_object
    told = properties(pdf)
    assert (told["part"], told["conformance"]) == (part, conformance)
    if reader.metadata:
        assert told["title"] == reader.metadata["/Title"]
    assert told["title"]
    (intent,) = root["/OutputIntents"]
    assert intent.get_object()["/S"] == "/GTS_PDFA1"
    assert intent.get_object()["/DestOutputProfile"].get_object().get_data()
    assert root["/Lang"] == "fr-FR"
    assert reader.trailer["/ID"]
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            (inner,) = font.get_object()["/DescendantFonts"]
            assert "/FontFile2" in inner.get_object()["/FontDescriptor"].get_object()
            assert "/ToUnicode" in font.get_object()
    facturx_pdf.check(pdf)


@pytest.mark.once
class TestInvoice:
    @pytest.mark.parametrize("values", [{}, {"is_credit_note": True}, {"currency": "CHF"}])
    def test_invoices_2_the_demo_makes_factur_x_files(self, values):
        pdf = document(bill(customer=NAMES, **values))
        check_archivable(pdf, "3", "B")
        told = properties(pdf)
        assert told["DocumentType"] == "INVOICE"
        assert told["DocumentFileName"] == "factur-x.xml"
        assert told["ConformanceLevel"] == "EN 16931"
        assert told["Version"] == "1.0"
        assert told["namespaceURI"] == "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
        (spec,) = read(pdf).root_object["/AF"]
        assert spec.get_object()["/AFRelationship"] in {"/Data", "/Alternative"}
        data = spec.get_object()["/EF"]["/UF"].get_object()
        assert data["/Subtype"] == "/text/xml"
        assert "/ModDate" in data["/Params"]

    def test_invoices_2_the_demo_says_in_french_what_a_file_is(self):
        title = properties(document(bill(is_credit_note=True)))["title"]
        assert title == "Avoir FA-0001, Example Cloud"

    def test_invoices_2_an_invoice_gives_all_its_characters_back(self):
        assert NAMES in text(document(bill(customer=NAMES)))


@pytest.mark.once
class TestPreInvoice:
    def test_invoices_1_a_pre_invoice_is_archivable(self, app, papers):
        pdf = pre_invoice(app)
        check_archivable(pdf, "2", "U")
        assert "OCB0000124" in properties(pdf)["title"]
        assert "Pré-facture" in text(pdf)
        assert "HONEY1655" in text(pdf)

    def test_invoices_1_a_pre_invoice_says_where_a_name_is_spelt_otherwise(self, app, papers):
        with app.app_context():
            db.session.execute(update(Customer).values(name="株式会社クラウド"))
            report = db.session.execute(select(UsageReport)).scalar_one()
            contract = db.session.get_one(Contract, report.contract_id)
            customer = db.session.get_one(Customer, contract.customer_id)
            found = working_out.work_out(report, working_out.vat_rate(contract))
            pdf = pre_invoice_pdf.render(found, contract, customer, 1, now())
        assert "ZhuShiHuiShe" in text(pdf)
        assert "Les noms en d’autres lettres" in " ".join(text(pdf).split())
        check_archivable(pdf, "2", "U")


@pytest.mark.once
class TestPaper:
    def test_invoices_1_says_which_page_of_what_at_each_foot(self):
        paper = Paper("Pré-facture 1", author="Example Cloud")
        lines = [(f"{NAMES} {number}", "1,00 €") for number in range(80)]
        paper.amounts(("Désignation", "Montant HT"), lines, [("Total HT", "80,00 €")])
        pages = [page.extract_text() for page in read(bytes(paper.output())).pages]
        assert len(pages) > 2
        for number, page in enumerate(pages, 1):
            assert "Désignation" in page
            assert f"{number}/{len(pages)}" in page
        assert all(f"{NAMES} {number}" in "\n".join(pages) for number in range(80))

    @pytest.mark.parametrize(
        ("name", "spelt"),
        [
            ("日本 Cloud", "RiBen Cloud"),
            ("شركة السحاب", "shrkh lshb"),
            ("클라우드", "KeulLaUDeu"),
            ("🚀 Rocket", ":rocket: Rocket"),
            ("ABC\u200f\u2067\u00ad", "ABC"),
            ("Socie\u0301te\u0301", "Société"),
            (NAMES, NAMES),
        ],
    )
    def test_invoices_1_names_in_letters_the_typeface_lacks_can_be_read(self, name, spelt):
        paper = Paper("Pré-facture 1", author="Example Cloud")
        paper.say(name)
        paper.explain_letters("Autres lettres")
        paper.explain_letters("Autres lettres")
        found = text(bytes(paper.output()))
        assert spelt in found
        assert "?" not in found
        is_spelt = spelt not in {NAMES, "ABC", "Société"}
        assert found.count("Autres lettres") == int(is_spelt)

    @settings(max_examples=60)
    @given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
    def test_invoices_1_any_name_makes_an_archivable_document(self, name):
        paper = Paper(f"Pré-facture {name}", author="Example Cloud")
        paper.say(f"Raison sociale : {name}")
        paper.amounts(("Désignation", "HT"), [(name, "1,00 €")], [("Total HT", "1,00 €")])
        assert "Raison sociale" in text(bytes(paper.output()))
