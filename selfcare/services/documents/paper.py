"""The common base of our PDFs: A4, PDF/A, one typeface, a foot with page numbers.

PDF/A-2U keeps for years and gives its text back character by character. `fpdf2` cannot tag text,
so each of these documents has its page in the portal for those who are read to (RGAA 13.3).
"""

from __future__ import annotations

import unicodedata
from importlib.resources import as_file, files

from anyascii import anyascii
from fpdf import FPDF, FontFace
from fpdf.enums import DocumentCompliance, TableBordersLayout, VAlign
from fpdf.fonts import TTFFont

_TYPEFACE = "Source Sans Pro"
"""It comes with a package and has U+202F, Greek, Cyrillic and all of Latin."""

_WIDTHS = (125, 45)
_LINE = 4.5
_PADDING = (1, 1, 1, 1)
_RULE = 170
"""A grey that separates and does not shout."""


class Paper(FPDF):
    """A document that begins with its title."""

    def __init__(
        self,
        title: str,
        *,
        author: str,
        compliance: DocumentCompliance = DocumentCompliance.PDFA_2U,
    ) -> None:
        super().__init__(format="A4", enforce_compliance=compliance)
        self._heading = title
        self.set_title(title)
        self.set_author(author)
        self.set_lang("fr-FR")
        self.set_margin(20)
        self.set_auto_page_break(True, margin=25)
        folder = files("font_source_sans_pro") / "files"
        for style, cut in (("", "Regular"), ("B", "Bold")):
            with as_file(folder / f"SourceSansPro-{cut}.ttf") as path:
                self.add_font(_TYPEFACE, style, path)
        self._characters = {
            character
            for font in self.fonts.values()
            if isinstance(font, TTFFont)
            for character in font.cmap
        }
        self._is_spelt_otherwise = self._has_explained = False
        self.add_page()
        self.set_font(_TYPEFACE, "B", 18)
        self.multi_cell(0, 9, self._shown(title), new_x="LMARGIN", new_y="NEXT", align="LEFT")
        self.set_font(_TYPEFACE, "", 10)
        self.ln(3)

    def footer(self) -> None:
        """Which document this is, and which page of it, when pages fall apart."""
        self.set_y(-16)
        self.set_font(_TYPEFACE, "", 8)
        self.cell(0, 5, self._shown(self._heading), align="LEFT")
        self.set_x(self.l_margin)
        self.cell(0, 5, f"{self.page_no()}/{{nb}}", align="RIGHT")
        self.set_font(_TYPEFACE, "", 10)

    def say(self, text: str) -> None:
        """A paragraph."""
        self.multi_cell(0, 5, self._shown(text), new_x="LMARGIN", new_y="NEXT", align="LEFT")

    def amounts(
        self,
        heading: tuple[str, str],
        lines: list[tuple[str, str]],
        sums: list[tuple[str, str]],
    ) -> None:
        """Lines and what they come to, amounts in a column; the head comes again on each page."""
        self.ln(6)
        self.set_draw_color(_RULE)
        strong = FontFace(emphasis="BOLD")
        with self.table(
            col_widths=_WIDTHS,
            text_align=("LEFT", "RIGHT"),
            line_height=_LINE,
            padding=_PADDING,
            v_align=VAlign.T,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=strong,
            width=self.epw,
        ) as table:
            table.row(tuple(self._shown(text) for text in heading))
            for line in lines:
                table.row(tuple(self._shown(text) for text in line))
            for text, amount in sums:
                row = table.row(style=strong)
                row.cell(self._shown(text))
                row.cell(amount)

    def explain_letters(self, text: str) -> None:
        """Say once, where it is so, that something above was given in other letters."""
        if self._is_spelt_otherwise and not self._has_explained:
            self._has_explained = True
            self.say(text)

    def _shown(self, text: str) -> str:
        """The text in characters the typeface has, others spelt in Latin letters.

        Typefaces for Arabic, Chinese, Japanese, Korean and emoji would make these small documents
        five to sixteen megabytes of packages heavier, for a name that the portal shows as it is.
        """
        return "".join(map(self._letter, unicodedata.normalize("NFC", text)))

    def _letter(self, character: str) -> str:
        if ord(character) in self._characters:
            return character
        if not character.isprintable():  # marks that join and turn letters, and show nothing
            return ""
        self._is_spelt_otherwise = True
        return anyascii(character)  # nothing for a few, like the alef that only carries a vowel
