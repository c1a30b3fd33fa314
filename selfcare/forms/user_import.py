"""A file of users: its template, and each of its lines checked as the wizard would (USERS-9)."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import FileField

from selfcare import wording
from selfcare.forms.users import NewcomerCheck
from selfcare.i18n import LANGUAGES, speaking
from selfcare.i18n import lazy as _l
from selfcare.models import fold
from selfcare.rights import OFFERS, Profile, Section, profiles_of_new_user
from selfcare.services.user_imports import Line
from selfcare.services.users import Roles

MOST_LINES = 2000
_SEPARATOR = re.compile(r"sep=([;,\t])\r?\n", re.IGNORECASE)
"""A first line for Excel, which shows it to nobody."""

PERSON: Mapping[str, Any] = {
    "civility": _l("Title"),
    "last_name": _l("Last name"),
    "first_name": _l("First name"),
    "login": _l("Login"),
    "email": _l("Email"),
    "phone": _l("Phone"),
    "mobile": _l("Mobile"),
    "locale": _l("Preferred language"),
}
NEEDED = ("civility", "last_name", "first_name", "login", "email")
CONSOLE_LABEL = _l("Console roles")


class UploadForm(FlaskForm):
    """The file."""

    file = FileField(_l("CSV file (at most 2,000 lines, 1 MB)"))


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; the message says why, to its reader."""


@dataclass(frozen=True)
class Words:
    """What headings and cells may be called, folded, in any of our languages."""

    columns: Mapping[str, str]
    cells: Mapping[str, Mapping[str, str]]


def template(language: str) -> str:
    """A file to fill in, with one example, as a spreadsheet of that language opens it."""
    buffer = io.StringIO("﻿")
    buffer.seek(0, io.SEEK_END)
    writer = csv.writer(buffer, delimiter=";" if language == "fr" else ",")
    labels = [*PERSON.values(), *(wording.SECTION[section] for section in OFFERS), CONSOLE_LABEL]
    writer.writerow([str(label) for label in labels])
    profiles = [str(wording.PROFILE[profile]) for profile in profiles_of_new_user().values()]
    person = [str(wording.CIVILITY["madam"]), "Dupont", "Sophie", "sophie.dupont"]
    person += ["sophie.dupont@example.com", "01 23 45 67 89", "06 12 34 56 78", language]
    writer.writerow([*person, *profiles, "guest power_user"])
    return buffer.getvalue()


def read(content: bytes, *, console: Iterable[str] | None) -> list[Line]:
    """Every line of a file with what is wrong with it, by itself and beside the others.

    Args:
        content: the file.
        console: the console roles there are; None where the offer has no console.

    Raises:
        UnreadableFile: no table of ours, or too long.
    """
    (_first, titles), *rows = _rows(content)
    words = _words()
    heading = [words.columns.get(fold(cell.strip()), "") for cell in titles]
    if missing := [str(PERSON[name]) for name in NEEDED if name not in heading]:
        raise UnreadableFile(_("These columns are missing: %(names)s.", names=", ".join(missing)))
    again = (title for i, title in enumerate(titles) if heading[i] and heading[i] in heading[:i])
    if twice := sorted({title.strip() for title in again}):
        raise UnreadableFile(_("These columns are there twice: %(names)s.", names=", ".join(twice)))
    known = zip(titles, heading, strict=True)
    if unknown := [cell.strip() for cell, name in known if cell.strip() and not name]:
        raise UnreadableFile(
            _(
                "These columns are unknown: %(names)s. Take their headings from the template.",
                names=", ".join(unknown)[:200],
            )
        )
    lines = []
    for number, cells in rows:
        line = _line(number, dict(zip(heading, cells, strict=False)), words, console)
        if any(cell.strip() for cell in cells[len(heading) :]):
            line.problems.append(_("There are more cells than columns; is a cell cut in two?"))
        lines.append(line)
    if not lines:
        raise UnreadableFile(_("The file has a heading but no line below it."))
    if len(lines) > MOST_LINES:
        raise UnreadableFile(_("The file has more than %(n)s lines.", n=MOST_LINES))
    return _without_doubles(lines)


def _rows(content: bytes) -> list[tuple[int, list[str]]]:
    """The rows that hold something, with the numbers a spreadsheet shows beside them."""
    text = _text(content)
    if (asked := _SEPARATOR.match(text)) is not None:
        text, delimiter = text[asked.end() :], asked.group(1)
    else:
        first = text.strip().splitlines()[0]
        delimiter = max(";,\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = [
            (number, cells) for number, cells in enumerate(reader, 1) if any(map(str.strip, cells))
        ]
    except csv.Error:
        raise UnreadableFile(
            _(
                "Line %(n)s cannot be read: a quotation mark is out of place or a cell too long.",
                n=reader.line_num,
            )
        ) from None
    if not rows:
        raise UnreadableFile(_("This is no text file; save the table as CSV."))
    return rows


