"""The second factor: codes of an authenticator app (TOTP, RFC 6238) and recovery codes (AUTH-7)."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Collection
from io import BytesIO

import structlog
from sqlalchemy import delete, func, select, update

from selfcare import config
from selfcare.database import db
from selfcare.models import Account, RecoveryCode, SignIn, TwoFactor, now
from selfcare.services.accounts import sign_ins
from selfcare.services.mail.kinds import account as mails
from selfcare.services.safety import audit, sealing, throttling
from selfcare.services.safety.browsers import Browser
from selfcare.services.safety.throttling import Brake

log = structlog.get_logger(__name__)

STEP = 30
RECOVERY_CODES = 10
_PURPOSE = "totp"
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


class WrongCode(Exception):
    """No code of this moment, used before, or no recovery code (any more)."""


class StaffNeedsIt(Exception):
    """Staff may change their second factor, not do without."""


def of(account: Account) -> TwoFactor | None:
    """The account's second factor, if one is in force."""
    found = db.session.get(TwoFactor, account.id)
    return found if found and found.confirmed_at else None


def prepare(account: Account) -> TwoFactor:
    """A new secret for an app to read; not in force until `confirm`."""
    import pyotp  # noqa: PLC0415 (only needed by whoever uses it)

    if of(account):
        raise WrongCode
    device = db.session.get(TwoFactor, account.id) or TwoFactor(account_id=account.id)
    device.sealed_secret = sealing.seal(pyotp.random_base32(), purpose=_PURPOSE)
    device.last_step = 0
    db.session.add(device)
    db.session.flush()
    return device


def take_over(account: Account, key: str) -> None:
    """Put a key in force that somebody's app has already (base32)."""
    device = TwoFactor(account_id=account.id, confirmed_at=now(), last_step=0)
    device.sealed_secret = sealing.seal(key, purpose=_PURPOSE)
    db.session.add(device)
    db.session.flush()


def prepared(account: Account) -> TwoFactor | None:
    """The secret waiting for its first code."""
    found = db.session.get(TwoFactor, account.id)
    return found if found and not found.confirmed_at else None


def secret(device: TwoFactor) -> str:
    """The secret in the clear, to be typed where no camera reads the code."""
    return sealing.unseal(device.sealed_secret, purpose=_PURPOSE)


def qr_code(device: TwoFactor, account: Account, *, issuer: str) -> bytes:
    """The secret as a picture for an app's camera (SVG, made here: no third party sees it)."""
    import pyotp  # noqa: PLC0415
    import segno  # noqa: PLC0415

    uri = pyotp.TOTP(secret(device)).provisioning_uri(name=account.login, issuer_name=issuer)
    out = BytesIO()
    segno.make(uri, error="m").save(out, kind="svg", scale=5, border=4, light="#fff", dark="#000")
    return out.getvalue()


def confirm(account: Account, code: str, *, sign_in: SignIn) -> list[str]:
    """Put the second factor in force; returns the recovery codes, which are shown this once.

    Raises:
        WrongCode: the app and we do not agree.
        TooManyAttempts: nothing was checked.
    """
    device = prepared(account)
    counted = brake_of_signed_in(account)
    counted.take()
    if device is None or not _accepted(device, code):
        raise WrongCode
    counted.release()
    device.confirmed_at = now()
    sign_in.two_factor = True
    sign_ins.end_all(account, but=sign_in, in_console=True)
    audit.record("two_factor.on", actor=account, subject=account)
    mails.two_factor_changed(account, on=True)
    return _new_recovery_codes(account)


def check(account: Account, code: str, *, brake: Brake) -> None:
    """Accept a code of the app or a recovery code, once.

    Raises:
        WrongCode: it is none, or was used before.
        TooManyAttempts: nothing was checked.
    """
    brake.take()
    device = of(account)
    if device is None or not (_accepted(device, code) or _recovered(account, code)):
        raise WrongCode
    brake.release()


def brake(account: Account, code: str, *, browser: Browser) -> Brake:
    """What slows down guessing codes at sign-in, for this kind of code and browser (AUTH-6).

    Somebody who has the password must not use up the owner's tries. Codes of the app are few:
    all browsers that are not known share a count. A recovery code cannot be guessed: each network
    address has a count of its own.
    """
    if not _looks_like_the_apps(code):
        kind = f"recovery-code-{account.id}"
        return throttling.of_address(browser, config.current().throttle_code, kind=kind)
    if browser.knows(account.login):
        return throttling.of_subject("code-known", str(account.id), config.current().throttle_code)
    return brake_of_strangers(account)


def brake_of_strangers(account: Account) -> Brake:
    """The count of all browsers that the account has not signed in with before."""
    return throttling.of_subject("code", str(account.id), config.current().throttle_code)


