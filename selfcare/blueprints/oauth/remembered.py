"""What a browser remembers for its owner's next way into the console: names, nothing secret.

Each name is a cookie of one year below `/`; whoever can read it knows a contract's reference.
"""

from __future__ import annotations

import re
from enum import StrEnum

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from selfcare import config

_ONE_YEAR = 365 * 86_400
_NAME = re.compile(r"[\w.@+-]{1,254}")


class Remembered(StrEnum):
    """The cookies there are."""

    ACCOUNT = "company_account"
    """The company account of the sign-in pages, where « Se souvenir » was ticked."""
    NAME = "console_name"
    """The user name of the API's sign-in page, likewise."""
    CHOICE = "console_contract"
    """The contract chosen last, where there was a choice."""

    def read(self) -> str:
        """What is remembered; nothing if it is none of ours."""
        value = request.cookies.get(self._cookie, "")
        return value if _NAME.fullmatch(value) else ""

    def keep(self, answer: ResponseReturnValue, value: str) -> Response:
        """The answer, which has the browser remember it; an empty value is forgotten."""
        kept = make_response(answer)
        kept.set_cookie(
            self._cookie,
            value,
            max_age=_ONE_YEAR if value else 0,
            secure=config.current().secure,
            httponly=True,
            samesite="Lax",
        )
        return kept

    @property
    def _cookie(self) -> str:
        return f"__Host-{self.value}" if config.current().secure else self.value
