"""The mail that tells somebody of their access: how far it is, and once more (USERS-3, MAIL)."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from selfcare import config
from selfcare.database import db
from selfcare.models import Account, Contract, Mail, Membership, WishState
from selfcare.services.mail.kinds import access as mails
from selfcare.services.safety import audit, throttling
from selfcare.services.users.refusals import MailOnItsWay

_REFUSED = re.compile(r"\b5\d\d\b")
"""A mail server's final answer, as the outbox keeps it."""

_ON_ITS_WAY = (WishState.QUEUED, WishState.RUNNING)


def latest(contract: Contract, account_id: int) -> Mail | None:
    """The latest mail that told them of this contract; none is kept longer than a year."""
    return db.session.execute(
        select(Mail)
        .where(
            Mail.account_id == account_id,
            Mail.name == mails.portal_access.__name__,
            Mail.context["ref"].as_string() == contract.ref,
        )
        .order_by(Mail.created_at.desc(), Mail.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def is_refused(mail: Mail) -> bool:
    """Whether the addressee's server refused it for good: the address is probably wrong."""
    return mail.state == WishState.FAILED and bool(_REFUSED.search(mail.problem or ""))


def send_again(contract: Contract, membership_id: int, *, by: Account) -> None:
    """Write the mail once more, to the address the account has now.

    Raises:
        MailOnItsWay: it has not left yet.
        TooManyAttempts: this person got enough of them for now.
        NoResultFound: nobody has that place on the contract.
    """
    membership = db.session.execute(
        select(Membership)
        .options(joinedload(Membership.account))
        .filter_by(id=membership_id, contract_id=contract.id)
        .with_for_update(of=Membership)
    ).scalar_one()
    former = latest(contract, membership.account_id)
    if former is not None and former.state in _ON_ITS_WAY:
        raise MailOnItsWay
    limits = config.current().throttle_recovery
    throttling.of_subject("access-mail", str(membership_id), limits).take()
    mails.portal_access(membership.account, contract=contract)
    audit.record("mail.retried", actor=by, subject=membership.account, contract=contract)
