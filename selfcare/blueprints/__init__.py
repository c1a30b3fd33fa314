"""Routes, one module per menu section; each view is right, input, one service call, answer."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

MODULES = (
    "home",
    "sign_in.auth",
    "sign_in.recovery",
    "sign_in.captcha",
    "account.lists",
    "account.notifications",
    "account.profile",
    "account.security",
    "account.two_factor",
    "contract",
    "finding",
    "dashboard",
    "services.catalogue",
    "services.ordering",
    "services.again",
    "orders",
    "subscriptions",
    "invoices",
    "support",
    "users.members",
    "users.console",
    "users.unknown",
    "users.wizard",
    "users.imports",
    "users.requests",
    "access",
    "site",
    "health",
    "support_visits",
    "staff.entrance",
    "staff.finding",
    "staff.people",
    "staff.contracts",
    "staff.notes",
    "staff.visits",
    "staff.visiting",
    "staff.audit",
    "staff_mails",
    "oauth.authorize",
    "oauth.tokens",
    "oauth.devices",
    "oauth.ending",
    "oauth.doors",
    "oauth.command_line",
    "credentials.pages",
    "credentials.api_password",
    "credentials.keys",
    "credentials.outcomes",
)
"""Each has a blueprint, `bp`."""


def init_app(app: Flask) -> None:
    """Register them all."""
    for name in MODULES:
        app.register_blueprint(import_module(f"{__name__}.{name}").bp)
