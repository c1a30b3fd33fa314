"""`flask usage`: take usage reports in (INVOICES-1)."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy.exc import IntegrityError

from selfcare.cli.printing import as_json
from selfcare.cli.progress import Report, files_in, other_files, progress
from selfcare.database import db
from selfcare.models import Contract
from selfcare.services.files.problems import Problems, check_size
from selfcare.services.safety import audit
from selfcare.services.usage import reading as usage_reading
from selfcare.services.usage import reports
from selfcare.services.usage.reports import ReportAlreadyLoaded

usage_group = AppGroup("usage", help="Usage reports, for the operator.")


@usage_group.command("load")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--replace", is_flag=True, help="A corrected report replaces the month's former one.")
@click.option("--dry-run", is_flag=True, help="Check and report, change nothing.")
@as_json
def load(paths: tuple[Path, ...], *, replace: bool, dry_run: bool, as_json: bool) -> None:
    """Load usage reports (CSV, 27 columns), one per contract and month; pre-invoices follow."""
    report = Report(dry_run=dry_run)
    for path in other_files(paths, ".csv"):
        report.refused(path.name, "no .csv file")
    with progress(files_in(paths, ".csv"), "Reports") as every:
        for path in every:
            try:
                check_size(path.stat().st_size, largest=usage_reading.LARGEST)
                loaded = reports.load(path.read_bytes(), replace=replace, keep=not dry_run)
                if report.is_doubled((loaded.contract_id, loaded.month)) and not replace:
                    raise Problems([f"the month {loaded.month:%m/%Y} is there twice"])  # noqa: TRY301
                done = f"{loaded.month:%m/%Y}, {loaded.total} {loaded.currency}"
                contract = db.session.get_one(Contract, loaded.contract_id)
                details = {"month": f"{loaded.month:%Y-%m}", "replaces": replace}
                audit.record("usage.loaded", actor=None, contract=contract, details=details)
                report.finish()
            except ReportAlreadyLoaded:
                db.session.rollback()
                report.known(path.name)
            except Problems as bad:
                db.session.rollback()
                for problem in bad.problems:
                    report.refused(path.name, problem)
            except OSError as problem:
                db.session.rollback()
                report.refused(path.name, str(problem))
            except IntegrityError:
                db.session.rollback()
                report.refused(path.name, "its month was loaded by somebody else at this moment")
            else:
                report.loaded(path.name, done)
    report.print_and_exit(as_json=as_json)
