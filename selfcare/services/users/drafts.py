"""The wizard's drafts: begun, filled in step by step, made real by « terminer » (USERS-2)."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Select, select

from selfcare.database import db, lock
from selfcare.models import Account, Contract, Membership, UserDraft, now
from selfcare.rights import Ability, profiles_of_new_user
from selfcare.services.users import joining, members
from selfcare.services.users.new_member import NewMember
from selfcare.services.users.refusals import GoneMeanwhile, RoleNeeded
from selfcare.services.users.roles import CONSOLE_ONLY_PROFILES, Roles


def owned(owner: Account, contract: Contract, draft_id: int) -> Select[UserDraft]:
    """Somebody's own draft on a contract, with its membership if it changes one."""
    return select(UserDraft).filter_by(id=draft_id, owner_id=owner.id, contract_id=contract.id)


def ability(draft: UserDraft) -> Ability:
    """The right its owner must still hold at each step."""
    if draft.console_only:
        return Ability.SET_CONSOLE_ROLES
    return Ability.CHANGE_USER if draft.membership_id else Ability.ADD_USER


def begin(
    owner: Account, contract: Contract, person: NewMember, *, console_only: bool
) -> UserDraft:
    """A draft for somebody new, with what the table of rights proposes for them."""
    profiles = CONSOLE_ONLY_PROFILES if console_only else profiles_of_new_user()
    draft = UserDraft(
        owner_id=owner.id,
        contract_id=contract.id,
        console_only=console_only,
        person=asdict(person),
        roles=Roles(profiles).as_json(),
    )
    return _kept(draft)


def begin_change(
    owner: Account, membership: Membership, roles: Roles, *, seen: Roles, console_only: bool
) -> UserDraft:
    """A draft of somebody's new roles; `seen` are those the form showed as in force."""
    draft = UserDraft(
        owner_id=owner.id,
        contract_id=membership.contract_id,
        membership_id=membership.id,
        console_only=console_only,
        roles=roles.as_json(),
        seen=seen.as_json(),
    )
    return _kept(draft)


def _kept(draft: UserDraft) -> UserDraft:
    db.session.add(draft)
    db.session.flush()
    return draft


def keep_person(draft: UserDraft, person: NewMember) -> None:
    """Step 1."""
    draft.person, draft.updated_at = asdict(person), now()


def keep_roles(draft: UserDraft, roles: Roles) -> None:
    """Step 2."""
    draft.roles, draft.updated_at = roles.as_json(), now()


def new_member(draft: UserDraft) -> NewMember:
    """Step 1 as it was kept."""
    kept: dict[str, Any] = draft.person
    return NewMember(**kept)


def finish(draft: UserDraft, contract: Contract, *, by: Account) -> int:
    """« terminer »: make it real, once; gives the membership's id.

    Raises:
        GoneMeanwhile: somebody else has just removed the user, and the draft with them.
        Refusal: something changed since the steps were filled in; the draft stays.
    """
    membership = None
    if draft.membership_id:  # the user before the draft, as a removal takes them
        membership = db.session.get(Membership, draft.membership_id, with_for_update=True)
        if membership is None:
            raise GoneMeanwhile
    lock(draft)
    if draft.result_id:
        return draft.result_id
    roles = Roles.from_json(draft.roles)
    if draft.console_only and not roles.console:
        raise RoleNeeded
    if membership:
        seen = Roles.from_json(draft.seen)
        if draft.console_only:
            roles = replace(members.roles_of(membership), console=roles.console)
            seen = replace(roles, console=seen.console)
        members.change(membership, roles, seen=seen, by=by)
    else:
        membership = joining.add(contract, new_member(draft), roles, by=by)
    draft.result_id = membership.id
    draft.person = {}  # personal data is kept where it belongs now
    db.session.flush()
    return membership.id
