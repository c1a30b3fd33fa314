"""A file of users: its template, and each of its lines checked as the wizard would (USERS-9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from selfcare.language import _, _l, wording
from selfcare.language.i18n import LANGUAGES, in_every_language, locale, number, speaking
from selfcare.models import fold
from selfcare.rights import OFFERS, Profile, Section, profiles_of_new_user
from selfcare.services import months
from selfcare.services.files import cells, spreadsheets, tables
from selfcare.services.files.tables import BadHeading, BadTable, Columns, Row
from selfcare.services.users import new_member
from selfcare.services.users.imports import Line
from selfcare.services.users.roles import Roles

MOST_LINES = 2000

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
END_LABEL = _l("Last day of the access")


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; the message says why, to its reader."""


@dataclass(frozen=True)
class Words:
    """The accepted names of headings and cells, folded, in all our languages."""

    columns: Columns
    cells: Mapping[str, Mapping[str, str]]


def template(language: str) -> str:
    """A file to fill in, with one example, as a spreadsheet of that language opens it."""
    sections = [wording.SECTION[section] for section in OFFERS]
    labels = [*PERSON.values(), *sections, CONSOLE_LABEL, END_LABEL]
    profiles = [str(wording.PROFILE[profile]) for profile in profiles_of_new_user().values()]
    person = [str(wording.CIVILITY["madam"]), "Dupont", "Sophie", "sophie.dupont"]
    person += ["sophie.dupont@example.com", "01 23 45 67 89", "06 12 34 56 78", language]
    rows = [list(map(str, labels)), [*person, *profiles, "guest power_user", ""]]
    return "".join(spreadsheets.lines(rows, language=language))


def read(content: bytes, *, console: Iterable[str] | None) -> list[Line]:
    """Every line of a file with what is wrong with it, by itself and beside the others.

    Args:
        content: the file.
        console: the console roles there are; None where the offer has no console.

    Raises:
        UnreadableFile: it is not a table of ours, or too long.
    """
    words = _words()
    try:
        table = tables.read(content, words.columns, most=MOST_LINES)
    except BadTable as bad:
        hint = _("Take the headings from the template.") if isinstance(bad, BadHeading) else ""
        raise UnreadableFile(f"{_in_words(bad)} {hint}".strip()) from None
    return _without_doubles([_line(row, words, console) for row in table])


def _in_words(bad: BadTable) -> str:
    """Why the table cannot be used, in its reader's language."""
    counted = {
        name: number(value, locale()) if isinstance(value, int) else value
        for name, value in bad.values.items()
    }
    return _(bad.text) % counted


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
            columns |= {fold(str(END_LABEL)): "ends_on", "ends_on": "ends_on"}
            cells["civility"] |= {fold(str(w)): code for code, w in wording.CIVILITY.items()}
            cells["profile"] |= {fold(str(w)): str(p) for p, w in wording.PROFILE.items()}
    labels = {name: label for name, label in PERSON.items() if name in NEEDED}
    return Words(Columns(columns, NEEDED, labels), cells)


def _line(row: Row, words: Words, console: Iterable[str] | None) -> Line:
    """One line: the person by the wizard's own rules, profiles by the table of rights."""
    given = _given(row, words)
    person, wrong = new_member.read({name: given.get(name, "") for name in PERSON})
    profiles, not_offered = _profiles(given, words)
    roles, no_roles = _console_roles(given.get("console", ""), console or ())
    ends_on, no_day = _last_day(given.get("ends_on", ""))

    def problems() -> list[str]:
        return [
            *(wording.of_cell(PERSON[n], row.cells.get(n, ""), wrong[n]) for n in wrong),
            *(_not_offered(section, given[section.value]) for section in not_offered),
            *([_("No such console role: %(names)s", names=_quoted(no_roles))] if no_roles else ()),
            *([wording.of_cell(END_LABEL, given["ends_on"], no_day)] if no_day else ()),
            *([_beyond(row)] if row.beyond else ()),
        ]

    return Line(
        number=row.number,
        label=f"{given.get('first_name', '')} {given.get('last_name', '')}".strip()[:170],
        person=asdict(person),
        roles=Roles(profiles, roles, ends_on).as_json(),
        problems=in_every_language(problems),
    )


def _given(row: Row, words: Words) -> dict[str, str]:
    """The line's cells; title and language by their codes, if they are known words for them."""
    given = dict(row.cells)
    for name in ("civility", "locale"):
        given[name] = words.cells[name].get(fold(given.get(name, "")), given.get(name, ""))
    given["locale"] = given["locale"] or "fr"
    return given


def _profiles(
    given: Mapping[str, str], words: Words
) -> tuple[dict[Section, Profile], list[Section]]:
    """The profiles a line asks for, and the sections that do not offer what it says."""
    profiles, not_offered = dict(profiles_of_new_user()), []
    for section in OFFERS:
        if cell := given.get(section.value, ""):
            code = words.cells["profile"].get(fold(cell))
            if code is None or Profile(code) not in OFFERS[section].profiles:
                not_offered.append(section)
            else:
                profiles[section] = Profile(code)
    return profiles, not_offered


def _console_roles(cell: str, offered: Iterable[str]) -> tuple[tuple[str, ...], list[str]]:
    """The roles a cell names, and what it says beside them; names made there may hold spaces."""
    known = {fold(role): role for role in offered}
    parts = [part.strip() for part in cell.split(",")]
    names = [n for part in parts for n in ([part] if fold(part) in known else part.split())]
    found = {known[fold(name)] for name in names if fold(name) in known}
    return tuple(sorted(found)), [name for name in names if fold(name) not in known]


def _last_day(cell: str) -> tuple[date | None, Any]:
    """The day a cell names, and what is wrong with it."""
    if not cell:
        return None, None
    try:
        day = cells.day(cell, months.zone())
    except ValueError:
        return None, _l("not a day such as 31/12/2027.")
    return (day, None) if day >= months.today() else (None, wording.USER_REFUSAL["EndIsPast"])


# What is wrong, in the language in force


def _not_offered(section: Section, cell: str) -> str:
    said: str = _(
        "%(section)s: %(cell)s is not offered there.",
        section=wording.SECTION[section],
        cell=wording.quoted(cell),
    )
    return said


def _beyond(row: Row) -> str:
    said: str = _(
        "These cells have no heading above them; was a cell split in two? %(cells)s",
        cells=_quoted(row.beyond),
    )
    return said


def _quoted(cells: Iterable[str]) -> str:
    return ", ".join(map(wording.quoted, [*cells][:10]))


def _without_doubles(lines: list[Line]) -> list[Line]:
    """The same login or email twice in one file: every line but the first is wrong."""
    seen: set[tuple[str, str]] = set()
    for line in lines:
        for name in ("login", "email"):
            value = str(line.person[name])
            key = (name, value.casefold())
            if value and key in seen:
                line.problems += in_every_language(
                    lambda name=name, value=value: [  # type: ignore[misc]
                        wording.of_cell(PERSON[name], value, _("the same as on a line above."))
                    ]
                )
            seen.add(key)
    return lines
