"""Routes, one module per menu section; each view is right, input, one service call, answer."""

from __future__ import annotations

from flask import Flask

from selfcare.blueprints import (
    account,
    auth,
    captcha,
    catalogue,
    console_users,
    contract,
    dashboard,
    health,
    home,
    invoices,
    ordering,
    orders,
    profile,
    recovery,
    security,
    site,
    staff_mails,
    subscriptions,
    support,
    two_factor,
    user_imports,
    user_wizard,
    users,
)
from selfcare.blueprints.oauth import authorize, devices, ending, tokens


def init_app(app: Flask) -> None:
    """Register them all."""
    for module in (
        home,
        auth,
        recovery,
        captcha,
        account,
        profile,
        security,
        two_factor,
        contract,
        dashboard,
        catalogue,
        ordering,
        orders,
        subscriptions,
        invoices,
        support,
        users,
        console_users,
        user_wizard,
        user_imports,
        site,
        health,
        staff_mails,
        authorize,
        tokens,
        devices,
        ending,
    ):
        app.register_blueprint(module.bp)
