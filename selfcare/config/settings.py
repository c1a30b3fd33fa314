"""Every setting, typed (12-factor).

A setting is a field of `Settings`: its name in capitals is the environment variable, its type
decides how the text is read, its docs line goes to `docs/settings.md` (`flask settings docs`), and
`check` says what is wrong with a value, if anything.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from selfcare.config import rules
from selfcare.config.fields import setting

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = ROOT / "var"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The portal's configuration; one instance per application, at `config.current()`."""

    # Where things are
    database_url: str = setting(
        f"sqlite:///{VAR / 'selfcare.db'}",
        "PostgreSQL (`postgresql://…`, `postgres://…`) or SQLite (`sqlite:////absolute/path`).",
        check=rules.like(
            r"(postgres(ql)?(\+psycopg)?|sqlite)://", "postgresql:// or sqlite:// is needed"
        ),
        secret=True,
    )
    redis_url: str = setting(
        "redis://127.0.0.1:6379/0",
        "Queues and throttling: `redis://`, `rediss://` or `unix://`. Pages work while it is away.",
        check=rules.like(r"(rediss?|unix)://", "redis://, rediss:// or unix:// is needed"),
        secret=True,
    )
    redis_prefix: str = setting(
        "",
        "What the names of this portal's queues and counters in Redis begin with, where several"
        " portals share one; the host of PORTAL_URL if unset.",
        check=rules.like(r"[\w.:-]{1,100}$", "letters, digits, `.`, `:`, `_` and `-` only"),
    )
    portal_url: str = setting(
        "http://127.0.0.1:8000",
        "The address people use, for links in mails. `https://` makes the cookies Secure.",
        check=rules.portal,
        required=True,
    )
    trusted_proxies: int = setting(
        0,
        "How many reverse proxies in front set `X-Forwarded-*` (1 on most PaaS).",
        check=rules.between(0, 10),
    )
    assets_dir: Path = setting(
        Path(tempfile.gettempdir()) / "selfcare-assets",
        "Writable folder for the fingerprinted and compressed copies of the static files.",
    )

    # Secrets and sessions
    secret_key: str = setting(
        "",
        "At least 32 random characters: `openssl rand -hex 32`. Signs cookies and forms. Required.",
        check=rules.secret_key,
        secret=True,
        required=True,
    )
    secret_key_previous: str = setting(
        "", "The former `SECRET_KEY`, still accepted while it is being replaced.", secret=True
    )
    session_hours: int = setting(
        24, "A sign-in ends after this many hours without a page.", check=rules.between(1)
    )
    session_max_days: int = setting(
        7, "A sign-in ends after this many days whatever happens.", check=rules.between(1)
    )

    # Database pool
    database_pool_size: int = setting(
        10,
        "Most connections a web process has at a time (PostgreSQL); threads wait for one.",
        check=rules.between(1),
    )
    database_timeout: int = setting(
        10, "Seconds to wait for a connection or a lock.", check=rules.between(1)
    )

    # Brand
    brand_name: str = setting("Espace Client Cloud", "Name in the header, titles and mails.")
    brand_logo: Path | None = setting(
        None, "SVG or PNG file shown in the header (a neutral logo if unset).", check=rules.logo
    )
    brand_color: str = setting(
        "#0b5cad",
        "Accent colour, `#rrggbb`; at least 4.5:1 against white (checked at start).",
        check=rules.brand_color,
    )
    company_name: str = setting(
        "Example Cloud", "The company behind the portal, in the footer.", invented=True
    )
    news_url: str = setting(
        "", "« Découvrez nos actualités ! » on the home page; hidden if unset.", check=rules.address
    )
    contact_url: str = setting(
        "",
        "« Une question ? Un besoin ? » on the home page: a URL or `mailto:`; hidden if unset.",
        check=rules.address,
    )
    site_links: str = setting(
        "",
        "Footer links, `Label|https://…` separated by commas or new lines.",
        check=rules.site_links,
    )
    terms_url: str = setting(
        "", "« Conditions générales de vente » in the footer; hidden if unset.", check=rules.address
    )
    legal_url: str = setting(
        "", "« Mentions légales »; the portal's own page if unset.", check=rules.address
    )
    support_phone: str = setting(
        "0800 000 000", "Customer support centre, shown to everybody.", invented=True
    )
    support_email: str = setting(
        "support@example.com",
        "Customer support centre's address.",
        check=rules.mail_address,
        invented=True,
    )
    invoicing_phone: str = setting(
        "0800 000 001", "« Accueil Factures », on the invoices page.", invented=True
    )
    invoicing_email: str = setting(
        "invoices@example.com",
        "« Accueil Factures »'s address.",
        check=rules.mail_address,
        invented=True,
    )
    ece_changes_url: str = setting(
        "",
        "« Gérer vos services »: the change-request application; hidden if unset.",
        check=rules.address,
    )
    ece_incidents_url: str = setting(
        "",
        "« Ouvrir un ticket incident »: the incident application; hidden if unset.",
        check=rules.address,
    )
    timezone: str = setting(
        "Europe/Paris", "Dates and times are shown in this time zone.", check=rules.time_zone
    )

    # Mail
    mail_server: str = setting("127.0.0.1", "SMTP server.")
    mail_port: int = setting(25, "SMTP port.", check=rules.between(1, 65_535))
    mail_use_tls: bool = setting(False, "STARTTLS.")
    mail_use_ssl: bool = setting(False, "TLS from the first byte (port 465).")
    mail_username: str = setting("", "SMTP account.")
    mail_password: str = setting("", "SMTP password.", secret=True)
    mail_sender: str = setting(
        "no-reply@example.com",
        "From address of every mail.",
        check=rules.mail_address,
        invented=True,
    )
    mail_timeout: int = setting(
        15, "Seconds before a silent SMTP server counts as away.", check=rules.between(1)
    )

    # Orders and documents
    fulfilment: str = setting(
        "manual",
        "Who carries orders out: `manual` (an operator, `flask orders`) or `automatic` (a job).",
        check=rules.one_of("manual", "automatic"),
    )
    operator_emails: str = setting(
        "",
        "Who is told of a new order to carry out by hand: mail addresses separated by commas;"
        " nobody if unset.",
        check=rules.mail_addresses,
    )
    operator_locale: str = setting(
        "fr", "The language of those mails: `fr` or `en`.", check=rules.one_of("fr", "en")
    )
    vat_rate: Decimal = setting(
        Decimal(20),
        "VAT of pre-invoices in per cent, like `20` or `8.5`; a contract may have its own"
        " (`flask contracts vat`).",
        check=rules.vat_rate_problem,
    )
    invoice_sellers: str = setting(
        "",
        "Whose invoices are loaded: SIREN or VAT numbers separated by commas, like `552100554`;"
        " anybody's if unset.",
        check=rules.companies,
    )
    documents_url: str = setting(
        f"file://{VAR / 'documents'}",
        "Where invoices and reports are kept: `file:///absolute/folder` or `s3://bucket/prefix`."
        " Never public; S3 credentials come from the usual `AWS_…` variables.",
        check=rules.like(r"(file:///|s3://)[^/]", "file:///absolute/folder or s3://bucket/prefix"),
    )
    # Technical console (its IAM is called by workers only)
    iam_driver: str = setting(
        "keystone",
        "`keystone` (OpenStack) or `flexible-engine` (its users and access keys).",
        check=rules.one_of("keystone", "flexible-engine"),
    )
    iam_url: str = setting(
        "",
        "The console's IAM, `https://…/v3`. Unset: console accounts wait until it is told.",
        check=rules.like(r"https?://.+/v3/?$", "an address that ends with /v3 is needed"),
    )
    iam_username: str = setting("", "The portal's service account there.")
    iam_password: str = setting("", "Its password.", secret=True)
    iam_user_domain: str = setting("Default", "The domain of the service account.")
    iam_region: str = setting("", "The region of the console, where it has several.")
    iam_timeout: int = setting(
        10, "Seconds before a silent IAM counts as away.", check=rules.between(1)
    )
    console_url: str = setting(
        "",
        "The console's own sign-in page, linked behind « Accéder à la console technique ».",
        check=rules.address,
    )
    console_auth_url: str = setting(
        "",
        "The console's Keystone as customers reach it, for their command lines; without it"
        " `IAM_URL`.",
        check=rules.address,
    )
    api_code_seconds: int = setting(
        60, "Seconds a mailed code is good, once its mail has left.", check=rules.between(30, 900)
    )
    console_identity_provider: str = setting(
        "portal", "The name Keystone gives this portal as identity provider."
    )
    console_protocol: str = setting("openid", "The name of its protocol in Keystone.")
    console_device_client: str = setting(
        "openstack", "The public client (`flask oidc client add`) that command lines sign in with."
    )

    # Sign-in throttling (AUTH-6)
    throttle_account: str = setting(
        "5 per minute; 10 per 10 minutes; 20 per hour; 60 per day",
        "Failed sign-ins allowed per account; several windows make the delay grow.",
        check=rules.limits,
    )
    throttle_address: str = setting(
        "30 per minute; 100 per 10 minutes; 300 per hour",
        "Failed sign-ins allowed per network address (IPv6: per /64).",
        check=rules.limits,
    )

    throttle_code: str = setting(
        "5 per minute; 10 per 10 minutes; 20 per hour; 60 per day",
        "Wrong two-factor codes allowed per account; recovery codes per account and network"
        " address.",
        check=rules.limits,
    )
    throttle_api: str = setting(
        "3 per 15 minutes",
        "Tries of an API password, per account and network address; fewer than the console allows.",
        check=rules.limits,
    )
    throttle_api_code: str = setting(
        "5 per 10 minutes; 12 per hour; 40 per day",
        "Codes mailed for API passwords and keys, per account and contract.",
        check=rules.limits,
    )
    throttle_recovery: str = setting(
        "3 per 10 minutes; 6 per hour; 12 per day",
        "Mails with a password link or a login, per login or mail address asked for; mails to"
        " confirm a new address, per account and address.",
        check=rules.limits,
    )
    throttle_recovery_address: str = setting(
        "20 per 10 minutes; 60 per hour", "The same per network address.", check=rules.limits
    )
    throttle_captcha: str = setting(
        "60 per minute; 600 per hour",
        "Captchas and their images, per network address.",
        check=rules.limits,
    )
    throttle_captcha_sound: str = setting(
        "6 per minute; 60 per hour", "Captchas read aloud, per network address.", check=rules.limits
    )
    throttle_strangers: str = setting(
        "40 per hour; 120 per day",
        "Addresses and logins of people of other customers, per manager who adds users.",
        check=rules.limits,
    )
    throttle_export: str = setting(
        "20 per minute; 200 per hour", "Lists and one's data as files.", check=rules.limits
    )

    # Rules of passwords, ways of captchas
    password_min_length: int = setting(
        8, "Shortest password; 10 or more is the « strong » level.", check=rules.between(8, 64)
    )
    captcha_question: bool = setting(
        True, "Offer a plain question to those who can use neither image nor sound of a captcha."
    )

    # Running
    demo: bool = setting(
        False, "Demonstration: names on the sign-in page, and the mails to look at. Never for real."
    )
    log_level: str = setting(
        "INFO",
        "DEBUG, INFO, WARNING or ERROR.",
        check=rules.one_of("DEBUG", "INFO", "WARNING", "ERROR"),
    )
    log_format: str = setting(
        "json", "`json` for machines, `console` for people.", check=rules.one_of("json", "console")
    )
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
    def own_name(self) -> str:
        """What tells this portal from others that share a Redis or a document store."""
        return self.redis_prefix or urlsplit(self.portal_url).netloc

    @property
    def is_local(self) -> bool:
        """Whether the portal's address means this machine: a demo, development, a test."""
        host = urlsplit(self.portal_url).hostname or ""
        return host in {"127.0.0.1", "::1", "localhost"} or host.endswith((".localhost", ".test"))

    @property
    def operators(self) -> list[str]:
        """The operators' addresses."""
        return rules.listed(self.operator_emails)

    @property
    def sellers(self) -> list[str]:
        """The identifiers of those whose invoices are loaded."""
        return rules.identifiers(self.invoice_sellers)

    @property
    def links(self) -> list[tuple[str, str]]:
        """The footer's links as (label, address)."""
        return rules.links(self.site_links)
