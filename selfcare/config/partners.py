"""What the portal works with."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from selfcare.config import rules
from selfcare.config.fields import setting
from selfcare.config.folders import VAR


@dataclass(frozen=True, kw_only=True)
class Partners:
    """Mail, orders, documents, console."""

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
    mail_reply_to: str = setting(
        "", "Where answers to mails go; to `MAIL_SENDER` if unset.", check=rules.mail_address
    )
    mail_bounces: str = setting(
        "",
        "Where servers send what they cannot deliver (the envelope's sender); to `MAIL_SENDER` if"
        " unset.",
        check=rules.mail_address,
    )
    mail_timeout: int = setting(
        15, "Seconds before a silent SMTP server counts as away.", check=rules.between(1)
    )
    access_end_notice_days: int = setting(
        7,
        "How many days before the last day of an access its owner and those who manage the"
        " contract's users are told by mail.",
        check=rules.between(1, 90),
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
    renewal_notices: str = setting(
        "30,7",
        "How many days before a subscription ends whoever may renew it is told by mail: numbers"
        " from 1 to 90 separated by commas, or `never`.",
        check=rules.days_before,
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
    iam_at_once: int = setting(
        4,
        "Calls a worker makes to the IAM at the same time, for the people of an import.",
        check=rules.between(1, 32),
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