def brake_of_signed_in(account: Account) -> Brake:
    """The count of whoever is signed in already."""
    return throttling.of_subject("code-signed-in", str(account.id), config.current().throttle_code)


def renew_recovery_codes(account: Account) -> list[str]:
    """New recovery codes; the former ones are worth nothing."""
    audit.record("two_factor.new_recovery_codes", actor=account, subject=account)
    return _new_recovery_codes(account)


def codes_left(account: Account) -> int:
    """How many recovery codes are still good."""
    return db.session.execute(
        select(func.count())
        .select_from(RecoveryCode)
        .where(RecoveryCode.account_id == account.id, RecoveryCode.used_at.is_(None))
    ).scalar_one()


def turn_off(account: Account) -> None:
    """Do without from now on; the caller has asked for password and code.

    Raises:
        StaffNeedsIt: for them it is an obligation.
    """
    if account.is_staff:
        raise StaffNeedsIt
    _remove(account)
    audit.record("two_factor.off", actor=account, subject=account)
    mails.two_factor_changed(account, on=False)


def reset(account: Account, *, by: Account | None, reason: str) -> None:
    """Staff take somebody's second factor away who lost app and codes; all sessions end.

    A staff member is led to set up a new one at the next sign-in.
    """
    _remove(account)
    sign_ins.end_all(account, in_console=True)
    audit.record("two_factor.reset", actor=by, subject=account, details={"reason": reason})
    mails.two_factor_changed(account, on=False)


def _remove(account: Account) -> None:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    db.session.execute(delete(TwoFactor).where(TwoFactor.account_id == account.id))
    db.session.expire_all()


def _accepted(device: TwoFactor, code: str) -> bool:
    """Whether the app shows this code now (or did, or will, 30 s away), and nobody used it yet."""
    import pyotp  # noqa: PLC0415

    if not _looks_like_the_apps(code):
        return False
    code = "".join(code.split())
    try:
        totp = pyotp.TOTP(secret(device))
    except sealing.SealBroken:  # SECRET_KEY was replaced: recovery codes are still good
        log.warning("second_factor_unreadable", account=device.account_id)
        return False
    present = int(time.time()) // STEP
    for step in (present - 1, present, present + 1):
        if secrets.compare_digest(totp.generate_otp(step), code):
            return _first_use(device, step)
    return False


def _looks_like_the_apps(code: str) -> bool:
    """Six digits, with or without blanks between them."""
    bare = "".join(code.split())
    return len(bare) == 6 and bare.isascii() and bare.isdigit()


def reseal() -> tuple[int, int]:
    """Seal all secrets with the present `SECRET_KEY`; how many were, how many cannot be read."""
    done = lost = 0
    for device in db.session.execute(select(TwoFactor)).scalars():
        try:
            device.sealed_secret = sealing.renew(device.sealed_secret, purpose=_PURPOSE)
        except sealing.SealBroken:
            lost += 1
        else:
            done += 1
    db.session.flush()
    return done, lost


def _first_use(device: TwoFactor, step: int) -> bool:
    """Mark the step; of two requests with one code a single one gets past this."""
    marked = db.session.execute(
        update(TwoFactor)
        .where(TwoFactor.account_id == device.account_id, TwoFactor.last_step < step)
        .values(last_step=step)
        .returning(TwoFactor.account_id)
    ).scalar_one_or_none()
    return marked is not None


def _recovered(account: Account, code: str) -> bool:
    used = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account.id,
            RecoveryCode.code_hash == _hash(code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now())
        .returning(RecoveryCode.id)
    ).scalar_one_or_none()
    if used is None:
        return False
    audit.record("two_factor.recovery_code_used", actor=account, subject=account)
    mails.recovery_code_used(account, left=codes_left(account))
    return True


def are_codes_of(account: Account, codes: Collection[str]) -> bool:
    """Whether all are recovery codes of theirs that are still good."""
    known = select(RecoveryCode.code_hash).where(RecoveryCode.account_id == account.id)
    return bool(codes) and {_hash(code) for code in codes} <= set(
        db.session.execute(known).scalars()
    )


def _new_recovery_codes(account: Account) -> list[str]:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    codes = ["-".join(_word() for _part in range(4)) for _code in range(RECOVERY_CODES)]
    db.session.add_all(RecoveryCode(account_id=account.id, code_hash=_hash(code)) for code in codes)
    db.session.flush()
    return codes


def _word() -> str:
    return "".join(secrets.choice(_READABLE) for _letter in range(4))


def _hash(code: str) -> str:
    """Of the letters and digits alone (79 bits), however they were typed."""
    bare = "".join(c for c in code.lower() if c.isalnum())
    return hashlib.sha256(bare.encode()).hexdigest()
