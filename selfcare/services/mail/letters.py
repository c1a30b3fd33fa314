"""A mail as bytes: names in any script and quotation, short lines, nothing but ASCII on the way.

Flask-Mail encodes names itself, and its policy folds the result once more: about one accented name
in eleven arrived broken. The modern classes of `email` lose spaces between encoded words, or end
the headers at a word of eighty letters (Python 3.11). `email.header` does neither.
"""

from __future__ import annotations

from email import policy
from email.charset import QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr, formatdate
from typing import Any, NamedTuple

from flask_mail import Message

_LONGEST_WORD = 60
"""A longer one fits no line of a header beside its name: it is sent as encoded words."""
_WIRE = policy.compat32.clone(linesep="\r\n")
_QUOTED_PRINTABLE = Charset("utf-8")
_QUOTED_PRINTABLE.body_encoding = QP


class Mailbox(NamedTuple):
    """Whom an address belongs to; the name may be empty."""

    name: str
    address: str


class Letter(Message):
    """Flask-Mail's message, written by ourselves."""

    def __init__(
        self,
        *,
        sender: Mailbox,
        to: Mailbox,
        subject: str,
        text: str,
        html: str,
        message_id: str,
        headers: dict[str, str],
        bounces_to: str = "",
    ) -> None:
        super().__init__(
            subject, [to.address], text, html, sender=sender.address, extra_headers=headers
        )
        self.author, self.addressee = sender, to
        self.bounces_to = bounces_to or sender.address
        self.msgId = message_id

    def as_bytes(self) -> bytes:
        """Text and HTML as two readings of one mail, quoted-printable."""
        built = MIMEMultipart("alternative", policy=_WIRE)
        written: dict[str, Any] = {
            "Subject": _words(self.subject, header="Subject"),
            "From": _mailbox(self.author, header="From"),
            "To": _mailbox(self.addressee, header="To"),
            "Date": formatdate(self.date),
            "Message-ID": self.msgId,
            **(self.extra_headers or {}),
        }
        for name, value in written.items():
            built[name] = value
        for text, kind in ((self.body, "plain"), (self.html, "html")):
            # mypy's stub knows names of character sets only
            built.attach(MIMEText(text or "", kind, _QUOTED_PRINTABLE, policy=_WIRE))  # type: ignore[arg-type]
        return built.as_bytes()

    def as_string(self) -> str:
        """The same; it is ASCII."""
        return self.as_bytes().decode("ascii")


def _words(text: str, *, header: str) -> Header:
    return Header(text, "us-ascii" if _is_plain(text) else "utf-8", header_name=header)


def _mailbox(whose: Mailbox, *, header: str) -> Header:
    if _is_plain(whose.name):
        return Header(formataddr(whose), "us-ascii", header_name=header)
    written = Header(whose.name, "utf-8", header_name=header)
    written.append(f"<{whose.address}>", "us-ascii")
    return written


def _is_plain(text: str) -> bool:
    """Whether it can stand in a header as it is, and is not taken for an encoded word."""
    longest = max(map(len, text.split()), default=0)
    return text.isascii() and "=?" not in text and longest <= _LONGEST_WORD
