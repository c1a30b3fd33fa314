"""What the tests of the console's jobs share: the referent, Sophie's access, her mails sent."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import ConsoleAccess, Mail, MailState


@pytest.fixture
def users(ref):
    return f"/contracts/{ref}/users"


@pytest.fixture
def paul(cast, browse_as, ref, iam):
    cast.member("paul.dupont", ref=ref, referent=True)
    return browse_as("paul.dupont")


@pytest.fixture
def access(app):
    """Sophie's console access as it is now."""

    def found() -> ConsoleAccess:
        with app.app_context():
            return db.session.execute(select(ConsoleAccess)).scalar_one()

    return found


@pytest.fixture
def portal_mail_is_sent(app):
    """As the mail worker does before the console is ready."""

    def sent() -> None:
        with app.app_context():
            for mail in db.session.execute(select(Mail)).scalars():
                mail.state = MailState.SENT
            db.session.commit()

    return sent
