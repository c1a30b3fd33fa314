"""A person's page: what they have, what happened, why they do not see a page (STAFF-1, STAFF-6)."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from selfcare.background import claims
from selfcare.database import db
from selfcare.forms.confirming import ConfirmForm
from selfcare.language import _
from selfcare.language.i18n import reader
from selfcare.models import Account, ConsoleAccess, Contract, Mail, Visit, WishState
from selfcare.rights import Ability, StaffAbility
from selfcare.services.accounts import barring, sign_ins, two_factor
from selfcare.services.accounts import people as accounts
from selfcare.services.accounts.people import AccountRefused
from selfcare.services.console import access as console_access
from selfcare.services.mail import outbox
from selfcare.services.safety import audit
from selfcare.services.staff import agents, looking, notes, timeline, why
from selfcare.services.users import places
from selfcare.web import rendering
from selfcare.web.access import current_account, one_or_404, staff

bp = Blueprint("staff_people", __name__, url_prefix="/staff/people/<int:account_id>")

CONTRACTS = 50


@bp.get("")
@staff(StaffAbility.LOOK)
def person(account_id: int) -> ResponseReturnValue:
    """Everything staff see of somebody, on one page."""
    account = one_or_404(select(Account).filter_by(id=account_id))
    looking.count_person(account, by=current_account())
    only = timeline.asked(request.args.get("only", ""), timeline.OF_ACCOUNT)
    return rendering.page(
        "staff/person.html",
        person=account,
        staff_roles=sorted(agents.roles_of(account)) if account.is_staff else [],
        places=places.places_of(account.id, limit=CONTRACTS),
        sign_ins=sign_ins.open_ones(account),
        has_code=two_factor.of(account) is not None,
        failed=looking.failed_work(account),
        visits=looking.visits(Visit.account_id == account.id),
        notes=notes.pinned(account, today=reader().today()),
        happenings=timeline.of_account(account, only=only),
        only=only,
        sorts=timeline.OF_ACCOUNT,
        answer=_answer(account),
        form=ConfirmForm(),
    )


@bp.post("/mails/<int:mail_id>/retry")
@staff(StaffAbility.RETRY)
def retry_mail(account_id: int, mail_id: int) -> ResponseReturnValue:
    """« Renvoyer » a mail that was given up."""
    found = select(Mail).filter_by(id=mail_id, account_id=account_id, state=WishState.FAILED)
    mail = one_or_404(found.with_for_update())
    claims.want(mail)
    outbox.deliver.after_commit(mail.id)
    _retried(account_id, mail.name)
    return redirect(url_for(".person", account_id=account_id), code=303)


@bp.post("/welcome")
@staff(StaffAbility.RETRY)
def welcome(account_id: int) -> ResponseReturnValue:
    """Send the access mail once more: the login, and where to set the password."""
    accounts.welcome(one_or_404(select(Account).filter_by(id=account_id)))
    _retried(account_id, "access")
    return redirect(url_for(".person", account_id=account_id), code=303)


@bp.post("/console/<contract_ref>/retry")
@staff(StaffAbility.RETRY)
def retry_console(account_id: int, contract_ref: str) -> ResponseReturnValue:
    """« Réessayer » a console account that is not ready."""
    access = one_or_404(
        select(ConsoleAccess)
        .join(Contract, Contract.id == ConsoleAccess.contract_id)
        .where(ConsoleAccess.account_id == account_id, Contract.ref == contract_ref)
    )
    console_access.again(access)
    _retried(account_id, contract_ref)
    return redirect(url_for(".person", account_id=account_id), code=303)


@bp.post("/disable")
@staff(StaffAbility.DISABLE)
def disable(account_id: int) -> ResponseReturnValue:
    """Nothing opens to them from now on, here or in the console."""
    return _barred(account_id, barring.disable, _("The account is disabled."))


@bp.post("/enable")
@staff(StaffAbility.DISABLE)
def enable(account_id: int) -> ResponseReturnValue:
    """They sign in again with the password they had."""
    return _barred(account_id, barring.enable, _("The account is enabled."))


def _barred(account_id: int, change: Callable[..., None], said: str) -> ResponseReturnValue:
    account = one_or_404(select(Account).filter_by(id=account_id).with_for_update())
    if account.id == current_account().id:
        abort(403)
    try:
        change(account, by=current_account())
    except AccountRefused:
        db.session.rollback()
        flash(_("Somebody else has just done this."))
    else:
        db.session.commit()
        flash(said)
    return redirect(url_for(".person", account_id=account_id), code=303)


def _retried(account_id: int, what: str) -> None:
    subject = db.session.get_one(Account, account_id)
    audit.record("staff.retried", actor=current_account(), subject=subject, details={"what": what})
    db.session.commit()
    flash(_("It will be tried again at once."))


def _answer(account: Account) -> why.Answer | None:
    """The answer to « Pourquoi ne voit-il pas… ? », if that was asked."""
    ref, ability = request.args.get("contract", ""), request.args.get("page", "")
    if not ref and not ability:
        return None
    if ability not in set(Ability):
        abort(404)
    return why.answer(account, ref, Ability(ability))
