"""LIST-1, STAFF-4: the words for what the code names belong to it, and to nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from selfcare.language import audit_wording, wording
from selfcare.language.i18n import speaking

pytestmark = pytest.mark.once

CLUES: Mapping[str, Mapping[str, str]] = {
    "CIVILITY": {"madam": "Mrs", "sir": "Mr"},
    "PROFILE": {
        "none": "No access",
        "visitor": "Visitor",
        "console_manager": "Console manager",
        "manager": "Manager",
    },
    "MOVED_BY": {"operator": "teams", "automatic": "automatic"},
    "CONSOLE_ROLE": {"admin": "highest", "power_user": "cloud", "guest": "read-only"},
    "PRE_INVOICE_STATE": {"queued": "prepared", "late": "delayed"},
    "ORDER_PARAMETER": {
        "region": "Region",
        "reference": "Reference",
        "serviceCode": "code",
        "templateName": "Flavor",
        "contact": "Contact",
        "needs": "Needs",
    },
    "FILE_NAME": {
        "orders": "orders",
        "subscriptions": "subscriptions",
        "contracts": "contracts",
        "activity": "activity",
        "invoices": "invoices",
        "usage": "reports",
        "lines": "lines",
        "users": "users",
        "console-users": "console-users",
        "new-members": "to-add",
        "my-data": "my-data",
        "audit": "audit-log",
        "left-out": "left-out",
        "recovery-codes": "recovery-codes",
    },
    "ABILITY": {
        "open_contract": "see the contract",
        "see_company": "company",
        "open_document_space": "document space",
        "open_dashboard": "dashboard",
        "open_console": "technical console",
        "read_orders": "orders of",
        "read_subscriptions": "subscriptions",
        "read_catalogue": "catalogue",
        "order_service": "order services",
        "request_change": "changes",
        "see_invoicing_contact": "invoicing contact",
        "read_invoices": "amounts",
        "see_support_contact": "support contact",
        "open_incident": "incident",
        "read_users": "see the users",
        "add_user": "add",
        "change_user": "change users",
        "remove_user": "remove",
        "read_console_users": "console users",
        "set_console_roles": "console roles",
    },
    "ACTION": {
        "sign_in.done": "Signed in",
        "sign_in.failed": "wrong password",
        "sign_in.wrong_code": "wrong code",
        "password.asked": "set the password",
        "password.changed": "Password changed",
        "login.asked": "with the login",
        "account.changed": "Personal data changed",
        "email.asked": "email address requested",
        "email.changed": "address changed",
        "two_factor.on": "turned on",
        "two_factor.off": "turned off",
        "two_factor.reset": "reset",
        "two_factor.new_recovery_codes": "New recovery",
        "two_factor.recovery_code_used": "with a recovery",
        "user.added": "Added",
        "user.changed": "Roles",
        "user.removed": "Removed",
        "import.stopped": "Import",
        "order.placed": "Order",
        "document.opened": "Document",
        "passkey.added": "Passkey added",
        "passkey.removed": "Passkey removed",
    },
}
"""What tells each word from the others of its table."""


def words_of(table: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = getattr(audit_wording if table == "ACTION" else wording, table)
    return found


@pytest.mark.parametrize("table", CLUES)
def test_l10n_every_code_has_its_own_words(app, table):
    with app.test_request_context(), speaking("en"):
        words: dict[str, Any] = {str(code): str(w) for code, w in words_of(table).items()}
    if table != "ACTION":  # whose other entries come and go with the features
        assert words.keys() == CLUES[table].keys()
    wrong = {}
    for code, clue in CLUES[table].items():
        found = sorted((len(said), key) for key, said in words.items() if clue in said)
        if not found or found[0][1] != code:  # the shortest: "Mr" is in "Mrs", too
            wrong[code] = words.get(code)
    assert not wrong
