"""Forms of the staff's pages (STAFF-2, STAFF-5, STAFF-8)."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from selfcare.forms.bounded import LongTextField, TextField
from selfcare.forms.fields import DayField, trimmed
from selfcare.forms.proofs import CodeForm
from selfcare.language import _, _l
from selfcare.models import LONGEST_REASON, LONGEST_STAFF_NOTE, LONGEST_TICKET
from selfcare.services import months

LEAST_REASON = 10
"""Characters that a reason has at least: it is shown to the customer."""


class VisitForm(CodeForm):
    """Why somebody wants to look, with a code of their app: a borrowed session is not enough."""

    reason = TextField(
        _l("Reason"),
        [
            DataRequired(_l("Enter the reason")),
            Length(max=LONGEST_REASON),
            Length(min=LEAST_REASON, message=_l("Say it in %(min)d characters or more")),
        ],
        filters=[trimmed],
    )
    ticket = TextField(
        _l("Ticket"),
        [DataRequired(_l("Enter the ticket’s number")), Length(max=LONGEST_TICKET)],
        filters=[trimmed],
    )


class MemberVisitForm(VisitForm):
    """A visit to one of the person's contracts."""

    contract = SelectField(_l("Contract"), [DataRequired(_l("Choose a contract"))])
    emergency = BooleanField(_l("Emergency: the contract is closed to visits"))


class InvitedForm(VisitForm):
    """The code that the customer reads out."""

    invitation = TextField(
        _l("The customer’s code"),
        [DataRequired(_l("Enter the code the customer reads out")), Length(max=20)],
        filters=[trimmed],
    )


class NoteForm(FlaskForm):
    """A note for colleagues, for one of them if it is handed over."""

    text = LongTextField(
        _l("Note"), [DataRequired(_l("Write the note")), Length(max=LONGEST_STAFF_NOTE)]
    )
    shown_until = DayField(_l("Shown until"), [Optional()])
    handed_to = SelectField(_l("Hand over to"), validators=[Optional()])

    def validate_shown_until(self, field: DayField) -> None:
        """From today on: a note with an earlier day would never be seen."""
        if field.data and field.data < months.today():
            raise ValidationError(_("Choose today or a later day"))
