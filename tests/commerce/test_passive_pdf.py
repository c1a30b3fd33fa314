"""INVOICES-2, safe: a PDF that goes on to customers only shows itself."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

from demo.factur_x import document
from selfcare.services.invoices.facturx import passive as passive_pdf
from selfcare.services.invoices.facturx import pdf as facturx_pdf
from selfcare.services.invoices.facturx.pdf import Unreadable
from tests.plugin_commerce import bill

GOOD = document(bill())
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 30
Change = Callable[[PdfWriter], None]


def with_(change: Change) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(GOOD)))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def made(values: dict[str, Any]) -> DictionaryObject:
    """A dictionary: `/x` stays a name, other texts are strings."""

    def value(one: Any) -> Any:
        if isinstance(one, dict):
            return made(one)
        if isinstance(one, list):
            return ArrayObject([value(each) for each in one])
        if isinstance(one, str) and not isinstance(one, NameObject | TextStringObject):
            return NameObject(one) if one.startswith("/") else TextStringObject(one)
        return one

    return DictionaryObject({NameObject(key): value(one) for key, one in values.items()})


def link(**action: Any) -> Change:
    def change(writer: PdfWriter) -> None:
        act = made({f"/{key}": one for key, one in action.items()})
        note = made({"/Subtype": "/Link", "/A": writer._add_object(act)})
        writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(note)])

    return change


def in_root(key: str, value: Any) -> Change:
    def change(writer: PdfWriter) -> None:
        writer.root_object[NameObject(key)] = made({"/x": value})["/x"]

    return change


def annotation(**values: Any) -> Change:
    def change(writer: PdfWriter) -> None:
        note = made({f"/{key}": one for key, one in values.items()})
        writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(note)])

    return change


def attached(name: str, data: bytes) -> Change:
    def change(writer: PdfWriter) -> None:
        writer.add_attachment(name, data)

    return change


def names(subtree: str) -> Change:
    def change(writer: PdfWriter) -> None:
        writer.root_object["/Names"][NameObject(subtree)] = made({"/Names": ["a", {"/x": "y"}]})  # type: ignore[index]

    return change


def in_picture(key: str, value: Any) -> Change:
    def change(writer: PdfWriter) -> None:
        stream = StreamObject()
        stream.update(made({"/Type": "/XObject", "/Subtype": "/Form", key: value}))
        writer.pages[0][NameObject("/Extra")] = writer._add_object(stream)

    return change


def hidden_launch(writer: PdfWriter) -> None:
    """The action's name stands in an object of its own."""
    name = writer._add_object(NameObject("/Launch"))
    act = DictionaryObject({NameObject("/S"): name, NameObject("/F"): TextStringObject("cmd.exe")})
    note = made({"/Subtype": "/Link"})
    note[NameObject("/A")] = writer._add_object(act)
    writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(note)])


