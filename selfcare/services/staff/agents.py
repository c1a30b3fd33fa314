"""The roles of staff members (STAFF-5); the database refuses them a place on a contract."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select

from selfcare.database import db
from selfcare.models import Account, StaffMembership
from selfcare.rights import StaffAbility, StaffRole, staff_may
from selfcare.services.accounts import sign_ins
from selfcare.services.safety import audit
from selfcare.services.staff import ending


class NotStaff(Exception):
    """The account is not a staff member's."""


def roles_of(account: Account) -> frozenset[StaffRole]:
    """The roles of a staff member; none for anybody else."""
    return frozenset(
        StaffRole(role)
        for role in db.session.execute(
            select(StaffMembership.role).where(StaffMembership.account_id == account.id)
        ).scalars()
    )


def may(account: Account, ability: StaffAbility) -> bool:
    """Whether somebody is staff, and one of their roles has the ability."""
    return account.is_staff and staff_may(roles_of(account), ability)


def set_roles(account: Account, roles: Collection[StaffRole], *, by: Account | None = None) -> None:
    """Give these roles in place of the former ones; visits that they do not allow end.

    Raises:
        NotStaff: of a customer's account.
    """
    if not account.is_staff:
        raise NotStaff
    former = roles_of(account)
    db.session.execute(delete(StaffMembership).where(StaffMembership.account_id == account.id))
    db.session.add_all(StaffMembership(account_id=account.id, role=role) for role in set(roles))
    change = {"former_roles": sorted(former), "new_roles": sorted(set(roles))}
    audit.record("staff.changed", actor=by, subject=account, details=change)
    if not staff_may(roles, StaffAbility.VISIT):
        ending.end_of_agent(account)
    if not roles:
        sign_ins.end_all(account)
