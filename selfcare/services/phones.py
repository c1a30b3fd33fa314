"""Phone numbers, read as people write them, kept as anybody can dial them (USERS-2)."""

from __future__ import annotations

REGION = "FR"
"""Where a number without its country's prefix is dialled."""


class NotAPhone(ValueError):
    """No such number exists."""


class NotAMobile(ValueError):
    """A number, but of a fixed line."""


def read(text: str, *, mobile: bool = False) -> str:
    """`06 12 34 56 78`, `+33612345678`, `0033 6 12…` → `+33 6 12 34 56 78`.

    Raises:
        NotAPhone: it cannot be dialled.
        NotAMobile: a mobile is needed and this is a fixed line.
    """
    import phonenumbers  # noqa: PLC0415 - 30 ms of import, for one form

    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        raise NotAPhone from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise NotAPhone
    kind = phonenumbers.number_type(number)
    if mobile and kind == phonenumbers.PhoneNumberType.FIXED_LINE:
        raise NotAMobile
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
