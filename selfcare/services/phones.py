"""Phone numbers, read as people write them, kept as anybody can dial them (USERS-2)."""

from __future__ import annotations

from functools import lru_cache

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


@lru_cache(maxsize=1024)
def shown(kept: str) -> str:
    """`01 01 01 01 01` at home, `+44 20 7946 0958` elsewhere; what is no number as it is."""
    import phonenumbers  # noqa: PLC0415 (as above)

    try:
        number = phonenumbers.parse(kept, REGION)
    except phonenumbers.NumberParseException:
        return kept
    form = phonenumbers.PhoneNumberFormat
    at_home = number.country_code == phonenumbers.country_code_for_region(REGION)
    return str(phonenumbers.format_number(number, form.NATIONAL if at_home else form.INTERNATIONAL))
