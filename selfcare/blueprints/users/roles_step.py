"""Step 2 of the users' wizard: a profile per section, console roles, what the person will see."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from selfcare.blueprints.users import steps
from selfcare.database import db
from selfcare.forms.users import RolesForm, roles_form
from selfcare.language import _
from selfcare.language.wording import PRESET, USER_REFUSAL
from selfcare.models import AccessRequest, Contract, Membership, UserDraft
from selfcare.rights import Rights
from selfcare.services.console.domains import choice_of_roles
from selfcare.services.users import access_requests, drafts, members, presets
from selfcare.services.users.refusals import ReferentsOwn
from selfcare.services.users.roles import Roles, check_whose
from selfcare.web import rendering
from selfcare.web.access import current_account, one_or_404
from selfcare.web.resuming import typed

_LEADS_TO = {"prev": "person", "preview": "roles"}
"""The step that a button leads to; the others lead to the summary."""


def of_draft(contract: Contract, draft: UserDraft) -> ResponseReturnValue:
    """Show a draft's roles, keep what is chosen, lead to the step before or after."""
    chosen = Roles.from_json(draft.roles)
    form = _roles_form(contract, draft, chosen, may_end=_may_end(draft))
    if (filled := _filled_in(contract, draft, form)) or _only_previewed(form):
        return _roles_page(contract, draft, filled or form, chosen)  # nothing is kept yet
    pressed = request.form.get("step", "")
    if request.method == "POST" and (form.validate_on_submit() or pressed == "prev"):
        if not form.errors:
            drafts.keep_roles(draft, form.roles())
        db.session.commit()
        return steps.lead_to(contract, draft, _LEADS_TO.get(pressed, "summary"))
    return _roles_page(contract, draft, form, chosen)


def of_member(contract: Contract, membership_id: int, *, console_only: bool) -> ResponseReturnValue:
    """Where a change begins: the roles in force, before there is a draft (USERS-5)."""
    membership = one_or_404(select(Membership).filter_by(id=membership_id, contract_id=contract.id))
    try:
        check_whose(membership, current_account())
    except ReferentsOwn as refusal:
        flash(USER_REFUSAL[type(refusal).__name__])
        return redirect(steps.list_address(contract, console_only=console_only), code=303)
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
        return steps.lead_to(contract, draft, "roles" if preview else "summary")
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
    wanted = _model_wanted()
    if draft.console_only or wanted is None:
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


def _model_wanted() -> str | None:
    """A preset's name, or `like` for somebody's roles, where the form is to be filled in anew."""
    if request.form.get("step") in {"prev", "preview"}:
        return None
    return request.form.get("preset") or ("like" if request.form.get("like", "").strip() else None)


def _model(form: RolesForm) -> str:
    """What the form was filled in from just now, as its reader knows it; empty without a model."""
    wanted = None if form.errors else _model_wanted()
    if wanted == "like":
        return request.form["like"].strip()
    return str(PRESET.get(wanted or "", ""))


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
        model=_model(form),
        models=() if draft.console_only else presets.suggestions(contract),
        known=steps.known(contract, draft),
        subject=steps.subject(draft),
    )
