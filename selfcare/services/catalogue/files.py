"""Catalogue files: one TOML file per service, checked in full before anything is loaded.

What is checked stands in `shape` and `rules`. Every problem is reported with its place.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from selfcare.models import PriceKind
from selfcare.services.catalogue import shape
from selfcare.services.catalogue.costs import OnDemand, Price
from selfcare.services.catalogue.definitions import Definition, Field, Option, Reservation
from selfcare.services.catalogue.rules import of_columns, of_definition
from selfcare.services.catalogue.shape import LANGUAGES, WORDS
from selfcare.services.files.problems import Problems, check_lines, check_size
from selfcare.text import lines

LARGEST = 500_000
LONGEST_LINE = 5_000


@dataclass(frozen=True)
class ServiceFile:
    """What one file says: the service's columns, and the definition behind its order form."""

    columns: Mapping[str, Any]
    definition: Definition


def read(path: Path) -> ServiceFile:
    """Read and check one file.

    Raises:
        Problems: with everything that is wrong, not only the first thing.
    """
    try:
        return parse(_content(path))
    except RecursionError:
        raise Problems(["tables or lists in one another beyond all measure"]) from None


def _content(path: Path) -> dict[str, Any]:
    try:
        check_size(path.stat().st_size, largest=LARGEST)
        text = path.read_text("utf-8")
        check_lines(text, longest=LONGEST_LINE)
        return tomllib.loads(text, parse_float=Decimal)
    except Problems:
        raise
    except (OSError, ValueError, InvalidOperation) as problem:  # bad UTF-8, TOML, numbers
        raise Problems([str(problem)]) from None


def parse(content: Mapping[str, Any]) -> ServiceFile:
    """The same for a file's content.

    Raises:
        Problems: see `read`.
    """
    if problems := list(shape.too_many(content)):
        raise Problems(problems)
    content = _cleaned(content)
    if problems := list(shape.wrong(content)):
        raise Problems(problems)
    definition = Definition(
        fields=tuple(map(_field, content.get("field", ()))),
        currency=content.get("currency", "EUR"),
        priced_by=tuple(content.get("prices", {}).get("by", ())),
        prices=tuple(map(_price, content.get("prices", {}).get("row", ()))),
        reservation=_reservation(content.get("subscription")),
        fulfilment=content.get("fulfilment", ""),
        paid_once=content["price_kind"] == PriceKind.ONCE,
        cards=tuple(content.get("prices", {}).get("cards", ())),
        on_demand=_on_demand(content.get("on_demand")),
    )
    if problems := [*of_columns(content), *of_definition(definition)]:
        raise Problems(problems)
    return ServiceFile(_columns(content), definition)


def _cleaned(content: Any) -> Any:
    """The same with every text as it is kept (a label of unseen characters is empty)."""
    if isinstance(content, str):
        return lines(content)
    if isinstance(content, list):
        return [_cleaned(part) for part in content]
    if isinstance(content, dict):
        return {key: _cleaned(part) for key, part in content.items()}
    return content


# Making


def _field(row: Mapping[str, Any]) -> Field:
    return Field(
        name=row["name"],
        kind=row["kind"],
        label={language: row[language]["label"] for language in LANGUAGES},
        hint={language: row[language].get("hint", "") for language in LANGUAGES},
        required=row.get("required", True),
        max_length=row.get("max_length", 120),
        default=row.get("default", ""),
        autocomplete=row.get("autocomplete", ""),
        options=tuple(
            Option(
                value=option["value"],
                fr=option["fr"],
                en=option["en"],
                in_name=option.get("in_name", option["value"]),
                in_template=option.get("in_template", option["value"]),
            )
            for option in row.get("option", ())
        ),
    )


def _price(row: list[Any]) -> Price:
    choices = tuple(value for value in row if isinstance(value, str))
    amounts = [Decimal(value) for value in row[len(choices) :]]
    return Price(choices, amounts[0], amounts[1] if len(amounts) > 1 else Decimal(0))


def _on_demand(row: Mapping[str, Any] | None) -> OnDemand | None:
    if row is None:
        return None
    return OnDemand(row["hours"], tuple(row.get("by", ())), tuple(map(_price, row["row"])))


def _reservation(row: Mapping[str, Any] | None) -> Reservation | None:
    if row is None:
        return None
    return Reservation(row["months"], row.get("region", ""), row["name"], row["template"])


def _columns(content: Mapping[str, Any]) -> dict[str, Any]:
    columns = {
        "slug": content["slug"],
        "code": content["code"],
        "position": content.get("position", 0),
        "category": content["category"],
        "currency": content.get("currency", "EUR"),
        "price_kind": content["price_kind"],
        "from_price": content.get("from_price"),
        "is_offered": not content.get("withdrawn", False),
    }
    for language in LANGUAGES:
        words = content[language]
        columns |= {f"{key}_{language}": words[key] for key in WORDS}
        columns[f"description_{language}"] = words.get("description", "")
    return columns
