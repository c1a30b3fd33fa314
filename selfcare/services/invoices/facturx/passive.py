"""Whether a PDF only shows itself: an allow-list of what an invoice needs (INVOICES-2).

Pages with text and pictures, links within the document, to web pages and to mail addresses,
signatures, and attachments of the kinds that EN 16931 names (BT-125). All else that a viewer acts
on is refused: scripts, programs, other files, forms, films. What no viewer knows does no harm.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

if TYPE_CHECKING:
    from pypdf import PdfReader

LARGEST = 20_000_000
"""Bytes of one document, of anything packed in it, and of all its attachments together."""

MOST_OBJECTS = 200_000
MOST_PAGES = 2000
MOST_FILES = 100
INVOICE_DATA = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")

_LINK = re.compile(r"(https?:|mailto:|www\.)[^\x00-\x20\x7f\\]*", re.IGNORECASE)
_TURNS = {"/NextPage", "/PrevPage", "/FirstPage", "/LastPage"}
_REFUSED_ACTIONS = {
    "/JavaScript": "JavaScript",
    "/Launch": "starts a program",
    "/GoToR": "opens another file",
    "/GoToE": "opens an attachment",
    "/ImportData": "reads a file",
    "/SubmitForm": "sends a form",
    "/Rendition": "plays a recording",
    "/Movie": "plays a recording",
    "/Sound": "plays a recording",
    "/RichMediaExecute": "plays a recording",
    "/SetOCGState": "changes what is shown",
    "/GoTo3DView": "plays a recording",
}
_MARKS = {
    "/JS": "JavaScript",
    "/JavaScript": "JavaScript",
    "/XFA": "an XFA form",
    "/AA": "acts by itself",
    "/Collection": "shows its attachments in its place",
    "/Requirements": "demands more than being shown",
    "/OPI": "takes pictures from other files",
}
_RECORDINGS = {"/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"}
_ANNOTATIONS = frozenset(
    f"/{kind}"
    for kind in (
        *("Link", "Widget", "Text", "FreeText", "Line", "Square", "Circle", "Polygon", "PolyLine"),
        *("Highlight", "Underline", "Squiggly", "StrikeOut", "Stamp", "Caret", "Ink", "Popup"),
        *("FileAttachment", "Watermark", "PrinterMark", "TrapNet", "Redact"),
    )
)
_NAMES = {"/EmbeddedFiles", "/Dests"}
_FILE_NAMES = ("/UF", "/F", "/DOS", "/Mac", "/Unix")
_BEGINNINGS = {
    "pdf": b"%PDF-",
    "png": b"\x89PNG\r\n\x1a\n",
    "jpg": b"\xff\xd8\xff",
    "jpeg": b"\xff\xd8\xff",
    "xlsx": b"PK\x03\x04",
    "ods": b"PK\x03\x04",
    "csv": b"",
}
_PROGRAMS = re.compile(
    r"(^|/)(vbaProject.*|activeX|embeddings|macrosheets|Basic|Scripts|Object \d+)(/|$)",
    re.IGNORECASE,
)
"""Where spreadsheets keep macros and other files."""


class Unreadable(ValueError):
    """The file is not an invoice we can take; the message says why."""


def check(reader: PdfReader, *, is_attached: bool = False) -> None:
    """Go through all that a document reaches, each object once.

    Raises:
        Unreadable: it is locked, broken, too large, or does more than being read.
    """
    if reader.is_encrypted:
        raise Unreadable("encrypted PDF: whoever made it has to send it without a password")
    if sum(map(len, reader.xref.values())) + len(reader.xref_objStm) > MOST_OBJECTS:
        raise Unreadable("broken PDF: too many objects")
    if not reader.pages:
        raise Unreadable("broken PDF: it has no page")
    if len(reader.pages) > MOST_PAGES:
        raise Unreadable(f"more than {MOST_PAGES} pages")
    names = _at(reader.root_object, "/Names") or {}
    if others := sorted(key for key in names if key not in _NAMES and _at(names, key)):
        what = _MARKS.get(others[0], f"lists {others[0][1:]}")
        raise Unreadable(f"active content ({what}): refused")
    base = _at(_at(reader.root_object, "/URI") or {}, "/Base")
    if base is not None and not _LINK.fullmatch(_text(base)):
        raise Unreadable("active content (its links lead to other files): refused")
    specs = []
    for item in _every(reader.root_object):
        _check_one(item)
        if "/EF" in item:
            specs.append(item)
    if len(specs) > MOST_FILES:
        raise Unreadable(f"more than {MOST_FILES} attachments")
    if specs and is_attached:
        raise Unreadable("active content (an attachment with attachments): refused")
    _check_attachments(specs)


def _every(root: Any) -> Iterator[Any]:
    """Each dictionary that can be reached."""
    from pypdf.generic import (  # noqa: PLC0415 (heavy)
        ArrayObject,
        DictionaryObject,
        IndirectObject,
    )

    seen: set[tuple[int, int]] = set()
    waiting: list[Any] = [root]
    count = 0
    while waiting:
        item = waiting.pop()
        if isinstance(item, IndirectObject):
            if (item.idnum, item.generation) in seen:
                continue
            seen.add((item.idnum, item.generation))
            item = item.get_object()
        count += 1
        if count > MOST_OBJECTS:
            raise Unreadable("broken PDF: too many objects")
        if isinstance(item, DictionaryObject):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, ArrayObject):
            waiting.extend(item)


def _check_one(item: Any) -> None:
    """A dictionary, whatever it is: what makes viewers act in it, and the actions it names."""
    from pypdf.generic import StreamObject  # noqa: PLC0415 (heavy)

    for mark, what in _MARKS.items():
        if _at(item, mark):
            raise Unreadable(f"active content ({what}): refused")
    subtype, type_ = str(_at(item, "/Subtype")), str(_at(item, "/Type"))
    if subtype in _RECORDINGS:
        raise Unreadable("active content (plays a recording): refused")
    if isinstance(item, StreamObject) and ({"/F", "/Ref"} & item.keys() or subtype == "/PS"):
        raise Unreadable("active content (a program, or another file's content): refused")
    if type_ in {"/Filespec", "/F"} and "/EF" not in item:
        raise Unreadable("active content (names another file): refused")
    if str(_at(item, "/FT") or "/Sig") != "/Sig":
        raise Unreadable("active content (a form to fill in): refused")
    for annotation in _all_at(item, "/Annots"):
        kind = str(_at(annotation, "/Subtype"))
        if kind not in _ANNOTATIONS | _RECORDINGS:  # the latter are met by themselves
            raise Unreadable(f"active content (an annotation of the kind {kind}): refused")
    if type_ == "/Action" or str(_at(item, "/S")) in _REFUSED_ACTIONS:
        _check_action(item)
    for key in ("/A", "/PA", "/OpenAction", "/Next"):
        for action in _all_at(item, key):
            if "/S" in action:
                _check_action(action)


def _check_action(action: Any) -> None:
    kind = str(_at(action, "/S"))
    if kind == "/GoTo" or (kind == "/Named" and str(_at(action, "/N")) in _TURNS):
        return
    if kind == "/URI":
        text = _text(_at(action, "/URI"))
        if _LINK.fullmatch(text):
            return
        raise Unreadable(f"active content (a link to {text[:60]!r}): refused")
    what = _REFUSED_ACTIONS.get(kind, f"an action of the kind {kind}")
    raise Unreadable(f"active content ({what}): refused")


def _check_attachments(specs: list[Any]) -> None:
    left = LARGEST
    for spec in specs:
        names = [str(_at(spec, key)) for key in _FILE_NAMES if _at(spec, key)]
        for name in names or [""]:
            ending = name.lower().rpartition(".")[2]
            is_data = name.lower() in INVOICE_DATA
            if not name.isprintable() or not (is_data or ending in _BEGINNINGS):
                raise Unreadable(f"active content (the attachment {name!r}): refused")
        others = [name for name in names if name.lower() not in INVOICE_DATA]
        streams = _at(spec, "/EF") or {}
        for key in streams:
            stream = _at(streams, key)
            if not others or not hasattr(stream, "get_data"):
                continue  # the invoice's data is read, and bounded, by itself
            content = bytes(stream.get_data())
            left -= len(content)
            if left < 0:
                raise Unreadable(f"its attachments are larger than {LARGEST // 1_000_000} MB")
            for name in others:
                _check_content(name, content)


def _check_content(name: str, content: bytes) -> None:
    """Whether an attachment is what its name says, and no program in disguise."""
    ending = name.lower().rpartition(".")[2]
    wrong = Unreadable(f"active content (the attachment {name!r} is not what it says): refused")
    if not content.startswith(_BEGINNINGS[ending]):
        raise wrong
    if ending == "csv" and (b"\0" in content or content.startswith((b"MZ", b"#!", b"\x7fELF"))):
        raise wrong
    if ending in {"xlsx", "ods"}:
        try:
            with ZipFile(io.BytesIO(content)) as packed:
                inside = packed.namelist()
        except BadZipFile:
            raise wrong from None
        if any(map(_PROGRAMS.search, inside)):
            raise Unreadable(f"active content (programs in the attachment {name!r}): refused")
    if ending == "pdf":
        from pypdf import PdfReader  # noqa: PLC0415 (heavy)

        check(PdfReader(io.BytesIO(content)), is_attached=True)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value or "")


def _all_at(item: Any, key: str) -> Iterator[Any]:
    """The dictionary a key leads to, or those of the list there."""
    from pypdf.generic import ArrayObject, DictionaryObject  # noqa: PLC0415 (heavy)

    found = _at(item, key)
    for one in found if isinstance(found, ArrayObject) else [found]:
        whole = one.get_object() if one is not None else None
        if isinstance(whole, DictionaryObject):
            yield whole


def _at(item: Any, key: str) -> Any:
    """The value of a key, references followed; None without one."""
    from pypdf.generic import NullObject  # noqa: PLC0415 (heavy)

    if key not in item:
        return None
    found = item[key]  # `get` would not follow a reference
    return None if isinstance(found, NullObject) else found
