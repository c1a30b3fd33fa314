"""What settings must be for a portal that works and is safe; `config` asks at every start."""

from __future__ import annotations

import dataclasses
import re
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from limits import parse_many

if TYPE_CHECKING:
    from selfcare.config import Settings

_ADDRESSES = (
    *("news_url", "contact_url", "terms_url", "legal_url"),
    *("ece_changes_url", "ece_incidents_url", "console_url"),
)


class BadSetting(ValueError):
    """A setting's value cannot be used; the message names the variable and says why."""


def check(settings: Settings) -> None:
    """Stop the start on the first value that will not do.

    Raises:
        BadSetting: the message names the variable.
    """
    if len(settings.secret_key) < 32:
        raise BadSetting("SECRET_KEY: at least 32 characters are needed (`openssl rand -hex 32`)")
    portal = urlsplit(settings.portal_url)
    if portal.scheme not in {"http", "https"} or not portal.hostname:
        raise BadSetting(f"PORTAL_URL={settings.portal_url!r}: like https://portal.example.com")
    if portal.path.strip("/") or portal.query or portal.fragment:
        raise BadSetting(f"PORTAL_URL={settings.portal_url!r}: the portal needs a host of its own")
    if not re.match(r"(postgres(ql)?(\+psycopg)?|sqlite)://", settings.database_url):
        raise BadSetting("DATABASE_URL: postgresql:// or sqlite:// is needed")
    if not re.match(r"(rediss?|unix)://", settings.redis_url):
        raise BadSetting("REDIS_URL: redis://, rediss:// or unix:// is needed")
    if settings.log_level.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise BadSetting(f"LOG_LEVEL={settings.log_level!r}: DEBUG, INFO, WARNING or ERROR")
    if settings.log_format not in {"json", "console"}:
        raise BadSetting(f"LOG_FORMAT={settings.log_format!r}: json or console")
    _check_numbers(settings)
    _check_addresses(settings)
    _check_console(settings)
    _check_brand(settings)
    _check_texts(settings)
    _check_limits(settings)
    _check_commerce(settings)


def _check_brand(settings: Settings) -> None:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", settings.brand_color):
        raise BadSetting(f"BRAND_COLOR={settings.brand_color!r}: a colour like #0b5cad is needed")
    if contrast_with_white(settings.brand_color) < 4.5:
        raise BadSetting(
            f"BRAND_COLOR={settings.brand_color!r}: too light, white text on it cannot be read"
            " (contrast under 4.5:1, WCAG 1.4.3)"
        )
    if settings.brand_logo and settings.brand_logo.suffix not in {".svg", ".png"}:
        raise BadSetting(f"BRAND_LOGO={str(settings.brand_logo)!r}: an .svg or .png file is needed")
    if settings.brand_logo and not settings.brand_logo.is_file():
        raise BadSetting(f"BRAND_LOGO={str(settings.brand_logo)!r}: no such file")


def _check_texts(settings: Settings) -> None:
    try:
        ZoneInfo(settings.timezone)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise BadSetting(f"TIMEZONE={settings.timezone!r}: like Europe/Paris") from None


def _check_limits(settings: Settings) -> None:
    for name in (spec.name for spec in dataclasses.fields(settings)):
        if not name.startswith("throttle_"):
            continue
        try:
            parse_many(getattr(settings, name))
        except ValueError:
            raise BadSetting(f"{name.upper()}: like 5 per minute; 20 per hour") from None


def _check_numbers(settings: Settings) -> None:
    for spec in dataclasses.fields(settings):
        value, least = getattr(settings, spec.name), 0 if spec.name == "trusted_proxies" else 1
        if isinstance(value, int) and not isinstance(value, bool) and value < least:
            raise BadSetting(f"{spec.name.upper()}={value}: at least {least}")
    if not 8 <= settings.password_min_length <= 64:
        raise BadSetting("PASSWORD_MIN_LENGTH: between 8 and 64 is needed")


def _check_addresses(settings: Settings) -> None:
    given = [(name, getattr(settings, name)) for name in _ADDRESSES]
    given += [("site_links", url) for _label, url in settings.links]
    for name, url in given:
        if url and not re.match(r"(https?://|mailto:)[^\s\"'<>]+$", url):
            raise BadSetting(f"{name.upper()}: {url!r} is no https:// or mailto: address")
    for name in ("mail_sender", "support_email", "invoicing_email"):
        if "@" not in getattr(settings, name):
            raise BadSetting(f"{name.upper()}={getattr(settings, name)!r}: no mail address")


def _check_commerce(settings: Settings) -> None:
    if not re.match(r"(file:///|s3://)[^/]", settings.documents_url):
        raise BadSetting("DOCUMENTS_URL: file:///absolute/folder or s3://bucket/prefix is needed")
    if settings.fulfilment not in {"manual", "automatic"}:
        raise BadSetting(f"FULFILMENT={settings.fulfilment!r}: manual or automatic")
    for address in settings.operators:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
            raise BadSetting(f"OPERATOR_EMAILS: {address!r} is no mail address")
    if settings.operator_locale not in {"fr", "en"}:
        raise BadSetting(f"OPERATOR_LOCALE={settings.operator_locale!r}: fr or en")
    if problem := vat_rate_problem(settings.vat_rate):
        raise BadSetting(f"VAT_RATE={settings.vat_rate}: {problem}")


def vat_rate_problem(rate: Decimal) -> str | None:
    """Why this is no VAT rate in per cent, if it is none."""
    if not rate.is_finite() or not 0 <= rate < 100 or rate != round(rate, 2):
        return "per cent from 0 to 99.99 are needed, like 20 or 8.5"
    return None


def _check_console(settings: Settings) -> None:
    if settings.iam_driver not in {"keystone", "flexible-engine"}:
        raise BadSetting(f"IAM_DRIVER={settings.iam_driver!r}: keystone or flexible-engine")
    if settings.iam_url and not re.fullmatch(r"https?://.+/v3/?", settings.iam_url):
        raise BadSetting(f"IAM_URL={settings.iam_url!r}: an address that ends with /v3 is needed")
    if settings.iam_url and not (settings.iam_username and settings.iam_password):
        raise BadSetting("IAM_URL: IAM_USERNAME and IAM_PASSWORD are needed, too")


def contrast_with_white(color: str) -> float:
    """Contrast ratio of `#rrggbb` against white (WCAG 2.2, 1.4.3)."""

    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(color[i : i + 2], 16)) for i in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
