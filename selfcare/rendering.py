"""How a view answers: the whole page, the part htmx asked for, or the list as a file."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from flask import Response, current_app, g, request, session, stream_with_context
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import inspect as sa_inspect

from selfcare import security, wording
from selfcare.access import current_account, local_part, place, settings
from selfcare.i18n import Reader, locale, reader
from selfcare.jinja import render
from selfcare.lists.query import ListOf, ListQuery
from selfcare.models import Base
from selfcare.services import memberships, throttling
from selfcare.services.exports import Turn
from selfcare.services.files import spreadsheets


def wanted_part() -> str | None:
    """The id of the part htmx will swap; None for a whole page (history restores included)."""
    if request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request"):
        return request.headers.get("HX-Target")
    return None


def page(template: str, *, parts: Mapping[str, str] | None = None, **context: Any) -> str:
    """The page, or the one of its parts that htmx asked for.

    Args:
        template: the whole page.
        parts: id of the element → the template that fills it, given the same context.
    """
    part = (parts or {}).get(wanted_part() or "")
    return render(part or template, **context)


def list_page(template: str, wanted: ListOf[ListQuery], **context: Hashable) -> ResponseReturnValue:
    """A page around one list: whole, its part of the list's name, a CSV file, or "Not Modified".

    The ETag comes from what the page shows, before anything is rendered: the list, whatever else
    the templates are given here (values, no entities), and who looks at it from which place.
    """
    rows = wanted.asked(request.args, path=request.path, reader=reader())
    if _as_file(rows):
        return csv_file(rows)
    etag = _etag(template, rows, context)
    notices = "_flashes" in session  # shown once, so in no ETag
    if etag in request.if_none_match and not notices:
        answer = Response(status=304)
    else:
        part = render(template.replace("index.html", "_list.html"), list=rows, **context)
        alone = wanted_part() == rows.name
        # The part was escaped by its own template.
        whole = part if alone else render(template, list=rows, part=Markup(part), **context)  # noqa: S704
        answer = Response(whole)
    if not notices:
        answer.set_etag(etag, weak=True)
    if wanted_part():
        _show_address(answer, rows)
    return answer


def lists_page(template: str, *wanted: ListOf[ListQuery], **context: Any) -> ResponseReturnValue:
    """A page with several lists, each with a prefix: one keeps what the others were asked.

    The template gets each list by its name; the part of one is `_<name>.html` beside the page.
    """
    lists = [_among(wanted, one) for one in wanted]
    for rows in lists:
        if _as_file(rows):
            return csv_file(rows)
    folder = template.rpartition("/")[0]
    parts = {rows.name: f"{folder}/_{rows.name}.html" for rows in lists}
    shown = {rows.name: rows for rows in lists}
    answer = Response(page(template, parts=parts, **shown, **context))
    if changed := shown.get(wanted_part() or ""):
        _show_address(answer, changed)
    return answer


def _among(wanted: Sequence[ListOf[ListQuery]], one: ListOf[ListQuery]) -> ListQuery:
    """One of the lists on a page, its addresses keeping what the others were asked.

    Where htmx asks for one list, its link may be older than what the others show: each changed in
    place since. The browser's own address knows.
    """
    args: Mapping[str, str] = request.args
    path, _, query = local_part(request.headers.get("HX-Current-URL")).partition("?")
    if wanted_part() == one.kind.name and path == request.path:
        args = dict(parse_qsl(query))
    beside: dict[str, str] = {}
    for other in wanted:
        if other is not one:
            beside |= other.kind.state(other.kind.read(args))
    return one.asked(request.args, path=request.path, reader=reader(), beside=beside)


def _as_file(rows: ListQuery) -> bool:
    return request.args.get(rows.prefix + "format") == "csv"


def _show_address(answer: Response, rows: ListQuery) -> None:
    """The list's tidy address for the address bar; typing does not fill the history.

    Nor does an address that is there already: words typed, then sent with Enter.
    """
    typing = request.headers.get("HX-Trigger-Name") == rows.prefix + "q"
    typing |= request.headers.get("HX-Trigger") == rows.prefix + "refresh"  # the same page
    typing |= local_part(request.headers.get("HX-Current-URL")) == rows.url()
    answer.headers["HX-Replace-Url" if typing else "HX-Push-Url"] = rows.url()


def _etag(template: str, rows: ListQuery, context: Mapping[str, Hashable]) -> str:
    """A name for what the page shows; processes made by one gunicorn agree on it.

    The hash of plain values costs a tenth of their text's.
    """
    seen = (
        current_app.extensions["build"],
        template,
        wanted_part(),
        rows.asked,
        rows.page,
        rows.total,
        rows.has_next,
        rows.reader,
        rows.reader.today(),
        tuple(map(tuple, rows.rows)),
        tuple(context.items()),
        chrome_key(),
        _looks(),
    )
    return f"{hash(seen) & 0xFFFFFFFFFFFFFFFF:016x}"


def _looks() -> tuple[Hashable, ...]:
    """All that templates can read of `me` and of `place`: every column, whichever they do read."""
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
        for key in sa_inspect(type(entity)).column_attrs.keys()  # noqa: SIM118 (no mapping)
    )


def chrome_key() -> tuple[Any, ...]:
    """Everything the header, menu and footer depend on (they are rendered once per key)."""
    if "chrome_key" not in g:
        g.chrome_key = _chrome_key()
    found: tuple[Any, ...] = g.chrome_key
    return found


def _chrome_key() -> tuple[Any, ...]:
    if not current_user.is_authenticated:
        return (locale(), security.csrf_token())
    here, account = place(), current_account()
    return (
        account.id,
        account.full_name,
        account.login,
        locale(),
        security.csrf_token(),
        g.get("section"),
        (here.contract.ref, here.contract.name, here.contract.offer.name, here.rights.sections())
        if here
        else None,
        menu_contracts(),
    )


def menu_contracts() -> tuple[tuple[str, str], ...]:
    """The contracts « Mon compte » names, one more than it shows; read once a request."""
    if "menu_contracts" not in g:
        rows = memberships.contracts_in_menu(current_account().id)
        g.menu_contracts = tuple((row.ref, row.name) for row in rows)
    found: tuple[tuple[str, str], ...] = g.menu_contracts
    return found


def csv_file(rows: ListQuery) -> Response:
    """The whole list as filtered and sorted, as a spreadsheet of the reader's language opens it.

    Raises:
        TooManyAttempts: a million rows keep a thread for a while, so nobody gets all of them.
    """
    turn = turn_to_export()
    me: Reader = reader()
    answer = Response(
        stream_with_context(_csv(rows, me, turn)),
        mimetype="text/csv",
        content_type="text/csv; charset=utf-8",
    )
    answer.call_on_close(turn.end)  # a reader who goes away, or never begins to read
    answer.headers["Content-Disposition"] = attachment(rows.name, "csv", when=rows.about)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def turn_to_export() -> Turn:
    """Count one export of the signed-in person, who has one at a time.

    Raises:
        TooManyAttempts: there were too many, or one is running.
    """
    me = current_account().id
    turn = Turn(me)  # first: what is refused for being the second at once does not count
    try:
        throttling.of_subject("export", str(me), settings().throttle_export).take()
    except BaseException:
        turn.end()
        raise
    return turn


def attachment(what: str, kind: str, *, when: str = "") -> str:
    """The header that names a download as its reader finds it again: what, of whom, of when.

    Args:
        what: a key of `wording.FILE_NAME`.
        kind: the file's suffix.
        when: the time it is about; else the present day.
    """
    here = place()
    parts = [str(wording.FILE_NAME[what]), here.contract.ref if here else current_account().login]
    return f'attachment; filename="{"-".join(parts)}-{when or reader().today()}.{kind}"'


def _csv(rows: ListQuery, me: Reader, turn: Turn) -> Iterator[str]:
    with turn:
        for text in spreadsheets.lines(_cells(rows, me), language=me.language):
            turn.go_on()
            yield text


def _cells(rows: ListQuery, me: Reader) -> Iterator[list[str]]:
    """The headings, then every row."""
    yield [str(column.label) for column in rows.columns]
    for row in rows.everything():
        yield [column.cell(row, me) for column in rows.columns]
