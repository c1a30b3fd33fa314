"""Lists as files, and what downloads are called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from flask import Response, stream_with_context

from selfcare import config
from selfcare.language import wording
from selfcare.language.i18n import Reader, reader
from selfcare.lists.query import ListQuery
from selfcare.services.files import spreadsheets
from selfcare.services.safety import throttling
from selfcare.services.safety.exports import Turn
from selfcare.web.access import current_account, place
from selfcare.web.headers import no_store


def csv_file(rows: ListQuery) -> Response:
    """The whole list as filtered and sorted, as a spreadsheet of the reader's language opens it.

    Raises:
        TooManyAttempts: exports hold a thread, so they are rate-limited.
    """
    return table(rows.name, _cells(rows, reader()), when=rows.about)


def table(what: str, rows: Iterable[list[str]], *, when: str = "") -> Response:
    """A table as a CSV file, sent as it is read; `what` and `when` as `attachment` takes them.

    Raises:
        TooManyAttempts: exports hold a thread, so they are rate-limited.
    """
    turn = turn_to_export()
    answer = Response(
        stream_with_context(_csv(rows, reader().language, turn)),
        mimetype="text/csv",
        content_type="text/csv; charset=utf-8",
    )
    answer.call_on_close(turn.end)  # a reader who goes away, or never begins to read
    answer.headers["Content-Disposition"] = attachment(what, "csv", when=when)
    return no_store(answer)


def turn_to_export() -> Turn:
    """Count one export of the signed-in person, who has one at a time.

    Raises:
        TooManyAttempts: there were too many, or one is running.
    """
    me = current_account().id
    turn = Turn(me)  # first: what is refused for being the second at once does not count
    try:
        throttling.of_subject("export", str(me), config.current().throttle_export).take()
    except BaseException:
        turn.end()
        raise
    return turn


@contextmanager
def turn_that_goes_on() -> Iterator[Turn]:
    """A turn for what is sent after the block; an export that fails before gives it back.

    Raises:
        TooManyAttempts: as `turn_to_export`.
    """
    turn = turn_to_export()
    try:
        yield turn
    except BaseException:
        turn.end()
        raise


def zip_file(parts: Iterable[bytes], name: str, turn: Turn) -> Response:
    """A ZIP file that is made while it is sent."""

    def sent() -> Iterator[bytes]:
        with turn:
            for part in parts:
                turn.go_on()
                yield part

    answer = Response(stream_with_context(sent()), mimetype="application/zip")
    answer.call_on_close(turn.end)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return no_store(answer)


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


def _csv(rows: Iterable[list[str]], language: str, turn: Turn) -> Iterator[str]:
    with turn:
        for text in spreadsheets.lines(rows, language=language):
            turn.go_on()
            yield text


def _cells(rows: ListQuery, me: Reader) -> Iterator[list[str]]:
    """The headings, then every row."""
    yield [str(column.label) for column in rows.columns]
    for row in rows.everything():
        yield [column.cell(row, me) for column in rows.columns]
