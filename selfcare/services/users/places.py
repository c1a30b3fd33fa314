"""The members of contracts, with their rights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Protocol

from sqlalchemy import (
    JSON,
    ColumnElement,
    Row,
    Select,
    String,
    and_,
    bindparam,
    cast,
    select,
    type_coerce,
)
from sqlalchemy.orm import contains_eager
from sqlalchemy.orm.attributes import set_committed_value

from selfcare.database import among, db
from selfcare.entities import shape
from selfcare.models import Account, ConsoleAccess, Contract, Membership, Offer, read_profiles
from selfcare.rights import RULES, Ability, Rights
from selfcare.services.months import TODAY

MOST_IN_CONSOLE = 500
"""Contracts to choose from; more make no page any more."""


class Entities(Protocol):
    """The entities of a place; whoever gives them may make them when they are asked for."""

    @property
    def membership(self) -> Membership:
        """The membership, its contract loaded."""

    @property
    def contract(self) -> Contract:
        """The contract, its offer loaded."""

    @property
    def console(self) -> ConsoleAccess | None:
        """The console access, if there is one."""


@dataclass(frozen=True)
class _Loaded:
    membership: Membership
    contract: Contract
    console: ConsoleAccess | None


@dataclass(frozen=True, eq=False)
class Place:
    """Somebody's place on one contract: the membership, and what follows from it.

    Attributes:
        account_id: whose.
        contract_id: where; `ref` and `name` are the contract's, too.
        offer_name: what the contract's offer is called.
        has_come: whether they have opened the contract.
        rights: what they may do there.
        entities: the entities of all this.
    """

    account_id: int
    contract_id: int
    ref: str
    name: str
    offer_name: str
    has_come: bool
    rights: Rights
    entities: Entities

    @property
    def membership(self) -> Membership:
        """The membership itself, its contract loaded."""
        return self.entities.membership

    @property
    def console(self) -> ConsoleAccess | None:
        """What they shall have in the console, if anything was ever wished."""
        return self.entities.console

    @property
    def contract(self) -> Contract:
        """The contract itself, its offer loaded."""
        return self.entities.contract


ITS_CONSOLE = and_(
    ConsoleAccess.account_id == Membership.account_id,
    ConsoleAccess.contract_id == Membership.contract_id,
)
"""Whether a console access is that of a membership."""

_PLACES = (
    select(Membership, ConsoleAccess)
    .join(Membership.contract)
    .join(Contract.offer)
    .outerjoin(ConsoleAccess, ITS_CONSOLE)
    .options(contains_eager(Membership.contract).contains_eager(Contract.offer))
    .where(Membership.account_id == bindparam("account"), Membership.lasts_on(TODAY))
)
_BY_NAME = _PLACES.order_by(Contract.name, Contract.id).limit(bindparam("most"))
_CONSOLE = select(ConsoleAccess).where(
    ConsoleAccess.account_id == bindparam("account"),
    ConsoleAccess.contract_id == bindparam("contract"),
)
_PLACE = _PLACES.where(Contract.ref == bindparam("ref"))


class Made:
    """The entities of a place, each made of the columns of a row when it is asked for.

    The console access has many columns and is asked for by few pages: it is read when it is.
    """

    def __init__(self, row: Row[Any]) -> None:
        self._row = row

    @cached_property
    def membership(self) -> Membership:
        """The membership, its contract loaded."""
        membership = shape(Membership).made_of(self._row)
        set_committed_value(membership, "contract", self.contract)
        return membership

    @cached_property
    def contract(self) -> Contract:
        """The contract, its offer loaded."""
        contract = shape(Contract).made_of(self._row)
        set_committed_value(contract, "offer", shape(Offer).made_of(self._row))
        return contract

    @cached_property
    def console(self) -> ConsoleAccess | None:
        """The console access, if there is one."""
        row = self._row
        return console_of(row.memberships_account_id, row.memberships_contract_id)


class _MadeInConsole(Made):
    """The same of a row that has the console access, too."""

    @cached_property
    def console(self) -> ConsoleAccess | None:
        """The console access."""
        return shape(ConsoleAccess).made_of(self._row)


def columns_of_place() -> list[Any]:
    """The columns of which `place_in` makes a place."""
    return [column for one in (Membership, Contract, Offer) for column in shape(one).columns]


def place_in(
    row: Row[Any], *, console_roles: str | None, entities: Entities | None = None
) -> Place:
    """The place that a row with these columns tells of; of entities, `Made` of it, none is made.

    `console_roles` are the text of JSON that `ConsoleAccess.wanted_groups` is kept as.
    """
    return Place(
        account_id=row.memberships_account_id,
        contract_id=row.contracts_id,
        ref=row.contracts_ref,
        name=row.contracts_name,
        offer_name=row.offers_name,
        has_come=row.memberships_invited_as is None,
        rights=_rights(row.memberships_profiles, console_roles),
        entities=entities or Made(row),
    )


@lru_cache(maxsize=4096)
def _rights(profiles: str, groups: str | None) -> Rights:
    """The rights that these texts of JSON stand for; most people's are alike."""
    roles = json.loads(groups) if groups is not None else ()
    return Rights(read_profiles(json.loads(profiles)), tuple(roles or ()))


