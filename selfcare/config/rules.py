"""How settings are read, and what is wrong with a value, if anything: `config` asks at every start.

A check gets a value and returns a phrase that ends the sentence "NAME=value: …", or None.
"""

from __future__ import annotations

import ipaddress
import re
import types
import typing
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from limits import parse_many

Check = Callable[[Any], str | None]

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"", "0", "false", "no", "off"}
_PLACEHOLDER = re.compile(r"change.?me|replace.?me|your.?secret|insert.?here", re.IGNORECASE)


class BadSetting(ValueError):
    """A setting's value cannot be used; the message names the variable and says why."""


def read(name: str, raw: str, kind: Any) -> Any:
    """The value that an environment variable's text means.

    Raises:
        BadSetting: it means nothing of this kind.
    """
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


def one_of(*words: str) -> Check:
    """One of a few words, in capitals or not."""
    known = {word.lower() for word in words}
    return lambda value: None if value.lower() in known else f"one of {', '.join(words)}"


def between(least: int, most: int | None = None) -> Check:
    """A number with bounds."""

    def check(value: int) -> str | None:
        if value < least:
            return f"at least {least}"
        return f"at most {most}" if most is not None and value > most else None

    return check


def like(pattern: str, sentence: str) -> Check:
    """A text that begins as the pattern says."""
    return lambda value: None if re.match(pattern, value) else sentence


def plain_text(value: object) -> str | None:
    """No control characters: in a header or a log they would begin a line of their own."""
    if isinstance(value, str | Path) and re.search(r"[\x00-\x09\x0b-\x1f\x7f]", str(value)):
        return "it holds a control character"
    return None


def secret_key(value: str) -> str | None:
    """The fault of a signing key that somebody could guess."""
    if len(value) < 32:
        return "at least 32 characters are needed (`openssl rand -hex 32`)"
    if len(set(value)) < 8 or re.fullmatch(r"(.+?)\1+", value) or _PLACEHOLDER.search(value):
        return "this can be guessed; take a random one (`openssl rand -hex 32`)"
    return None


def portal(value: str) -> str | None:
    """The portal has a host of its own."""
    try:
        parts = urlsplit(value)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        return "like https://portal.example.com"
    if parts.scheme not in {"http", "https"} or not host or re.search(r"\s", value):
        return "like https://portal.example.com"
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        return "the portal needs a host of its own"
    return None


def address(value: str) -> str | None:
    """Where a link may lead."""
    if re.fullmatch(r"(https?://|mailto:)[^\s\"'<>]+", value):
        return None
    return "an https:// or mailto: address is needed"


def days_before(text: str) -> str | None:
    """Days before something ends, or `never`."""
    days = [] if text.lower() == "never" else listed(text)
    if not all(re.fullmatch(r"[0-9]{1,2}", one) and 1 <= int(one) <= 90 for one in days):
        return "whole numbers from 1 to 90 are needed, like 30,7"
    return "a number stands there twice" if len({int(one) for one in days}) < len(days) else None


def addresses(text: str) -> str | None:
    """Where links may lead, between commas."""
    return next((f"{one}: {said}" for one in listed(text) if (said := address(one))), None)


def links(text: str) -> list[tuple[str, str]]:
    """`Label|https://…`, separated by commas or new lines, as (label, address)."""
    pairs = (part.split("|", 1) for part in re.split(r"[,\n]", text) if "|" in part)
    return [(label.strip(), url.strip()) for label, url in pairs]


def site_links(text: str) -> str | None:
    """Every label with an address that a link may have."""
    wrong = next((f"{url}: {said}" for _label, url in links(text) if (said := address(url))), None)
    return wrong or (None if links(text) else "like Label|https://www.example.com")


def listed(text: str) -> list[str]:
    """The values between commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def mail_address(value: str) -> str | None:
    """One mail address, without a name."""
    if re.fullmatch(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+", value):
        return None
    return "one mail address is needed"


def mail_addresses(text: str) -> str | None:
    """Mail addresses between commas."""
    return next((f"{one}: {said}" for one in listed(text) if (said := mail_address(one))), None)


def identifiers(text: str) -> list[str]:
    """Identifiers of companies between commas, without the spaces people write in them."""
    return [re.sub(r"\s", "", one).upper() for one in listed(text)]


def companies(text: str) -> str | None:
    """SIREN or VAT numbers between commas."""
    found = identifiers(text)
    wrong = (one for one in found if not re.fullmatch(r"\d{9}|[A-Z]{2}[0-9A-Z]{2,13}", one))
    return next((f"{one} is neither a SIREN nor a VAT number" for one in wrong), None)


def networks_in(text: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Networks, or single addresses, separated by commas.

    Raises:
        ValueError: one of them is not a network.
    """
    return [ipaddress.ip_network(part) for part in listed(text)]


def networks(text: str) -> str | None:
    """Each is a network with its length, or an address."""
    try:
        networks_in(text)
    except ValueError as problem:
        return str(problem)
    return None


def time_zone(value: str) -> str | None:
    """A time zone the machine knows."""
    try:
        ZoneInfo(value)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return "like Europe/Paris"
    return None


def limits(value: str) -> str | None:
    """Numbers of tries in periods."""
    try:
        parse_many(value)
    except ValueError:
        return "like 5 per minute; 20 per hour"
    return None


def vat_rate_problem(rate: Decimal) -> str | None:
    """The fault of a VAT rate in per cent."""
    if not rate.is_finite() or not 0 <= rate < 100 or rate != round(rate, 2):
        return "per cent from 0 to 99.99 are needed, like 20 or 8.5"
    return None


def logo(value: Path) -> str | None:
    """A picture that browsers show, and that is there."""
    if value.suffix not in {".svg", ".png"}:
        return "an .svg or .png file is needed"
    return None if value.is_file() else "no such file"


def brand_color(value: str) -> str | None:
    """A colour on which white text can be read."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        return "a colour like #0b5cad is needed"
    if contrast_with_white(value) < 4.5:
        return "too light, white text on it cannot be read (contrast under 4.5:1, WCAG 1.4.3)"
    return None


def contrast_with_white(color: str) -> float:
    """Contrast ratio of `#rrggbb` against white (WCAG 2.2, 1.4.3)."""

    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(color[i : i + 2], 16)) for i in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
