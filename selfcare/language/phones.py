"""Phone numbers, read as people write them, kept as anybody can dial them (USERS-2)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

REGION = "FR"
"""Where a number without its country's prefix is dialled."""

OVERSEAS = ("RE", "YT", "GP", "MQ", "GF", "PM")
"""Dialled from France like its own numbers (0692 … in La Réunion), though each has a prefix of its
own abroad. New Caledonia and Polynesia are dialled with theirs from everywhere."""

_DIGITS = 9
"""Of a number dialled like France's own, without the zero before it."""


class NotAPhone(ValueError):
    """No such number exists."""


class NotAMobile(ValueError):
    """A number, but of a fixed line."""


class ServiceNumber(NotAMobile):
    """A number that many call and nobody carries: 0800, 0899, 3639."""


def read(text: str, *, mobile: bool = False) -> str:
    """`06 12 34 56 78`, `+33612345678`, `0033 6 12…` → `+33 6 12 34 56 78`.

    Raises:
        NotAPhone: it cannot be dialled.
        NotAMobile: a mobile is needed and this is a fixed line.
        ServiceNumber: a mobile is needed and this is a service's.
    """
    import phonenumbers  # noqa: PLC0415 - 30 ms of import, for one form

    try:
        number = _dialled(phonenumbers.parse(text, REGION))
    except phonenumbers.NumberParseException:
        raise NotAPhone from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise NotAPhone
    if mobile:
        _must_be_mobile(phonenumbers.number_type(number))
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def _dialled(number: Any) -> Any:
    """The line that answers: what is not one of France's own may be one of its overseas parts."""
    import phonenumbers  # noqa: PLC0415 (as above)

    france = phonenumbers.country_code_for_region(REGION)
    if number.country_code != france or len(str(number.national_number)) != _DIGITS:
        return number
    if phonenumbers.is_valid_number(number):
        return number
    for region in OVERSEAS:
        code = phonenumbers.country_code_for_region(region)
        there = phonenumbers.PhoneNumber(code, number.national_number, extension=number.extension)
        if phonenumbers.is_valid_number_for_region(there, region):
            return there
    return number


def _must_be_mobile(kind: int) -> None:
    from phonenumbers import PhoneNumberType as Kind  # noqa: PLC0415 (as above)

    if kind in {Kind.FIXED_LINE, Kind.VOIP}:
        raise NotAMobile
    if kind not in {Kind.MOBILE, Kind.FIXED_LINE_OR_MOBILE, Kind.PERSONAL_NUMBER}:
        raise ServiceNumber


@lru_cache(maxsize=1024)
def shown(kept: str) -> str:
    """`01 01 01 01 01` at home, `+44 20 7946 0958` elsewhere; what is not a number as it is."""
    import phonenumbers  # noqa: PLC0415 (as above)

    try:
        number = phonenumbers.parse(kept, REGION)
    except phonenumbers.NumberParseException:
        return kept
    form = phonenumbers.PhoneNumberFormat
    at_home = number.country_code == phonenumbers.country_code_for_region(REGION)
    return str(phonenumbers.format_number(number, form.NATIONAL if at_home else form.INTERNATIONAL))
