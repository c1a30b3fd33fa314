"""The PDF of a pre-invoice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import current_app
from flask_babel import gettext as _
from fpdf import FPDF

from selfcare.i18n import Reader, reader, speaking
from selfcare.models import Contract, Customer
from selfcare.services import typeface
from selfcare.services.pre_invoices import Line, PreInvoice

_WIDTHS = (130, 40)


def render(
    found: Sequence[PreInvoice],
    contract: Contract,
    customer: Customer,
    version: int,
    made_at: datetime,
) -> bytes:
    """One document for all currencies of the month, in French like the invoices."""
    with speaking("fr"):
        title = _(
            "Pre-invoice %(ref)s %(month)s", ref=contract.ref, month=f"{found[0].month:%m/%Y}"
        )
        pdf = FPDF(format="A4")
        pdf.set_title(title)
        pdf.set_lang("fr")
        pdf.set_author(current_app.extensions["settings"].company_name)
        typeface.add_to(pdf)
        pdf.add_page()
        pdf.set_font(style="B", size=18)
        pdf.cell(text=title, new_x="LMARGIN", new_y="NEXT")
        pdf.set_font(style="", size=10)
        pdf.ln(4)
        for text in (
            f"{_('Contract')} : {contract.ref} [{contract.name}]",
            f"{_('Company name')} : {customer.name} ({customer.code})",
            _(
                "Version %(number)s of %(moment)s",
                number=version,
                moment=reader().moment(made_at),
            ),
            _("This is no invoice: it announces what the month will cost."),
        ):
            pdf.multi_cell(0, text=text, new_x="LMARGIN", new_y="NEXT")
        for one in found:
            pdf.ln(6)
            _table(pdf, one, reader())
        return bytes(pdf.output())


def _table(pdf: FPDF, one: PreInvoice, me: Reader) -> None:
    """The lines and sums of one currency; the head comes again on each page."""
    with pdf.table(col_widths=_WIDTHS, text_align=("LEFT", "RIGHT"), line_height=6) as table:
        head = table.row()
        head.cell(_("Description"))
        head.cell(_("Amount excl. tax"))
        for line in one.lines:
            row = table.row()
            row.cell(_words(line))
            row.cell(me.money(line.amount, one.currency))
        for label, amount in (
            (_("Total excl. tax"), one.net),
            (_("VAT at %(rate)s %%", rate=me.quantity(one.vat_rate)), one.vat),
            (_("Total incl. tax"), one.gross),
        ):
            row = table.row()
            row.cell(label)
            row.cell(me.money(amount, one.currency))


def _words(line: Line) -> str:
    if line.kind == "usage":
        return str(_("Usage of the month"))
    if line.kind == "upfront":
        return str(_("Upfront payment: %(name)s (%(ref)s)", name=line.name, ref=line.ref))
    return f"{line.name} ({line.ref})"
