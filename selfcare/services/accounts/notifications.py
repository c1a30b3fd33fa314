"""Choosing one's mails, on the page or by a mail's own link (NOTIFY-1)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Account
from selfcare.services.mail import choices
from selfcare.services.mail.choices import OffLink
from selfcare.services.safety import audit


def choose(account: Account, *, off: Collection[str]) -> None:
    """Somebody chooses: all mails but these kinds; written down if that changes anything."""
    _wait_for_others(account)
    _choose(account, off=frozenset(off), by=account)


def stop(link: OffLink) -> None:
    """A mail's link was followed: by whom is not known, for nobody signs in for it."""
    _wait_for_others(link.account)
    off = choices.switched_off(link.account) | {link.kind}
    _choose(link.account, off=off, by=None)


def _wait_for_others(account: Account) -> None:
    """Of two choices of one person at the same time, the second begins where the first ended."""
    theirs = select(Account.id).where(Account.id == account.id)
    db.session.execute(theirs.with_for_update(key_share=True))


def _choose(account: Account, *, off: frozenset[str], by: Account | None) -> None:
    if off == choices.switched_off(account):
        return
    choices.choose(account, off=off)
    audit.record(
        "notifications.changed", actor=by, subject=account, details={"switched_off": sorted(off)}
    )
