"""The input of a request: of bounded size, and fit for storage (no NUL, no half of a character)."""

from __future__ import annotations

import re
from io import BytesIO
from typing import IO

from flask import Request
from werkzeug.datastructures import FileStorage, ImmutableMultiDict, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.utils import cached_property

_NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""Characters that PostgreSQL refuses in text. No keyboard makes them, so they are dropped."""


Parsed = tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]
"""The rest of the stream, the fields, the files."""


class BoundedFormParser(FormDataParser):
    """Holds forms without files to the same bounds as those with: Werkzeug leaves them out."""

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> Parsed:
        """Count before anything is read into fields.

        Raises:
            RequestEntityTooLarge: more bytes than `MAX_FORM_MEMORY_SIZE`, or more fields than
                `MAX_FORM_PARTS`.
        """
        if mimetype == "application/x-www-form-urlencoded":
            body = stream.read()
            longest, most = self.max_form_memory_size, self.max_form_parts
            if longest is not None and len(body) > longest:
                raise RequestEntityTooLarge
            if most is not None and body.count(b"&") >= most:
                raise RequestEntityTooLarge
            stream = BytesIO(body)
        return super().parse(stream, mimetype, content_length, options)


class FitRequest(Request):
    """Parameters, fields and names of files without what the databases refuse."""

    form_data_parser_class = BoundedFormParser

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
