"""`flask mails`: the outbox (MAIL)."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import select

from selfcare.cli.printing import as_json, most, plural, print_facts, print_rows, say, stream
from selfcare.database import db
from selfcare.models import Account, Mail, WishState
from selfcare.services.mail import outbox
from selfcare.services.safety import audit

mails_group = AppGroup("mails", help="The outbox: what waits, what left, what was given up.")


@mails_group.command("list")
@click.option(
    "--state",
    type=click.Choice([state.value for state in WishState]),
    help="Only these (default: those that have not left).",
)
@click.option("--login", help="Only this account's.")
@click.option("--to", "recipient", help="Only to this address.")
@most
@as_json
def list_mails(
    *,
    state: str | None,
    login: str | None,
    recipient: str | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """Print mails, the newest first."""
    found = (
        select(
            Mail.id,
            Mail.created_at,
            Mail.state,
            Mail.name,
            Mail.recipient,
            Account.login,
            Mail.sent_at,
            Mail.attempts,
            Mail.problem,
        )
        .outerjoin(Account, Account.id == Mail.account_id)
        .order_by(Mail.id.desc())
        .limit(limit)
    )
    states = [state] if state else [WishState.QUEUED, WishState.RUNNING, WishState.FAILED]
    if state or not (login or recipient):
        found = found.where(Mail.state.in_(states))
    if login:
        found = found.where(Account.login == login.lower())
    if recipient:
        found = found.where(Mail.recipient == recipient)
    print_rows(stream(found), as_json=as_json, nothing="No such mail.")


@mails_group.command("show")
@click.argument("number", type=int)
@as_json
def show(*, number: int, as_json: bool) -> None:
    """Print what is known of the mail NUMBER; its text is made only when it is sent."""
    mail = _known(number)
    account = db.session.get(Account, mail.account_id) if mail.account_id else None
    facts = {
        "number": mail.id,
        "name": mail.name,
        "state": mail.state,
        "login": account.login if account else None,
        "recipient": mail.recipient,
        "language": mail.locale,
        "written": mail.created_at,
        "sent": mail.sent_at,
        "next_try": mail.due_at,
        "tries_failed": mail.attempts,
        "problem": mail.problem,
        "message_id": mail.message_id,
        "tells": mail.context,
    }
    print_facts(facts, as_json=as_json)


@mails_group.command("retry")
@click.argument("numbers", nargs=-1, type=int)
@click.option("--all", "everything", is_flag=True, help="All that were given up.")
@as_json
def retry(*, numbers: tuple[int, ...], everything: bool, as_json: bool) -> None:
    """Send mails that were given up once more, now; those that wait go now, too."""
    if everything == bool(numbers):
        raise click.UsageError("say NUMBERS, or --all")
    for number in numbers:
        _known(number)
    count = outbox.retry(None if everything else numbers)
    audit.record("mail.retried", actor=None, details={"count": count})
    db.session.commit()
    say(f"Tried again: {plural(count, 'mail', 'mails')}.", as_json=as_json, tried_again=count)


def _known(number: int) -> Mail:
    found = db.session.get(Mail, number)
    if found is None:
        raise click.ClickException(f"there is no mail {number}")
    return found
