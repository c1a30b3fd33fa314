"""What goes by itself, and when."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement

from selfcare.models import (
    AccessRequest,
    ApiLogin,
    ApiPassword,
    ApiReset,
    AuditEntry,
    Challenge,
    CredentialWish,
    KeptForm,
    Mail,
    MailedCode,
    MailedLink,
    OidcDevice,
    OidcGrant,
    OidcKey,
    OidcLogout,
    OidcRequest,
    OidcSecret,
    OidcToken,
    OrderDraft,
    RecoveryRequest,
    SealedSecret,
    SignIn,
    StaffNote,
    UserDraft,
    UserImport,
    Visit,
    Wish,
    WishState,
)
from selfcare.services.retention.lines import Forgotten, Sort


def _over(kind: type[Wish]) -> ColumnElement[bool]:
    return kind.state.in_((WishState.DONE, WishState.FAILED))


FORGOTTEN = (
    Forgotten(
        since=SignIn.expires_at,
        period=timedelta(days=365),  # a security log is kept for 12 months
        what="sign-ins: network address, browser",
        after="they ran out",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=AuditEntry.at,
        # A trigger refuses to delete what is not older than 366 days by the database's clock.
        period=timedelta(days=367),
        what="audit log: who did what, from where",
        after="it was done",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=Mail.created_at,
        period=timedelta(days=365),
        what="mails that left or were given up: addressee and what they tell (no secret)",
        after="they were written",
        sort=Sort.PERSONAL,
        only=_over(Mail),
    ),
    Forgotten(
        since=Visit.expires_at,
        period=timedelta(days=367),
        what="support's visits: who, as whom, why",
        after="they ended",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=AccessRequest.asked_at,
        period=timedelta(days=365),
        what="access requests and their answers",
        after="they were last made",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=StaffNote.created_at,
        period=timedelta(days=730),
        what="support's notes on people and contracts",
        after="they were written",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=MailedLink.expires_at,
        period=timedelta(days=30),
        what="links of mails: signed, not stored; their row",
        after="they ran out",
        sort=Sort.SECRET,
    ),
    Forgotten(
        since=UserDraft.updated_at,
        period=timedelta(days=7),
        what="drafts of users",
        after="the last change",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=UserImport.created_at,
        period=timedelta(days=30),
        what="files of users, line by line",
        after="they were sent",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=OrderDraft.created_at,
        period=timedelta(days=30),
        what="drafts of orders",
        after="they were begun",
        sort=Sort.CONFIDENTIAL,
    ),
    Forgotten(
        since=KeptForm.created_at,
        period=timedelta(hours=12),
        what="forms sent too late (encrypted)",
        after="they were sent",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=RecoveryRequest.created_at,
        period=timedelta(days=1),
        what="what somebody asked who cannot sign in, where no worker answered",
        after="it was asked",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=SealedSecret.expires_at,
        period=timedelta(0),
        what="API passwords and keys on their way (encrypted), where nobody took them",
        after="their two minutes",
        sort=Sort.SECRET,
    ),
    Forgotten(
        since=MailedCode.created_at,
        period=timedelta(days=1),
        what="mailed codes: worked out, not stored; their row",
        after="they were asked for",
        sort=Sort.SECRET,
    ),
    Forgotten(
        since=ApiReset.expires_at,
        period=timedelta(days=1),
        what="API passwords: what somebody gave who asked for one",
        after="the page ran out",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=ApiLogin.created_at,
        period=timedelta(days=365),  # a security log, as sign-ins are
        what="API Login: account, network address",
        after="it was tried",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=CredentialWish.created_at,
        period=timedelta(days=30),
        what="access keys and application credentials: that one was made or deleted (no secret)",
        after="it was wished",
        sort=Sort.PERSONAL,
        only=_over(CredentialWish),
    ),
    Forgotten(
        since=ApiPassword.created_at,
        period=timedelta(days=30),
        what="API passwords: that one was set",
        after="it was wished",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=Challenge.expires_at,
        period=timedelta(0),
        what="questions of captchas and passkeys that nobody answered",
        after="they ran out",
        sort=Sort.SECRET,
    ),
    Forgotten(
        since=OidcRequest.expires_at,
        period=timedelta(days=1),
        what="single sign-on: requests",
        after="they ran out",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=OidcDevice.expires_at,
        period=timedelta(days=1),
        what="single sign-on: devices that ask",
        after="they ran out",
        sort=Sort.SECRET,
    ),
    Forgotten(
        since=OidcToken.expires_at,
        period=timedelta(days=1),
        what="single sign-on: access tokens, as hashes",
        after="they ran out",
        sort=Sort.SECRET,
    ),
    Forgotten(
        since=OidcKey.shown_until,
        period=timedelta(days=1),
        what="single sign-on: our signing keys (encrypted)",
        after="clients need them no more",
        sort=Sort.SECRET,
    ),
    Forgotten(
        since=OidcSecret.ends_at,
        period=timedelta(days=1),
        what="single sign-on: secrets of clients, as hashes",
        after="they ended",
        sort=Sort.SECRET,
    ),
    # What support looks at after a complaint is kept for a month.
    Forgotten(
        since=OidcGrant.ended_at,
        period=timedelta(days=30),
        what="single sign-on: who went where",
        after="they were signed out there",
        sort=Sort.PERSONAL,
    ),
    Forgotten(
        since=OidcLogout.created_at,
        period=timedelta(days=30),
        what="single sign-on: sign-outs that clients were told, or could not be told",
        after="the sign-out",
        sort=Sort.PERSONAL,
        only=_over(OidcLogout),
    ),
)
"""What goes by itself."""
