"""The shape of catalogue files: which keys there are, of which kind, and how long and how many.

`SCHEMA` says it as data. What goes beyond that (a price for a choice that does not exist, a name
used twice) stands in `rules`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from selfcare.services.catalogue.rules import is_amount

MOST_FIELDS, MOST_OPTIONS, MOST_PRICES = 50, 200, 10_000
LANGUAGES = ("fr", "en")
TEXT, WHOLE, YES_NO, AMOUNT, TABLE, ROWS = "text", "number", "yes/no", "amount", "table", "list"
WORDS = {
    "family": (TEXT, 64),
    "category": (TEXT, 64),
    "name": (TEXT, 120),
    "summary": (TEXT, 500),
}
SCHEMA: Mapping[str, Mapping[str, tuple[str, int]]] = {
    "": {
        "slug": (TEXT, 64),
        "code": (TEXT, 16),
        "position?": (WHOLE, 0),
        "category": (TEXT, 64),
        "currency?": (TEXT, 3),
        "price_kind": (TEXT, 16),
        "from_price?": (AMOUNT, 0),
        "fulfilment?": (TEXT, 16),
        "withdrawn?": (YES_NO, 0),
        "fr": (TABLE, 0),
        "en": (TABLE, 0),
        "field?": (ROWS, 0),
        "prices?": (TABLE, 0),
        "on_demand?": (TABLE, 0),
        "subscription?": (TABLE, 0),
    },
    "fr": {**WORDS, "description?": (TEXT, 4000)},
    "en": {**WORDS, "description?": (TEXT, 4000)},
    "field": {
        "name": (TEXT, 32),
        "kind": (TEXT, 16),
        "fr": (TABLE, 0),
        "en": (TABLE, 0),
        "required?": (YES_NO, 0),
        "max_length?": (WHOLE, 0),
        "default?": (TEXT, 32),
        "autocomplete?": (TEXT, 32),
        "option?": (ROWS, 0),
    },
    "words of a field": {"label": (TEXT, 120), "hint?": (TEXT, 250)},
    "option": {
        "value": (TEXT, 64),
        "fr": (TEXT, 120),
        "en": (TEXT, 120),
        "in_name?": (TEXT, 64),
        "in_template?": (TEXT, 64),
    },
    "prices": {"by?": (ROWS, 0), "cards?": (ROWS, 0), "row": (ROWS, 0)},
    "on_demand": {"hours": (WHOLE, 0), "by?": (ROWS, 0), "row": (ROWS, 0)},
    "subscription": {
        "months": (TEXT, 32),
        "region?": (TEXT, 32),
        "name": (TEXT, 120),
        "template": (TEXT, 120),
    },
}
"""Which keys a table has (`?` = may be absent), of which kind, and how long a text may be."""

_KINDS: Mapping[str, tuple[type, ...]] = {
    TEXT: (str,),
    WHOLE: (int,),
    YES_NO: (bool,),
    AMOUNT: (Decimal, int),
    TABLE: (dict,),
    ROWS: (list,),
}
_MAY_BE_EMPTY = {"in_name", "in_template", "default", "autocomplete", "hint", "description"}


def wrong(content: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a file's shape, each with its place."""
    yield from _table("", content, "")
    for language in LANGUAGES:
        yield from _table(language, content.get(language), language)
    for number, row in enumerate(_list(content.get("field")), 1):
        where = f"field {number}"
        yield from _table("field", row, where)
        for language in LANGUAGES if isinstance(row, dict) else ():
            yield from _table("words of a field", row.get(language), f"{where}, {language}")
        for nth, option in enumerate(_list(isinstance(row, dict) and row.get("option")), 1):
            yield from _table("option", option, f"{where}, option {nth}")
    for name, most in (("prices", 2), ("on_demand", 1)):
        if name in content:
            yield from _table(name, content[name], name)
            yield from _price_rows(name, content[name], most=most)
    if "subscription" in content:
        yield from _table("subscription", content["subscription"], "subscription")


def too_many(content: Mapping[str, Any]) -> Iterator[str]:
    """What there is too much of; asked first, so that nothing else has to read it all."""
    fields = _list(content.get("field"))
    if len(fields) > MOST_FIELDS:
        yield f"more than {MOST_FIELDS} fields"
    for number, row in enumerate(fields[:MOST_FIELDS], 1):
        if len(_list(isinstance(row, dict) and row.get("option"))) > MOST_OPTIONS:
            yield f"field {number}: more than {MOST_OPTIONS} options"
    for name in ("prices", "on_demand"):
        prices = content.get(name)
        if len(_list(isinstance(prices, dict) and prices.get("row"))) > MOST_PRICES:
            yield f"{name}: more than {MOST_PRICES} rows"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _table(name: str, found: Any, where: str) -> Iterator[str]:
    """What is wrong with one table: missing, unknown, of another kind, too long, empty."""
    at = f"{where}: " if where else ""
    if not isinstance(found, dict):
        if found is not None:
            yield f"{at}a table is needed"
        return
    keys = {key.rstrip("?") for key in SCHEMA[name]}
    yield from (f"{at}unknown key {key!r}" for key in found if key not in keys)
    for declared, (kind, longest) in SCHEMA[name].items():
        key = declared.rstrip("?")
        if key not in found:
            if not declared.endswith("?"):
                yield f"{at}{key!r} is missing"
            continue
        value: Any = found[key]
        if not isinstance(value, _KINDS[kind]) or (kind != YES_NO and isinstance(value, bool)):
            yield f"{at}{key!r}: {kind} needed"
        elif isinstance(value, str) and len(value) > longest:
            yield f"{at}{key!r}: at most {longest} characters"
        elif isinstance(value, str) and not value and key not in _MAY_BE_EMPTY:
            yield f"{at}{key!r} is empty"


def _price_rows(name: str, prices: Any, *, most: int) -> Iterator[str]:
    if not isinstance(prices, dict):  # `_table` says so
        return
    amounts_needed = "one or two amounts" if most > 1 else "one amount"
    by = _list(prices.get("by"))
    for key in ("by", "cards"):
        if not all(isinstance(choice, str) for choice in _list(prices.get(key))):
            yield f"{name}, {key!r}: names of choices needed, in quotes"
    for number, row in enumerate(_list(prices.get("row")), 1):
        amounts = row[len(by) :] if isinstance(row, list) else []
        if not isinstance(row, list) or not 1 <= len(amounts) <= most:
            yield f"{name}, row {number}: {len(by)} choices and {amounts_needed} needed"
        elif not all(isinstance(choice, str) for choice in row[: len(by)]):
            yield f"{name}, row {number}: the choices are texts, in quotes"
        elif not all(is_amount(amount) for amount in amounts):
            yield f"{name}, row {number}: amounts like 60.15 needed, not negative"
