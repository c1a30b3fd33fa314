"""What people enter: how a value is kept, or why it will not do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from selfcare.language import _l, phones
from selfcare.text import one_line


class Unfit(ValueError):
    """A value that will not do; `text` says why, in the language of whoever reads it."""

    def __init__(self, text: Any) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True)
class Rule:
    """A rule for one value: how long it may be, how it is read, whether it may be left out."""

    longest: int
    """Characters."""
    read: Callable[[str], str] = str
    """From what was entered to what is kept; raises `Unfit`."""
    missing: Any = None
    """The sentence for whoever leaves it out; None where they may."""

    def __call__(self, entered: str) -> str | None:
        """The value as it is kept; None for one that was left out.

        Raises:
            Unfit: it will not do.
        """
        # blanks of a paste go, but nothing looks at a text that is far too long
        if len(entered) > 2 * self.longest or len(kept := one_line(entered)) > self.longest:
            raise Unfit(_l("Enter %(max)s characters at most", max=self.longest))
        if kept:
            return self.read(kept)
        if self.missing is not None:
            raise Unfit(self.missing)
        return None


def _email(entered: str) -> str:
    """The one form there is of an address; its domain is not looked up.

    Accents before the `@` are refused: hardly any mail server takes them.
    """
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 (heavy)

    try:
        found = validate_email(
            entered, check_deliverability=False, allow_smtputf8=False, strict=True
        )
    except EmailNotValidError:
        raise Unfit(_l("Enter an email address such as name@company.com")) from None
    return str(found.normalized)


def _phone(entered: str) -> str:
    try:
        return phones.read(entered)
    except phones.NotAPhone:
        raise Unfit(_NO_PHONE) from None


def _mobile(entered: str) -> str:
    try:
        return phones.read(entered, mobile=True)
    except phones.ServiceNumber:
        text = _l("This is the number of a service: enter a mobile number, 06 or 07")
        raise Unfit(text) from None
    except phones.NotAMobile:
        raise Unfit(_l("This is a fixed line: enter a mobile number")) from None
    except phones.NotAPhone:
        raise Unfit(_NO_PHONE) from None


_NO_PHONE = _l("Enter a phone number such as 01 01 01 01 01 or +33 1 01 01 01 01")

EMAIL = Rule(254, _email)
PHONE = Rule(40, _phone)
"""Typed in any usual way, kept as `+33 1 01 01 01 01`."""
MOBILE = Rule(40, _mobile)
