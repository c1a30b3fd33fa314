"""Reads the invoice's data in a PDF; refuses content that acts by itself (INVOICES-2).

A document goes on to customers' viewers, so it has to be `passive_pdf`. Reading is bounded: a small
file cannot unfold into much memory or work.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from selfcare.services.invoices.facturx import passive as passive_pdf
from selfcare.services.invoices.facturx.passive import INVOICE_DATA, LARGEST, MOST_FILES, Unreadable

if TYPE_CHECKING:
    from pypdf import PdfReader

__all__ = ["LARGEST", "LARGEST_DATA", "Unreadable", "check", "embedded"]

LARGEST_DATA = 5_000_000
"""Bytes of the invoice's XML; a thousand lines make one million."""


def check(pdf: bytes) -> None:
    """Refuse what is no PDF, is locked, broken, or does more than being read.

    Raises:
        Unreadable: it is one of these.
    """
    with _limits():
        _opened(pdf)


def embedded(pdf: bytes) -> bytes:
    """The invoice's XML in a PDF that `check` has nothing against.

    Raises:
        Unreadable: no such PDF, no invoice data in it, or several that differ.
    """
    with _limits():
        reader = _opened(pdf)
        try:
            files = list(_files(reader.root_object))
            found = {_content(spec) for name, spec in files if name.lower() in INVOICE_DATA}
        except Unreadable:
            raise
        except Exception as problem:
            raise Unreadable(f"broken PDF: {problem}") from problem
    found.discard(b"")
    if len(found) > 1:
        raise Unreadable("this PDF carries several invoices' data: which one counts?")
    if not found:
        others = ", ".join(sorted({repr(name) for name, _ in files})[:5])
        attached = f"; attached: {others}" if others else ""
        raise Unreadable(f"no Factur-X data in this PDF (no factur-x.xml attached{attached})")
    return found.pop()


def _limits() -> Any:
    """No stream of the file unfolds beyond `LARGEST`."""
    from pypdf import apply_configuration  # noqa: PLC0415 (heavy)

    return apply_configuration(
        zlib_maximum_output_length=LARGEST,
        lzw_maximum_output_length=LARGEST,
        run_length_maximum_output_length=LARGEST,
        brotli_maximum_output_length=LARGEST,
        array_based_stream_maximum_output_length=LARGEST,
        stream_decoding_work_maximum_length=3 * LARGEST,
    )


def _opened(pdf: bytes) -> PdfReader:
    from pypdf import PdfReader  # noqa: PLC0415 (heavy)

    if len(pdf) > LARGEST:
        raise Unreadable(f"larger than {LARGEST // 1_000_000} MB")
    if not pdf.lstrip()[:5] == b"%PDF-":
        raise Unreadable("no PDF file")
    try:
        reader = PdfReader(io.BytesIO(pdf))
        passive_pdf.check(reader)
    except Unreadable:
        raise
    except Exception as problem:
        raise Unreadable(f"broken PDF: {problem}") from problem
    return reader


def _files(root: Any) -> Iterator[tuple[str, Any]]:
    """The attached files, by the names a reader shows; some producers write one list only."""
    for spec in root.get("/AF", ()) or ():
        yield _name(spec.get_object(), ""), spec.get_object()
    names = root.get("/Names", {})
    waiting = [names.get("/EmbeddedFiles")] if "/EmbeddedFiles" in names else []
    for node in waiting:  # grows as it goes
        tree = node.get_object()
        waiting.extend(tree.get("/Kids", ()))
        if len(waiting) > MOST_FILES:
            raise Unreadable("broken PDF: no end to the list of its files")
        pairs = list(tree.get("/Names", ()))
        for key, spec in zip(pairs[::2], pairs[1::2], strict=False):
            yield _name(spec.get_object(), str(key)), spec.get_object()


def _name(spec: Any, key: str) -> str:
    return str(spec.get("/UF") or spec.get("/F") or key)


def _content(spec: Any) -> bytes:
    streams = spec.get("/EF", {})
    stream = streams.get("/UF") or streams.get("/F")
    data = bytes(stream.get_object().get_data()) if stream is not None else b""
    if len(data) > LARGEST_DATA:
        raise Unreadable(f"its invoice data is larger than {LARGEST_DATA // 1_000_000} MB")
    return data
