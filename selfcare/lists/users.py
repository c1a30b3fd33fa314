"""The users of a contract: all of them (figure 28), and those of the console (figure 32)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from sqlalchemy import ColumnElement, String, bindparam, case, cast, func, select

from selfcare.language import _l, wording
from selfcare.lists.columns import Column, moment, worded
from selfcare.lists.query import ListOf, ListQuery
from selfcare.lists.statuses import Status
from selfcare.models import Account, ConsoleAccess, Contract, Membership
from selfcare.models.console import Drift, drift

HAS_COME = Membership.invited_as.is_(None)
"""Of somebody of another customer who has not opened the contract yet, the typed address is shown
and found, and nothing else (USERS-3)."""


def _if_come(column: Any) -> Any:
    return case((HAS_COME, column), else_="")


LOGIN, LAST, FIRST = map(_if_come, (Account.login, Account.last_name, Account.first_name))
EMAIL = func.coalesce(Membership.invited_as, Account.email)
FOUND_BY = case((HAS_COME, Account.search_text), else_=func.lower(Membership.invited_as))
IS_AWAITED = Membership.invited_as.is_not(None) | Account.password_hash.is_(None)
"""Whether they have not come yet: nobody signs in before a first password is set."""
HAS_ROLES = func.json_array_length(ConsoleAccess.wanted_groups) > 0
STATE = case((HAS_ROLES, ConsoleAccess.told))

SHOWN = (
    select(
        Membership.id,
        LOGIN.label("login"),
        LAST.label("last_name"),
        FIRST.label("first_name"),
        EMAIL.label("email"),
        _if_come(Account.phone).label("phone"),
        _if_come(Account.mobile).label("mobile"),
        Membership.created_at,
        Membership.is_referent,
        Membership.ends_on,
        IS_AWAITED.label("is_awaited"),
        case((HAS_COME, Account.disabled_at)).label("disabled_at"),
        Membership.account_id,
        cast(Membership.profiles, String).label("profiles"),
        STATE.label("state"),
        cast(ConsoleAccess.wanted_groups, String).label("wanted_groups"),
        ConsoleAccess.problem,
        ConsoleAccess.due_at,
        cast(ConsoleAccess.seen_groups, String).label("seen_groups"),
        cast(ConsoleAccess.seen_account, String).label("seen_account"),
        ConsoleAccess.seen_at,
        ConsoleAccess.iam_username,
        ConsoleAccess.iam_email,
        ConsoleAccess.iam_enabled,
    )
    .join(Account, Account.id == Membership.account_id)
    .outerjoin(
        ConsoleAccess,
        (ConsoleAccess.account_id == Membership.account_id)
        & (ConsoleAccess.contract_id == Membership.contract_id),
    )
)


def drift_of(row: Any) -> Drift | None:
    """The difference seen between the console and the portal; None without one."""
    seen, account = (
        json.loads(text) if text else None for text in (row.seen_groups, row.seen_account)
    )
    return drift(row, json.loads(row.wanted_groups or "[]"), seen, account)


def _status(label: Any, where: ColumnElement[bool], words: Any = "") -> Status:
    return Status(label, lambda _today: where, words=words)


IN_CONSOLE: dict[str, Status] = {
    "ready": _status(_l("Console ready"), STATE == "done"),
    "pending": _status(_l("Console being prepared"), STATE.in_(("queued", "running"))),
    "failed": _status(_l("Console failed"), STATE == "failed"),
}
AT_ALL: dict[str, Status] = {
    "none": _status(_l("Without console"), STATE.is_(None)),
    "invited": _status(_l("Not come yet"), IS_AWAITED, _l("invited")),
}


class UserList(ListQuery):
    """Everybody on the contract: login, names, email, since when, console (USERS-1)."""

    statement = SHOWN.where(Membership.contract_id == bindparam("contract"))
    name = "users"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("login", _l("Login"), func.lower(LOGIN)),
        Column("last", _l("Last name"), LAST, shows="last_name"),
        Column("first", _l("First name"), FIRST, shows="first_name"),
        Column("email", _l("Email"), EMAIL),
        moment("created", _l("Added"), Membership.created_at, shows="created_at"),
        worded("console", _l("Console"), STATE, wording.CONSOLE_STATE, shows="state"),
        Column(
            "roles",
            _l("Console roles"),
            None,
            text=lambda r, _: " ".join(json.loads(r.wanted_groups or "[]")),
            only_in_export=True,
        ),
        Column(
            "ends",
            _l("Last day of the access"),
            None,
            text=lambda r, reader: reader.day(r.ends_on) if r.ends_on else "",
            only_in_export=True,
        ),
    )
    searched = (FOUND_BY,)
    searched_dates = (Membership.created_at,)
    default_sort = "-created"
    tie_break = Membership.id
    statuses: ClassVar[Mapping[str, Status]] = IN_CONSOLE | AT_ALL
    has_pills = True

    @classmethod
    def of_contract(cls, contract: Contract) -> ListOf[Self]:
        """The contract's."""
        return cls._of(contract=contract.id)

    @property
    def has_pending(self) -> bool:
        """Whether the console is at work for somebody on this page."""
        return any(row.state in {"queued", "running"} for row in self.rows)


class ConsoleUserList(UserList):
    """The users with at least one console role (USERS-7)."""

    name = "console-users"
    statuses = IN_CONSOLE
    statement = UserList.statement.where(HAS_ROLES)
