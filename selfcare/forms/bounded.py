"""Text fields that ask how long a text is before anything else looks at it.

Filters and rules may take their time over a text; none of them gets one that is too long. A guard
refuses a form with a text field of another kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import wtforms
from wtforms.form import BaseForm
from wtforms.validators import Length, ValidationError

from selfcare.language import _l

TOO_LONG = _l("Enter %(max)s characters at most")


class Bounded(wtforms.Field):
    """Mixed into a text field; its bound is that of its `Length`, if it has one."""

    longest: ClassVar[int] = 1024
    """Characters, where the field does not say."""

    def __init__(
        self,
        label: Any = None,
        validators: Sequence[Any] = (),
        filters: Sequence[Callable[[Any], Any]] = (),
        **kwargs: Any,
    ) -> None:
        given = next((rule for rule in validators if isinstance(rule, Length)), None)
        most = given.max if given else self.longest
        self.bound = Length(max=most, message=given.message if given else None)
        if self.bound.message is None:
            self.bound.message = TOO_LONG
        rules = [self.bound, *(rule for rule in validators if rule is not given)]
        super().__init__(label, rules, [self._if_short(each) for each in filters], **kwargs)

    def _if_short(self, change: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A text may lose the blanks of its paste; beyond twice the bound it stays as it is."""
        return lambda text: text if text and len(text) > 2 * self.bound.max else change(text)

    def validate(self, form: BaseForm, extra_validators: Any = ()) -> bool:
        """No other rule is asked about a text that is too long."""
        try:
            self.bound(form, self)  # type: ignore[arg-type]  # whatever holds a text
        except ValidationError as too_long:
            self.errors = list(too_long.args)
            return False
        return super().validate(form, extra_validators)


class TextField(Bounded, wtforms.StringField):
    """One line."""


class LongTextField(Bounded, wtforms.TextAreaField):
    """Several lines."""


class SecretField(Bounded, wtforms.PasswordField):
    """A password, never shown again."""


class HiddenTextField(Bounded, wtforms.HiddenField):
    """What the page itself put there."""


class TelephoneField(Bounded, wtforms.TelField):
    """A telephone number as it was typed."""

    longest = 40


class AddressField(Bounded, wtforms.EmailField):
    """A mail address as it was typed."""

    longest = 254
