"""The wizard: person, roles, summary, for somebody new or somebody's new roles (figures 29 to 37).

Each step has an address and each POST a redirect; the draft is a row, so that back, reload,
another tab or signing in again lose nothing. It serves both tabs.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from selfcare.database import db
from selfcare.forms.confirming import ConfirmForm
from selfcare.forms.users import PersonForm, RolesForm, roles_form
from selfcare.language import _
from selfcare.language.wording import TOO_MANY_STRANGERS, USER_REFUSAL
from selfcare.models import AccessRequest, Account, Contract, Membership, UserDraft
from selfcare.rights import Ability, Rights
from selfcare.services.console.domains import choice_of_roles
from selfcare.services.safety.throttling import TooManyAttempts
from selfcare.services.users import access_requests, drafts, members, presets, strangers
from selfcare.services.users.refusals import GoneMeanwhile, LoginTaken, ReferentsOwn, Refusal
from selfcare.services.users.roles import Roles, check_whose
from selfcare.services.users.strangers import Known
from selfcare.web import rendering
from selfcare.web.access import (
    ProfileMissing,
    current_account,
    may,
    one_or_404,
    requires,
)
from selfcare.web.resuming import resumes, typed

bp = Blueprint("users_wizard", __name__, url_prefix="/contracts/<ref>/users")


KIND = "<any(new,change):kind>/<int:draft_id>"


# Step 1


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
    draft = _draft(contract, draft_id)
    if draft.result_id or draft.membership_id:
        return _finished(contract, draft)
    return _person_step(contract, draft, console_only=draft.console_only)


def _person_step(
    contract: Contract, draft: UserDraft | None, *, console_only: bool
) -> ResponseReturnValue:
    form = PersonForm(data=draft.person if draft else None)
    if form.validate_on_submit():
        try:
            strangers.look_up(
                contract,
                form.new_member(),
                by=current_account(),
                before=draft.person.get("email", "") if draft else "",
            )
        except TooManyAttempts as wait:
            form.email.errors = [TOO_MANY_STRANGERS % {"minutes": wait.minutes}]
        except Refusal as refusal:
            field = form.login if isinstance(refusal, LoginTaken) else form.email
            field.errors = [USER_REFUSAL[type(refusal).__name__]]
        else:
            if draft is None:
                draft = drafts.begin(
                    current_account(), contract, form.new_member(), console_only=console_only
                )
            else:
                drafts.keep_person(draft, form.new_member())
            db.session.commit()
            return _step(contract, draft, "roles")
    return rendering.answer_form(
        "users/wizard/person.html", form, draft=draft, console_only=console_only
    )


# Step 2


@bp.route(f"/{KIND}/roles", methods=["GET", "POST"])
@requires(Ability.SET_CONSOLE_ROLES)
@resumes()
def roles(contract: Contract, kind: str, draft_id: int) -> ResponseReturnValue:
    """Step 2: a profile per section, console roles, and what the person will see."""
    draft = _draft(contract, draft_id)
    if draft.result_id:
        return _finished(contract, draft)
    chosen = Roles.from_json(draft.roles)
    form = _roles_form(contract, draft, chosen, may_end=_may_end(draft))
    step = request.form.get("step", "next")
    if (filled := _filled_in(contract, draft, form)) or _only_previewed(form):
        return _roles_page(contract, draft, filled or form, chosen)  # nothing is kept yet
    if request.method == "POST" and (form.validate_on_submit() or step == "prev"):
        if not form.errors:
            drafts.keep_roles(draft, form.roles())
        db.session.commit()
        return _step(contract, draft, {"prev": "person", "preview": "roles"}.get(step, "summary"))
    return _roles_page(contract, draft, form, chosen)


def first_roles_step(
    contract: Contract, membership_id: int, *, console_only: bool
) -> ResponseReturnValue:
    """Where a change begins: the roles in force, before there is a draft (USERS-5)."""
    membership = one_or_404(select(Membership).filter_by(id=membership_id, contract_id=contract.id))
    try:
        check_whose(membership, current_account())
    except ReferentsOwn as refusal:
        flash(USER_REFUSAL[type(refusal).__name__])
        return redirect(_list_address(contract, console_only=console_only), code=303)
    in_force = members.roles_of(membership)
    mark = Roles({}, in_force.console).mark if console_only else in_force.mark
    if request.form.get("seen", mark) != mark:  # another manager was quicker
        flash(USER_REFUSAL["ChangedMeanwhile"])
        return redirect(request.path, code=303)
    asked = access_requests.open_of(membership.id)
    wanted = access_requests.with_requested(in_force.profiles, asked, request.args.get("request"))
    shown = replace(in_force, profiles=wanted)
    draft = UserDraft(membership_id=membership.id, console_only=console_only)
    form = _roles_form(contract, draft, shown, may_end=_may_end(draft, membership))
    seen = (typed() or MultiDict()).get("seen", mark)
    if (filled := _filled_in(contract, draft, form)) or _only_previewed(form):
        form = filled or form
    elif form.validate_on_submit():
        draft = drafts.begin_change(
            current_account(), membership, form.roles(), seen=in_force, console_only=console_only
        )
        db.session.commit()
        preview = request.form.get("step") == "preview"
        return _step(contract, draft, "roles" if preview else "summary")
    return _roles_page(contract, draft, form, shown, seen=seen, asked=asked)


def _may_end(draft: UserDraft, membership: Membership | None = None) -> bool:
    """Whether the form asks for a last day: not of the referent, nor of oneself."""
    if draft.membership_id is None:
        return True
    place = membership or db.session.get(Membership, draft.membership_id)
    own = place is not None and place.account_id == current_account().id
    return not (draft.console_only or place is None or place.is_referent or own)


def _roles_form(
    contract: Contract,
    draft: UserDraft,
    roles: Roles,
    *,
    may_end: bool,
    over: RolesForm | None = None,
) -> RolesForm:
    return roles_form(
        roles,
        console=choice_of_roles(contract),
        console_only=draft.console_only,
        may_end=may_end,
        over=over,
    )


def _filled_in(contract: Contract, draft: UserDraft, form: RolesForm) -> RolesForm | None:
    """The form filled in anew, where a preset's button was pressed or a model is named."""
    wanted = request.form.get("preset") or ("like" if form.like.data else None)
    if draft.console_only or wanted is None or request.form.get("step") in {"prev", "preview"}:
        return None
    if not form.validate_on_submit():
        return form
    if wanted == "like":
        roles = presets.like(contract, (form.like.data or "").strip())
    else:
        roles = presets.named(wanted, console=choice_of_roles(contract))
    if roles is None:
        form.like.errors = [_("No user of this contract has this login or email.")]
        return form
    return _roles_form(contract, draft, roles, may_end="ends_on" in form, over=form)


