"""The answers of a view: the whole page, or the part htmx asked for."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any

from flask import Response, current_app, g, request, session
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import inspect as sa_inspect
from wtforms.form import BaseForm

from selfcare.language.i18n import reader
from selfcare.language.templates import filled, render, surrounded
from selfcare.lists.query import ListOf, ListQuery
from selfcare.models import Base
from selfcare.services.safety.throttling import TooManyAttempts
from selfcare.web import csrf
from selfcare.web.access import current_account, place, presence
from selfcare.web.addresses import local_part
from selfcare.web.chrome import chrome_key
from selfcare.web.downloads import csv_file


def wanted_part() -> str | None:
    """The id of the part htmx will swap; None for a whole page (history restores included)."""
    headers = request.headers
    if headers.get("HX-Request") and not headers.get("HX-History-Restore-Request"):
        return headers.get("HX-Target")
    return None


def times_checked() -> int:
    """How often this page's link to look again has done so by itself, as its address says."""
    return max(request.args.get("checked", 0, type=int), 0)


def page(template: str, *, parts: Mapping[str, str] | None = None, **context: Any) -> str:
    """The page, or the one of its parts that htmx asked for.

    Args:
        template: the whole page.
        parts: id of the element → the template that fills it, given the same context.
    """
    part = (parts or {}).get(wanted_part() or "")
    return render(part or template, **context)


def answer_form(template: str, form: BaseForm, **context: Any) -> ResponseReturnValue:
    """The page with a form: 422 once the form was refused, which htmx shows all the same.

    Takes `parts`, as `page` does.
    """
    return page(template, form=form, **context), 422 if form.errors else 200


def answer_wait(
    template: str, form: BaseForm, wait: TooManyAttempts, **context: Any
) -> ResponseReturnValue:
    """The page with a form that was not looked at: its reader has tried too often."""
    headers = {"Retry-After": str(wait.seconds)}
    return page(template, form=form, wait=wait, **context), 429, headers


def list_page(template: str, wanted: ListOf[ListQuery], **context: Hashable) -> ResponseReturnValue:
    """A page around one list: whole, its part of the list's name, a CSV file, or "Not Modified".

    The ETag comes from what the page shows, before anything is rendered: the list, whatever else
    the templates are given here (values, no entities), and who looks at it from which place.
    """
    rows = wanted.asked(request.args, path=request.path, reader=reader())
    if is_file():
        return csv_file(rows)
    wants = wanted_part()
    etag = _etag(template, rows, wants, context)
    notices = "_flashes" in session  # shown once, so in no ETag
    if etag in request.if_none_match and not notices:
        answer = Response(status=304)
    else:
        known = surrounded({"list": rows, **context})
        part = filled(template.replace("index.html", "_list.html"), known)
        alone = wants == rows.name
        # The part was escaped by its own template.
        answer = Response(part if alone else filled(template, {**known, "part": Markup(part)}))  # noqa: S704
    if not notices:
        answer.set_etag(etag, weak=True)
    if wants:
        _show_address(answer, rows)
    return answer


def page_with_list(template: str, wanted: ListOf[ListQuery], **context: Any) -> ResponseReturnValue:
    """A page that a list is a part of, beside more than an ETag could tell.

    The template gets the list by its name; its part is `_<name>.html` beside the page.
    """
    rows = wanted.asked(request.args, path=request.path, reader=reader())
    if is_file():
        return csv_file(rows)
    folder = template.rpartition("/")[0]
    parts = {rows.name: f"{folder}/_{rows.name}.html"}
    answer = Response(page(template, parts=parts, **{rows.name: rows}, **context))
    if wanted_part() == rows.name:
        _show_address(answer, rows)
    return answer


def is_file() -> bool:
    """Whether the list is asked for as a file."""
    return request.args.get("format") == "csv"


def _show_address(answer: Response, rows: ListQuery) -> None:
    """The list's tidy address for the address bar; typing does not fill the history.

    Nor does an address that is there already: words typed, then sent with Enter.
    """
    address, typing = rows.url(), request.headers.get("HX-Trigger-Name") == "q"
    typing |= request.headers.get("HX-Trigger") == "refresh"  # the same page
    typing |= local_part(request.headers.get("HX-Current-URL")) == address
    answer.headers["HX-Replace-Url" if typing else "HX-Push-Url"] = address


def _etag(
    template: str, rows: ListQuery, wants: str | None, context: Mapping[str, Hashable]
) -> str:
    """A name for what the page shows; processes made by one gunicorn agree on it.

    The hash of plain values costs a tenth of their text's.
    """
    seen = (
        current_app.extensions["build"],
        template,
        wants,
        rows.asked,
        rows.page,
        rows.total,
        (rows.has_next, rows.is_cut),
        rows.counts,
        rows.reader,
        rows.reader.today(),
        tuple(rows.rows),
        tuple(context.items()),
        (csrf.csrf_token(), g.get("section")) if wants else chrome_key(),
        _looks(),
    )
    return f"{hash(seen) & 0xFFFFFFFFFFFFFFFF:016x}"


def _looks() -> tuple[Hashable, ...]:
    """All that a list's page can read of `me` and of `place`: columns, whichever it does read."""
    if (known := presence()) is not None:
        return (known.seen,)
    here, account = place(), current_account()
    seen: list[Base] = [account]
    if here:
        seen += [here.membership, here.contract, here.contract.offer]
        seen += [here.console] if here.console else []
    return tuple(_columns(entity) for entity in seen)


def _columns(entity: Base) -> tuple[Hashable, ...]:
    values = entity.__dict__
    return tuple(
        value if isinstance(value := values.get(key), Hashable) else repr(value)
        for key in _column_names(type(entity))
    )


@lru_cache
def _column_names(model: type[Base]) -> tuple[str, ...]:
    return tuple(sa_inspect(model).column_attrs.keys())
