"""Every mail there is: a function each, named as its folder in `templates/mail/`.

All put the mail in the outbox (`outbox.write`). What they are given is stored as JSON until the
mail is sent, and afterwards: no secret among it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypedDict

from selfcare.models import (
    AccessRequest,
    Account,
    Contract,
    Mail,
    MailedCode,
    MailedLink,
    Membership,
    OrderStatus,
    Passkey,
    Subscription,
    Visit,
    now,
)
from selfcare.services.mail import outbox

NAMED = 10
"""Of many things that one mail tells of, as many are named."""


def _of(contract: Contract) -> dict[str, Any]:
    """The contract, as mails name it."""
    return {"ref": contract.ref, "contract_name": contract.name}


def access(account: Account) -> Mail:
    """The login of a new account, and where to set its password (AUTH-5)."""
    return outbox.write("access", account)


def set_password(account: Account, *, link: MailedLink) -> Mail:
    """A link to set the password, which somebody has asked for (AUTH-3)."""
    return outbox.write("set_password", account, awaited=True, link_id=link.id)


def forgotten_login(account: Account) -> Mail:
    """The login somebody has asked for (AUTH-4)."""
    return outbox.write("forgotten_login", account, awaited=True)


def password_changed(account: Account) -> Mail:
    """The password is another one now."""
    return outbox.write("password_changed", account)


def failed_sign_ins(account: Account, *, ip: str) -> Mail:
    """Somebody tries passwords, from this network address (AUTH-6)."""
    return outbox.write("failed_sign_ins", account, ip=ip, at=now().isoformat())


def wrong_codes(account: Account, *, ip: str) -> Mail:
    """Somebody gave the right password and tries codes."""
    return outbox.write("wrong_codes", account, ip=ip, at=now().isoformat())


def two_factor_changed(account: Account, *, on: bool) -> Mail:
    """Two-factor sign-in was turned on or off."""
    return outbox.write("two_factor_changed", account, on=on)


def recovery_code_used(account: Account, *, left: int) -> Mail:
    """A recovery code was used; so many are left."""
    return outbox.write("recovery_code_used", account, left=left)


def passkey_added(account: Account, *, passkey: Passkey) -> Mail:
    """A device signs in with a passkey from now on."""
    return outbox.write("passkey_added", account, passkey=passkey.name)


def passkey_removed(account: Account, *, passkey: Passkey) -> Mail:
    """A device no longer does."""
    return outbox.write("passkey_removed", account, passkey=passkey.name)


def email_change(account: Account, *, link: MailedLink, to: str) -> Mail:
    """A link to confirm the new address, which the mail goes to."""
    return outbox.write("email_change", account, to=to, awaited=True, link_id=link.id)


def email_change_notice(account: Account, *, email: str) -> Mail:
    """Another address was asked for; this one is in force until it is confirmed."""
    return outbox.write("email_change_notice", account, email=email)


def email_changed(account: Account, *, to: str) -> Mail:
    """The account's address is another one now; goes to the former one."""
    return outbox.write("email_changed", account, to=to, email=account.email)


def api_code(account: Account, *, contract: Contract, code: MailedCode) -> Mail:
    """A code for whoever sets an API password or makes a key, just asked for (API-1, API-2)."""
    return outbox.write(
        "api_code",
        account,
        awaited=True,
        code_id=code.id,
        ref=contract.ref,
        purpose=str(code.purpose),
    )


def wrong_api_passwords(account: Account, *, contract: Contract, ip: str) -> Mail:
    """Somebody tries API passwords, from this network address (API-5)."""
    return outbox.write(
        "wrong_api_passwords", account, ref=contract.ref, ip=ip, at=now().isoformat()
    )


def api_password_changed(account: Account, *, contract: Contract) -> Mail:
    """Their API password is another one now (API-1)."""
    return outbox.write("api_password_changed", account, ref=contract.ref)


def key_made(account: Account, *, contract: Contract, kind: str, key: str, name: str) -> Mail:
    """An access key, or an application credential, of theirs was made (API-2, API-4)."""
    return outbox.write("key_made", account, ref=contract.ref, kind=kind, key=key, called=name)


def key_deleted(account: Account, *, contract: Contract, kind: str, key: str, name: str) -> Mail:
    """One of theirs was deleted."""
    return outbox.write("key_deleted", account, ref=contract.ref, kind=kind, key=key, called=name)


def credential_ends(account: Account, *, contract: Contract, name: str, ends_at: datetime) -> Mail:
    """An application credential of theirs is about to end (API-4)."""
    return outbox.write(
        "credential_ends", account, ref=contract.ref, called=name, ends_at=ends_at.isoformat()
    )


def portal_access(*accounts: Account, contract: Contract) -> list[Mail]:
    """They are users of this contract now (USERS-3)."""
    return outbox.write_many("portal_access", dict.fromkeys(accounts, _of(contract)))


def access_ends(account: Account, *, contract: Contract, last_day: date) -> Mail:
    """Somebody's own access to a contract ends soon (USERS-10)."""
    return outbox.write(
        "access_ends",
        account,
        **_of(contract),
        last_day=last_day.isoformat(),
    )


