"""Espace Client Cloud: the self-care portal of an OpenStack-based public cloud."""

from __future__ import annotations

import secrets
from typing import Any

import structlog
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from selfcare import blueprints, cli, config, logs
from selfcare.background import jobs
from selfcare.extensions import compress, csrf, db, mail
from selfcare.language import i18n, templates
from selfcare.services.console import iam
from selfcare.services.safety import throttling
from selfcare.web import assets, errors, headers, known_browser, signing_in, templating, visiting
from selfcare.web.requests import FitRequest

log = structlog.get_logger(__name__)


def create_app(settings: config.Settings | None = None, **overrides: Any) -> Flask:
    """The application; settings come from the environment unless given.

    Raises:
        BadSetting: a value will not do; the message names the variable.
    """
    settings = settings or config.load(**overrides)
    logs.configure(settings)
    for doubt in config.doubtful(settings):
        log.warning("doubtful_setting", problem=doubt)
    if settings.sentry_dsn:
        logs.report_errors(settings.sentry_dsn)
    app = Flask(__name__, static_folder=None)
    app.request_class = FitRequest
    app.config.from_mapping(config.flask_config(settings))
    templates.init_app(app)
    config.bind(app, settings)
    app.extensions["build"] = secrets.token_hex(8)  # shared by all processes forked from this one
    app.extensions["redis"] = jobs.connect(settings.redis_url)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]
    compress.init_app(app)
    assets.init_app(app, settings)
    logs.init_app(app)
    known_browser.init_app(app)
    db.init_app(app, settings)
    visiting.init_app(app)  # before anything else of a request asks who is there
    csrf.init_app(app)
    mail.init_app(app)
    signing_in.init_app(app)
    i18n.init_app(app, settings)
    throttling.init_app(app, settings)
    iam.init_app(app, settings)
    headers.init_app(app, settings)
    templating.init_app(app, settings)
    errors.init_app(app, settings)
    blueprints.init_app(app)
    cli.init_app(app)
    if settings.metrics:
        from selfcare.web import metrics  # noqa: PLC0415 (only where it is used)

        metrics.init_app(app)
    return app
