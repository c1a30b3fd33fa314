"""Who is here, where, and with which menu: what every page asks first, in one statement."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import String, and_, bindparam, cast, func, select
from sqlalchemy.orm import contains_eager

from selfcare.database import db
from selfcare.models import ConsoleAccess, Contract, Membership, SignIn
from selfcare.services.accounts import sign_ins
from selfcare.services.users import places
from selfcare.services.users.places import Place

Menu = tuple[tuple[str, str], ...]
"""Reference and name of somebody's first contracts by name, one more than the menu shows."""


@dataclass(frozen=True)
class Presence:
    """A person who is signed in, on a page.

    Attributes:
        sign_in: their sign-in, with the account.
        ref: the page's contract, if it has one.
        place: their place there, if they have one.
        menu: their contracts in the menu; None where it was not wanted.
    """

    sign_in: SignIn
    ref: str | None
    place: Place | None
    menu: Menu | None


def of(token: str, *, ref: str | None, with_menu: bool) -> Presence | None:
    """The presence a cookie stands for, unless it was ended or has expired; prolongs it.

    Args:
        token: the cookie's.
        ref: the contract of the page.
        with_menu: whether the page has a menu.
    """
    statement = _statement(db.engine.dialect.name, placed=ref is not None, with_menu=with_menu)
    asked = {**sign_ins.asked(token), "ref": ref}
    found = db.session.execute(statement, asked).one_or_none()
    if found is None:
        return None
    sign_ins.prolong(found.SignIn)
    membership = found.Membership if ref is not None else None
    return Presence(
        found.SignIn,
        ref,
        places.placed(membership, found.ConsoleAccess) if membership else None,
        tuple((one, name) for one, name in json.loads(found.menu)) if with_menu else None,
    )


@lru_cache
def _statement(dialect: str, *, placed: bool, with_menu: bool) -> Any:
    statement: Any = (
        select(SignIn)
        .join(SignIn.account)
        .options(contains_eager(SignIn.account))
        .where(sign_ins.IS_OPEN)
    )
    if placed:
        named = select(Contract.id).where(Contract.ref == bindparam("ref")).scalar_subquery()
        statement = (
            statement.add_columns(Membership, ConsoleAccess)
            .outerjoin(
                Membership,
                and_(Membership.account_id == SignIn.account_id, Membership.contract_id == named),
            )
            .outerjoin(Membership.contract)
            .outerjoin(Contract.offer)
            .outerjoin(ConsoleAccess, places.ITS_CONSOLE)
            .options(contains_eager(Membership.contract).contains_eager(Contract.offer))
        )
    if with_menu:
        statement = statement.add_columns(_menu(dialect).label("menu"))
    return statement


def _menu(dialect: str) -> Any:
    """The menu as JSON text, of whom the statement is about."""
    mine = places.in_menu(SignIn.account_id).correlate(SignIn).subquery()
    if dialect == "postgresql":
        pairs = func.json_agg(func.json_build_array(mine.c.ref, mine.c.name))
        return func.coalesce(cast(select(pairs).scalar_subquery(), String), "[]")
    return select(func.json_group_array(func.json_array(mine.c.ref, mine.c.name))).scalar_subquery()
