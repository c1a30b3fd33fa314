"""`flask pre-invoices`: those that are late or given up, for the operator (INVOICES-1)."""

from __future__ import annotations

from datetime import date

import click
from flask.cli import AppGroup
from sqlalchemy import String, cast, func, select

from selfcare.cli.printing import as_json, print_rows, say, stream
from selfcare.database import db
from selfcare.models import Contract, PreInvoice, UsageReport, WishState
from selfcare.services.pre_invoices import making as pre_invoice_making
from selfcare.services.safety import audit

pre_invoices_group = AppGroup("pre-invoices", help="Pre-invoices, for the operator.")


@pre_invoices_group.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that are ready, too.")
@as_json
def list_pre_invoices(*, everything: bool, as_json: bool) -> None:
    """Print the pre-invoices that are not ready, why, and when they are tried next."""
    statement = (
        select(
            Contract.ref.label("contract"),
            func.substr(cast(UsageReport.month, String), 1, 7).label("month"),
            PreInvoice.state,
            func.nullif(PreInvoice.version, 0).label("version"),
            PreInvoice.attempts.label("tries_failed"),
            PreInvoice.due_at.label("next_try"),
            PreInvoice.problem,
        )
        .join(UsageReport.pre_invoice)
        .join(Contract, Contract.id == UsageReport.contract_id)
        .order_by(UsageReport.month, Contract.ref)
    )
    if not everything:
        statement = statement.where(PreInvoice.state != WishState.DONE)
    nothing = "None." if everything else "All pre-invoices are ready."
    print_rows(stream(statement), as_json=as_json, nothing=nothing)


@pre_invoices_group.command("retry")
@click.argument("contract", required=False)
@click.argument("month", required=False)
@click.option("--all", "everything", is_flag=True, help="All that were given up.")
@as_json
def retry(*, contract: str | None, month: str | None, everything: bool, as_json: bool) -> None:
    """Try one again now (CONTRACT MONTH, like OCB0000124 2016-09), or all that were given up."""
    if everything == bool(contract and month):
        raise click.UsageError("say CONTRACT and MONTH, or --all")
    if everything:
        condition = PreInvoice.state == WishState.FAILED
    else:
        condition = (UsageReport.month == _month(month or "")) & (
            UsageReport.contract_id
            == select(Contract.id).where(Contract.ref == (contract or "").upper()).scalar_subquery()
        )
    ids = pre_invoice_making.want(condition)
    if not ids and not everything:
        raise click.ClickException(f"{contract} has no usage report for {month}")
    audit.record("pre_invoice.retried", actor=None, details={"count": len(ids)})
    db.session.commit()
    say(f"Tried again: {len(ids)}.", as_json=as_json, tried_again=len(ids))


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise click.UsageError(f"{text!r} is not a month like 2016-09") from None
