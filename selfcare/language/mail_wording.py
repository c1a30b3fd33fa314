"""The words for the kinds of mail that one may switch off (NOTIFY-1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from selfcare.language import _l

MAIL_TOPIC: Mapping[str, Any] = {
    "orders": _l("Orders and subscriptions"),
    "users": _l("Users"),
    "console": _l("Technical console"),
}

MAIL_KIND: Mapping[str, Any] = {
    "order_moved": _l("Progress of my orders"),
    "subscription_ends": _l("Subscriptions that end soon"),
    "access_asked": _l("Requests for access that are addressed to me"),
    "import_stopped": _l("Import of users that was stopped"),
    "member_access_ends": _l("End of the access of a user whom I manage"),
    "credential_ends": _l("End of my application credentials"),
}
