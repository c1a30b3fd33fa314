"""What is asked of somebody new, and the rules of it (USERS-2).

The wizard, a file of users, a command and « Mon profil » ask the same things by the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from selfcare.language import _l, entries
from selfcare.language.entries import Rule, Unfit
from selfcare.models import CIVILITIES, LOCALES
from selfcare.models.account import LOGIN_PATTERN


@dataclass(frozen=True)
class NewMember:
    """Personal data as given for somebody new."""

    civility: str
    last_name: str
    first_name: str
    login: str
    email: str
    phone: str | None = None
    mobile: str | None = None
    locale: str = "fr"


def _one_of(codes: Collection[str], otherwise: Any) -> Callable[[str], str]:
    def read(entered: str) -> str:
        if entered not in codes:
            raise Unfit(otherwise)
        return entered

    return read


def _login(entered: str) -> str:
    if not re.fullmatch(LOGIN_PATTERN, entered):
        text = _l("A login has 8 to 64 characters: letters without accents, digits, . _ -")
        raise Unfit(text)
    return entered


_TITLE, _LANGUAGE = _l("Choose a title"), _l("Choose a language")

RULES: Mapping[str, Rule] = {
    "civility": Rule(20, _one_of(CIVILITIES, _TITLE), missing=_TITLE),
    "last_name": Rule(80, missing=_l("Enter the last name")),
    "first_name": Rule(80, missing=_l("Enter the first name")),
    "login": Rule(1024, _login, missing=_l("Enter a login")),
    "email": replace(entries.EMAIL, missing=_l("Enter the email address")),
    "phone": entries.PHONE,
    "mobile": entries.MOBILE,
    "locale": Rule(20, _one_of(LOCALES, _LANGUAGE), missing=_LANGUAGE),
}
"""By the name of what is asked, in the order of the pages."""


def check_numbers(phone: str | None, mobile: str | None) -> None:
    """One of the two is needed.

    Raises:
        Unfit: there is none.
    """
    if not phone and not mobile:
        raise Unfit(_l("Enter at least one phone number, fixed or mobile"))


def read(given: Mapping[str, str]) -> tuple[NewMember, dict[str, Any]]:
    """Somebody new as they are kept, and what is wrong with which value, which stays as given."""
    kept: dict[str, Any] = {}
    problems: dict[str, Any] = {}
    for name, rule in RULES.items():
        kept[name] = given.get(name, "")
        try:
            kept[name] = rule(kept[name])
        except Unfit as unfit:
            problems[name] = unfit.text
    try:
        check_numbers(kept["phone"], kept["mobile"])
    except Unfit as unfit:
        problems["phone"] = unfit.text
    return NewMember(**kept), problems