def _text(content: bytes) -> str:
    """As spreadsheets save it: UTF-8, UTF-16 (« texte Unicode ») or Windows' own."""
    utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if utf_16 else ("utf-8-sig", "cp1252"):
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding).lstrip("\ufeff")
            if text.strip() and "\x00" not in text:
                return text
    raise UnreadableFile(_("This is no text file; save the table as CSV."))


def _words() -> Words:
    columns: dict[str, str] = {}
    cells: dict[str, dict[str, str]] = {
        "civility": {"mme": "madam", "m.": "sir", "m": "sir", "ms": "madam"},
        "locale": {fold(name): code for code, name in LANGUAGES.items()}
        | {code: code for code in LANGUAGES},
        "profile": {str(profile): str(profile) for profile in Profile},
    }
    for language in LANGUAGES:
        with speaking(language):
            for name, label in PERSON.items():
                columns |= {fold(str(label)): name, name: name}
            for section in OFFERS:
                columns |= {fold(str(wording.SECTION[section])): section.value}
            columns |= {fold(str(CONSOLE_LABEL)): "console", "console": "console"}
            cells["civility"] |= {fold(str(w)): code for code, w in wording.CIVILITY.items()}
            cells["profile"] |= {fold(str(w)): str(p) for p, w in wording.PROFILE.items()}
    return Words(columns, cells)


def _line(number: int, given: dict[str, str], words: Words, console: Iterable[str] | None) -> Line:
    """One line: the person by the wizard's own rules, profiles by the table of rights."""
    given = {name: cell.strip() for name, cell in given.items() if name}
    for name in ("civility", "locale"):
        given[name] = words.cells[name].get(fold(given.get(name, "")), given.get(name, ""))
    given["locale"] = given["locale"] or "fr"
    form = NewcomerCheck(formdata=MultiDict({name: given.get(name, "") for name in PERSON}))
    form.validate()
    problems = [
        _("%(label)s: %(value)s", label=PERSON[name], value=message)
        if name in PERSON
        else str(message)
        for name, messages in form.errors.items()
        for message in messages
    ]
    profiles = dict(profiles_of_new_user())
    for section in OFFERS:
        if cell := given.get(section.value, ""):
            _set_profile(profiles, section, cell, words, problems)
    roles, unknown = _console_roles(given.get("console", ""), console or ())
    if unknown:
        problems.append(_("No such console role: %(names)s", names=", ".join(unknown)))
    return Line(
        number=number,
        label=f"{given.get('first_name', '')} {given.get('last_name', '')}".strip()[:170],
        person=asdict(form.newcomer()),
        roles=Roles(profiles, roles).as_json(),
        problems=problems,
    )


def _console_roles(cell: str, offered: Iterable[str]) -> tuple[tuple[str, ...], list[str]]:
    """The roles a cell names, and what it says beside them; names made there may hold spaces."""
    known = {fold(role): role for role in offered}
    parts = [part.strip() for part in cell.split(",")]
    names = [n for part in parts for n in ([part] if fold(part) in known else part.split())]
    found = {known[fold(name)] for name in names if fold(name) in known}
    return tuple(sorted(found)), [name for name in names if fold(name) not in known]


def _set_profile(
    profiles: dict[Section, Profile],
    section: Section,
    cell: str,
    words: Words,
    problems: list[str],
) -> None:
    code = words.cells["profile"].get(fold(cell))
    if code is None or Profile(code) not in OFFERS[section].profiles:
        name = wording.SECTION[section]
        problems.append(
            _("%(section)s: “%(cell)s” is not offered there.", section=name, cell=cell[:40])
        )
    else:
        profiles[section] = Profile(code)


def _without_doubles(lines: list[Line]) -> list[Line]:
    """The same login or email twice in one file: every line but the first is wrong."""
    seen: Counter[tuple[str, str]] = Counter()
    for line in lines:
        for name in ("login", "email"):
            key = (name, str(line.person[name]).casefold())
            seen[key] += 1
            if key[1] and seen[key] > 1:
                line.problems.append(
                    _("%(column)s: the same as on a line above.", column=PERSON[name])
                )
    return lines
