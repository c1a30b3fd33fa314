"""Everything kept about a person, for that person (ACCOUNT-3; GDPR articles 15 and 20)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, select

from selfcare.database import Rows, db
from selfcare.models import (
    AccessRequest,
    Account,
    ApiLogin,
    ApiPassword,
    AuditEntry,
    ConsoleAccess,
    ConsoleCredential,
    Contract,
    Mail,
    Membership,
    Order,
    Passkey,
    SignIn,
    StaffNote,
    Subscription,
    UnwantedMail,
    Visit,
)
from selfcare.services.accounts import two_factor
from selfcare.services.safety import audit

_MINE: Any = bindparam("account_id")

ACCOUNT = (
    *("login", "email", "civility", "last_name", "first_name", "phone", "mobile", "locale"),
    "has_find_key",
    *("has_ece_changes", "has_ece_incidents", "created_at"),
)
"""The columns of the account itself; hashes and secrets are not data about the person."""

ROWS: Mapping[str, Rows] = {
    "contracts": select(
        Contract.ref,
        Contract.name,
        Membership.is_referent,
        Membership.profiles,
        Membership.created_at,
        Membership.ends_on,
    )
    .join(Membership.contract)
    .where(Membership.account_id == _MINE)
    .order_by(Contract.ref),
    "console_accesses": select(Contract.ref, ConsoleAccess.wanted_groups, ConsoleAccess.state)
    .join(Contract, Contract.id == ConsoleAccess.contract_id)
    .where(ConsoleAccess.account_id == _MINE)
    .order_by(Contract.ref),
    "orders": select(
        Order.ref,
        Order.placed_at,
        Order.name_fr,
        Order.name_en,
        Order.price,
        Order.currency,
        Order.status,
        Order.parameters,
    )
    .where(Order.placed_by_id == _MINE)
    .order_by(Order.placed_at),
    "subscriptions": select(
        Subscription.ref,
        Subscription.name,
        Subscription.subscribed_at,
        Subscription.starts_on,
        Subscription.ends_on,
        Subscription.price,
        Subscription.upfront,
        Subscription.currency,
    )
    .where(Subscription.subscribed_by_id == _MINE)
    .order_by(Subscription.subscribed_at),
    "sign_ins": select(
        SignIn.created_at,
        SignIn.last_seen_at,
        SignIn.ended_at,
        SignIn.ip,
        SignIn.user_agent,
        SignIn.two_factor,
    )
    .where(SignIn.account_id == _MINE)
    .order_by(SignIn.created_at),
    "api_logins": select(
        Contract.ref,
        ApiLogin.user_name,
        ApiLogin.created_at,
        ApiLogin.expires_at,
        ApiLogin.ended_at,
        ApiLogin.ip,
    )
    .join(Contract, Contract.id == ApiLogin.contract_id)
    .where(ApiLogin.account_id == _MINE)
    .order_by(ApiLogin.id),
    "api_passwords": select(Contract.ref, ApiPassword.set_at, ApiPassword.state)
    .join(Contract, Contract.id == ApiPassword.contract_id)
    .where(ApiPassword.account_id == _MINE)
    .order_by(ApiPassword.id),
    "passkeys": select(Passkey.name, Passkey.created_at, Passkey.last_used_at)
    .where(Passkey.account_id == _MINE)
    .order_by(Passkey.id),
    "console_credentials": select(
        ConsoleCredential.kind,
        ConsoleCredential.key,
        ConsoleCredential.name,
        ConsoleCredential.roles,
        ConsoleCredential.made_at,
        ConsoleCredential.last_used_at,
        ConsoleCredential.expires_at,
    )
    .where(ConsoleCredential.account_id == _MINE)
    .order_by(ConsoleCredential.id),
    "access_requests": select(
        Contract.ref,
        AccessRequest.section,
        AccessRequest.profile,
        AccessRequest.asked_at,
        AccessRequest.state,
        AccessRequest.answered_at,
    )
    .join(Membership, Membership.id == AccessRequest.membership_id)
    .join(Contract, Contract.id == AccessRequest.contract_id)
    .where(Membership.account_id == _MINE)
    .order_by(AccessRequest.id),
    "notes_of_support": select(StaffNote.created_at, StaffNote.text)
    .where(StaffNote.account_id == _MINE)
    .order_by(StaffNote.id),
    "visits_of_support": select(
        Contract.ref, Visit.reason, Visit.ticket, Visit.begun_at, Visit.ended_at, Visit.pages
    )
    .join(Contract, Contract.id == Visit.contract_id)
    .where(Visit.account_id == _MINE, Visit.begun_at.is_not(None))
    .order_by(Visit.id),
    "mails_switched_off": select(UnwantedMail.kind)
    .where(UnwantedMail.account_id == _MINE)
    .order_by(UnwantedMail.kind),
    "mails": select(Mail.name, Mail.recipient, Mail.state, Mail.created_at, Mail.sent_at)
    .where(Mail.account_id == _MINE)
    .order_by(Mail.created_at),
}
"""What other tables hold about a person."""


def of(account: Account) -> dict[str, Any]:
    """Everything, as JSON values."""
    return {
        "account": _plain({name: getattr(account, name) for name in ACCOUNT}),
        **{name: _rows(rows, {"account_id": account.id}) for name, rows in ROWS.items()},
        "two_factor": two_factor.of(account) is not None,
        "activity": _activity(account.id),
    }


def _activity(account_id: int) -> list[dict[str, Any]]:
    """Oldest first; `about` repeats what `subject` says."""
    chosen = audit.concerning(account_id)
    rows = _rows(chosen.statement.order_by(AuditEntry.id), chosen.values)
    return [
        {
            name: json.loads(value) if name == "details" else value
            for name, value in row.items()
            if name != "about"
        }
        for row in rows
    ]


def _rows(statement: Rows, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [_plain(dict(row._mapping)) for row in db.session.execute(statement, values)]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
