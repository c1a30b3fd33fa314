"""Mails about what opens a console account: API passwords, access keys, application credentials."""

from __future__ import annotations

from datetime import datetime

from selfcare.models import Account, Contract, Mail, MailedCode, now
from selfcare.services.mail import outbox


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
