"""Who is here, where, and with which menu: what every page asks first, in one statement."""

from __future__ import annotations

import json
from collections.abc import Hashable
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Row, String, and_, bindparam, cast, func, select
from sqlalchemy.orm.attributes import set_committed_value

from selfcare.database import db
from selfcare.entities import shape
from selfcare.models import (
    Account,
    ConsoleAccess,
    Contract,
    Membership,
    SignIn,
)
from selfcare.models.account import full_name
from selfcare.services.accounts import sign_ins
from selfcare.services.months import TODAY
from selfcare.services.users import places
from selfcare.services.users.places import Place


class InMenu(NamedTuple):
    """A contract in somebody's menu; their profiles there as JSON text."""

    ref: str
    name: str
    profiles: str


Menu = tuple[InMenu, ...]
"""Somebody's first contracts by name, one more than the menu shows."""


class Presence:
    """A person who is signed in, on a page; Flask-Login's "user" of the customers' pages.

    It holds plain values. Entities are made of them when somebody asks for `sign_in`, `account` or
    what the place holds: a page of a list asks for none.
    """

    is_authenticated = is_active = True
    is_anonymous = False

    def __init__(self, row: Row[Any], *, ref: str | None, with_menu: bool) -> None:
        self._row, self.ref = row, ref
        self.id: int = row.sign_ins_id
        self.two_factor: bool = row.sign_ins_two_factor
        self.account_id: int = row.accounts_id
        self.login: str = row.accounts_login
        self.locale: str = row.accounts_locale
        self.is_staff: bool = row.accounts_is_staff
        self.has_find_key: bool = row.accounts_has_find_key
        self.seen: Hashable = tuple(row)[len(shape(SignIn).columns) :]
        """All that pages can read of the person and the place, for their ETag."""
        self.menu: Menu | None = None
        """Their contracts in the menu; None where it was not wanted."""
        if with_menu:
            self.menu = tuple(InMenu(*one) for one in json.loads(row.menu))

    @property
    def full_name(self) -> str:
        """Both names, as the header shows them."""
        return full_name(self._row.accounts_first_name, self._row.accounts_last_name)

    @cached_property
    def place(self) -> Place | None:
        """Their place on the page's contract, if it has one and they have one there."""
        row = self._row
        if self.ref is None or row.memberships_id is None:
            return None
        return places.place_in(row, console_roles=row.console_roles)

    @cached_property
    def sign_in(self) -> SignIn:
        """The sign-in itself, its account loaded."""
        sign_in = shape(SignIn).made_of(self._row)
        set_committed_value(sign_in, "account", self.account)
        return sign_in

    @cached_property
    def account(self) -> Account:
        """The person's account."""
        return shape(Account).made_of(self._row)

    def load(self) -> None:
        """Make all entities now: what is written in between would not be in them later."""
        _ = self.sign_in
        if self.place:
            _ = self.place.membership, self.place.console

    def get_id(self) -> str:
        """Flask-Login's: known only of a sign-in that has just begun."""
        return self.sign_in.get_id()


def of(token: str, *, ref: str | None, with_menu: bool) -> Presence | None:
    """The presence a cookie stands for, unless it was ended or has expired; prolongs it.

    Args:
        token: the cookie's.
        ref: the contract of the page.
        with_menu: whether the page has a menu.
    """
    statement = _statement(db.engine.dialect.name, placed=ref is not None, with_menu=with_menu)
    asked = {**sign_ins.asked(token), "ref": ref}
    row = db.session.connection().execute(statement, asked).one_or_none()
    if row is None:
        return None
    found = Presence(row, ref=ref, with_menu=with_menu)
    if sign_ins.is_stale(row.sign_ins_last_seen_at):
        sign_ins.prolong(found.sign_in)
    return found


@lru_cache
def _statement(dialect: str, *, placed: bool, with_menu: bool) -> Any:
    statement: Any = (
        select(*shape(SignIn).columns, *shape(Account).columns)
        .join(SignIn.account)
        .where(sign_ins.IS_OPEN)
    )
    if placed:
        named = select(Contract.id).where(Contract.ref == bindparam("ref")).scalar_subquery()
        statement = (
            statement.add_columns(*places.columns_of_place())
            .add_columns(cast(ConsoleAccess.wanted_groups, String).label("console_roles"))
            .outerjoin(
                Membership,
                and_(
                    Membership.account_id == SignIn.account_id,
                    Membership.contract_id == named,
                    Membership.lasts_on(TODAY),
                ),
            )
            .outerjoin(Membership.contract)
            .outerjoin(Contract.offer)
            .outerjoin(ConsoleAccess, places.ITS_CONSOLE)
        )
    if with_menu:
        statement = statement.add_columns(_menu(dialect).label("menu"))
    return statement


def _menu(dialect: str) -> Any:
    """The menu as JSON text, of whom the statement is about."""
    mine = places.in_menu(SignIn.account_id).correlate(SignIn).subquery()
    if dialect == "postgresql":
        rows = func.json_agg(func.json_build_array(*mine.c))
        return func.coalesce(cast(select(rows).scalar_subquery(), String), "[]")
    return select(func.json_group_array(func.json_array(*mine.c))).scalar_subquery()
