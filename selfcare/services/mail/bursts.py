"""Mails on a burst of failures: what somebody tries at an account, told to its owner (AUTH-6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Concatenate, ParamSpec

from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Account, Mail, now

Told = ParamSpec("Told")

EVERY = timedelta(days=1)


def tell_owner(
    kind: Callable[Concatenate[Account, Told], Mail],
    account: Account,
    *args: Told.args,
    **told: Told.kwargs,
) -> None:
    """One mail of this kind a day at most, however long the burst and however many fail at once."""
    db.session.execute(select(Account.id).where(Account.id == account.id).with_for_update())
    recent = select(Mail.id).where(
        Mail.account_id == account.id,
        Mail.name == kind.__name__,
        Mail.created_at > now() - EVERY,
    )
    if db.session.execute(recent.limit(1)).first() is None:
        kind(account, *args, **told)