def member_access_ends(
    manager: Account, *, contract: Contract, called: str, membership: Membership, last_day: date
) -> Mail:
    """The access of a user whom they manage ends soon (USERS-10)."""
    return outbox.write(
        "member_access_ends",
        manager,
        **_of(contract),
        called=called,
        membership_id=membership.id,
        last_day=last_day.isoformat(),
    )


def console_access(names: Mapping[Account, str], *, contract: Contract) -> list[Mail]:
    """Their accounts in the console are there, of these names (USERS-4)."""
    told = {account: {"ref": contract.ref, "username": name} for account, name in names.items()}
    return outbox.write_many("console_access", told)


def access_asked(
    referent: Account, *, contract: Contract, by: Account, wanted: AccessRequest
) -> Mail:
    """A member asks for an access that they do not have (ASK-1)."""
    return outbox.write(
        "access_asked",
        referent,
        **_of(contract),
        by=by.full_name,
        email=by.email,
        access=[wanted.section, wanted.profile],
        membership_id=wanted.membership_id,
        request_id=wanted.id,
    )


def access_declined(
    account: Account, *, contract: Contract, by: Account, declined: AccessRequest, reason: str
) -> Mail:
    """What they asked for is not given; `reason` may be empty (ASK-1)."""
    return outbox.write(
        "access_declined",
        account,
        **_of(contract),
        by=by.full_name,
        access=[declined.section, declined.profile],
        asked_at=declined.asked_at.isoformat(),
        reason=reason,
    )


def roles_changed(
    account: Account,
    *,
    contract: Contract,
    by: Account | None,
    changes: Sequence[Sequence[str]],
    asked_at: datetime | None = None,
) -> Mail:
    """Their roles on a contract are others now; `changes` as `Roles.changes_to` gives them.

    `asked_at`: when they had asked for it.
    """
    return outbox.write(
        "roles_changed",
        account,
        **_of(contract),
        by=by.full_name if by else "",
        changes=changes,
        asked_at=asked_at.isoformat() if asked_at else "",
    )


def import_stopped(
    account: Account,
    *,
    contract: Contract,
    owner: Account,
    filename: str,
    added: int,
    left_out: int,
) -> Mail:
    """An import ended before its last line: whoever loaded it may no longer add users."""
    return outbox.write(
        "import_stopped",
        account,
        **_of(contract),
        owner=owner.full_name,
        filename=filename,
        added=added,
        left_out=left_out,
    )


def subscription_ends(
    contract: Contract,
    ending: Mapping[Account, Sequence[Subscription]],
    *,
    open_to: Collection[Account],
) -> list[Mail]:
    """Subscriptions of a contract end soon, which these people may renew (SUBS-3).

    Args:
        contract: whose.
        ending: for each addressee, those they may see, the first to end first.
        open_to: who may open the section, and is led there to choose among several.
    """
    told = {
        account: {
            **_of(contract),
            "count": len(seen),
            "ending": [
                {
                    "ref": one.ref,
                    "called": one.name,
                    "ends_on": one.ends_on.isoformat(),
                    "price": str(one.price),
                    "currency": one.currency,
                }
                for one in seen[:NAMED]
            ],
            "sees_all": account in open_to,
        }
        for account, seen in ending.items()
    }
    return outbox.write_many("subscription_ends", told)


class Told(TypedDict):
    """The facts of an order for mails and commands: JSON values, both languages."""

    ref: str
    contract_ref: str
    contract_name: str
    name_fr: str
    name_en: str
    price: str | None
    price_kind: str
    upfront: str
    currency: str
    months: int | None
    starts_on: str | None
    subscription_name: str | None
    parameters: list[list[Any]]


def order_placed(account: Account, *, told: Told) -> Mail:
    """Their order is in (SERVICES-4)."""
    return outbox.write("order_placed", account, **told)


def order_moved(account: Account, *, told: Told, status: OrderStatus, note: str) -> Mail:
    """It has come to this status; `note` is what the operator says of it."""
    return outbox.write("order_moved", account, **told, status=status.value, note=note)


def order_to_do(*, told: Told, by: Account) -> Sequence[Mail]:
    """An order that an operator carries out; goes to each of `OPERATOR_EMAILS`."""
    orderer = {"login": by.login, "name": by.full_name, "email": by.email}
    return outbox.write_to_operators("order_to_do", **told, by=orderer)


def visit_begun(account: Account, *, visit: Visit, visited: Account, contract: Contract) -> Mail:
    """Support looks at a contract as this member, until then (STAFF-2)."""
    return outbox.write(
        "visit_begun",
        account,
        **_of(contract),
        visited=visited.full_name,
        reason=visit.reason,
        ticket=visit.ticket,
        until=visit.expires_at.isoformat(),
    )


def visit_asked(account: Account, *, visit: Visit) -> Mail:
    """Support asks the referent whether it may look at the contract (STAFF-2)."""
    return outbox.write(
        "visit_asked",
        account,
        **_of(visit.contract),
        visited=visit.account.full_name,
        reason=visit.reason,
        ticket=visit.ticket,
    )
