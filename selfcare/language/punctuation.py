"""How messages end on a page, whoever wrote them: our forms, the rules of a file, WTForms."""

from __future__ import annotations

ENDS = (".", "!", "?", "…", ":")


def sentence(message: object) -> str:
    """The message with the full stop that ends it, as those of several sentences have it."""
    text = str(message).rstrip()
    return text if not text or text.endswith(ENDS) else f"{text}."
