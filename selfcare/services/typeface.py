"""The typeface of the PDFs we make: it comes with a package and has U+202F (facts.md)."""

from __future__ import annotations

from importlib.resources import as_file, files

from fpdf import FPDF

NAME = "Source Sans Pro"


def add_to(pdf: FPDF) -> None:
    """Embed the regular and the bold cut, and write with them."""
    folder = files("font_source_sans_pro") / "files"
    for style, cut in (("", "Regular"), ("B", "Bold")):
        with as_file(folder / f"SourceSansPro-{cut}.ttf") as path:
            pdf.add_font(NAME, style, path)
    pdf.set_font(NAME, size=10)
