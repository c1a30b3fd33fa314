"""The users of a contract: what two managers at the same moment leave to the constraints."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from selfcare.database import db
from selfcare.models import Account
from selfcare.services.users import joining
from selfcare.services.users.refusals import AlreadyMember, LoginTaken

MARIE = {"login": "marie.dupont", "email": "marie.login@example.com"}


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [({"login": "somebody.else"}, AlreadyMember), ({"email": "a@example.com"}, LoginTaken)],
)
def test_users_3_a_clash_is_told_by_its_constraint(app, cast, changes, refusal):
    """PostgreSQL quotes the value, too: an address may hold the word that was looked for."""
    cast.account(**MARIE)
    with app.app_context():
        db.session.add(Account(**{**MARIE, **changes}, first_name="Marie", last_name="Dupont"))
        with pytest.raises(IntegrityError) as clash:
            db.session.flush()
        assert isinstance(joining._refusal(clash.value), refusal)
