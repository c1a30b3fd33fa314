"""The wizard: person, roles, summary, for somebody new or somebody's new roles (figures 29 to 37).

Each step has an address and each POST a redirect; the draft is a row, so that back, reload,
another tab or signing in again lose nothing. It serves both tabs.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from selfcare.blueprints.users import roles_step, steps
from selfcare.database import db
from selfcare.forms.confirming import ConfirmForm
from selfcare.forms.users import PersonForm
from selfcare.language.wording import TOO_MANY_STRANGERS, USER_REFUSAL
from selfcare.models import Contract, UserDraft
from selfcare.rights import Ability
from selfcare.services.safety.throttling import TooManyAttempts
from selfcare.services.users import drafts, strangers
from selfcare.services.users.refusals import GoneMeanwhile, LoginTaken, Refusal
from selfcare.services.users.roles import Roles
from selfcare.web import rendering
from selfcare.web.access import current_account, requires
from selfcare.web.resuming import resumes

bp = Blueprint("users_wizard", __name__, url_prefix="/contracts/<ref>/users")

KIND = "<any(new,change):kind>/<int:draft_id>"


@bp.route("/new", methods=["GET", "POST"])
@requires(Ability.ADD_USER)
@resumes()
def new(contract: Contract) -> ResponseReturnValue:
    """« Ajout d'un utilisateur » (figure 29)."""
    return _person_step(contract, None, console_only=False)


@bp.route("/console/new", methods=["GET", "POST"])
@requires(Ability.SET_CONSOLE_ROLES)
@resumes()
def new_console_user(contract: Contract) -> ResponseReturnValue:
    """The same from the console's tab (figure 33)."""
    return _person_step(contract, None, console_only=True)


@bp.route(f"/{KIND}/person", methods=["GET", "POST"])
@requires(Ability.SET_CONSOLE_ROLES)
@resumes()
def person(contract: Contract, kind: str, draft_id: int) -> ResponseReturnValue:
    """Step 1 again: what was entered is still there."""
    draft = steps.own_draft(contract, draft_id)
    if draft.result_id or draft.membership_id:
        return steps.finished(contract, draft)
    return _person_step(contract, draft, console_only=draft.console_only)


def _person_step(
    contract: Contract, draft: UserDraft | None, *, console_only: bool
) -> ResponseReturnValue:
    form = PersonForm(data=draft.person if draft else None)
    if form.validate_on_submit() and _may_be_added(contract, draft, form):
        if draft is None:
            draft = drafts.begin(
                current_account(), contract, form.new_member(), console_only=console_only
            )
        else:
            drafts.keep_person(draft, form.new_member())
        db.session.commit()
        return steps.lead_to(contract, draft, "roles")
    return rendering.answer_form(
        "users/wizard/person.html", form, draft=draft, console_only=console_only
    )


def _may_be_added(contract: Contract, draft: UserDraft | None, form: PersonForm) -> bool:
    """Whether nothing known speaks against the person; else the form says what does."""
    before = draft.person.get("email", "") if draft else ""
    try:
        strangers.look_up(contract, form.new_member(), by=current_account(), before=before)
    except TooManyAttempts as wait:
        form.email.errors = [TOO_MANY_STRANGERS % {"minutes": wait.minutes}]
    except Refusal as refusal:
        field = form.login if isinstance(refusal, LoginTaken) else form.email
        field.errors = [USER_REFUSAL[type(refusal).__name__]]
    else:
        return True
    return False


@bp.route(f"/{KIND}/roles", methods=["GET", "POST"])
@requires(Ability.SET_CONSOLE_ROLES)
@resumes()
def roles(contract: Contract, kind: str, draft_id: int) -> ResponseReturnValue:
    """Step 2: a profile per section, console roles, and what the person will see."""
    draft = steps.own_draft(contract, draft_id)
    if draft.result_id:
        return steps.finished(contract, draft)
    return roles_step.of_draft(contract, draft)


@bp.route(f"/{KIND}/summary", methods=["GET", "POST"])
@requires(Ability.SET_CONSOLE_ROLES)
def summary(contract: Contract, kind: str, draft_id: int) -> ResponseReturnValue:
    """Step 3: check, then « terminer » (figures 31 and 35)."""
    draft = steps.own_draft(contract, draft_id)
    if draft.result_id:
        return steps.finished(contract, draft)
    form = ConfirmForm()
    refusal: Refusal | None = None
    if request.method == "POST" and request.form.get("step") == "prev":
        return steps.lead_to(contract, draft, "roles")
    if form.validate_on_submit():
        try:
            drafts.finish(draft, contract, by=current_account())
        except GoneMeanwhile as gone:  # and the draft with them
            flash(USER_REFUSAL[type(gone).__name__])
            return redirect(steps.list_address(contract, console_only=draft.console_only), code=303)
        except Refusal as met:
            refusal = met
        else:
            db.session.commit()
            return steps.finished(contract, draft, said=True)
    return rendering.page(
        "users/wizard/summary.html",
        draft=draft,
        form=form,
        refusal=refusal,
        chosen=Roles.from_json(draft.roles),
        seen=Roles.from_json(draft.seen),
        known=steps.known(contract, draft),
        subject=steps.subject(draft),
    ), 422 if refusal else 200
