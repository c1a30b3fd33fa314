"""How messages end on a page, whoever wrote them: our forms, the rules of a file, WTForms."""

from __future__ import annotations

from markupsafe import Markup

ENDS = (".", "!", "?", "…", ":")


def sentence(message: object) -> str:
    """The message with the full stop that ends it, as those of several sentences have it.

    Markup stays markup.
    """
    text = (message if isinstance(message, Markup) else str(message)).rstrip()
    return text if not text or text.endswith(ENDS) else text + "."
