"""How prices, sizes and numbers are written, on pages and in spreadsheets."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from selfcare.language.i18n import Reader, catalogue, money
from selfcare.models import PriceKind


@lru_cache(maxsize=16384)
def price(amount: Decimal | None, kind: str, currency: str, language: str) -> str:
    """`3 596,45 € / mois`, « à partir de 4,97 € / mois », « sur devis »."""
    _ = catalogue(language).gettext
    if amount is None or kind == PriceKind.QUOTE:
        return _("price on request")
    values = {"amount": money(amount, currency, language)}
    if kind == PriceKind.FROM_MONTHLY:
        return _("from %(amount)s\xa0/\xa0month") % values
    if kind == PriceKind.MONTHLY:
        return _("%(amount)s\xa0/\xa0month") % values  # never broken before « / mois »
    return values["amount"]


def size(count: int, reader: Reader) -> str:
    """« 84 Ko », `1.2 MB`: how much a download weighs."""
    _ = catalogue(reader.language).gettext
    if count < 1_000_000:
        return _("%(count)s\xa0KB") % {"count": max(1, round(count / 1000))}
    return _("%(count)s\xa0MB") % {"count": reader.quantity(Decimal(count // 100_000) / 10)}


def plain_amount(amount: Decimal | None, reader: Reader) -> str:
    """An amount as a spreadsheet of the reader's language reads it: `3596,45`, never rounded."""
    if amount is None:
        return ""
    if amount != round(amount, 2):
        return plain_number(amount, reader)
    return f"{amount:.2f}".replace(".", "," if reader.language == "fr" else ".")


def plain_number(number: Decimal, reader: Reader) -> str:
    """A number as such a spreadsheet reads it: `1234,5`."""
    return f"{number.normalize():f}".replace(".", "," if reader.language == "fr" else ".")
