"""Every setting, typed, read once from the environment (12-factor).

A setting is a field of `Settings`: its name in capitals is the environment variable, its type
decides how the text is read, its docs line goes to `docs/settings.md` (`flask settings docs`).
A wrong value stops the start with a sentence that names the variable.
"""

from __future__ import annotations

import dataclasses
import os
import re
import tempfile
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from selfcare import config_rules
from selfcare.config_rules import BadSetting

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"

LARGEST_REQUEST = 1_000_000
"""Bytes of a request's body; what is larger is refused unread."""

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"", "0", "false", "no", "off"}


def setting(default: Any, doc: str, *, secret: bool = False) -> Any:
    """A dataclass field with its line of documentation."""
    return field(default=default, repr=not secret, metadata={"doc": doc, "secret": secret})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The portal's configuration; one instance per application, at `app.extensions["settings"]`."""

    # Where things are
    database_url: str = setting(
        f"sqlite:///{VAR / 'selfcare.db'}",
        "PostgreSQL (`postgresql://…`, `postgres://…`) or SQLite (`sqlite:////absolute/path`).",
        secret=True,
    )
    redis_url: str = setting(
        "redis://127.0.0.1:6379/0",
        "Queues and throttling: `redis://`, `rediss://` or `unix://`. Pages work while it is away.",
        secret=True,
    )
    portal_url: str = setting(
        "http://127.0.0.1:8000",
        "The address people use, for links in mails. `https://` makes the cookies Secure.",
    )
    trusted_proxies: int = setting(
        0, "How many reverse proxies in front set `X-Forwarded-*` (1 on most PaaS)."
    )
    assets_dir: Path = setting(
        Path(tempfile.gettempdir()) / "selfcare-assets",
        "Writable folder for the fingerprinted and compressed copies of the static files.",
    )

    # Secrets and sessions
    secret_key: str = setting(
        "", "At least 32 random characters. Signs cookies and forms. Required.", secret=True
    )
    secret_key_previous: str = setting(
        "", "The former `SECRET_KEY`, still accepted while it is being replaced.", secret=True
    )
    session_hours: int = setting(24, "A sign-in ends after this many hours without a page.")
    session_max_days: int = setting(7, "A sign-in ends after this many days whatever happens.")

    # Database pool
    database_pool_size: int = setting(
        10, "Connections each web process keeps, for reading and again for writing (PostgreSQL)."
    )
    database_timeout: int = setting(10, "Seconds to wait for a connection or a lock.")

    # Brand
    brand_name: str = setting("Espace Client Cloud", "Name in the header, titles and mails.")
    brand_logo: Path | None = setting(
        None, "SVG or PNG file shown in the header (a neutral logo if unset)."
    )
    brand_color: str = setting(
        "#0b5cad", "Accent colour, `#rrggbb`; at least 4.5:1 against white (checked at start)."
    )
    company_name: str = setting("Example Cloud", "The company behind the portal, in the footer.")
    news_url: str = setting("", "« Découvrez nos actualités ! » on the home page; hidden if unset.")
    contact_url: str = setting(
        "", "« Une question ? Un besoin ? » on the home page: a URL or `mailto:`; hidden if unset."
    )
    site_links: str = setting(
        "", "Footer links, `Label|https://…` separated by commas or new lines."
    )
    terms_url: str = setting(
        "", "« Conditions générales de vente » in the footer; hidden if unset."
    )
    legal_url: str = setting("", "« Mentions légales »; the portal's own page if unset.")
    support_phone: str = setting("0800 000 000", "Customer support centre, shown to everybody.")
    support_email: str = setting("support@example.com", "Customer support centre's address.")
    invoicing_phone: str = setting("0800 000 001", "« Accueil Factures », on the invoices page.")
    invoicing_email: str = setting("invoices@example.com", "« Accueil Factures »'s address.")
    ece_changes_url: str = setting(
        "", "« Gérer vos services »: the change-request application; hidden if unset."
    )
    ece_incidents_url: str = setting(
        "", "« Ouvrir un ticket incident »: the incident application; hidden if unset."
    )
    timezone: str = setting("Europe/Paris", "Dates and times are shown in this time zone.")

    # Mail
    mail_server: str = setting("127.0.0.1", "SMTP server.")
    mail_port: int = setting(25, "SMTP port.")
    mail_use_tls: bool = setting(False, "STARTTLS.")
    mail_use_ssl: bool = setting(False, "TLS from the first byte (port 465).")
    mail_username: str = setting("", "SMTP account.")
    mail_password: str = setting("", "SMTP password.", secret=True)
    mail_sender: str = setting("no-reply@example.com", "From address of every mail.")
    mail_timeout: int = setting(15, "Seconds before a silent SMTP server counts as away.")

    # Orders and documents
    fulfilment: str = setting(
        "manual",
        "Who carries orders out: `manual` (an operator, `flask orders`) or `automatic` (a job).",
    )
    operator_emails: str = setting(
        "",
        "Who is told of a new order to carry out by hand: mail addresses separated by commas;"
        " nobody if unset.",
    )
    operator_locale: str = setting("fr", "The language of those mails: `fr` or `en`.")
    vat_rate: Decimal = setting(
        Decimal(20),
        "VAT of pre-invoices in per cent, like `20` or `8.5`; a contract may have its own"
        " (`flask contracts vat`).",
    )
    documents_url: str = setting(
        f"file://{VAR / 'documents'}",
        "Where invoices and reports are kept: `file:///absolute/folder` or `s3://bucket/prefix`."
        " Never public; S3 credentials come from the usual `AWS_…` variables.",
    )
    # Technical console (its IAM is called by workers only)
    iam_driver: str = setting(
        "keystone", "`keystone` (OpenStack) or `flexible-engine` (its users and access keys)."
    )
    iam_url: str = setting(
        "", "The console's IAM, `https://…/v3`. Unset: console accounts wait until it is told."
    )
    iam_username: str = setting("", "The portal's service account there.")
    iam_password: str = setting("", "Its password.", secret=True)
    iam_user_domain: str = setting("Default", "The domain of the service account.")
    iam_region: str = setting("", "The region of the console, where it has several.")
    iam_timeout: int = setting(10, "Seconds before a silent IAM counts as away.")
    console_url: str = setting(
        "", "The console's own sign-in page, linked behind « Accéder à la console technique »."
    )

    # Sign-in throttling (AUTH-6)
    throttle_account: str = setting(
        "5 per minute; 10 per 10 minutes; 20 per hour; 60 per day",
        "Failed sign-ins allowed per account; several windows make the delay grow.",
    )
    throttle_address: str = setting(
        "30 per minute; 100 per 10 minutes; 300 per hour",
        "Failed sign-ins allowed per network address (IPv6: per /64).",
    )

    throttle_code: str = setting(
        "5 per minute; 10 per 10 minutes; 20 per hour; 60 per day",
        "Wrong two-factor codes allowed per account.",
    )
    throttle_recovery: str = setting(
        "3 per 10 minutes; 6 per hour; 12 per day",
        "Mails with a password link or a login, per login or mail address asked for; mails to"
        " confirm a new address, per account and address.",
    )
    throttle_recovery_address: str = setting(
        "20 per 10 minutes; 60 per hour",
        "The same per network address.",
    )
    throttle_captcha: str = setting(
        "60 per minute; 600 per hour", "Captchas and their images, per network address."
    )
    throttle_captcha_sound: str = setting(
        "6 per minute; 60 per hour",
        "Captchas read aloud, per network address (300 ms each).",
    )
    throttle_export: str = setting(
        "20 per minute; 200 per hour", "Lists as files, and one's own data, per account."
    )

    # Rules of passwords, ways of captchas
    password_min_length: int = setting(
        8, "Shortest password; 8 as in the user guide, 10 or more is the « strong » level."
    )
    captcha_question: bool = setting(
        True,
        "Offer a plain question to those who can use neither image nor sound of a captcha.",
    )

    # Running
    demo: bool = setting(
        False, "Demonstration: names on the sign-in page, and the mails to look at. Never for real."
    )
    log_level: str = setting("INFO", "DEBUG, INFO, WARNING or ERROR.")
    log_format: str = setting("json", "`json` for machines, `console` for people.")
    metrics: bool = setting(
        False,
        "Publish `/metrics` (Prometheus). With several web processes, also set"
        " `PROMETHEUS_MULTIPROC_DIR` to an empty folder.",
    )
    metrics_token: str = setting(
        "", "What Prometheus has to show for them, as its bearer token; open if unset.", secret=True
    )
    sentry_dsn: str = setting("", "Where Sentry takes error reports, if anywhere.", secret=True)

    @property
    def secure(self) -> bool:
        """Whether people reach the portal by https."""
        return self.portal_url.startswith("https://")

    @property
    def operators(self) -> list[str]:
        """The operators' addresses."""
        return [part.strip() for part in self.operator_emails.split(",") if part.strip()]

    @property
    def links(self) -> list[tuple[str, str]]:
        """The footer's links as (label, address)."""
        pairs = (part.split("|", 1) for part in re.split(r"[,\n]", self.site_links) if "|" in part)
        return [(label.strip(), url.strip()) for label, url in pairs]


