"""What the steps of the users' wizard share: the draft, whose it is, and where each step leads."""

from __future__ import annotations

from flask import flash, redirect, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from selfcare.database import db
from selfcare.language import _
from selfcare.models import Account, Contract, Membership, UserDraft
from selfcare.services.users import drafts, strangers
from selfcare.services.users.strangers import Known
from selfcare.web.access import ProfileMissing, current_account, may, one_or_404


def own_draft(contract: Contract, draft_id: int) -> UserDraft:
    """The reader's own draft, if they may still do what it is for."""
    draft = one_or_404(drafts.owned(current_account(), contract, draft_id))
    needed = drafts.ability(draft)
    if not may(needed):
        raise ProfileMissing(needed, contract)
    return draft


def known(contract: Contract, draft: UserDraft) -> Known | None:
    """The account the email belongs to already: it is used as it is (USERS-3)."""
    return strangers.of_email(contract, draft.person["email"]) if draft.person else None


def subject(draft: UserDraft) -> Known | None:
    """Whose roles are being changed."""
    if not draft.membership_id:
        return None
    found = db.session.execute(
        select(Account, Membership.invited_as)
        .join(Membership)
        .where(Membership.id == draft.membership_id)
    ).one_or_none()
    return strangers.shown(found[0], typed=found[1]) if found else None


def lead_to(contract: Contract, draft: UserDraft, name: str) -> Response:
    """To one of the draft's steps."""
    address = url_for(f"users_wizard.{name}", ref=contract.ref, kind=draft.kind, draft_id=draft.id)
    return redirect(address, code=303)


def finished(contract: Contract, draft: UserDraft, *, said: bool = False) -> Response:
    """To the list the wizard was opened from."""
    if said and draft.membership_id:
        flash(_("The roles are changed; they apply from now on."))
    elif said:
        flash(_("The user has been added and gets a mail."))
    return redirect(list_address(contract, console_only=draft.console_only), code=303)


def list_address(contract: Contract, *, console_only: bool) -> str:
    """The list the wizard was opened from."""
    endpoint = "users_console.index" if console_only else "users.index"
    return url_for(endpoint, ref=contract.ref)
