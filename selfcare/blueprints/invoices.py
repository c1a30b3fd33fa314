"""Invoices, usage reports and pre-invoices (§5.7, figure 26)."""

from __future__ import annotations

import re
from datetime import date
from functools import partial

import structlog
from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from selfcare.language import _, wording
from selfcare.language.document_names import file_stem
from selfcare.language.i18n import reader
from selfcare.lists.invoices import InvoiceList, UsageLineList, UsageReportList
from selfcare.models import Contract, Invoice, UsageReport
from selfcare.rights import Ability
from selfcare.services import documents
from selfcare.services.documents import DocumentMissing
from selfcare.services.invoices import due, loading, years
from selfcare.services.invoices.years import NotPacked
from selfcare.services.pre_invoices import making as pre_invoice_making
from selfcare.services.pre_invoices import working_out
from selfcare.services.safety import audit
from selfcare.services.spending import overview
from selfcare.services.usage import reports
from selfcare.web import downloads, rendering
from selfcare.web.access import current_account, may, one_or_404, requires
from selfcare.web.headers import no_store

bp = Blueprint("invoices", __name__, url_prefix="/contracts/<ref>/invoices")

log = structlog.get_logger(__name__)


@bp.get("")
@requires(Ability.SEE_INVOICING_CONTACT)
def index(contract: Contract) -> ResponseReturnValue:
    """Whom to ask; for managers what is to be paid, this month, and the history (INVOICES-1)."""
    if not may(Ability.READ_INVOICES):
        return rendering.page("invoices/contact.html")
    history = InvoiceList.of_contract(contract)
    if rendering.wanted_part() == InvoiceList.name:  # while its reader types: no more is shown
        return rendering.list_page("invoices/index.html", history)
    today = reader().today()
    return rendering.list_page(
        "invoices/index.html",
        history,
        due=due.of_contract(contract.id, today),
        years=years.offered(contract.id, today),
        spends=overview.of_contract(contract.id, today),
    )


@bp.get("/usage")
@requires(Ability.READ_INVOICES)
def usage(contract: Contract) -> ResponseReturnValue:
    """Usage reports and pre-invoices, month by month (INVOICES-1)."""
    return rendering.list_page("invoices/usage/index.html", UsageReportList.of_contract(contract))


@bp.get("/spend")
@requires(Ability.READ_INVOICES)
def spend(contract: Contract) -> ResponseReturnValue:
    """What twelve months cost, and how that changed (INVOICES-1)."""
    spends = overview.of_contract(contract.id, reader().today())
    return rendering.page("invoices/spend.html", spends=spends)


@bp.get("/<int:invoice_id>")
@requires(Ability.READ_INVOICES)
def invoice(contract: Contract, invoice_id: int) -> ResponseReturnValue:
    """One invoice as a page, for those who cannot read its PDF (RGAA 13.3)."""
    found = _invoice(contract, invoice_id)
    named, naming = loading.related(found)
    return rendering.page("invoices/invoice.html", invoice=found, named=named, naming=naming)


@bp.get("/<int:invoice_id>/pdf")
@requires(Ability.READ_INVOICES)
def pdf(contract: Contract, invoice_id: int) -> ResponseReturnValue:
    """The document itself."""
    found = _invoice(contract, invoice_id)
    return _document(
        contract, found.pdf_key, f"{file_stem(found, ref=contract.ref)}.pdf", "application/pdf"
    )


@bp.get("/<int:invoice_id>/xml")
@requires(Ability.READ_INVOICES)
def xml(contract: Contract, invoice_id: int) -> ResponseReturnValue:
    """Its Factur-X data, for accounting software."""
    found = _invoice(contract, invoice_id)
    return _document(
        contract, found.xml_key, f"{file_stem(found, ref=contract.ref)}.xml", "application/xml"
    )


