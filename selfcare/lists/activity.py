"""« Mon activité »: what was done with somebody's account (ACCOUNT-3)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from sqlalchemy import ColumnElement, Row, func

from selfcare.language import _, _l, audit_wording, mail_wording, staff_wording, wording
from selfcare.language.i18n import Reader
from selfcare.lists.columns import Column, moment, worded
from selfcare.lists.query import ListOf, ListQuery
from selfcare.models import Account, AuditEntry, fold
from selfcare.services.safety import audit

NAMED: Mapping[str, Mapping[str, Any]] = {
    "switched_off": mail_wording.MAIL_KIND,
    "what": {
        **mail_wording.MAIL_NAME,
        **staff_wording.VISIT_POLICY_TOLD,
        **audit_wording.ACCOUNT_FIELD,
    },
    "former_roles": staff_wording.STAFF_ROLE,
    "new_roles": staff_wording.STAFF_ROLE,
}
"""The details that are names of the code, and their words."""


def details(row: Row[Any], _reader: Reader | None = None) -> str:
    """The other details: a reason, a ticket, an address, in plain words."""
    words = [str(row.about)]
    for name, value in json.loads(row.details).items():
        parts = value if isinstance(value, list) else [value]
        shown = ", ".join(_part(part, NAMED.get(name, {})) for part in parts)
        label = str(audit_wording.DETAIL.get(name, name))
        words.append(_("%(label)s: %(value)s", label=label, value=shown) if shown else "")
    return " · ".join(word for word in words if word)


def _part(part: Any, named: Mapping[str, Any]) -> str:
    """One of an entry's details: changed roles, what has a name in words, or a text."""
    if isinstance(part, list):
        return wording.role_change(part) if len(part) > 2 else wording.access_name(*part)
    return str(named.get(part, part))


class ActivityList(ListQuery):
    """Newest first; searched by person, contract, network address and date."""

    name = "activity"
    columns: ClassVar[tuple[Column, ...]] = (
        moment("date", _l("Date"), AuditEntry.at, shows="at"),
        worded(
            "what",
            _l("What"),
            AuditEntry.action,
            audit_wording.ACTION,
            shows="action",
            alphabetical=True,
        ),
        Column("by", _l("By"), audit.ACTOR, shows="actor"),
        Column("contract", _l("Contract"), AuditEntry.contract_ref, shows="contract_ref"),
        Column("from", _l("Network address"), audit.ORIGIN, shows="ip"),
        Column("details", _l("Details"), None, text=details, only_in_export=True),
    )
    searched: ClassVar[tuple[Any, ...]] = (
        func.lower(audit.ACTOR),
        func.lower(AuditEntry.subject),
        func.lower(AuditEntry.contract_ref),
        audit.ORIGIN,
    )
    searched_dates = (AuditEntry.at,)
    default_sort = "-date"
    tie_break = AuditEntry.id
    details = staticmethod(details)

    @classmethod
    def concerning(cls, account: Account) -> ListOf[Self]:
        """What somebody did, and what was done for them or to their account."""
        return ListOf(cls, audit.concerning(account.id))

    def _matches(self, word: str) -> Iterator[ColumnElement[bool]]:
        """Actions are searched by the words the reader sees."""
        yield from super()._matches(word)
        named = [
            action
            for action in audit_wording.ACTION
            if fold(word) in fold(audit_wording.action(action))
        ]
        yield AuditEntry.action.in_(named)
