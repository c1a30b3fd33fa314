"""The words for what the audit log holds (ACCOUNT-3, STAFF-4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from selfcare.language import _l

ACTION: Mapping[str, Any] = {
    "sign_in.done": _l("Signed in"),
    "sign_in.failed": _l("Sign-in failed: wrong password"),
    "sign_in.wrong_code": _l("Sign-in failed: wrong code"),
    "sign_in.disabled": _l("Sign-in failed: the account is disabled"),
    "api_login.done": _l("Signed in by API Login"),
    "api_login.failed": _l("API Login failed: wrong API password"),
    "api_password.changed": _l("API password changed"),
    "sign_in.ended": _l("Session ended"),
    "sign_in.console_ended": _l("Sessions in the console ended"),
    "sign_in.others_ended": _l("Other sessions ended"),
    "sign_in.all_ended": _l("All sessions ended by the staff"),
    "password.asked": _l("Mail to set the password requested"),
    "password.changed": _l("Password changed"),
    "login.asked": _l("Mail with the login requested"),
    "account.changed": _l("Personal data changed"),
    "account.disabled": _l("Account disabled by the staff"),
    "account.enabled": _l("Account enabled by the staff"),
    "account.erased": _l("Personal data erased"),
    "staff.added": _l("Staff account created"),
    "staff.removed": _l("Staff rights taken away"),
    "contract.opened": _l("Contract opened"),
    "contract.changed": _l("Contract changed"),
    "customer.changed": _l("Company details changed"),
    "offer.changed": _l("Offer changed"),
    "mail.retried": _l("Mails sent once more"),
    "console.account_deleted": _l("Account of nobody deleted in the console"),
    "console.prepared": _l("Contract prepared anew in the console"),
    "console.retried": _l("Console accounts tried again"),
    "catalogue.loaded": _l("Services loaded into the catalogue"),
    "invoice.loaded": _l("Invoice loaded"),
    "usage.loaded": _l("Usage report loaded"),
    "pre_invoice.retried": _l("Pre-invoices made once more"),
    "store.owned": _l("Document store taken over"),
    "store.cleaned": _l("Documents that nothing named deleted"),
    "client.added": _l("Client of single sign-on registered"),
    "client.new_secret": _l("New secret of a single sign-on client"),
    "client.disabled": _l("Client of single sign-on disabled"),
    "key.rotated": _l("New signing key of single sign-on"),
    "notifications.changed": _l("Choice of mails changed"),
    "email.asked": _l("New email address requested"),
    "email.changed": _l("Email address changed"),
    "two_factor.on": _l("Two-factor sign-in turned on"),
    "two_factor.off": _l("Two-factor sign-in turned off"),
    "two_factor.reset": _l("Two-factor sign-in reset by the staff"),
    "two_factor.new_recovery_codes": _l("New recovery codes"),
    "two_factor.recovery_code_used": _l("Signed in with a recovery code"),
    "user.added": _l("Added to a contract"),
    "user.changed": _l("Roles on a contract changed"),
    "user.removed": _l("Removed from a contract"),
    "access.asked": _l("Access requested"),
    "access.declined": _l("Access request declined"),
    "import.stopped": _l("Import of users stopped: the right to add them was gone"),
    "order.placed": _l("Order placed"),
    "document.opened": _l("Document opened"),
    "access_key.created": _l("Access key made"),
    "access_key.deleted": _l("Access key deleted"),
    "access_key.rested": _l("Access key deactivated"),
    "access_key.woken": _l("Access key activated"),
    "application.created": _l("Application credential made"),
    "application.deleted": _l("Application credential deleted"),
    "passkey.added": _l("Passkey added"),
    "passkey.removed": _l("Passkey removed"),
    "visit.asked": _l("Support asked to look at the contract"),
    "visit.invited": _l("Support invited"),
    "visit.allowed": _l("Support’s visit allowed"),
    "visit.refused": _l("Support’s visit refused"),
    "visit.begun": _l("Support began to look at the contract"),
    "visit.page": _l("Support looked at a page"),
    "visit.ended": _l("Support’s visit ended"),
    "visit.policy": _l("Rule for support’s visits changed"),
    "staff.changed": _l("Staff member’s roles changed"),
    "staff.retried": _l("Failed work retried"),
    "note.written": _l("Note written"),
    "note.finished": _l("Note finished"),
}
"""The names of the audit log's actions; an action that is missing here is shown by its code."""

DETAIL: Mapping[str, Any] = {
    "reason": _l("reason"),
    "switched_off": _l("switched off"),
    "ticket": _l("ticket"),
    "email": _l("new address"),
    "former": _l("former address"),
    "what": _l("what"),
    "name": _l("name"),
    "key": _l("key"),
    "passkey": _l("passkey"),
    "roles": _l("roles"),
    "access": _l("access"),
    "pages": _l("pages"),
    "before": _l("before"),
    "after": _l("after"),
    "count": _l("how many"),
}

ACCOUNT_FIELD: Mapping[str, Any] = {
    "civility": _l("Title"),
    "last_name": _l("Last name"),
    "first_name": _l("First name"),
    "phone": _l("Phone"),
    "mobile": _l("Mobile"),
    "locale": _l("Preferred language"),
    "has_find_key": _l("Search by the “/” key"),
}


def action(kind: str) -> str:
    """The action, in the reader's language."""
    return str(ACTION.get(kind, kind))
