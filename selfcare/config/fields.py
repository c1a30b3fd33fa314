"""How a setting is declared: its default, its line of documentation, its check."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from selfcare.config.rules import Check


def setting(
    default: Any,
    doc: str,
    *,
    check: Check | None = None,
    secret: bool = False,
    required: bool = False,
    invented: bool = False,
) -> Any:
    """A dataclass field with its line of documentation.

    Args:
        default: what suits the demo and development; empty where nothing does.
        doc: what it does.
        check: says what is wrong with a value; not asked where the value is empty.
        secret: its value is shown to nobody.
        required: empty will not do.
        invented: its default is nobody's name, number or address: no real portal shows it.
    """
    metadata = {
        "doc": doc,
        "check": check,
        "secret": secret,
        "required": required,
        "invented": invented,
    }
    return field(default=default, repr=not secret, metadata=metadata)
