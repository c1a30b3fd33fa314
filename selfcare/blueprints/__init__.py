"""Routes, one module per menu section; each view is right, input, one service call, answer."""

from __future__ import annotations

from flask import Flask

from selfcare.blueprints import (
    account,
    auth,
    catalogue,
    console_users,
    contract,
    dashboard,
    health,
    home,
    orders,
    site,
    subscriptions,
    support,
    user_imports,
    user_wizard,
    users,
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
        orders,
        subscriptions,
        support,
        users,
        console_users,
        user_wizard,
        user_imports,
        site,
        health,
    ):
        app.register_blueprint(module.bp)
