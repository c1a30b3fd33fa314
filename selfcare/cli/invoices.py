"""`flask invoices`: load invoices (INVOICES-2)."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy.exc import IntegrityError

from selfcare import config
from selfcare.cli.printing import as_json
from selfcare.cli.progress import Report, files_in, other_files, progress
from selfcare.database import db
from selfcare.models import Contract
from selfcare.services.documents import StoreAway
from selfcare.services.files.problems import Problems
from selfcare.services.invoices import loading, plain_pdfs
from selfcare.services.invoices.facturx import pdf as facturx_pdf
from selfcare.services.invoices.facturx import reading as facturx_reading
from selfcare.services.invoices.facturx.pdf import Unreadable
from selfcare.services.invoices.facturx.reading import ReadInvoice
from selfcare.services.invoices.facturx.rules import NoRules, Rules
from selfcare.services.invoices.loading import InvoiceAlreadyLoaded, InvoiceRefused
from selfcare.services.months import today, zone
from selfcare.services.safety import audit

invoices_group = AppGroup("invoices", help="Invoices, for the operator.")


@invoices_group.command("load")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check and report, change nothing.")
@click.option("--contract", metavar="REF", help="The contract of documents that name none of ours.")
@click.option("--any-seller", is_flag=True, help="Also take those that others than us issued.")
@click.option("--strict", is_flag=True, help="Also hold them to the business rules of EN 16931.")
@as_json
def load(
    paths: tuple[Path, ...],
    *,
    dry_run: bool,
    contract: str | None,
    any_seller: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Load Factur-X PDF files, and plain ones named by a CSV file beside them.

    PATHS are files and folders. Each invoice is loaded by itself; a refused one leaves nothing.
    """
    report = Report(dry_run=dry_run)
    for path in other_files(paths, ".pdf", ".csv"):
        report.refused(path.name, "neither a .pdf nor a .csv file")
    told: dict[Path, ReadInvoice | None] = dict.fromkeys(files_in(paths, ".pdf"))
    for path in files_in(paths, ".csv"):
        try:
            told |= plain_pdfs.read(path, zone=zone())
        except Problems as bad:
            for problem in bad.problems:
                report.refused(path.name, problem)
    if not config.current().sellers and not any_seller:
        report.remark("INVOICE_SELLERS", "unset, so nobody looks who issued these documents")
    rules = _rules() if strict else None
    loader = _Loader(report, contract, any_seller=any_seller, rules=rules)
    with progress(told.items(), "Invoices") as every:
        for path, read in every:
            loader.load(path, read)
    report.print_and_exit(as_json=as_json)


def _rules() -> Rules:
    try:
        return Rules()
    except NoRules:
        raise click.UsageError(
            "--strict needs a package more: pip install -r requirements-strict.txt"
        ) from None


class _Loader:
    """Takes one file after the other, as the command's options want it."""

    def __init__(
        self, report: Report, contract: str | None, *, any_seller: bool, rules: Rules | None
    ) -> None:
        self.report = report
        self.contract = contract
        self.any_seller = any_seller
        self.today = today()
        self.rules = rules

    def load(self, path: Path, read: ReadInvoice | None) -> None:
        """Take one file in, or say why not."""
        try:
            done = self._loaded(path, read)
        except InvoiceAlreadyLoaded:
            db.session.rollback()
            self.report.known(path.name)
        except (OSError, Unreadable, InvoiceRefused, StoreAway) as refusal:
            db.session.rollback()
            self.report.refused(path.name, str(refusal))
        except IntegrityError:
            db.session.rollback()
            self.report.refused(path.name, "its number was loaded by somebody else at this moment")
        else:
            self.report.loaded(path.name, done)

    def _loaded(self, path: Path, read: ReadInvoice | None) -> str:
        if path.stat().st_size > facturx_pdf.LARGEST:
            raise Unreadable(f"larger than {facturx_pdf.LARGEST // 1_000_000} MB")
        pdf = path.read_bytes()
        loading.check_new(pdf)
        if read is None:
            read = facturx_reading.read(pdf)
        else:
            facturx_pdf.check(pdf)
        if self.rules and read.xml:
            self.rules.check(read.xml)
        keep = not self.report.dry_run
        invoice = loading.load(
            read, pdf, keep=keep, contract_ref=self.contract, any_seller=self.any_seller
        )
        if self.report.is_doubled(invoice.digest):
            raise InvoiceAlreadyLoaded
        if self.report.is_doubled(invoice.number):
            raise InvoiceRefused(f"the number {invoice.number} is there twice")
        done = f"{invoice.number}, {invoice.net} {invoice.currency}"
        contract = db.session.get_one(Contract, invoice.contract_id)
        audit.record("invoice.loaded", actor=None, subject=invoice.number, contract=contract)
        self.report.finish()
        for remark in loading.remarks(read, self.today):
            self.report.remark(path.name, remark)
        return done