def load(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read the settings from the environment; keyword arguments win (tests, commands).

    Raises:
        BadSetting: a value cannot be read, or the settings make no safe portal.
    """
    environ = os.environ if environ is None else environ
    hints = typing.get_type_hints(Settings)
    values: dict[str, Any] = {}
    for spec in dataclasses.fields(Settings):
        raw = environ.get(spec.name.upper())
        if spec.name in overrides:
            values[spec.name] = overrides[spec.name]
        elif raw is not None and raw.strip():
            values[spec.name] = _read(spec.name.upper(), raw.strip(), hints[spec.name])
    settings = Settings(**values)
    config_rules.check(settings)
    return settings


def _read(name: str, raw: str, kind: Any) -> Any:
    if kind is bool:
        if raw.lower() in _TRUE | _FALSE:
            return raw.lower() in _TRUE
        raise BadSetting(f"{name}={raw!r}: say 1 or 0")
    if kind is int:
        try:
            return int(raw)
        except ValueError:
            raise BadSetting(f"{name}={raw!r}: a whole number is needed") from None
    if kind is Decimal:
        try:
            return Decimal(raw.replace(",", "."))
        except InvalidOperation:
            raise BadSetting(f"{name}={raw!r}: a number is needed") from None
    if kind is Path or (isinstance(kind, types.UnionType) and Path in typing.get_args(kind)):
        return Path(raw)
    return raw


def flask_config(settings: Settings) -> dict[str, Any]:
    """What Flask and its extensions want to find in `app.config`."""
    return {
        "SECRET_KEY": settings.secret_key,
        "SECRET_KEY_FALLBACKS": [settings.secret_key_previous]
        if settings.secret_key_previous
        else [],
        "SESSION_COOKIE_NAME": "__Host-session" if settings.secure else "session",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_REFRESH_EACH_REQUEST": False,
        "MAX_CONTENT_LENGTH": LARGEST_REQUEST,
        "MAX_FORM_MEMORY_SIZE": 200_000,
        "MAX_FORM_PARTS": 200,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,  # text browsers and old phones send no Referer
        "BABEL_DEFAULT_LOCALE": "fr",
        "BABEL_DEFAULT_TIMEZONE": settings.timezone,
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
        "MAIL_SERVER": settings.mail_server,
        "MAIL_PORT": settings.mail_port,
        "MAIL_USE_TLS": settings.mail_use_tls,
        "MAIL_USE_SSL": settings.mail_use_ssl,
        "MAIL_USERNAME": settings.mail_username or None,
        "MAIL_PASSWORD": settings.mail_password or None,
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_BR_LEVEL": 4,
        "COMPRESS_LEVEL": 5,
        "COMPRESS_MIN_SIZE": 700,
        "COMPRESS_MIMETYPES": ["text/html", "application/json", "text/csv"],
        "COMPRESS_STREAMS": False,
    }
