"""The words for the kinds of mail: for who may switch it off, for staff (NOTIFY-1, STAFF-6)."""

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

MAIL_NAME: Mapping[str, Any] = {
    "access": _l("Access to the portal"),
    "access_asked": _l("Access requested"),
    "access_declined": _l("Access request declined"),
    "access_ends": _l("End of the access to a contract"),
    "api_code": _l("Verification code for an API password"),
    "api_password_changed": _l("API password changed"),
    "console_access": _l("Access to the technical console"),
    "credential_ends": _l("End of an application credential"),
    "email_change": _l("Confirmation of a new email address"),
    "email_change_notice": _l("New email address requested"),
    "email_changed": _l("Email address changed"),
    "failed_sign_ins": _l("Failed sign-ins"),
    "forgotten_login": _l("Forgotten login"),
    "import_stopped": _l("Import of users that was stopped"),
    "key_deleted": _l("Access key or application credential deleted"),
    "key_made": _l("Access key or application credential made"),
    "member_access_ends": _l("End of the access of a user"),
    "order_moved": _l("Progress of an order"),
    "order_placed": _l("Order placed"),
    "order_to_do": _l("Order to carry out"),
    "passkey_added": _l("Passkey added"),
    "passkey_removed": _l("Passkey removed"),
    "password_changed": _l("Password changed"),
    "portal_access": _l("Access to a contract"),
    "recovery_code_used": _l("Recovery code used"),
    "roles_changed": _l("Roles on a contract changed"),
    "set_password": _l("Setting the password"),
    "subscription_ends": _l("Subscriptions that end soon"),
    "two_factor_changed": _l("Two-factor sign-in turned on or off"),
    "visit_asked": _l("Support asked to look at the contract"),
    "visit_begun": _l("Support began to look at the contract"),
    "wrong_api_passwords": _l("Wrong API passwords"),
    "wrong_codes": _l("Wrong codes at the sign-in"),
}
"""All mails, as staff read them."""
