"""The settings in force, read once from the environment.

A wrong value stops the start with a sentence that names the variable.
"""

from __future__ import annotations

import dataclasses
import os
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from selfcare.config import rules
from selfcare.config.rules import BadSetting
from selfcare.config.settings import Settings


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
            values[spec.name] = rules.read(spec.name.upper(), raw.strip(), hints[spec.name])
    settings = Settings(**values)
    for problem in wrong(settings, debug=_debugs(environ)):
        raise BadSetting(problem)
    return settings


def wrong(settings: Settings, *, debug: bool = False) -> Iterator[str]:
    """The faults of the settings: each value by itself, then combinations.

    Args:
        settings: what to look at.
        debug: Flask's own `FLASK_DEBUG` is set.
    """
    for spec in dataclasses.fields(settings):
        name, value = spec.name.upper(), getattr(settings, spec.name)
        given = name if spec.metadata["secret"] else f"{name}={str(value)!r}"
        if value in ("", None):
            if spec.metadata["required"]:
                yield f"{name} is needed: {spec.metadata['doc']}"
            continue
        check = spec.metadata["check"]
        if problem := rules.plain_text(value) or (check(value) if check else None):
            yield f"{given}: {problem}"
    if settings.mail_use_tls and settings.mail_use_ssl:
        yield "MAIL_USE_TLS and MAIL_USE_SSL: one of them, as the SMTP server's port expects"
    if settings.iam_url and not (settings.iam_username and settings.iam_password):
        yield "IAM_URL: IAM_USERNAME and IAM_PASSWORD are needed, too"
    if debug and not settings.is_local:
        yield "FLASK_DEBUG: never for a portal that others reach, its errors run code"


def doubtful(settings: Settings, environ: Mapping[str, str] | None = None) -> Iterator[str]:
    """Settings that work but should be changed soon; reported at every start."""
    if not settings.secure and not settings.is_local:
        yield "PORTAL_URL begins with http://: passwords and cookies can be read on their way"
    if settings.demo and not settings.is_local:
        yield "DEMO=1: the sign-in page shows everybody a name and a password that open the portal"
    if (left := invented(settings)) and not settings.is_local:
        yield f"{', '.join(left)}: still invented, and customers read them"
    if _debugs(os.environ if environ is None else environ):
        yield "FLASK_DEBUG: for development on this machine only"


def invented(settings: Settings) -> list[str]:
    """The settings whose value is the default's: a name, number or address of nobody."""
    return [
        spec.name.upper()
        for spec in dataclasses.fields(settings)
        if spec.metadata["invented"] and getattr(settings, spec.name) == spec.default
    ]


def _debugs(environ: Mapping[str, str]) -> bool:
    """Whether Flask will show its errors to whoever meets one; it reads the variable itself."""
    return environ.get("FLASK_DEBUG", "").lower() not in {"", "0", "false", "no"}
