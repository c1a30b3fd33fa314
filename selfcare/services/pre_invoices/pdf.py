"""The PDF of a pre-invoice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from selfcare import config
from selfcare.language import _
from selfcare.language.i18n import Reader, reader, speaking
from selfcare.models import Contract, Customer
from selfcare.services.documents.paper import Paper
from selfcare.services.pre_invoices.working_out import Line, MonthSum


def render(
    found: Sequence[MonthSum],
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
        pdf = Paper(title, author=config.current().company_name)
        for text in (
            f"{_('Contract')} : {contract.ref} [{contract.name}]",
            f"{_('Company name')} : {customer.name} ({customer.code})",
            _(
                "Version %(number)s of %(moment)s",
                number=version,
                moment=reader().moment(made_at),
            ),
            _("This is not an invoice: it shows what the month will cost."),
        ):
            pdf.say(text)
        letters = _("Names in other letters are spelt in Latin ones here; the portal shows them.")
        pdf.explain_letters(letters)
        for one in found:
            _table(pdf, one, reader())
        pdf.explain_letters(letters)
        return bytes(pdf.output())


def _table(pdf: Paper, one: MonthSum, me: Reader) -> None:
    """The lines and sums of one currency."""
    lines = [(_words(line), me.money(line.amount, one.currency)) for line in one.lines]
    sums = [
        (label, me.money(amount, one.currency))
        for label, amount in (
            (_("Total excl. tax"), one.net),
            (_("VAT at %(rate)s%%", rate=me.quantity(one.vat_rate)), one.vat),
            (_("Total incl. tax"), one.gross),
        )
    ]
    pdf.amounts((_("Description"), _("Amount excl. tax")), lines, sums)


def _words(line: Line) -> str:
    if line.kind == "usage":
        return str(_("Usage of the month"))
    if line.kind == "upfront":
        return str(_("Upfront payment: %(name)s (%(ref)s)", name=line.name, ref=line.ref))
    return f"{line.name} ({line.ref})"
