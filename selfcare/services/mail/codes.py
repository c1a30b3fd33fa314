"""Codes sent by mail: six digits, made as the mail leaves, like the links beside them.

They are worked out from the row and the secret key, so they stand neither in the database nor in
the outbox. `services.console.credentials.codes` says who gets one and what it is good for.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

from flask import current_app

from selfcare.database import db
from selfcare.models import MailedCode, now

DIGITS = 6


def digits(code_id: int) -> str:
    """The code as it stands in the mail."""
    return next(_readings(db.session.get_one(MailedCode, code_id)))


def is_right(code: MailedCode, given: str) -> bool:
    """Whether that is the code; one that was sent before the secret key changed is right, too."""
    plain = "".join(given.split())
    same = [hmac.compare_digest(plain.encode(), right.encode()) for right in _readings(code)]
    return any(same)


def starts(code_id: int, *, taken: bool) -> None:
    """The mail server was talked to about the code.

    Args:
        code_id: whose row.
        taken: it took the mail, so the code's time starts.
    """
    code = db.session.get(MailedCode, code_id)
    if code is not None:
        code.told_at = code.told_at or now()
        if taken:
            code.accepted_at = code.accepted_at or now()


def _readings(code: MailedCode) -> Iterator[str]:
    """With the present key, then with the former one."""
    config = current_app.config
    for key in (config["SECRET_KEY"], *config["SECRET_KEY_FALLBACKS"]):
        text = f"mailed code {code.id} {code.purpose} {code.nonce}"
        number = int.from_bytes(hmac.digest(key.encode(), text.encode(), hashlib.sha256))
        yield f"{number % 10**DIGITS:0{DIGITS}}"
