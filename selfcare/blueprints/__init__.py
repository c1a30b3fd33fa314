"""Routes, one module per menu section; each view is right, input, one service call, answer."""

from __future__ import annotations

from flask import Flask

from selfcare.blueprints import (
    account,
    auth,
    catalogue,
    contract,
    dashboard,
    health,
    home,
    invoices,
    ordering,
    orders,
    site,
    subscriptions,
    support,
)


def init_app(app: Flask) -> None:
    """Register them all."""
    for module in (
        home,
        auth,
        account,
        contract,
        dashboard,
        catalogue,
        ordering,
        orders,
        subscriptions,
        invoices,
        support,
        site,
        health,
    ):
        app.register_blueprint(module.bp)
