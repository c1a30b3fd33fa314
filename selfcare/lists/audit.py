"""The audit log, for auditors (STAFF-4)."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from sqlalchemy import String, cast, func, select

from selfcare.language import _l, audit_wording
from selfcare.lists.activity import ActivityList, details
from selfcare.lists.columns import Column, moment, worded
from selfcare.lists.query import ListOf
from selfcare.models import AuditEntry


class AuditList(ActivityList):
    """All that was done, newest first, with the true names of staff."""

    name = "audit"
    is_file_guarded = True
    statement = select(
        AuditEntry.id,
        AuditEntry.at,
        AuditEntry.action,
        AuditEntry.actor,
        AuditEntry.on_behalf_of,
        AuditEntry.subject,
        AuditEntry.subject.label("about"),
        AuditEntry.contract_ref,
        AuditEntry.ip,
        AuditEntry.visit_id,
        cast(AuditEntry.details, String).label("details"),
    )
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
        Column("by", _l("By"), AuditEntry.actor, shows="actor"),
        Column("for", _l("On behalf of"), AuditEntry.on_behalf_of, shows="on_behalf_of"),
        Column("contract", _l("Contract"), AuditEntry.contract_ref, shows="contract_ref"),
        Column("from", _l("Network address"), AuditEntry.ip, shows="ip"),
        Column("details", _l("Details"), None, text=details, only_in_export=True),
    )
    searched: ClassVar[tuple[Any, ...]] = (
        func.lower(AuditEntry.actor),
        func.lower(AuditEntry.on_behalf_of),
        func.lower(AuditEntry.subject),
        func.lower(AuditEntry.contract_ref),
        AuditEntry.ip,
    )

    @classmethod
    def of_all(cls) -> ListOf[Self]:
        """The whole log."""
        return cls._of()
