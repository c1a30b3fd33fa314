"""FIND-1: one field in the header; what is not theirs is not told from what does not exist."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Contract, Invoice, Membership
from selfcare.rights import Profile
from tests.cast import account_of
from tests.staff.conftest import agent, clock, paul_id, visiting

__all__ = ["agent", "clock", "paul_id", "visiting"]  # fixtures

C = "/contracts/OCB0000124"
ELSEWHERE = "OCB0000777"


@pytest.fixture
def invoice(app, cast) -> Any:
    """An invoice on a contract; the number of its row."""

    def invoice(number: str, ref: str = "OCB0000124") -> int:
        with app.app_context():
            contract = db.session.execute(select(Contract).filter_by(ref=ref)).scalar_one()
            row = Invoice(
                number=number,
                contract_id=contract.id,
                issued_on=date(2026, 10, 1),
                net=Decimal(10),
                vat=Decimal(2),
                gross=Decimal(12),
                currency="EUR",
                digest=number,
                pdf_key="x",
                pdf_size=1,
            )
            db.session.add(row)
            db.session.commit()
            return row.id

    return invoice


def found(browser: Any, q: str, path: str = "/find") -> Any:
    return browser.get(f"{path}?q={q}")


def row_of(app: Any, login: str) -> int:
    with app.app_context():
        asked = select(Membership.id).filter_by(account_id=account_of(login).id)
        return db.session.execute(asked).scalar_one()


class TestExact:
    def test_find_1_a_reference_opens_its_page(self, app, cast, paul, invoice):
        cast.member("sophie.dupont")
        order, number = cast.order(), invoice("FA-2026-42")
        pages = {
            "ocb0000124": f"{C}/",
            order: f"{C}/orders/{order}",
            f" {order.lower()} ": f"{C}/orders/{order}",
            "FA-2026-42": f"{C}/invoices/{number}",
            "fa-2026-42": f"{C}/invoices/{number}",
            "Sophie.Dupont": f"{C}/users/{row_of(app, 'sophie.dupont')}",
            "sophie.dupont@example.com": f"{C}/users/{row_of(app, 'sophie.dupont')}",
        }
        for q, address in pages.items():
            for path in ("/find", f"{C}/find"):
                answer = found(paul, q, path)
                assert (answer.status, answer.location) == (303, address), (q, path)
            assert paul.get(address).status == 200

    def test_find_1_a_subscription_opens_where_its_order_may_not(self, cast, paul_is):
        cast.member("paul.dupont")
        ref = cast.subscription()
        paul = paul_is(subscriptions=Profile.VISITOR, orders=Profile.NONE)
        assert found(paul, ref).location == f"{C}/subscriptions/{ref}"

    def test_find_1_another_contract_s_reference_is_found_from_this_one(self, cast, paul):
        cast.member("paul.dupont", ref=ELSEWHERE, orders=Profile.VISITOR)
        ref = cast.order(ref=ELSEWHERE)
        answer = found(paul, ref, f"{C}/find")
        assert answer.location == f"/contracts/{ELSEWHERE}/orders/{ref}"

    def test_find_1_somebody_on_two_contracts_is_a_choice(self, app, cast, paul):
        cast.member("paul.dupont", ref=ELSEWHERE, users=Profile.MANAGER)
        cast.member("sophie.dupont", ref=ELSEWHERE)
        cast.member("sophie.dupont")
        page = found(paul, "sophie.dupont")
        assert page.status == 200
        assert page.texts("main li a") == ["sophie.dupont"] * 2
        named = {str(one["aria-label"]) for one in page.all("main li a")}
        assert named == {f"sophie.dupont – {ref}" for ref in ("OCB0000124", ELSEWHERE)}
        for here in (C, f"/contracts/{ELSEWHERE}"):
            assert found(paul, "sophie.dupont", f"{here}/find").location.startswith(
                f"{here}/users/"
            )


class TestRights:
    """Nothing of what a profile does not open, in either way."""

    @pytest.mark.parametrize(
        ("section", "what", "too_little"),
        [
            ("orders", "order", Profile.NONE),
            ("subscriptions", "subscription", Profile.NONE),
            ("invoices", "FA-2026-42", Profile.VISITOR),
            ("users", "sophie.dupont", Profile.CONSOLE_MANAGER),
        ],
    )
    def test_find_1_a_profile_that_opens_nothing_finds_nothing(
        self, cast, paul_is, invoice, section, what, too_little
    ):
        cast.member("paul.dupont")
        cast.member("sophie.dupont")
        invoice("FA-2026-42")
        q = {"order": cast.order, "subscription": cast.subscription}.get(what, lambda: what)()
        sections = ("orders", "subscriptions", "invoices", "users")
        paul = paul_is(**{**dict.fromkeys(sections, Profile.NONE), section: too_little})
        assert found(paul, "OCB0000124").location == f"{C}/", "the contract itself is theirs"
        for path in ("/find", f"{C}/find"):
            for words in (q, q[:-2]):
                page = found(paul, words, path)
                assert page.status == 200
                assert "Nothing that you may see matches." in page.words
        paul = paul_is(**{section: Profile.MANAGER if section == "invoices" else Profile.VISITOR})
        assert found(paul, q[:-2]).all("main li a")
        assert found(paul, q).status == 303

    def test_find_1_what_is_others_is_like_what_does_not_exist(self, cast, paul, invoice):
        cast.member("marie.other", ref=ELSEWHERE)
        invoice("FB-1", ELSEWHERE)
        others = (ELSEWHERE, cast.order(ref=ELSEWHERE), "FB-1", "marie.other")
        nothing = found(paul, "QQQQ-0000")
        for q in others:
            page = found(paul, q)
            assert page.status == 200
            assert page.words.replace(q, "QQQQ-0000") == nothing.words
        assert paul.get(f"/contracts/{ELSEWHERE}/find?q=x").status == 404

    def test_find_1_of_somebody_not_come_yet_the_typed_address_is_found(self, app, cast, paul):
        cast.member("sophie.dupont")
        with app.app_context():
            asked = select(Membership).filter_by(account_id=account_of("sophie.dupont").id)
            db.session.execute(asked).scalar_one().invited_as = "s.typed@example.com"
            db.session.commit()
        assert found(paul, "sophie.dupont").status == 200
        assert "Nothing" in found(paul, "sophie.dupont").words
        assert found(paul, "s.typed").texts("main li a") == ["s.typed@example.com"]


class TestLists:
    @pytest.mark.parametrize(
        ("q", "kinds"),
        [
            ("2+years+c2.large", ["Subscriptions"]),
            ("gabarit+eu-west", ["Orders"]),
            ("2026-4", ["Invoices"]),
            ("sophie+example.com", ["Users"]),
            ("si_pr", ["Contracts"]),
            ("tape+stor", ["Services"]),
            ("gabarit+tape", []),
        ],
    )
    def test_find_1_what_does_not_hold_every_word_is_not_listed(
        self, cast, paul, invoice, q, kinds
    ):
        cast.subscription()
        invoice("FA-2026-42")
        cast.member("sophie.dupont")
        cast.service(name_en="Tape storage", name_fr="Bandes")
        assert found(paul, q).texts("main h2") == kinds

    def test_find_1_five_of_each_kind_then_the_section_s_list(self, cast, paul):
        cast.orders(7)
        page = found(paul, "flavor", f"{C}/find")
        assert page.texts("main h2") == ["Orders"]
        links = page.all("main section a")
        assert [link.get_text() for link in links[:-1]] == [
            f"HONEY1655-1801-{n:03}" for n in (7, 6, 5, 4, 3)
        ]
        assert links[-1]["href"] == f"{C}/orders?q=flavor"
        assert paul.get(str(links[-1]["href"])).status == 200

    def test_find_1_on_a_contract_the_lists_are_of_its_rows(self, cast, paul):
        cast.member("paul.dupont", ref=ELSEWHERE, orders=Profile.VISITOR)
        here, there = cast.order(), cast.order(ref=ELSEWHERE)
        links = [link.get_text() for link in found(paul, "gabarit", f"{C}/find").all("main li a")]
        assert here in links
        assert there not in links

    def test_find_1_all_contracts_newest_first(self, cast, paul):
        cast.member("paul.dupont", ref=ELSEWHERE, orders=Profile.VISITOR)
        for day, ref in enumerate((ELSEWHERE, "OCB0000124", ELSEWHERE, "OCB0000124"), 1):
            cast.order(ref=ref, at=datetime(2017, 10, day, tzinfo=UTC))
        rows = found(paul, "gabarit").texts("main section li .hint")
        assert [row.split()[0] for row in rows] == sorted(
            (row.split()[0] for row in rows), reverse=True
        )
        assert {row.split()[-1] for row in rows} == {"OCB0000124", ELSEWHERE}

    def test_find_1_services_lead_to_their_page_on_each_contract_that_shows_them(self, cast, paul):
        cast.service()
        for words in ("gabarit", "reservation+flavor"):
            [link] = found(paul, words, f"{C}/find").all("main li a")
            assert link["href"] == f"{C}/services/reservation"
            assert paul.get(str(link["href"])).status == 200
        cast.member("paul.dupont", ref=ELSEWHERE, services=Profile.VISITOR)
        links = found(paul, "gabarit").all("main li a")
        assert [link["href"] for link in links] == [
            f"{C}/services/reservation",
            f"/contracts/{ELSEWHERE}/services/reservation",
        ]

    def test_find_1_services_out_of_reach_or_offered_no_more_are_not_found(self, cast, paul_is):
        cast.member("paul.dupont")
        cast.service(is_offered=False, name_en="Tape storage")
        cast.service("bucket", name_en="Object storage")
        paul = paul_is(services=Profile.VISITOR)
        assert not found(paul, "tape").all("main li a")
        assert found(paul, "object").texts("main li a") == ["Object storage"]
        paul = paul_is(services=Profile.NONE)
        for path in ("/find", f"{C}/find"):
            assert not found(paul, "object", path).all("main li a")

    def test_find_1_of_many_contracts_and_services_some_are_named(self, cast, paul):
        for n in range(7):
            cast.member("paul.dupont", ref=f"OCB000080{n}", services=Profile.VISITOR)
            cast.service(f"disk-{n}", name_en=f"Disk {n}", position=-n)
        names = [item.split()[1] for item in found(paul, "disk").texts("main li")]
        assert names == ["6", "5", "4", "3", "2"]
        assert len(found(paul, "disk").all("main li")[0].find_all("a")) == 5
        here = found(paul, "disk", f"{C}/find").all("main section a")
        assert here[-1]["href"] == f"{C}/services?q=disk"

    @pytest.mark.parametrize("q", ["%25%25%25", "___", "%00%00%00", "''' OR 1=1", "x" * 999])
    def test_find_1_odd_words_are_plain_words(self, cast, paul, q):
        cast.orders(2)
        assert not found(paul, q).all("main li")

    def test_find_1_short_words_are_told_so(self, paul):
        page = found(paul, "ab")
        assert "Enter 3 letters or more, or a whole reference." in page.words
        assert page.one("main input[name=q]")["value"] == "ab"
        assert found(paul, "").status == 200

    def test_find_1_searches_are_slowed_down(self, cast, another_app):
        from tests.browsing import Browser

        app = another_app(throttle_find="2 per minute")
        cast.member("paul.dupont", referent=True)
        paul = Browser(app).sign_in_as("paul.dupont")
        assert [found(paul, "abcd").status for _ in range(3)] == [200, 200, 429]

    def test_fast_a_search_takes_eight_statements_at_most(self, cast, paul, statements):
        cast.orders(30)
        for path in ("/find", f"{C}/find"):
            statements.clear()
            found(paul, "gabarit", path)
            assert len(statements) <= 8, statements


class TestHeader:
    def test_find_1_each_page_of_somebody_signed_in_has_the_field(self, paul, browse):
        assert paul.get(f"{C}/orders").one("header form[role=search]")["action"] == f"{C}/find"
        assert paul.get("/account/profile").one("header form[role=search]")["action"] == "/find"
        assert not browse.get("/login").all("#find")


def test_find_1_a_visit_of_support_finds_what_the_visited_contract_gives(
    app, cast, agent, visiting
):
    cast.member("paul.dupont", ref=ELSEWHERE, orders=Profile.VISITOR)
    here, there = cast.order(), cast.order(ref=ELSEWHERE)
    assert visiting().status == 303
    assert found(agent, here, f"{C}/find").location == f"{C}/orders/{here}"
    for q in (there, ELSEWHERE, there[:-2]):
        page = found(agent, q, f"{C}/find")
        assert page.status == 200
        assert not [a for a in page.all("main li a") if ELSEWHERE in str(a["href"])]
    assert found(agent, here).location == f"{C}/find?q={here}"
    assert found(agent, here, f"/contracts/{ELSEWHERE}/find").status == 403