@bp.get("/years/<year>.zip")
@requires(Ability.READ_INVOICES)
def year(contract: Contract, year: str) -> ResponseReturnValue:
    """All invoices and credit notes of a year as one file, made while it is sent."""
    if not re.fullmatch(r"[1-9]\d{3}", year, re.ASCII):
        abort(404)
    try:
        with downloads.turn_that_goes_on() as turn:
            papers = years.papers(contract.id, int(year)) or abort(404)
            name = f"{wording.FILE_NAME['invoices']}-{contract.ref}-{year}.zip"
            audit.record(
                "document.opened", actor=current_account(), subject=name, contract=contract
            )
            log.info("year_packed", contract=contract.ref, year=year, documents=len(papers))
            packed = years.packed(papers, partial(file_stem, ref=contract.ref))
            return downloads.zip_file(packed, name, turn)
    except NotPacked as problem:
        flash(_why_not_packed(problem, year), "bad")
        return redirect(url_for(".index", ref=contract.ref, q=year), code=303)


@bp.get("/usage/<month>")
@requires(Ability.READ_INVOICES)
def month(contract: Contract, month: str) -> ResponseReturnValue:
    """One month: usage by service and project, its lines, and the pre-invoice."""
    report = _report(contract, month)
    versions = working_out.versions(report)
    return rendering.page_with_list(
        "invoices/month.html",
        UsageLineList.of_report(report),
        report=report,
        groups=reports.groups(report.id),
        neighbours=reports.neighbours(report),
        invoice=pre_invoice_making.invoice_of(report),
        versions=versions,
        pre_invoices=working_out.shown(report, versions, contract),
    )


@bp.get("/usage/<month>/report.csv")
@requires(Ability.READ_INVOICES)
def report(contract: Contract, month: str) -> ResponseReturnValue:
    """The usage report as it came in."""
    found = _report(contract, month)
    name = _("Usage-report-%(ref)s-%(month)s", ref=contract.ref, month=f"{found.month:%Y-%m}")
    return _document(contract, found.csv_key, f"{name}.csv", "text/csv; charset=utf-8")


@bp.get("/usage/<month>/pre-invoice.pdf")
@requires(Ability.READ_INVOICES)
def pre_invoice(contract: Contract, month: str) -> ResponseReturnValue:
    """The month's pre-invoice, once the job has made it; `?version=1` is an earlier one."""
    found = _report(contract, month)
    made = working_out.versions(found)
    number = request.args.get("version", found.pre_invoice.version, type=int)
    version = next((one for one in made if one.number == number), None)
    if version is None:
        abort(404)
    name = _("Pre-invoice-%(ref)s-%(month)s", ref=contract.ref, month=f"{found.month:%Y-%m}")
    if version is not made[0]:
        name += f"-v{version.number}"
    return _document(contract, version.key, f"{name}.pdf", "application/pdf")


def _invoice(contract: Contract, invoice_id: int) -> Invoice:
    mine = select(Invoice).where(Invoice.contract_id == contract.id, Invoice.id == invoice_id)
    return one_or_404(mine)


def _report(contract: Contract, month: str) -> UsageReport:
    """The report of `2016-09`; 404 if `month` is not a month."""
    if not re.fullmatch(r"[1-9]\d{3}-(0[1-9]|1[0-2])", month):
        abort(404)
    found = reports.of_month(contract.id, date.fromisoformat(f"{month}-01"))
    if found is None:
        abort(404)
    return found


def _why_not_packed(problem: NotPacked, year: str) -> str:
    if not problem.missing:
        return _("%(year)s has too many documents for one file. Open them one by one.", year=year)
    log.error("documents_lost", numbers=problem.missing)
    numbers = ", ".join(problem.missing[:5]) + ("…" if problem.missing[5:] else "")
    return _(
        "No file was made: documents of %(year)s are missing (%(numbers)s). Tell your support.",
        year=year,
        numbers=numbers,
    )


def _document(contract: Contract, key: str | None, name: str, media_type: str) -> Response:
    """A document of the store, opened in the browser, saved under a name a person understands."""
    try:
        data = documents.store().get(key) if key else None
    except DocumentMissing:
        log.error("document_lost", key=key)  # noqa: TRY400 (no surprise: the store answered)
        data = None
    if data is None:
        abort(404)
    audit.record("document.opened", actor=current_account(), subject=name, contract=contract)
    log.info("document_opened", key=key, account=current_account().login)
    answer = Response(data, content_type=media_type)
    shown = "attachment" if media_type.startswith("text/csv") else "inline"
    answer.headers["Content-Disposition"] = f'{shown}; filename="{name}"'
    return no_store(answer)
