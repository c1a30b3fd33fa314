"""Which mails somebody wants (NOTIFY-1)."""

from __future__ import annotations

from typing import Any

from wtforms import SelectMultipleField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from selfcare.forms.resumable import ResumableForm
from selfcare.services.mail.choices import OPTIONAL


class NotificationsForm(ResumableForm):
    """A box for each kind of mail that may be switched off; ticked: it is sent."""

    wanted = SelectMultipleField(
        choices=[SelectChoice(kind, kind) for kinds in OPTIONAL.values() for kind in kinds]
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kinds = OPTIONAL
        """The kinds by topic, as the page shows them."""

    @property
    def off(self) -> list[str]:
        """The kinds whose box is empty."""
        return [
            kind
            for kinds in self.kinds.values()
            for kind in kinds
            if kind not in (self.wanted.data or ())
        ]
