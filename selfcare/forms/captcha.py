"""The additions of a form with a captcha (AUTH-2)."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms.validators import DataRequired, Length

from selfcare.forms.bounded import HiddenTextField, TextField
from selfcare.forms.fields import trimmed
from selfcare.language import _l


class CaptchaForm(FlaskForm):
    """A form with a captcha; whether it is solved, `blueprints.sign_in.captcha` looks at last."""

    captcha = HiddenTextField(filters=[trimmed])
    answer = TextField(
        _l("Copy the characters"),
        [
            DataRequired(_l("Copy the characters of the image, or answer the question")),
            Length(max=40),
        ],
    )
