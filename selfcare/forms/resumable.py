"""Forms that show again what was typed as the session ended."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm

from selfcare.web.resuming import typed


class ResumableForm(FlaskForm):
    """A form of a view with `@resumes()`: filled in from what was kept, where there is any."""

    class Meta(FlaskForm.Meta):
        """Where the values come from."""

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """The values sent; when the page is only shown, the values kept."""
            sent = super().wrap_formdata(form, formdata)
            return typed() if sent is None else sent
