"""Mailed codes: whoever reads somebody's mails may have their API password and keys (API-1, API-2).

```python
codes.send(account, contract, purpose=CodePurpose.ACCESS_KEY)          # « Obtenir le code »
codes.check(account, contract, given, purpose=CodePurpose.ACCESS_KEY)  # then commit, in any case
```

A code is good once, for `API_CODE_SECONDS` from the moment the mail server took the mail, and for
five tries. A new one may be asked for at any time; the former one is void then.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update

from selfcare import config
from selfcare.database import db
from selfcare.models import Account, CodePurpose, Contract, MailedCode, now
from selfcare.services.mail import codes as mailed
from selfcare.services.mail.kinds import credentials as mails
from selfcare.services.safety import throttling


class CodeRefused(Exception):
    """It opens nothing; the caller commits all the same, since the try counts."""


class WrongCode(CodeRefused):
    """These are not its digits."""

    def __init__(self, tries_left: int) -> None:
        super().__init__(f"{tries_left} tries left")
        self.tries_left = tries_left


class CodeOver(CodeRefused):
    """None was asked for, its time is over, it was used, or tried five times: ask for a new one."""


def send(account: Account, contract: Contract, *, purpose: CodePurpose) -> MailedCode:
    """Mail somebody a new code; the former one for the same purpose is void.

    Raises:
        TooManyAttempts: too many codes were asked for.
    """
    brake(f"{purpose}|{account.id}|{contract.id}").take()
    code = begin(purpose)
    belongs_to(code, account, contract)
    return code


def present(account: Account, contract: Contract, *, purpose: CodePurpose) -> MailedCode | None:
    """The code that somebody asked for last, if it was not used; its time may be over."""
    return db.session.execute(
        select(MailedCode)
        .where(
            MailedCode.account_id == account.id,
            MailedCode.contract_id == contract.id,
            MailedCode.purpose == purpose,
            MailedCode.ended_at.is_(None),
        )
        .order_by(MailedCode.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def check(account: Account, contract: Contract, given: str, *, purpose: CodePurpose) -> None:
    """Use somebody's code up; of two at the same time one succeeds.

    Raises:
        CodeRefused: as `WrongCode` or `CodeOver`.
    """
    use(present(account, contract, purpose=purpose), given)


def ends_at(code: MailedCode) -> datetime | None:
    """When a page calls it over; None while the mail server was not talked to."""
    return code.told_at + _lifetime() if code.told_at else None


def is_over(code: MailedCode) -> bool:
    """Whether a page asks to get a new one."""
    end = ends_at(code)
    return code.ended_at is not None or code.tries_left < 1 or (end is not None and end <= now())


def _lifetime() -> timedelta:
    return timedelta(seconds=config.current().api_code_seconds)


# For whoever may not be known: the same steps, with nobody's code


def brake(subject: str) -> throttling.Brake:
    """How many codes may be asked for."""
    return throttling.of_subject("api-code", subject, config.current().throttle_api_code)


def begin(purpose: CodePurpose) -> MailedCode:
    """A code that is nobody's yet, so that no digits are right."""
    code = MailedCode(purpose=purpose, nonce=secrets.token_urlsafe(16))
    db.session.add(code)
    db.session.flush()
    return code


def belongs_to(code: MailedCode, account: Account, contract: Contract) -> None:
    """Make it somebody's and mail it to them; their former one for the same purpose is void."""
    db.session.execute(
        update(MailedCode)
        .where(
            MailedCode.account_id == account.id,
            MailedCode.contract_id == contract.id,
            MailedCode.purpose == code.purpose,
            MailedCode.ended_at.is_(None),
        )
        .values(ended_at=now())
    )
    code.account_id, code.contract_id = account.id, contract.id
    db.session.flush()
    mails.api_code(account, contract=contract, code=code)


def use(code: MailedCode | None, given: str) -> None:
    """The same as `check`, for a code at hand.

    Raises:
        CodeRefused: as `WrongCode` or `CodeOver`.
    """
    if code is None:
        raise CodeOver
    left = db.session.execute(
        update(MailedCode)
        .where(MailedCode.id == code.id, MailedCode.ended_at.is_(None), MailedCode.tries_left > 0)
        .values(tries_left=MailedCode.tries_left - 1)
        .returning(MailedCode.tries_left)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if left is None:
        raise CodeOver
    right = mailed.is_right(code, given)
    if not right or code.account_id is None:
        raise CodeOver if is_over(code) else WrongCode(left)
    if code.accepted_at and now() >= code.accepted_at + _lifetime():
        raise CodeOver
    used = db.session.execute(
        update(MailedCode)
        .where(MailedCode.id == code.id, MailedCode.ended_at.is_(None))
        .values(ended_at=now())
        .returning(MailedCode.id)
    ).scalar_one_or_none()
    if used is None:
        raise CodeOver
