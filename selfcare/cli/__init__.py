"""`flask …` commands: one module per subject."""

from __future__ import annotations

from flask import Flask

from selfcare.cli import (
    accounts,
    audit,
    catalogue,
    checking,
    contracts,
    customers,
    documents,
    iam,
    invoices,
    jobs,
    mails,
    offers,
    oidc,
    orders,
    pre_invoices,
    processes,
    retention,
    settings,
    staff,
    usage,
)


def init_app(app: Flask) -> None:
    """Register them all."""
    app.cli.add_command(processes.worker)
    app.cli.add_command(processes.cron)
    app.cli.add_command(settings.settings_group)
    app.cli.add_command(retention.retention_group)
    app.cli.add_command(staff.staff_group)
    app.cli.add_command(accounts.accounts_group)
    app.cli.add_command(customers.customers_group)
    app.cli.add_command(offers.offers_group)
    app.cli.add_command(contracts.contracts_group)
    app.cli.add_command(catalogue.catalogue_group)
    app.cli.add_command(orders.orders_group)
    app.cli.add_command(invoices.invoices_group)
    app.cli.add_command(usage.usage_group)
    app.cli.add_command(pre_invoices.pre_invoices_group)
    app.cli.add_command(documents.documents_group)
    app.cli.add_command(iam.iam_group)
    app.cli.add_command(oidc.oidc_group)
    app.cli.add_command(mails.mails_group)
    app.cli.add_command(jobs.jobs)
    app.cli.add_command(audit.audit_group)
    checking.telling_what_lacks(app.cli)
