"""Links sent by mail: good once, for a day, and dead as soon as the password changes.

The token is made when the mail leaves: the row's id and nonce, signed with the secret key. So it
stands neither in the database nor in the outbox, and a copy of the tables opens nothing.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select, update
from sqlalchemy.orm import joinedload, undefer

from selfcare import config
from selfcare.database import db
from selfcare.models import Account, LinkPurpose, MailedLink, now
from selfcare.signing import SIGNED_WITH

GOOD_FOR = timedelta(hours=24)
_PATHS = {
    LinkPurpose.SET_PASSWORD: "/password/set/",
    LinkPurpose.CONFIRM_EMAIL: "/email/confirm/",
}


class LinkDead(Exception):
    """Used, too old, overtaken by a new password, or never made by us; which is not said."""


def create(account: Account, purpose: LinkPurpose, *, email: str | None = None) -> MailedLink:
    """A new link; a mail that carries its `link_id` shows its address."""
    link = MailedLink(
        account=account,
        purpose=purpose,
        nonce=secrets.token_urlsafe(16),
        email=email,
        expires_at=now() + GOOD_FOR,
    )
    db.session.add(link)
    db.session.flush()
    return link


def address(link_id: int) -> str:
    """The link as it stands in the mail."""
    link = db.session.get_one(MailedLink, link_id)
    portal = config.current().portal_url
    return portal.rstrip("/") + _PATHS[link.purpose] + token(link)


def token(link: MailedLink) -> str:
    """The secret part of the link's address."""
    return _serializer().dumps([link.id, link.nonce])


def opened(token: str, purpose: LinkPurpose) -> MailedLink:
    """The link a token stands for, its account loaded; changes nothing.

    Raises:
        LinkDead: it opens nothing (any more).
    """
    try:
        link_id, nonce = _serializer().loads(token)
    except (BadSignature, ValueError, TypeError):
        raise LinkDead from None
    link = db.session.execute(
        select(MailedLink)
        .options(joinedload(MailedLink.account).options(undefer(Account.password_hash)))
        .where(
            MailedLink.id == link_id,
            MailedLink.purpose == purpose,
            MailedLink.used_at.is_(None),
            MailedLink.expires_at > now(),
        )
    ).scalar_one_or_none()
    if link is None or not hmac.compare_digest(link.nonce, str(nonce)):
        raise LinkDead
    return link


def use(link: MailedLink) -> None:
    """Use a link up; of two at the same time one succeeds.

    Raises:
        LinkDead: somebody was faster.
    """
    used = db.session.execute(
        update(MailedLink)
        .where(MailedLink.id == link.id, MailedLink.used_at.is_(None))
        .values(used_at=now())
        .returning(MailedLink.id)
    ).scalar_one_or_none()
    if used is None:
        raise LinkDead


def end_all(account: Account, *purposes: LinkPurpose) -> None:
    """No link of the account opens anything any more, or none for these purposes."""
    db.session.execute(
        update(MailedLink)
        .where(
            MailedLink.account_id == account.id,
            MailedLink.used_at.is_(None),
            MailedLink.purpose.in_(purposes or LinkPurpose),
        )
        .values(used_at=now())
    )


def email_to_confirm(account: Account) -> MailedLink | None:
    """The link that was sent to a new address and still waits there."""
    return db.session.execute(
        select(MailedLink)
        .where(
            MailedLink.account_id == account.id,
            MailedLink.used_at.is_(None),
            MailedLink.purpose == LinkPurpose.CONFIRM_EMAIL,
            MailedLink.expires_at > now(),
        )
        .order_by(MailedLink.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def _serializer() -> URLSafeSerializer:
    config = current_app.config
    keys = [*config["SECRET_KEY_FALLBACKS"], config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt="mailed-link", signer_kwargs=SIGNED_WITH)
