"""`flask …` commands: one module per subject, loaded when one of its commands is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import cast

import click
from flask import Flask
from flask.cli import AppGroup

COMMANDS: Mapping[str, str] = {
    "accounts": "selfcare.cli.accounts:accounts_group",
    "audit": "selfcare.cli.audit:audit_group",
    "catalogue": "selfcare.cli.catalogue:catalogue_group",
    "contracts": "selfcare.cli.contract_terms:contracts_group",  # with those of `cli.contracts`
    "cron": "selfcare.cli.processes:cron",
    "customers": "selfcare.cli.customers:customers_group",
    "documents": "selfcare.cli.documents:documents_group",
    "iam": "selfcare.cli.iam:iam_group",
    "invoices": "selfcare.cli.invoices:invoices_group",
    "jobs": "selfcare.cli.jobs:jobs",
    "mails": "selfcare.cli.mails:mails_group",
    "offers": "selfcare.cli.offers:offers_group",
    "oidc": "selfcare.cli.oidc:oidc_group",
    "orders": "selfcare.cli.orders:orders_group",
    "pre-invoices": "selfcare.cli.pre_invoices:pre_invoices_group",
    "retention": "selfcare.cli.retention:retention_group",
    "settings": "selfcare.cli.settings:settings_group",
    "staff": "selfcare.cli.staff:staff_group",
    "usage": "selfcare.cli.usage:usage_group",
    "worker": "selfcare.cli.processes:worker",
}
"""A command, and where it is: module and name."""


class Commands(AppGroup):
    """Commands whose modules are loaded when they are asked for: a web process asks for none."""

    def __init__(self, name: str, places: Mapping[str, str]) -> None:
        super().__init__(name)
        self.places = dict(places)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them; click lists them in `--help`."""
        return sorted({*super().list_commands(ctx), *self.places})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them."""
        self.load(cmd_name)
        return super().get_command(ctx, cmd_name)

    def load(self, *names: str) -> None:
        """Load these, or all; a name that is not one of ours is left to others."""
        from selfcare.cli.checking import telling_what_lacks  # noqa: PLC0415 (as the commands)

        for name in names or list(self.places):
            if name in self.places:
                module, _, called = self.places.pop(name).partition(":")
                command: click.Command = getattr(import_module(module), called)
                telling_what_lacks(command)
                self.add_command(command, name)


def all_of(app: Flask) -> Commands:
    """Every command of an application, loaded."""
    commands = cast("Commands", app.cli)
    commands.load()
    return commands


def init_app(app: Flask, more: Mapping[str, str] | None = None) -> None:
    """Name them all, and `more` of whoever makes this application."""
    app.cli = Commands(app.name, {**COMMANDS, **(more or {})})
