"""`flask invoices`: take invoices in (INVOICES-2)."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy.exc import IntegrityError

from selfcare.cli.progress import Report, files_in
from selfcare.database import db
from selfcare.services import facturx_reading, invoice_lists, invoicing
from selfcare.services.facturx_reading import ReadInvoice, Unreadable
from selfcare.services.invoice_lists import BadList
from selfcare.services.invoicing import AlreadyThere, InvoiceRefused

invoices_group = AppGroup("invoices", help="Invoices, for the operator.")


@invoices_group.command("load")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check and report, change nothing.")
def load(paths: tuple[Path, ...], *, dry_run: bool) -> None:
    """Load Factur-X PDF files, and plain ones named by a CSV file beside them.

    PATHS are files and folders. Each invoice is loaded by itself; a refused one leaves nothing.
    """
    report = Report(dry_run=dry_run)
    told: dict[Path, ReadInvoice | None] = dict.fromkeys(files_in(paths, ".pdf"))
    for path in files_in(paths, ".csv"):
        try:
            told |= dict(invoice_lists.read(path))
        except BadList as bad:
            for problem in bad.problems:
                report.refused(path.name, problem)
    with click.progressbar(told.items(), label="Invoices", file=sys.stderr) as every:
        for path, read in every:
            _load(path, read, report)
    report.print_and_exit()


def _load(path: Path, read: ReadInvoice | None, report: Report) -> None:
    try:
        pdf = path.read_bytes()
        if read is None:
            read = facturx_reading.read(pdf)
        else:
            facturx_reading.check_pdf(pdf)
        invoice = invoicing.add(read, pdf, keep=not report.dry_run)
        done = f"{invoice.number}, {invoice.net} {invoice.currency}"
        report.finish()
    except AlreadyThere:
        db.session.rollback()
        report.known(path.name)
    except (OSError, Unreadable, InvoiceRefused) as refusal:
        db.session.rollback()
        report.refused(path.name, str(refusal))
    except IntegrityError:
        db.session.rollback()
        report.refused(path.name, "its number was loaded by somebody else at this moment")
    else:
        report.loaded(path.name, done)
