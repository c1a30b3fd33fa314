"""Phone numbers: read in any usual way, kept as `+33101010101`, shown as people write them."""

from __future__ import annotations

from functools import lru_cache

HOME = "FR"


class NoPhoneNumber(ValueError):
    """No phone number looks like this."""


class NotAMobile(ValueError):
    """A number, but of a fixed line."""


def normal(typed: str, *, mobile: bool = False) -> str:
    """The international form of a number: `06 12 34 56 78` → `+33612345678`.

    Raises:
        NoPhoneNumber: it is none.
        NotAMobile: a mobile is needed and this is a fixed line.
    """
    import phonenumbers  # noqa: PLC0415 (its tables take a while, few pages need them)

    try:
        number = phonenumbers.parse(typed, HOME)
    except phonenumbers.NumberParseException:
        raise NoPhoneNumber(typed) from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise NoPhoneNumber(typed)
    if mobile and phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.FIXED_LINE:
        raise NotAMobile(typed)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=1024)
def shown(kept: str) -> str:
    """`01 01 01 01 01` at home, `+44 20 7946 0000` elsewhere; what is no number as it is."""
    import phonenumbers  # noqa: PLC0415

    try:
        number = phonenumbers.parse(kept, HOME)
    except phonenumbers.NumberParseException:
        return kept
    form = phonenumbers.PhoneNumberFormat
    at_home = number.country_code == phonenumbers.country_code_for_region(HOME)
    return phonenumbers.format_number(number, form.NATIONAL if at_home else form.INTERNATIONAL)