def in_menu(account_id: Any) -> Select[str, str, str]:
    """Somebody's first contracts by name, one more than the menu shows; profiles as JSON text."""
    return (
        select(Contract.ref, Contract.name, cast(Membership.profiles, String).label("profiles"))
        .join(Membership, Membership.contract_id == Contract.id)
        .where(Membership.account_id == account_id, Membership.lasts_on(TODAY))
        .order_by(Contract.name, Contract.id)
        .limit(11)
    )


_MENU = in_menu(bindparam("account"))


def place_of(account_id: int, ref: str) -> Place | None:
    """Somebody's place on a contract, or None if they have none there."""
    found = db.session.execute(_PLACE, {"account": account_id, "ref": ref}).one_or_none()
    return placed(*found) if found else None


def console_of(account_id: int, contract_id: int) -> ConsoleAccess | None:
    """What somebody shall have in a contract's console."""
    asked = {"account": account_id, "contract": contract_id}
    return db.session.execute(_CONSOLE, asked).scalar_one_or_none()


def holds(ability: Ability, of: Any = Membership) -> ColumnElement[bool]:
    """Whether a membership's profile has an ability, for statements over many contracts.

    `of` is an alias of `Membership`, where a statement has two.
    """
    rule = RULES[ability]
    profile: Any = type_coerce(of.profiles, JSON)[rule.section.value]
    return among(profile.as_string(), sorted(rule.profiles))


def arrive(membership: Membership) -> None:
    """Somebody opens a contract: what is theirs is shown to its managers from now on."""
    membership.invited_as = None
    db.session.flush()


def placed(membership: Membership, console: ConsoleAccess | None) -> Place:
    """The place that a membership gives, with its console access."""
    roles = tuple(console.wanted_groups) if console else ()
    contract = membership.contract
    return Place(
        account_id=membership.account_id,
        contract_id=contract.id,
        ref=contract.ref,
        name=contract.name,
        offer_name=contract.offer.name,
        has_come=membership.invited_as is None,
        rights=Rights(membership.profiles, roles),
        entities=_Loaded(membership, contract, console),
    )


def contracts_in_menu(account_id: int) -> list[Row[Any]]:
    """The same for an account, where no statement asks for more."""
    return list(db.session.execute(_MENU, {"account": account_id}))


def places_of(account_id: int, *, limit: int) -> list[Place]:
    """Somebody's places on their contracts, by name (the home page's cards)."""
    asked = {"account": account_id, "most": limit}
    return [placed(*found) for found in db.session.execute(_BY_NAME, asked)]


def console_places_of(account_id: int) -> list[Place]:
    """Those where they have a console role, as the way into the console offers them."""
    asked = {"account": account_id, "most": MOST_IN_CONSOLE}
    places = [
        place_in(
            row, console_roles=row.console_accesses_wanted_groups, entities=_MadeInConsole(row)
        )
        for row in db.session.connection().execute(_in_console(), asked)
    ]
    return [here for here in places if here.rights.console_roles]


@lru_cache
def _in_console() -> Any:
    return (
        select(*columns_of_place(), *shape(ConsoleAccess).columns)
        .join(Membership.contract)
        .join(Contract.offer)
        .join(ConsoleAccess, ITS_CONSOLE)
        .where(
            Membership.account_id == bindparam("account"),
            Membership.lasts_on(TODAY),
            Offer.has_console,
        )
        .order_by(Contract.name, Contract.id)
        .limit(bindparam("most"))
    )


def referent_of(contract: Contract) -> Account | None:
    """The contract's first user, whom others ask for rights."""
    return db.session.execute(
        select(Account)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.contract_id == contract.id, Membership.is_referent)
    ).scalar_one_or_none()
