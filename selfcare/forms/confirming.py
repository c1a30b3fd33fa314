"""Forms that are a button, with or without a box."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField


class ConfirmForm(FlaskForm):
    """Yes: a button."""


class EndSignInsForm(FlaskForm):
    """Which sign-ins end besides those of other browsers."""

    console = BooleanField()
