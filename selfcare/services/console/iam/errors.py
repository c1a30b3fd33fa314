"""The errors of an IAM, whatever their shape there.

Bodies come as `{"error": {…}}`, as `{"error_msg", "error_code"}`, with numeric codes, or as HTML.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar

KEY_QUOTA_CODES = frozenset({"akSkNumExceed"})
LONGEST_RETRY_AFTER = 4 * 3600


class IamProblem(Exception):
    """The IAM did not do what was asked; `code` is what people are told, by `wording`."""

    code: ClassVar[str] = "unknown"
    retryable: ClassVar[bool] = False
    """Whether it may pass by itself: the queue tries again soon."""
    mendable: ClassVar[bool] = False
    """Whether somebody may mend it in the console: it is tried again, more and more rarely."""
    is_expected: ClassVar[bool] = True
    """A worker says so in one line; `console_failed` tells the rest."""

    def __init__(self, detail: str = "", *, retry_after: int | None = None) -> None:
        super().__init__(detail or self.code)
        self.retry_after = retry_after


class Conflict(IamProblem):
    """Somebody else has that name, email or phone there."""

    code = "conflict"


class EmailTaken(Conflict):
    """Somebody else has that address there."""

    code = "email_taken"


class PhoneTaken(Conflict):
    """Somebody else has that mobile number there."""

    code = "phone_taken"


class NotFound(IamProblem):
    """The named object does not exist."""

    code = "not_found"


class ContractMissing(IamProblem):
    """The contract has no domain in the console yet; where an operator opens it, at any moment."""

    code = "contract_missing"
    retryable = mendable = True


class ContractDisabled(IamProblem):
    """Somebody disabled the contract's domain in the console: whoever did enables it again."""

    code = "contract_disabled"
    mendable = True


class GroupMissing(IamProblem):
    """Wanted groups no longer exist in the console."""

    code = "group_missing"
    mendable = True

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names = frozenset(names)
        super().__init__(", ".join(sorted(self.names)))


class Forbidden(IamProblem):
    """The service account may not do this."""

    code = "forbidden"
    mendable = True


class NoRole(Forbidden):
    """The service account works, but has no role on this contract, or the contract is not there.

    An operator may open it at any moment, so it is tried again.
    """

    code = "no_role"
    retryable = True


class AuthExpired(IamProblem):
    """The service account cannot sign in, even with a new token."""

    code = "credentials"
    retryable = True


class Locked(IamProblem):
    """The account is locked there."""

    code = "locked"
    retryable = True


class WeakPassword(IamProblem):
    """The IAM's own rules refuse the password."""

    code = "weak_password"


class Quota(IamProblem):
    """No more of these."""

    code = "quota"


class WrongPassword(IamProblem):
    """The API password is not theirs, or they have none."""

    code = "wrong_api_password"


class NoProject(IamProblem):
    """The API password is right, and opens nothing on the contract's project."""

    code = "no_project"


class RoleNotHeld(IamProblem):
    """The person does not have a role that was asked for."""

    code = "role_not_held"


class Unsupported(IamProblem):
    """This console has nothing of the kind."""

    code = "unsupported"


class Throttled(IamProblem):
    """Too many calls: wait `retry_after` seconds."""

    code = "throttled"
    retryable = True


class Retryable(IamProblem):
    """The IAM has a problem of its own, which may pass."""

    code = "unavailable"
    retryable = True


class Slow(Retryable):
    """No answer in time; whether it did what was asked is not known."""

    code = "slow"


class NotConfigured(Retryable):
    """The console's address is not configured on this portal."""

    code = "not_configured"


FIELD_TAKEN_CODES: dict[str, type[Conflict]] = {
    "1109": Conflict,
    "1110": EmailTaken,
    "1111": PhoneTaken,
}


def from_response(status: int, body: str, retry_after: str | None = None) -> IamProblem:
    """The problem an HTTP answer stands for."""
    code, message = _code_and_message(body)
    detail = f"{status} {code} {message}".strip()[:400]
    lowered = message.lower()
    if status == 429 or (status == 503 and retry_after):
        return Throttled(detail, retry_after=_seconds(retry_after))
    if code in KEY_QUOTA_CODES:
        return Quota(detail)
    if code in FIELD_TAKEN_CODES:
        return FIELD_TAKEN_CODES[code](detail)
    if status == 409:
        return EmailTaken(detail) if "email" in lowered else Conflict(detail)
    if "locked" in lowered and status in {400, 401, 403}:
        return Locked(detail)
    if status == 400 and "password" in lowered:
        return WeakPassword(detail)
    if status == 401:
        return AuthExpired(detail)
    if status in {403, 413}:
        return Forbidden(detail) if status == 403 else Quota(detail)
    if status == 404:
        return NotFound(detail)
    if status in {408, 410} or status >= 500:
        return Retryable(detail)
    return IamProblem(detail)


def _code_and_message(body: str) -> tuple[str, str]:
    """Whatever the body says, as (code, message); an HTML page's title."""
    try:
        found: Any = json.loads(body)
    except ValueError:
        title = re.search(r"<title>([^<]*)", body, re.IGNORECASE)
        return "", (title.group(1) if title else re.sub(r"<[^<>]*>", " ", body)).strip()[:200]
    if isinstance(found, dict) and isinstance(found.get("error"), dict):
        found = found["error"]
    if not isinstance(found, dict):
        return "", ""
    code = found.get("error_code", found.get("title", found.get("code", "")))
    return str(code), str(found.get("error_msg", found.get("message", "")))


def _seconds(retry_after: str | None) -> int | None:
    """`Retry-After` in seconds, given so or as a date; nonsense counts as not given."""
    said = (retry_after or "").strip()
    if said.isdecimal():
        return min(int(said), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    seconds = math.ceil((moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())
    return min(max(seconds, 0), LONGEST_RETRY_AFTER)
