"""The talk with the SMTP server."""

from __future__ import annotations

import ssl
from contextlib import suppress
from smtplib import (
    SMTP,
    SMTP_SSL,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)
from typing import Any

import flask_mail

from selfcare import config

SERVICE_ENDS = 421
"""What a server says before it ends the conversation (RFC 5321)."""


class Conversation(flask_mail.Connection):
    """Flask-Mail's talk with the SMTP server, with a timeout and a checked certificate.

    It begins with the first mail and is kept for the next; one that the server has ended
    meanwhile begins anew. Once the server has taken a mail it is sent, however the goodbye goes.
    """

    is_away = False
    """Whether the server could not be reached, or broke off, at the last mail."""

    def __enter__(self) -> Conversation:
        return self

    def send(self, message: Any, envelope_from: Any = None) -> None:
        """Send one mail.

        Raises:
            SMTPException, OSError: it was refused, or there is no server to take it.
        """
        self.is_away = True
        is_kept = self._goes_on()
        if not is_kept:
            self._begin()
        self.is_away = False
        try:
            try:
                super().send(message, envelope_from)
            except SMTPSenderRefused as refusal:  # enough mails for one connection
                if not (is_kept and refusal.smtp_code == SERVICE_ENDS):
                    raise
                self._begin()
                super().send(message, envelope_from)
        except OSError as problem:
            spoke = isinstance(problem, SMTPException)
            self.is_away = not spoke or isinstance(problem, SMTPServerDisconnected)
            raise

    def greet(self) -> None:
        """Begin the talk, without a mail.

        Raises:
            SMTPException, OSError: there is nobody to talk to.
        """
        self._begin()

    def _begin(self) -> None:
        self._end()
        self.host = self.configure_host()

    def _goes_on(self) -> bool:
        """Whether the server still listens: asked first, for a mail half sent may be sent twice."""
        if self.host is None:
            return False
        try:
            code, _ = self.host.rset()
        except (SMTPException, OSError):
            return False
        return code == 250

    def configure_host(self) -> SMTP:
        """Connect; nothing here waits longer than `MAIL_TIMEOUT`."""
        settings = config.current()
        address = (self.mail.server, self.mail.port)
        trusted = ssl.create_default_context()
        if self.mail.use_ssl:
            host: SMTP = SMTP_SSL(*address, timeout=settings.mail_timeout, context=trusted)
        else:
            host = SMTP(*address, timeout=settings.mail_timeout)
        if self.mail.use_tls:
            host.starttls(context=trusted)
        if self.mail.username and self.mail.password:
            host.login(self.mail.username, self.mail.password)
        return host

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        if self.host is not None:
            with suppress(SMTPException, OSError):
                self.host.quit()
            self.host.close()
            self.host = None


def is_final(problem: Exception) -> bool:
    """Whether the server refuses these people or this mail for good, by a 5xx reply."""
    if isinstance(problem, SMTPRecipientsRefused):
        return all(500 <= code < 600 for code, _ in problem.recipients.values())
    if isinstance(problem, (SMTPSenderRefused, SMTPDataError)):
        return 500 <= problem.smtp_code < 600
    return False


def has_answered(problem: Exception) -> bool:
    """Whether the server was there and said no, to these people or this mail."""
    refusals = (SMTPRecipientsRefused, SMTPSenderRefused, SMTPDataError)
    return isinstance(problem, refusals)
