"""Entities made of a row's columns are what the session would have loaded."""

from __future__ import annotations

from sqlalchemy import select

from selfcare.database import db
from selfcare.entities import shape
from selfcare.models import Account, ConsoleAccess, Membership

SHOWN = (Account, Membership, ConsoleAccess)


def row():
    columns = [column for model in SHOWN for column in shape(model).columns]
    statement = (
        select(*columns)
        .join(Membership, Membership.account_id == Account.id)
        .join(ConsoleAccess, ConsoleAccess.account_id == Account.id)
    )
    return db.session.connection().execute(statement).one()


def test_design_an_entity_made_of_a_row_is_as_if_loaded(app, cast):
    cast.member("paul.dupont", referent=True, console_roles=["admin"])
    with app.app_context():
        for model in SHOWN:
            loaded = db.session.execute(select(model)).scalar_one()
            keys = [column.key for column in model.__table__.columns]
            values = {key: getattr(loaded, key) for key in keys}
            db.session.expunge_all()
            made = shape(model).made_of(row())
            assert made is not loaded
            assert {key: getattr(made, key) for key in keys} == values, model
            assert made not in db.session.dirty


def test_design_an_entity_made_of_a_row_is_the_one_the_session_has(app, cast):
    cast.member("paul.dupont", referent=True, console_roles=["admin"])
    with app.app_context():
        loaded = db.session.execute(select(Account)).scalar_one()
        loaded.phone = "+33100000000"
        assert shape(Account).made_of(row()) is loaded
        db.session.rollback()
        db.session.expunge_all()
        made = shape(Account).made_of(row())
        assert db.session.execute(select(Account)).scalar_one() is made
        made.phone = "+33199999999"
        db.session.commit()
        assert db.session.execute(select(Account.phone)).scalar_one() == "+33199999999"
