"""USERS-3, MAIL: a manager sees whether somebody was told of their access, and tells them again."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from selfcare.database import db
from selfcare.models import Contract, Mail, Membership, WishState, now
from selfcare.services.mail.kinds import access as mails
from tests.cast import account_of

USERS = "/contracts/OCB0000124/users"


@pytest.fixture
def sophie(app, cast, paul):
    """The address of her page, and its mail's fate: `sophie(state="failed", problem="550 no")`."""
    cast.member("sophie.dupont")

    def page(**values: object) -> str:
        with app.app_context():
            account = account_of("sophie.dupont")
            contract = db.session.execute(select(Contract)).scalar_one()
            if values:
                mails.portal_access(account, contract=contract)
                db.session.execute(update(Mail).values(due_at=None, **values))
            db.session.commit()
            place = select(Membership.id).filter_by(account_id=account.id)
            return f"{USERS}/{db.session.execute(place).scalar_one()}"

    return page


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": WishState.DONE, "sent_at": now()}, "Access mail sent on"),
        ({"state": WishState.QUEUED}, "Access mail on its way"),
        ({"state": WishState.FAILED, "problem": "550 5.1.1 no such user"}, "refused by the mail"),
        ({"state": WishState.FAILED, "problem": "TimeoutError: slow"}, "could not be delivered"),
    ],
)
def test_users_3_a_manager_sees_whether_the_access_mail_arrived(paul, sophie, values, words):
    page = paul.get(sophie(**values))
    assert words in page.words
    may_send = "Send the access mail again" in page.words
    assert may_send == (values["state"] in {WishState.DONE, WishState.FAILED})


def test_users_3_the_mail_is_sent_once_more(app, paul, sophie, mailbox):
    address = sophie(state=WishState.FAILED, problem="550 no such user")
    assert paul.post(f"{address}/mail").location == address
    assert "on its way to sophie.dupont@example.com again" in paul.get(address).words
    mails = mailbox.all()
    assert [str(mail["To"]) for mail in mails] == ["Sophie DUPONT <sophie.dupont@example.com>"]
    assert "Access mail sent on" in paul.get(address).words


def test_users_3_one_that_is_on_its_way_is_not_sent_twice(app, paul, sophie):
    address = sophie(state=WishState.QUEUED)
    paul.post(f"{address}/mail")
    assert "This mail has not left yet" in paul.get(address).words
    with app.app_context():
        assert len(db.session.execute(select(Mail)).all()) == 1


def test_safe_nobody_s_mailbox_is_filled_with_them(app, paul, sophie):
    address = sophie(state=WishState.FAILED, problem="550")
    statuses = []
    for _ in range(4):
        statuses.append(paul.post(f"{address}/mail").status)
        with app.app_context():
            db.session.execute(update(Mail).values(state=WishState.DONE, due_at=None))
            db.session.commit()
    assert statuses == [303, 303, 303, 429]
