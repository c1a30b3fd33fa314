"""Why a contract, a customer or an offer cannot be like this; names as they are kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import InstrumentedAttribute

from selfcare.text import one_line


class ContractRefused(Exception):
    """It cannot be done like this; the message says why."""


def fitting(
    column: InstrumentedAttribute[Any], text: str, called: str, *, may_be_empty: bool = False
) -> str:
    """The text as the column keeps it.

    Raises:
        ContractRefused: nothing of it can be seen, or it is too long.
    """
    kept = one_line(text)
    longest: int = column.type.length
    if not kept and not may_be_empty:
        raise ContractRefused(f"{called}: nothing of this name can be seen")
    if len(kept) > longest:
        raise ContractRefused(f"{called}: at most {longest} characters, this has {len(kept)}")
    return kept
