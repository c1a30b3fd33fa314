"""Which mails somebody may switch off, and which they have switched off (NOTIFY-1).

Every kind of mail has its topic here: a mail without one is not sent, and a guard checks that each
has one. `outbox.write` is the only place that asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from flask import current_app
from itsdangerous import BadSignature, Signer
from sqlalchemy import delete, select

from selfcare import config
from selfcare.database import db
from selfcare.models import Account, Mail, UnwantedMail


class Topic(StrEnum):
    """What a mail is about, in the order of the page on which one chooses."""

    ORDERS = "orders"
    USERS = "users"
    CONSOLE = "console"
    ALWAYS = "always"
    """Sign-in, passwords, keys, rights, support's visits, what was asked for: they stay."""
    OPERATOR = "operator"
    """For `OPERATOR_EMAILS`: nobody's account, so nobody's choice."""


TOPIC: Mapping[str, Topic] = {
    "access": Topic.ALWAYS,
    "access_ends": Topic.ALWAYS,
    "access_asked": Topic.USERS,
    "access_declined": Topic.ALWAYS,
    "api_code": Topic.ALWAYS,
    "api_password_changed": Topic.ALWAYS,
    "console_access": Topic.ALWAYS,
    "credential_ends": Topic.CONSOLE,
    "email_change": Topic.ALWAYS,
    "email_change_notice": Topic.ALWAYS,
    "email_changed": Topic.ALWAYS,
    "failed_sign_ins": Topic.ALWAYS,
    "forgotten_login": Topic.ALWAYS,
    "import_stopped": Topic.USERS,
    "key_deleted": Topic.ALWAYS,
    "key_made": Topic.ALWAYS,
    "member_access_ends": Topic.USERS,
    "order_moved": Topic.ORDERS,
    "order_placed": Topic.ALWAYS,
    "order_to_do": Topic.OPERATOR,
    "passkey_added": Topic.ALWAYS,
    "passkey_removed": Topic.ALWAYS,
    "password_changed": Topic.ALWAYS,
    "portal_access": Topic.ALWAYS,
    "recovery_code_used": Topic.ALWAYS,
    "roles_changed": Topic.ALWAYS,
    "set_password": Topic.ALWAYS,
    "subscription_ends": Topic.ORDERS,
    "two_factor_changed": Topic.ALWAYS,
    "visit_asked": Topic.ALWAYS,
    "visit_begun": Topic.ALWAYS,
    "wrong_api_passwords": Topic.ALWAYS,
    "wrong_codes": Topic.ALWAYS,
}
"""Each mail by its name. What it is called on the page: `mail_wording.MAIL_KIND`."""

OPTIONAL: Mapping[Topic, tuple[str, ...]] = {
    topic: tuple(name for name, its in TOPIC.items() if its == topic)
    for topic in Topic
    if topic not in (Topic.ALWAYS, Topic.OPERATOR)
}
"""The kinds one may switch off, by topic."""


class LinkForged(Exception):
    """A link, not made by us, that would switch a kind of mail off."""


class OffLink(NamedTuple):
    """Whose mails of which kind a link switches off."""

    account: Account
    kind: str


def may_be_off(kind: str) -> bool:
    """Whether its addressee may switch this kind of mail off."""
    return TOPIC[kind] not in (Topic.ALWAYS, Topic.OPERATOR)


def unwanted(mails: Sequence[Mail]) -> list[Mail]:
    """Those whose addressees have switched them off; asks the database only where they may."""
    asked = {mail.account_id for mail in mails if may_be_off(mail.name)}
    if not asked:
        return []
    found = select(UnwantedMail.account_id, UnwantedMail.kind)
    off = {
        tuple(row) for row in db.session.execute(found.where(UnwantedMail.account_id.in_(asked)))
    }
    return [mail for mail in mails if (mail.account_id, mail.name) in off]


def switched_off(account: Account) -> frozenset[str]:
    """The kinds of mail that somebody does not get."""
    found = select(UnwantedMail.kind).where(UnwantedMail.account_id == account.id)
    return frozenset(db.session.execute(found).scalars())


def gets(account_id: int, kind: str) -> bool:
    """Whether somebody gets this kind of mail: what a page may promise."""
    off = select(UnwantedMail.kind).filter_by(account_id=account_id, kind=kind)
    return db.session.execute(off).first() is None


def choose(account: Account, *, off: Collection[str]) -> None:
    """From now on somebody gets all mails but these kinds."""
    db.session.execute(delete(UnwantedMail).where(UnwantedMail.account_id == account.id))
    db.session.add_all(
        UnwantedMail(account_id=account.id, kind=kind)
        for kind in sorted(set(off))
        if may_be_off(kind)
    )
    db.session.flush()


def off_link(account: Account, kind: str) -> str:
    """The address that switches a kind of mail off without signing in, good for ever (RFC 8058)."""
    token = _signer().sign(f"{account.id}.{kind}").decode()
    return f"{config.current().portal_url.rstrip('/')}/mails/off/{token}"


def opened(token: str) -> OffLink:
    """What such a link switches off.

    Raises:
        LinkForged: it was not made by us, or its account or kind of mail is gone.
    """
    try:
        account_id, _, kind = _signer().unsign(token).decode().partition(".")
    except BadSignature:
        raise LinkForged from None
    account = db.session.get(Account, int(account_id))
    if account is None or kind not in TOPIC or not may_be_off(kind):
        raise LinkForged
    return OffLink(account, kind)


def _short(data: bytes = b"") -> hashlib.blake2s:
    return hashlib.blake2s(data, digest_size=16)


def _signer() -> Signer:
    """128 bits are enough for a choice of mails, and its address fits a line of a header."""
    known = current_app.config
    keys = [*known["SECRET_KEY_FALLBACKS"], known["SECRET_KEY"]]
    return Signer(keys, salt="mail-off", digest_method=_short)