def packed(*inside: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in inside:
            archive.writestr(name, "x")
    return out.getvalue()


def two_names(writer: PdfWriter) -> None:
    """Shown as a spreadsheet's text, saved as a program."""
    writer.add_attachment("hours.csv", b"1;2")
    files = writer.root_object["/Names"]["/EmbeddedFiles"]["/Names"]  # type: ignore[index]
    files[-1].get_object()[NameObject("/F")] = TextStringObject("hours.exe")


def many_pages(writer: PdfWriter) -> None:
    for _ in range(passive_pdf.MOST_PAGES):
        writer.add_blank_page(10, 10)


def many_files(writer: PdfWriter) -> None:
    for number in range(passive_pdf.MOST_FILES + 1):
        writer.add_attachment(f"{number}.csv", b"1;2")


def inflated(writer: PdfWriter) -> None:
    """An attachment of a few kilobytes that unfolds to 30 MB."""
    writer.add_attachment("unfolds.csv", b"")
    files = writer.root_object["/Names"]["/EmbeddedFiles"]["/Names"]  # type: ignore[index]
    stream = StreamObject()
    stream.set_data(b"1" * 30_000_000)
    packed_stream = writer._add_object(stream.flate_encode(9))
    files[-1].get_object()["/EF"][NameObject("/F")] = packed_stream


SCRIPTED = with_(link(S="/JavaScript", JS="app.alert(1)"))

REFUSED: dict[str, tuple[Change, str]] = {
    "a file on another's server": (
        link(S="/GoToR", F="\\\\evil\\share\\a.pdf", D=[NumberObject(0)]),
        "opens another file",
    ),
    "an attachment by itself": (link(S="/GoToE", T={"/R": "/C"}), "opens an attachment"),
    "a program": (link(S="/Launch", F="cmd.exe"), "starts a program"),
    "a program under a hidden name": (hidden_launch, "starts a program"),
    "an action that no standard knows": (link(S="/Whatever"), "an action of the kind /Whatever"),
    "an action without a kind": (link(Type="/Action"), "an action of the kind None"),
    "printing": (link(S="/Named", N="/Print"), "an action of the kind /Named"),
    "after a good link": (
        link(S="/GoTo", D="x", Next=[{"/S": "/Launch", "/F": "cmd"}]),
        "starts a program",
    ),
    "a script in a link": (link(S="/URI", URI="javascript:alert(1)"), "a link to 'javascript:"),
    "a script in a link, spelt otherwise": (link(S="/URI", URI="JaVaScRiPt:x"), "a link to"),
    "a file in a link": (link(S="/URI", URI="file:///etc/passwd"), "a link to 'file:"),
    "a share in a link": (link(S="/URI", URI="\\\\evil\\share"), "a link to"),
    "a share behind a link": (link(S="/URI", URI="https:\\\\evil\\share"), "a link to"),
    "a link in bytes": (link(S="/URI", URI=ByteStringObject(b"smb://evil/")), "a link to 'smb:"),
    "lines in a link": (link(S="/URI", URI="https://a\nfile:///b"), "a link to"),
    "no link in a link": (link(S="/URI"), "a link to ''"),
    "all links elsewhere": (
        in_root("/URI", {"/Base": "file:///C:/"}),
        "its links lead to other files",
    ),
    "when opened": (in_root("/OpenAction", {"/S": "/GoToR", "/F": "a.pdf"}), "opens another file"),
    "when closed": (in_root("/AA", {"/WC": {"/S": "/GoTo", "/D": "x"}}), "acts by itself"),
    "a form to fill in": (
        in_root("/AcroForm", {"/Fields": [{"/FT": "/Tx", "/T": "iban"}]}),
        "a form to fill in",
    ),
    "attachments in its place": (in_root("/Collection", {"/View": "/D"}), "shows its attachments"),
    "demands": (in_root("/Requirements", [{"/S": "/EnableJavaScripts"}]), "demands more"),
    "templates": (names("/Templates"), "lists Templates"),
    "recordings": (names("/Renditions"), "lists Renditions"),
    "a film": (annotation(Subtype="/RichMedia"), "plays a recording"),
    "an unknown annotation": (annotation(Subtype="/Projection"), "of the kind /Projection"),
    "another file's name": (
        annotation(Subtype="/FileAttachment", FS={"/Type": "/Filespec", "/F": "\\\\evil\\a"}),
        "names another file",
    ),
    "another file's content": (in_picture("/F", "\\\\evil\\a"), "another file's content"),
    "another file's page": (in_picture("/Ref", {"/F": "a.pdf"}), "another file's content"),
    "another file's pictures": (in_picture("/OPI", {"/2.0": {"/F": "a"}}), "pictures from other"),
    "a program attached": (attached("a.exe", b"MZ"), "the attachment 'a.exe'"),
    "a page of scripts attached": (attached("a.html", b"<script>"), "the attachment 'a.html'"),
    "other XML attached": (attached("a.xml", b"<a/>"), "the attachment 'a.xml'"),
    "two endings": (attached("factur-x.xml.exe", b"MZ"), "the attachment"),
    "a name that turns round": (attached("a\u202ecod.csv", b"1"), "the attachment"),
    "a program called a table": (attached("a.csv", b"MZ\x90\0"), "is not what it says"),
    "a program called a picture": (attached("a.png", b"MZ"), "is not what it says"),
    "two names": (two_names, "the attachment 'hours.exe'"),
    "macros": (attached("a.xlsx", packed("xl/vbaProject.bin")), "programs in the attachment"),
    "macros in the other office": (attached("a.ods", packed("Basic/x.xml")), "programs in"),
    "no spreadsheet": (attached("a.xlsx", b"PK\x03\x04"), "is not what it says"),
    "scripts in an attached PDF": (attached("a.pdf", SCRIPTED), "JavaScript"),
    "an attached PDF with attachments": (attached("a.pdf", GOOD), "with attachments"),
    "too many pages": (many_pages, "more than 2000 pages"),
    "too many attachments": (many_files, "more than 100 attachments"),
    "an attachment that unfolds": (inflated, "broken PDF"),
}


@pytest.mark.once
@pytest.mark.parametrize("name", REFUSED)
def test_safe_refuses_a_pdf_that_does_more_than_being_read(name):
    change, reason = REFUSED[name]
    pdf = with_(change)
    for read in (facturx_pdf.check, facturx_pdf.embedded):
        with pytest.raises(Unreadable) as refusal:
            read(pdf)
        assert reason in str(refusal.value)


def plain() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


PASSES: dict[str, Change] = {
    "a web page": link(S="/URI", URI="https://example.com/a?b=c#d"),
    "a web page in bytes": link(S="/URI", URI=ByteStringObject(b"http://example.com/")),
    "a web page as people write it": link(S="/URI", URI="www.example.com"),
    "a mail": link(S="/URI", URI="mailto:invoices@example.com?subject=FA-1"),
    "a page of its own": link(S="/GoTo", D="chapter1"),
    "the next page": link(S="/Named", N="/NextPage"),
    "where to begin": in_root("/OpenAction", [NumberObject(0), "/Fit"]),
    "nothing when closed": in_root("/AA", {}),
    "a signature": in_root("/AcroForm", {"/Fields": [{"/FT": "/Sig", "/T": "s"}]}),
    "an empty form": in_root("/AcroForm", {"/Fields": []}),
    "a stamp": annotation(Subtype="/Stamp"),
    "attributes of a structure": in_root(
        "/StructTreeRoot", {"/K": {"/S": "/P", "/A": {"/O": "/Layout"}}}
    ),
    "the hours": attached("hours.csv", b"day;hours\r\n1;7,5\r\n"),
    "a picture": attached("plan.PNG", PNG),
    "a spreadsheet": attached("hours.xlsx", packed("xl/workbook.xml", "[Content_Types].xml")),
    "a contract": attached("contract.pdf", plain()),
}


@pytest.mark.once
@pytest.mark.parametrize("name", PASSES)
def test_invoices_2_what_an_invoice_needs_passes(name):
    assert b"CrossIndustryInvoice" in facturx_pdf.embedded(with_(PASSES[name]))


@pytest.mark.once
class TestAnything:
    @settings(max_examples=80)
    @given(st.text(max_size=20), st.sampled_from(["", "http:", "file:", "java", "www.", "//"]))
    def test_safe_a_link_leads_to_web_or_mail_or_is_refused(self, text, scheme):
        target = scheme + text
        pdf = with_(link(S="/URI", URI=TextStringObject(target)))
        with contextlib.suppress(Unreadable):
            facturx_pdf.check(pdf)
            kept = PdfReader(io.BytesIO(pdf)).pages[0]["/Annots"][0].get_object()["/A"]["/URI"]  # type: ignore[index]
            assert str(kept).lower().startswith(("http:", "https:", "mailto:", "www."))

    @settings(max_examples=60)
    @given(
        st.recursive(
            st.sampled_from(["/Launch", "/GoTo", "/URI", "x", "https://a", "/Link"]),
            lambda inner: st.dictionaries(
                st.sampled_from(
                    ["/S", "/A", "/AA", "/Next", "/F", "/EF", "/Type", "/Annots", "/UF"]
                ),
                inner | st.lists(inner, max_size=2),
                max_size=4,
            ),
            max_leaves=12,
        )
    )
    def test_safe_no_structure_breaks_the_check_or_brings_a_program_through(self, values):
        pdf = with_(in_root("/Odd", values))
        try:
            facturx_pdf.check(pdf)
        except Unreadable:
            return
        assert b"/S /Launch" not in pdf
