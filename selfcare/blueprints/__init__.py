"""Routes, one module per menu section; each view is right, input, one service call, answer."""

from __future__ import annotations

from flask import Flask

from selfcare.blueprints import (
    contract,
    dashboard,
    health,
    home,
    invoices,
    orders,
    site,
    staff_mails,
    subscriptions,
    support,
)
from selfcare.blueprints.account import lists, profile, security, two_factor
from selfcare.blueprints.oauth import (
    authorize,
    command_line,
    devices,
    doors,
    ending,
    tokens,
)
from selfcare.blueprints.services import catalogue, ordering
from selfcare.blueprints.sign_in import auth, captcha, recovery
from selfcare.blueprints.users import console, imports, members, wizard


def init_app(app: Flask) -> None:
    """Register them all."""
    for module in (
        home,
        auth,
        recovery,
        captcha,
        lists,
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
        members,
        console,
        wizard,
        imports,
        site,
        health,
        staff_mails,
        authorize,
        tokens,
        devices,
        ending,
        doors,
        command_line,
    ):
        app.register_blueprint(module.bp)
