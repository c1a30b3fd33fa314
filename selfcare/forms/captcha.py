"""The additions of a form with a captcha (AUTH-2)."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms.validators import DataRequired, Length

from selfcare.forms.bounded import HiddenTextField, TextField
from selfcare.forms.fields import trimmed
from selfcare.language import _l
from selfcare.services.accounts import captcha


class CaptchaForm(FlaskForm):
    """A form whose captcha is looked at last, so that another mistake does not use it up."""

    captcha = HiddenTextField(filters=[trimmed])
    answer = TextField(
        _l("Copy the characters"),
        [
            DataRequired(_l("Copy the characters of the image, or answer the question")),
            Length(max=40),
        ],
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Everything else first, then the captcha: asked once, it is gone."""
        if not super().validate(extra_validators):
            return False
        if captcha.solved(self.captcha.data or "", self.answer.data or ""):
            return True
        self.answer.errors = [
            _l("Wrong answer, or the page was open for more than 10 minutes: try again below")
        ]
        return False
