"""Errors: clear pages, in the reader's language, with what to do next."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import TooManyRequests

from selfcare.database import RowGone, db
from selfcare.models import Account
from selfcare.rights import Profile
from tests.browsing import Browser

VISITOR = Profile.VISITOR
ORDERS = "/contracts/OCB0000124/orders"


@pytest.fixture(autouse=True)
def people(cast):
    cast.member("paul.dupont", referent=True)
    cast.member("martin.dupont")


class TestForbidden:
    def test_rights_403_names_the_missing_profile_and_the_referent(self, browse_as):
        page = browse_as("martin.dupont").get(ORDERS)
        assert page.status == 403
        assert "“Visitor” in the section “Orders” of the contract OCB0000124" in page.words
        assert "Paul DUPONT" in page.words
        assert page.all('a[href="mailto:paul.dupont@example.com"]')

    def test_rights_403_names_every_profile_that_would_do(self, browse_as):
        page = browse_as("martin.dupont").get("/contracts/OCB0000124/subscriptions")
        assert "“Visitor or Manager” in the section “Subscriptions”" in page.words
        page = browse_as("martin.dupont").get("/contracts/OCB0000124/users")
        assert "“Visitor, Console manager or Manager” in the section “Users”" in page.words

    def test_rights_403_keeps_the_menu_of_what_may_be_opened(self, browse_as):
        page = browse_as("martin.dupont").get(ORDERS)
        assert page.all('nav a[href="/contracts/OCB0000124/"]')

    def test_rights_a_profile_taken_back_counts_at_once(self, app, cast, browse_as):
        cast.member("sophie.dupont", orders=VISITOR)
        sophie = browse_as("sophie.dupont")
        assert sophie.get(ORDERS).status == 200
        from selfcare.database import db
        from selfcare.models import Account, Membership
        from selfcare.rights import Section

        with app.app_context():
            row = db.session.query(Membership).join(Account).filter_by(login="sophie.dupont").one()
            row.profiles = {**row.profiles, Section.ORDERS: Profile.NONE}
            db.session.commit()
        assert sophie.get(ORDERS).status == 403


class TestNotFound:
    @pytest.mark.parametrize(
        "path",
        [
            "/nowhere",
            "/contracts/OCB9999999/",
            "/contracts/OCB9999999/orders",
            "/contracts/%00/orders",
            "/contracts/'/orders",
            "/contracts/OCB0000124%00/orders",
            "/contracts/ocb0000124/orders",
            "/contracts/" + "x" * 3000 + "/orders",
            "/account/orders/HONEY1655-1710-001",
            "/account/orders/%00",
            "/account/subscriptions/%ff",
            "/static/nothing.css",
            "/static/../selfcare/config.py",
            "/%00",
            "/%2e%2e/etc/passwd",
        ],
    )
    def test_rights_404_for_what_is_not_there_or_not_mine(self, browse_as, path):
        page = browse_as("paul.dupont").get(path)
        assert page.status == 404
        assert "This page does not exist" in page.words
        assert page.all('main a[href="/"]')

    def test_rights_404_for_other_customers_contracts_whatever_the_page(self, app, cast, browse_as):
        cast.member("autre.client", ref="OCB0000777", referent=True)
        ref = cast.order(by="autre.client", ref="OCB0000777")
        paul = browse_as("paul.dupont")
        foreign = paul.get("/contracts/OCB0000777/orders")
        unknown = paul.get("/contracts/OCB0000778/orders")
        assert foreign.status == unknown.status == 404
        assert foreign.texts("main p")[:1] == unknown.texts("main p")[:1]
        assert paul.get(f"{ORDERS}/{ref}").status == 404
        assert paul.get(f"/account/orders/{ref}").status == 404

    def test_rights_404_pages_work_signed_out(self, browse):
        assert browse.get("/nowhere").status == 404


class TestFailures:
    @pytest.fixture
    def shown(self, app, monkeypatch):
        """Answer failures as in production instead of raising them into the test."""
        monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
        return app

    def failing(self, monkeypatch, problem: Exception) -> None:
        def fail(*_: object, **__: object) -> None:
            raise problem

        monkeypatch.setattr("selfcare.blueprints.home.places_of", fail)

    def test_safe_500_is_a_page_with_a_number_to_quote(self, shown, browse_as, monkeypatch):
        paul = browse_as("paul.dupont")
        self.failing(monkeypatch, RuntimeError("a secret detail"))
        page = paul.get("/")
        assert page.status == 500
        assert "Something went wrong on our side" in page.words
        assert "a secret detail" not in page.text
        assert "Traceback" not in page.text
        assert page.one("main code").get_text() == page.headers["X-Request-ID"]

    @pytest.mark.parametrize(
        "problem",
        [OperationalError("SELECT 1", {}, Exception("server closed")), PoolTimeout("pool")],
    )
    def test_safe_503_while_the_database_is_away(self, shown, browse_as, monkeypatch, problem):
        paul = browse_as("paul.dupont")
        self.failing(monkeypatch, problem)
        page = paul.get("/")
        assert page.status == 503
        assert "The portal is catching its breath" in page.words
        assert page.headers["Retry-After"] == "30"
        assert "SELECT" not in page.text

    @pytest.mark.parametrize("problem", [RuntimeError("x"), PoolTimeout("pool"), TooManyRequests()])
    def test_safe_what_may_pass_can_be_tried_again(self, shown, browse_as, monkeypatch, problem):
        paul = browse_as("paul.dupont")
        self.failing(monkeypatch, problem)
        page = paul.get("/?sort=name")
        assert page.status in {429, 500, 503}
        links = [(one["href"], one.get_text()) for one in page.all("main a.button")]
        assert links == [("/?sort=name", "Try again"), ("/", "Back to the home page")]

    def test_safe_what_will_not_pass_leads_home_only(self, browse_as):
        paul = browse_as("paul.dupont")
        assert paul.get("/nowhere").texts("main a.button") == ["Back to the home page"]
        too_large = paul.post("/account/language", {"locale": "x" * 2_000_000})
        assert too_large.texts("main a.button") == ["Back to the home page"]

    def test_safe_an_error_quotes_no_values(self, app):
        """Its text goes to the log, to Redis and to Sentry."""
        same = Account(login="paul.dupont", email="p@x.example", first_name="P", last_name="D")
        same.password_hash = "a hash nobody shall read"
        with app.app_context():
            db.session.add(same)
            with pytest.raises(IntegrityError) as refused:
                db.session.flush()
        assert "INSERT INTO accounts" in str(refused.value)
        assert "a hash" not in str(refused.value)

    def test_safe_503_when_there_is_no_database_at_all(self, another_app, browse_as, tmp_path):
        paul = browse_as("paul.dupont")
        gone = another_app(database_url=f"sqlite:///{tmp_path}/gone/portal.db")
        gone.config["PROPAGATE_EXCEPTIONS"] = False
        paul.client.application = gone
        for path in ("/", ORDERS, "/nowhere", "/legal", "/login"):
            assert paul.get(path).status == 503, path
        assert Browser(gone).get("/legal").status == 200
        page = Browser(gone).sign_in("paul.dupont")
        assert page.status == 503
        ready = Browser(gone).get("/readyz")
        assert (ready.status, ready.json["database"]) == (503, "away")
        assert Browser(gone).get("/healthz").status == 200

    def test_safe_413_for_forms_too_large(self, browse_as):
        page = browse_as("paul.dupont").post("/account/language", {"locale": "x" * 2_000_000})
        assert page.status == 413
        assert "This is too large" in page.words

    @pytest.mark.parametrize("path", ["/login", "/oauth/token", "/oauth/authorize"])
    @pytest.mark.parametrize(
        "body",
        ["a=1&" * 300, "&" * 100_000, f"state={'x' * 250_000}"],
        ids=["fields", "no fields", "size"],
    )
    def test_safe_413_for_a_form_of_too_many_fields_or_bytes(self, browse, path, body):
        """Whoever sends it: a client, or somebody who is not signed in."""
        kind = "application/x-www-form-urlencoded"
        answer = browse.client.post(path, data=body, content_type=kind)
        assert answer.status_code == 413
        assert "Location" not in answer.headers

    def test_safe_what_others_have_just_deleted_is_not_there(self, app):
        with app.test_request_context("/contracts/OCB0000124/rights", method="POST"):
            page, status = app.handle_user_exception(RowGone())
            assert status == 404
            assert "<h1>" in page

    def test_safe_a_request_id_of_the_proxy_is_kept_if_harmless(self, browse):
        given = browse.get("/legal", **{"X-Request-ID": "abcdef-123456"})
        assert given.headers["X-Request-ID"] == "abcdef-123456"
        odd = browse.get("/legal", **{"X-Request-ID": "<b>" * 9})
        assert "<" not in odd.headers["X-Request-ID"]

    def test_safe_pages_work_while_redis_is_away(self, another_app, cast):
        portal = another_app(redis_url="unix:///nowhere/redis.sock")
        paul = Browser(portal).sign_in_as("paul.dupont")
        for path in ("/", ORDERS, "/contracts/OCB0000124/dashboard"):
            assert paul.get(path).status == 200
        ready = paul.get("/readyz")
        assert ready.status == 200
        assert ready.json["redis"] == "away"

    def test_safe_ready_says_how_long_mails_wait(self, app, browse):
        assert browse.get("/readyz").json == {
            "database": "ok",
            "redis": "ok",
            "mails_stalled_seconds": 0,
        }
