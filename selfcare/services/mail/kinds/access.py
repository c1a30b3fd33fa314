"""Mails about places on a contract: given, changed, asked for, about to end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from selfcare.models import AccessRequest, Account, Contract, Mail, Membership
from selfcare.services.mail import outbox
from selfcare.services.mail.kinds.facts import of_contract


def portal_access(*accounts: Account, contract: Contract) -> list[Mail]:
    """They are users of this contract now (USERS-3)."""
    return outbox.write_many("portal_access", dict.fromkeys(accounts, of_contract(contract)))


def console_access(names: Mapping[Account, str], *, contract: Contract) -> list[Mail]:
    """Their accounts in the console are there, of these names (USERS-4)."""
    told = {account: {"ref": contract.ref, "username": name} for account, name in names.items()}
    return outbox.write_many("console_access", told)


def access_ends(account: Account, *, contract: Contract, last_day: date) -> Mail:
    """Somebody's own access to a contract ends soon (USERS-10)."""
    return outbox.write(
        "access_ends",
        account,
        **of_contract(contract),
        last_day=last_day.isoformat(),
    )


def member_access_ends(
    manager: Account, *, contract: Contract, called: str, membership: Membership, last_day: date
) -> Mail:
    """The access of a user whom they manage ends soon (USERS-10)."""
    return outbox.write(
        "member_access_ends",
        manager,
        **of_contract(contract),
        called=called,
        membership_id=membership.id,
        last_day=last_day.isoformat(),
    )


def access_asked(
    referent: Account, *, contract: Contract, by: Account, wanted: AccessRequest
) -> Mail:
    """A member asks for an access that they do not have (ASK-1)."""
    return outbox.write(
        "access_asked",
        referent,
        **of_contract(contract),
        by=by.full_name,
        email=by.email,
        access=[wanted.section, wanted.profile],
        membership_id=wanted.membership_id,
        request_id=wanted.id,
    )


def access_declined(
    account: Account, *, contract: Contract, by: Account, declined: AccessRequest, reason: str
) -> Mail:
    """What they asked for is not given; `reason` may be empty (ASK-1)."""
    return outbox.write(
        "access_declined",
        account,
        **of_contract(contract),
        by=by.full_name,
        access=[declined.section, declined.profile],
        asked_at=declined.asked_at.isoformat(),
        reason=reason,
    )


def roles_changed(
    account: Account,
    *,
    contract: Contract,
    by: Account | None,
    changes: Sequence[Sequence[str]],
    asked_at: datetime | None = None,
) -> Mail:
    """Their roles on a contract are others now; `changes` as `Roles.changes_to` gives them.

    `asked_at`: when they had asked for it.
    """
    return outbox.write(
        "roles_changed",
        account,
        **of_contract(contract),
        by=by.full_name if by else "",
        changes=changes,
        asked_at=asked_at.isoformat() if asked_at else "",
    )


def import_stopped(
    account: Account,
    *,
    contract: Contract,
    owner: Account,
    filename: str,
    added: int,
    left_out: int,
) -> Mail:
    """An import ended before its last line: whoever loaded it may no longer add users."""
    return outbox.write(
        "import_stopped",
        account,
        **of_contract(contract),
        owner=owner.full_name,
        filename=filename,
        added=added,
        left_out=left_out,
    )
