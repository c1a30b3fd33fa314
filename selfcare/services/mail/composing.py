"""A mail as it leaves: its templates rendered in the addressee's language."""

from __future__ import annotations

import re

from selfcare import config
from selfcare.database import db
from selfcare.language.i18n import speaking
from selfcare.language.templates import render
from selfcare.models import Account, Mail
from selfcare.services.mail import choices, codes, links
from selfcare.services.mail.letters import Letter, Mailbox

_GAPS = re.compile(r"\n{3,}")
"""What templates leave around a part that is not shown."""


def _as_servers_know(address: str) -> str:
    """The address with a domain of plain letters: « exämple.fr » is `xn--exmple-cua.fr`."""
    if address.isascii():
        return address
    from email_validator import validate_email  # noqa: PLC0415 (heavy)

    return validate_email(address, check_deliverability=False).ascii_email or address


def message(row: Mail) -> Letter:
    """The mail as it leaves: text and HTML, in the addressee's language."""
    account = db.session.get(Account, row.account_id) if row.account_id else None
    return rendered(row, account)


def rendered(row: Mail, account: Account | None) -> Letter:
    """The same for an account at hand."""
    context = {**row.context, "account": account}
    if "link_id" in row.context:
        context["link"] = links.address(row.context["link_id"])  # a secret: made now, kept nowhere
    if "code_id" in row.context:
        context["code"] = codes.digits(row.context["code_id"])  # likewise
    headers = {"Auto-Submitted": "auto-generated", "Content-Language": row.locale}
    if account and choices.may_be_off(row.name):
        context["kind"], context["off_link"] = row.name, choices.off_link(account, row.name)
        headers["List-Unsubscribe"] = f"<{context['off_link']}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    with speaking(row.locale):
        subject = render(f"mail/{row.name}/subject.txt", **context)
        text = _GAPS.sub("\n\n", render(f"mail/{row.name}/body.txt", **context)).strip() + "\n"
        html = render(f"mail/{row.name}/body.html", subject=subject, **context)
    settings = config.current()
    if settings.mail_reply_to:
        headers["Reply-To"] = settings.mail_reply_to
    return Letter(
        sender=Mailbox(settings.brand_name, settings.mail_sender),
        to=Mailbox(account.full_name if account else "", _as_servers_know(row.recipient)),
        subject=" ".join(subject.split()),
        text=text,
        html=html,
        message_id=f"<{row.message_id}>",
        headers=headers,
        bounces_to=settings.mail_bounces or settings.mail_sender,
    )