def _only_previewed(form: RolesForm) -> bool:
    return rendering.wanted_part() == "preview" and form.validate_on_submit()


def _roles_page(
    contract: Contract,
    draft: UserDraft,
    form: RolesForm,
    chosen: Roles,
    *,
    seen: str = "",
    asked: Sequence[AccessRequest] = (),
) -> ResponseReturnValue:
    """The page of step 2; htmx may ask for its preview alone."""
    if typed() or form.is_submitted():  # what the person would see with what is shown
        with suppress(ValueError):
            chosen = form.roles()
    return rendering.answer_form(
        "users/wizard/roles.html",
        form,
        parts={"preview": "users/wizard/_preview.html"},
        draft=draft,
        chosen=chosen,
        seen=seen,
        asked=asked,
        rights=Rights(chosen.profiles, chosen.console),
        models=() if draft.console_only else presets.suggestions(contract),
        known=_known(contract, draft),
        subject=_subject(draft),
    )


# Step 3


@bp.route(f"/{KIND}/summary", methods=["GET", "POST"])
@requires(Ability.SET_CONSOLE_ROLES)
def summary(contract: Contract, kind: str, draft_id: int) -> ResponseReturnValue:
    """Step 3: check, then « terminer » (figures 31 and 35)."""
    draft = _draft(contract, draft_id)
    if draft.result_id:
        return _finished(contract, draft)
    form = ConfirmForm()
    refusal: Refusal | None = None
    if request.method == "POST" and request.form.get("step") == "prev":
        return _step(contract, draft, "roles")
    if form.validate_on_submit():
        try:
            drafts.finish(draft, contract, by=current_account())
        except GoneMeanwhile as gone:  # and the draft with them
            flash(USER_REFUSAL[type(gone).__name__])
            return redirect(_list_address(contract, console_only=draft.console_only), code=303)
        except Refusal as met:
            refusal = met
        else:
            db.session.commit()
            return _finished(contract, draft, said=True)
    return rendering.page(
        "users/wizard/summary.html",
        draft=draft,
        form=form,
        refusal=refusal,
        chosen=Roles.from_json(draft.roles),
        seen=Roles.from_json(draft.seen),
        known=_known(contract, draft),
        subject=_subject(draft),
    ), 422 if refusal else 200


# What the steps share


def _draft(contract: Contract, draft_id: int) -> UserDraft:
    """The reader's own draft, if they may still do what it is for."""
    draft = one_or_404(drafts.owned(current_account(), contract, draft_id))
    needed = drafts.ability(draft)
    if not may(needed):
        raise ProfileMissing(needed, contract)
    return draft


def _known(contract: Contract, draft: UserDraft) -> Known | None:
    """The account the email belongs to already: it is used as it is (USERS-3)."""
    return strangers.of_email(contract, draft.person["email"]) if draft.person else None


def _subject(draft: UserDraft) -> Known | None:
    """Whose roles are being changed."""
    if not draft.membership_id:
        return None
    found = db.session.execute(
        select(Account, Membership.invited_as)
        .join(Membership)
        .where(Membership.id == draft.membership_id)
    ).one_or_none()
    return strangers.shown(found[0], typed=found[1]) if found else None


def _step(contract: Contract, draft: UserDraft, name: str) -> Response:
    address = url_for(f"users_wizard.{name}", ref=contract.ref, kind=draft.kind, draft_id=draft.id)
    return redirect(address, code=303)


def _finished(contract: Contract, draft: UserDraft, *, said: bool = False) -> Response:
    """To the list the wizard was opened from."""
    if said and draft.membership_id:
        flash(_("The roles are changed; they apply from now on."))
    elif said:
        flash(_("The user has been added and gets a mail."))
    return redirect(_list_address(contract, console_only=draft.console_only), code=303)


def _list_address(contract: Contract, *, console_only: bool) -> str:
    endpoint = "users_console.index" if console_only else "users.index"
    return url_for(endpoint, ref=contract.ref)
