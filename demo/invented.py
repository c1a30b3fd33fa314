"""Believable people, companies and contracts for `flask demo grow`, as rows ready to be loaded.

A row is a tuple of texts and numbers that COPY and SQLite take alike, and that read back as what
the models would have written. Making model objects would take twenty times as long.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

from demo.data_files import read
from selfcare.models import Searchable, fold
from selfcare.rights import (
    OFFERS,
    REFERENT_CONSOLE_ROLES,
    Profile,
    Section,
    profiles_of_new_user,
    profiles_of_referent,
)

Row = tuple[str | int | None, ...]

GROWN_DOMAIN = "grown.example"
"""The mail domain of everybody invented here; `.example` belongs to nobody."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "customers": ("id", "code", "name", "siren", "vat_number", "address", "created_at"),
    "accounts": (
        *("id", "subject", "login", "email", "civility", "last_name", "first_name", "phone"),
        *("locale", "is_staff", "created_at", "search_text"),
    ),
    "contracts": (
        *("id", "ref", "name", "platform_id", "customer_id", "offer_id"),
        *("starts_on", "created_at", "search_text"),
    ),
    "memberships": ("id", "account_id", "contract_id", "is_referent", "profiles", "created_at"),
    "console_accesses": (
        *("id", "account_id", "contract_id", "wanted_groups", "state", "changed_at"),
        *("iam_username", "iam_email"),
    ),
    "orders": (
        *("id", "ref", "contract_id", "placed_by_id", "placed_at", "name_fr", "name_en"),
        *("price", "price_kind", "currency", "status", "parameters", "search_text"),
    ),
    "subscriptions": (
        *("id", "order_id", "ref", "contract_id", "subscribed_by_id", "subscribed_at", "name"),
        *("months", "price", "upfront", "currency", "region", "starts_on", "ends_on"),
        "search_text",
    ),
    "order_counters": ("customer_id", "month", "last"),
}
"""The columns written of each table; the tables stand in the order of their foreign keys."""

Batch = dict[str, list[Row]]


@dataclass(frozen=True, slots=True)
class Member:
    """A member who may order on a contract."""

    account_id: int
    contract_id: int
    login: str
    """The login folded, as searches look for it."""
    name: str


@dataclass
class InventedCustomer:
    """A company with its contracts and the members who order."""

    id: int
    code: str
    members: list[Member] = field(default_factory=list)
    last_numbers: dict[str, int] = field(default_factory=dict)
    """The last number given in each month (ORDERS-2)."""


def stored(moment: datetime) -> str:
    """Return a time as both databases take it: UTC, in SQLAlchemy's form for SQLite."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}.000000"


def siren_of(number: int) -> str:
    """Return nine digits, the last of which is the Luhn key of the others."""
    body = f"{number % 10**8:08}"
    doubled = (int(digit) * (2 - position % 2) for position, digit in enumerate(reversed(body)))
    return f"{body}{-sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10}"


def _as_json(profiles: Mapping[Section, Profile]) -> str:
    return json.dumps({str(section): str(profile) for section, profile in profiles.items()})


_EVERYWHERE = {
    wanted: {
        section: wanted if wanted in offer.profiles else Profile.VISITOR
        for section, offer in OFFERS.items()
    }
    for wanted in (Profile.VISITOR, Profile.MANAGER)
}


class Inventor:
    """Makes people, companies and contracts; numbers its rows from the first free ids."""

    def __init__(
        self, rng: Random, next_ids: dict[str, int], *, offer_id: int, next_ref: int, now: datetime
    ) -> None:
        """Take the free ids of each table, the offer to sell, the first free contract number."""
        self._rng = rng
        self._ids = next_ids
        self._offer_id = offer_id
        self._next_ref = next_ref
        self._now = now
        self._words = read("invented-words")
        self._referent = _as_json(profiles_of_referent())
        self._manager = _as_json(_EVERYWHERE[Profile.MANAGER])
        self._others = [_as_json(_EVERYWHERE[Profile.VISITOR]), _as_json(profiles_of_new_user())]

    def take_id(self, table: str) -> int:
        """Return the next free id of a table."""
        taken = self._ids[table]
        self._ids[table] += 1
        return taken

    def customer(self, batch: Batch) -> InventedCustomer:
        """Add a company."""
        words, rng, number = self._words, self._rng, self.take_id("customers")
        word, owner = rng.choice(words["companies"]), rng.choice(words["last_names"])
        code = f"{fold(word)[:5].upper()}{number:04}"
        siren = siren_of(number)
        row = (
            number,
            code,
            f"{word} {owner} {rng.choice(words['legal_forms'])}",
            siren,
            f"FR{(12 + 3 * (int(siren) % 97)) % 97:02}{siren}",
            f"{rng.randint(1, 99)} {rng.choice(words['streets'])}, {rng.choice(words['towns'])}",
            stored(self._some_time_ago()),
        )
        batch["customers"].append(row)
        return InventedCustomer(number, code)

    def contract(self, batch: Batch, customer: InventedCustomer) -> int:
        """Add a contract without members to the company; return its id."""
        number, ref = self.take_id("contracts"), f"OCB{self._next_ref:07}"
        self._next_ref += 1
        name = self._rng.choice(self._words["systems"])
        platform = f"FCE_{name}_{number}"
        since = self._some_time_ago()
        batch["contracts"].append(
            (
                *(number, ref, name, platform, customer.id, self._offer_id),
                *(_day(since), stored(since), Searchable.joined((ref, name, platform))),
            )
        )
        return number

    def person(self, batch: Batch) -> Member:
        """Add an account without a contract (`contract_id` is 0)."""
        words, rng, number = self._words, self._rng, self.take_id("accounts")
        first, civility = rng.choice(words["first_names"])
        last = rng.choice(words["last_names"])
        login = f"{fold(first)}.{fold(last)}{number:04}"
        email = f"{login}@{GROWN_DOMAIN}"
        batch["accounts"].append(
            (
                *(number, secrets.token_hex(16), login, email, civility, last, first),
                f"019900{number % 10_000:04}",
                *("en" if number % 10 == 0 else "fr", 0, stored(self._some_time_ago())),
                Searchable.joined((login, first, last, email)),
            )
        )
        return Member(number, 0, fold(login), f"{first} {last.upper()}")

    def membership(
        self, batch: Batch, person: Member, contract_id: int, *, is_referent: bool
    ) -> Member | None:
        """Make somebody a member of a contract; return the member if they may order there."""
        is_manager = is_referent or self._rng.random() < 0.3
        profiles = self._referent if is_referent else self._manager
        if not is_manager:
            profiles = self._rng.choice(self._others)
        since = stored(self._some_time_ago())
        batch["memberships"].append(
            (
                *(self.take_id("memberships"), person.account_id, contract_id),
                *(int(is_referent), profiles, since),
            )
        )
        if is_manager:
            roles = json.dumps(list(REFERENT_CONSOLE_ROLES) if is_referent else ["power_user"])
            batch["console_accesses"].append(
                (
                    *(self.take_id("console_accesses"), person.account_id, contract_id),
                    *(roles, "done", since),
                    *(person.login, f"{person.login}@{GROWN_DOMAIN}"),
                )
            )
            return Member(person.account_id, contract_id, person.login, person.name)
        return None

    def _some_time_ago(self) -> datetime:
        return self._now - timedelta(days=self._rng.randint(5 * 365, 10 * 365))


def _day(moment: datetime) -> str:
    return date.isoformat(moment.date())
