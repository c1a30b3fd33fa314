"""Mails about somebody's own account: its password, address, second factor and passkeys."""

from __future__ import annotations

from selfcare.models import Account, Mail, MailedLink, Passkey, now
from selfcare.services.mail import outbox


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
