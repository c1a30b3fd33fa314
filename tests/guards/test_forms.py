"""Every text field of every form asks for the length first (safe)."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
import wtforms
from werkzeug.datastructures import MultiDict
from wtforms.fields.core import UnboundField

from selfcare import forms
from selfcare.forms.bounded import Bounded
from selfcare.forms.ordering import _FIELDS

pytestmark = pytest.mark.once

for module in pkgutil.iter_modules(forms.__path__, "selfcare.forms."):
    importlib.import_module(module.name)


def kinds(form: type[wtforms.Form] = wtforms.Form) -> Iterator[type[wtforms.Form]]:
    for kind in form.__subclasses__():
        if kind.__module__.startswith("selfcare."):
            yield kind
        yield from kinds(kind)


FIELDS: list[Any] = [
    pytest.param(field, id=f"{kind.__name__}.{name}")
    for kind in sorted(set(kinds()), key=lambda kind: kind.__name__)
    for name, field in vars(kind).items()
    if isinstance(field, UnboundField)
] + [
    pytest.param(UnboundField(kind, "Label"), id=f"order form, {name}")
    for name, kind in _FIELDS.items()
]
TEXTS = [one for one in FIELDS if issubclass(one.values[0].field_class, wtforms.StringField)]


def test_safe_forms_are_looked_for_where_they_are():
    assert len(TEXTS) > 20


@pytest.mark.parametrize("field", TEXTS)
def test_safe_a_text_that_is_too_long_is_asked_nothing_else(app, field):
    """Neither filter nor rule sees it, and what was typed is kept to be shown again."""
    assert issubclass(field.field_class, Bounded), "take a field of selfcare.forms.bounded"
    seen: list[str] = []
    text = "\u200b é1" * 30_000
    with app.test_request_context():
        form = type("One", (wtforms.Form,), {"it": field})(MultiDict({"it": text}))
        assert not form.validate({"it": [lambda _form, one: seen.append(one.data)]})
    assert len(form.it.errors) == 1
    assert form.it.data == text
    assert seen == []


@pytest.mark.parametrize("field", TEXTS)
def test_safe_no_field_lets_through_more_than_is_said(app, field):
    with app.test_request_context():
        form = type("One", (wtforms.Form,), {"it": field})(MultiDict({"it": "x" * 20_001}))
        assert form.it.bound.max <= 20_000
        form.validate()
        assert (
            str(form.it.bound.max) in form.it.errors[0] or form.it.bound.message in form.it.errors
        )
