"""CSV files as spreadsheets save them."""

from __future__ import annotations


def decoded(content: bytes) -> str:
    """Their text: UTF-8, or what Windows wrote before it."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
