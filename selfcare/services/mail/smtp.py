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
)

import flask_mail

from selfcare import config


class Conversation(flask_mail.Connection):
    """Flask-Mail's talk with the SMTP server, with a timeout and a checked certificate.

    Once the server has taken a mail it is sent, however the goodbye goes.
    """

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
        if self.host is not None:
            with suppress(SMTPException, OSError):
                self.host.quit()
            self.host.close()


def is_final(problem: Exception) -> bool:
    """Whether the server refuses these people or this mail for good, by a 5xx reply."""
    if isinstance(problem, SMTPRecipientsRefused):
        return all(500 <= code < 600 for code, _ in problem.recipients.values())
    if isinstance(problem, (SMTPSenderRefused, SMTPDataError)):
        return 500 <= problem.smtp_code < 600
    return False
