"""The input of a request, made fit for storage: no NUL, no half of a character."""

from __future__ import annotations

import re

from flask import Request
from werkzeug.datastructures import FileStorage, ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property

_NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""Characters that PostgreSQL refuses in text. No keyboard makes them, so they are dropped."""


class FitRequest(Request):
    """Parameters, fields and names of files without what the databases refuse."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """The query's parameters."""
        return _fit(super().args)

    def _load_form_data(self) -> None:
        if "form" in self.__dict__:
            return
        super()._load_form_data()
        self.__dict__["form"] = _fit(self.__dict__["form"])
        for file in self.__dict__["files"].values():
            _name(file)


def fit(text: str) -> str:
    """The text, with the sign of an unreadable character for each that no database keeps.

    As Werkzeug shows what is no UTF-8: a wrong password stays a wrong one.
    """
    return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)


def _fit(values: MultiDict[str, str]) -> MultiDict[str, str]:
    if not any(_NO_TEXT.search(part) for pair in values.items(multi=True) for part in pair):
        return values
    return ImmutableMultiDict([(fit(name), fit(value)) for name, value in values.items(multi=True)])


def _name(file: FileStorage) -> None:
    if file.filename:
        file.filename = fit(file.filename)
