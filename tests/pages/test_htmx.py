"""The htmx layer: the same address, one part of the same page; nothing sent that is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Contract, ContractConsole

ORDERS = "/contracts/OCB0000124/orders"
LISTS = {
    ORDERS: "orders",
    "/contracts/OCB0000124/subscriptions": "subscriptions",
    "/account/orders": "orders",
    "/account/subscriptions": "subscriptions",
    "/account/contracts": "contracts",
    "/contracts/OCB0000124/users": "users",
    "/contracts/OCB0000124/users/console": "console-users",
}
CONSOLE_USERS = "/contracts/OCB0000124/users/console"


@pytest.fixture(autouse=True)
def subscribed(cast):
    cast.referent()
    cast.subscription()


class TestParts:
    @pytest.mark.parametrize(("path", "part"), LISTS.items())
    def test_design_a_part_is_the_page_s_own_section_and_nothing_else(self, paul, path, part):
        whole, swapped = paul.get(path), paul.get(path, part=part)
        assert "<html" not in swapped.text
        assert "<header" not in swapped.text
        section = swapped.one(f"#{part}")
        assert section.get_text() == whole.one(f"#{part}").get_text()
        others = [tag for tag in swapped.soup.find_all(recursive=False) if tag != section]
        assert all(tag.get("data-hx-swap-oob") for tag in others)

    def test_design_a_part_that_the_page_does_not_have_gets_the_whole_page(self, paul):
        page = paul.get(ORDERS, part="nonsense")
        assert page.all("html")
        assert len(page.all("#orders-sort")) == 1

    def test_design_history_restore_gets_the_whole_page(self, paul):
        headers = {
            "HX-Request": "true",
            "HX-Target": "orders",
            "HX-History-Restore-Request": "true",
        }
        page = paul.get(ORDERS, **headers)
        assert page.all("html")
        assert len(page.all("#orders-sort")) == 1

    def test_design_parts_and_pages_are_not_mixed_up_by_caches(self, paul):
        for answer in (paul.get(ORDERS), paul.get(ORDERS, part="orders")):
            vary = {name.strip() for name in answer.headers["Vary"].split(",")}
            assert {"Cookie", "HX-Target"} <= vary
            assert answer.headers["Cache-Control"] == "private, no-cache"

    def test_design_the_address_bar_gets_the_tidy_address(self, paul):
        answer = paul.get(f"{ORDERS}?q=&sort=-date&page=1&open=&x=1", part="orders")
        assert answer.headers["HX-Push-Url"] == ORDERS
        answer = paul.get(f"{ORDERS}?q=c2&sort=name&page=7", part="orders")
        assert answer.headers["HX-Push-Url"] == f"{ORDERS}?q=c2&sort=name"
        assert "HX-Push-Url" not in paul.get(ORDERS).headers

    def test_design_typing_does_not_fill_the_history(self, paul):
        answer = paul.get(f"{ORDERS}?q=c2", part="orders", **{"HX-Trigger-Name": "q"})
        assert answer.headers["HX-Replace-Url"] == f"{ORDERS}?q=c2"
        assert "HX-Push-Url" not in answer.headers

    def test_design_what_somebody_types_cannot_become_a_header(self, paul):
        answer = paul.get(f"{ORDERS}?q=a%0d%0aSet-Cookie:%20x=1", part="orders")
        assert "Set-Cookie: x" not in str(answer.headers)

    def test_design_sorting_by_htmx_keeps_the_search_form_in_step(self, paul):
        swapped = paul.get(f"{ORDERS}?sort=name", part="orders")
        field = swapped.one("#orders-sort")
        assert field["value"] == "name"
        assert field["data-hx-swap-oob"] == "true"


class TestUnchanged:
    PATHS = ("/", ORDERS, "/contracts/OCB0000124/", "/account/profile", "/legal", *LISTS)

    @pytest.mark.parametrize("path", PATHS)
    def test_light_an_unchanged_page_is_not_sent_again(self, paul, path):
        with time_machine.travel(datetime.now(UTC), tick=False) as clock:
            first = paul.get(path)
            clock.shift(timedelta(minutes=5))
            again = paul.get(path, **{"If-None-Match": first.headers["ETag"]})
        assert again.status == 304
        assert again.text == ""

    @pytest.mark.parametrize("path", LISTS)
    def test_light_a_changed_list_is_sent(self, cast, paul, path):
        first = paul.get(path)
        cast.subscription(name="Another")
        cast.member("paul.dupont", ref="OCB0000900")
        again = paul.get(path, **{"If-None-Match": first.headers["ETag"]})
        assert again.status == 200

    def test_users_8_what_stands_beside_a_list_changes_its_page(self, app, cast, paul):
        cast.member("sophie.dupont", console_roles=["guest"])
        first = paul.get(CONSOLE_USERS)
        with app.app_context():
            contract = db.session.execute(select(Contract.id).limit(1)).scalar_one()
            db.session.merge(
                ContractConsole(contract_id=contract, state="done", looked_at=datetime.now(UTC))
            )
            db.session.commit()
        again = paul.get(CONSOLE_USERS, **{"If-None-Match": first.headers["ETag"]})
        assert "Last compared on" in again.words

    def test_light_a_part_and_its_page_have_tags_of_their_own(self, paul):
        whole = paul.get(ORDERS).headers["ETag"]
        assert paul.get(ORDERS, part="orders", **{"If-None-Match": whole}).status == 200

    def test_light_another_language_is_another_page(self, paul):
        first = paul.get(ORDERS).headers["ETag"]
        paul.post("/account/language", {"locale": "fr"})
        assert paul.get(ORDERS, **{"If-None-Match": first}).status == 200

    def test_light_another_person_is_another_page(self, cast, browse_as, paul):
        cast.account("jean.martin")
        first = paul.get("/account/orders").headers["ETag"]
        other = browse_as("jean.martin").get("/account/orders", **{"If-None-Match": first})
        assert other.status == 200

    def test_light_changed_rights_are_another_page(self, app, paul):
        from selfcare.database import db
        from selfcare.models import Membership
        from selfcare.rights import Profile, Section

        first = paul.get(ORDERS)
        with app.app_context():
            row = db.session.query(Membership).one()
            row.profiles = {**row.profiles, Section.SUPPORT: Profile.NONE}
            db.session.commit()
        again = paul.get(ORDERS, **{"If-None-Match": first.headers["ETag"]})
        assert again.status == 200
        assert "Support" in first.words
        assert "Support" not in again.one("header").get_text()

    def test_light_the_next_day_is_another_page_where_statuses_follow_the_date(
        self, cast, browse_as
    ):
        subs = "/contracts/OCB0000124/subscriptions"
        with time_machine.travel(datetime(2019, 8, 31, 21, 50, tzinfo=UTC), tick=False) as clock:
            paul = browse_as("paul.dupont")
            first = paul.get(subs)
            clock.shift(timedelta(minutes=20))
            again = paul.get(subs, **{"If-None-Match": first.headers["ETag"]})
        assert again.status == 200

    def test_light_a_token_sent_much_later_is_still_good(self, paul):
        """Pages that stay in the browser keep working: their token does not run out."""
        token = paul.get(ORDERS).csrf()
        with time_machine.travel(datetime.now(UTC) + timedelta(hours=20)):
            assert paul.post("/account/language", {"csrf_token": token}).status == 303
