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
) -> Any:
    """A dataclass field with its line of documentation.

    Args:
        default: what suits the demo and development; empty where nothing does.
        doc: what it does.
        check: says what is wrong with a value; not asked where the value is empty.
        secret: its value is shown to nobody.
        required: empty will not do.
    """
    metadata = {"doc": doc, "check": check, "secret": secret, "required": required}
    return field(default=default, repr=not secret, metadata=metadata)
