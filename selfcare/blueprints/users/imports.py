"""Adding many users from a CSV file: template, dry run, progress (USERS-9)."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from selfcare.database import db
from selfcare.forms.confirming import ConfirmForm
from selfcare.forms.users import UploadForm
from selfcare.language import _
from selfcare.language.i18n import locale
from selfcare.language.wording import TOO_MANY_STRANGERS
from selfcare.models import Contract, UserImport
from selfcare.rights import Ability
from selfcare.services.console.domains import choice_of_roles
from selfcare.services.safety.throttling import TooManyAttempts
from selfcare.services.users import adding, file, imports
from selfcare.web import downloads, rendering
from selfcare.web.access import current_account, one_or_404, requires

bp = Blueprint("users_imports", __name__, url_prefix="/contracts/<ref>/users/import")

SHOWN = 200


@bp.route("", methods=["GET", "POST"])
@requires(Ability.ADD_USER)
def index(contract: Contract) -> ResponseReturnValue:
    """Choose a file; it is checked, nothing is added yet."""
    form = UploadForm()
    if form.validate_on_submit():
        try:
            lines = file.read(_content(form), console=choice_of_roles(contract))
            name = _file(form).filename or ""
            loaded = imports.keep(contract, current_account(), name, lines)
        except file.UnreadableFile as problem:
            form.file.errors = [str(problem)]
        except TooManyAttempts as wait:
            form.file.errors = [TOO_MANY_STRANGERS % {"minutes": wait.minutes}]
        else:
            db.session.commit()
            return redirect(url_for(".loaded", ref=contract.ref, import_id=loaded.id), code=303)
    return rendering.answer_form("users/import/index.html", form)


def _content(form: UploadForm) -> bytes:
    content: bytes = _file(form).read()
    return content


def _file(form: UploadForm) -> FileStorage:
    """The file sent; in its place a field may have come, or nothing.

    Raises:
        UnreadableFile: there is none.
    """
    if not isinstance(form.file.data, FileStorage) or not form.file.data.filename:
        raise file.UnreadableFile(_("Choose a file"))
    return form.file.data


@bp.get("/template.csv")
@requires(Ability.ADD_USER)
def template(contract: Contract) -> ResponseReturnValue:
    """A file to fill in."""
    answer = Response(file.template(locale()), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = downloads.attachment("new-members", "csv")
    return answer


@bp.route("/<int:import_id>", methods=["GET", "POST"])
@requires(Ability.ADD_USER)
def loaded(contract: Contract, import_id: int) -> ResponseReturnValue:
    """The dry run's report and, once started, how far it is."""
    found, form = _mine(contract, import_id), ConfirmForm()
    if form.validate_on_submit():
        adding.start(found)
        db.session.commit()
        return redirect(url_for(".loaded", ref=contract.ref, import_id=import_id), code=303)
    return rendering.page(
        "users/import/loaded.html",
        parts={"import": "users/import/_progress.html"},
        loaded=found,
        form=form,
        progress=imports.progress(found),
        lines=imports.lines_to_show(found, limit=SHOWN),
        shown=SHOWN,
    )


@bp.get("/<int:import_id>/left-out.csv")
@requires(Ability.ADD_USER)
def left_out(contract: Contract, import_id: int) -> ResponseReturnValue:
    """Every line that is left out, with its problems: the page shows the first ones."""
    return downloads.table("left-out", imports.left_out(_mine(contract, import_id)))


def _mine(contract: Contract, import_id: int) -> UserImport:
    mine = {"contract_id": contract.id, "owner_id": current_account().id}
    return one_or_404(select(UserImport).filter_by(id=import_id, **mine))
