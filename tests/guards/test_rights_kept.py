"""What may be stored of somebody's rights, whoever writes it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import ConsoleAccess
from selfcare.rights import Profile
from tests.guards.test_routes import REF


class TestTheTable:
    """What could be stored, whoever writes it."""

    def test_rights_a_profile_the_section_does_not_offer_is_refused(self, app, cast):
        with pytest.raises(Exception, match="not offered"):
            cast.member("sophie.dupont", orders=Profile.MANAGER)

    def test_rights_an_unknown_profile_in_the_database_gives_nothing(self, app, cast, browse_as):
        from sqlalchemy import text

        cast.member("sophie.dupont", orders=Profile.VISITOR)
        with app.app_context():
            db.session.execute(
                text("UPDATE memberships SET profiles = :given"),
                {"given": '{"orders": "emperor", "contract": "visitor", "magic": "manager"}'},
            )
            db.session.commit()
        sophie = browse_as("sophie.dupont")
        assert sophie.get(f"/contracts/{REF}/orders").status == 403
        assert sophie.get(f"/contracts/{REF}/").status == 200

    def test_rights_a_contract_has_one_referent(self, app, cast):
        from sqlalchemy.exc import IntegrityError

        cast.member("paul.dupont", referent=True)
        with pytest.raises(IntegrityError):
            cast.member("sophie.dupont", referent=True)

    def test_rights_wanted_console_roles_decide(self, app, cast, browse_as):
        cast.member("sophie.dupont", console_roles=["guest"])
        assert browse_as("sophie.dupont").get(f"/contracts/{REF}/console").status == 200
        with app.app_context():
            row: Any = db.session.execute(select(ConsoleAccess)).scalar_one()
            row.wanted_groups = []
            db.session.commit()
        assert browse_as("sophie.dupont").get(f"/contracts/{REF}/console").status == 403
