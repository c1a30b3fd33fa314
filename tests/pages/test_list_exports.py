"""LIST-1: every list as a file."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from decimal import Decimal

import pytest
import time_machine

from selfcare.rights import Profile
from selfcare.services.safety import exports
from selfcare.services.safety.exports import Turn
from tests.browsing import Page, column
from tests.cast import account_of

pytestmark = pytest.mark.usefixtures("paul")
VISITOR = Profile.VISITOR
ORDERS = "/contracts/OCB0000124/orders"
SUBS = "/contracts/OCB0000124/subscriptions"


def table(answer: Page, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=delimiter))


class TestExport:
    def test_list_1_exports_exactly_what_is_filtered_in_its_order(self, cast, paul):
        cast.orders(60)
        cast.order(name_en="Other", name_fr="Autre", parameters={})
        page = paul.get(f"{ORDERS}?q=c2&sort=price&page=2")
        link = page.one("a[download]")
        answer = paul.get(str(link["href"]))
        rows = table(answer)
        assert rows[0] == ["Date", "Ref.", "Name", "Price", "Currency", "By", "Status"]
        assert len(rows) == 61
        prices = [Decimal(row[3]) for row in rows[1:]]
        assert prices == sorted(prices)
        assert column(page, "Ref.") == [row[1] for row in rows[26:51]]

    @time_machine.travel("2026-11-22T12:00:00Z", tick=False)
    def test_list_1_a_file_a_spreadsheet_opens(self, cast, browse_as):
        cast.order()
        answer = browse_as("paul.dupont").get(f"{ORDERS}?format=csv")
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.headers["Content-Disposition"] == (
            'attachment; filename="orders-OCB0000124-2026-11-22.csv"'
        )
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.response.data.startswith(b"\xef\xbb\xbf")

    def test_list_1_files_have_names_in_the_reader_s_language(self, cast, browse_as):
        cast.account("jean.martin", locale="fr")
        cast.member("jean.martin", orders=VISITOR)
        answer = browse_as("jean.martin").get(f"{ORDERS}?format=csv")
        assert "commandes-OCB0000124-" in answer.headers["Content-Disposition"]

    def test_list_1_separators_are_those_of_the_reader_s_spreadsheet(self, cast, browse_as):
        cast.account("jean.martin", locale="fr")
        cast.member("jean.martin", orders=VISITOR)
        cast.order(price=Decimal("3596.45"))
        french = table(browse_as("jean.martin").get(f"{ORDERS}?format=csv"), ";")
        english = table(browse_as("paul.dupont").get(f"{ORDERS}?format=csv"), ",")
        assert french[1][3] == "3596,45"
        assert english[1][3] == "3596.45"

    @pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n"])
    def test_list_1_text_is_never_a_formula(self, cast, paul, first):
        cast.order(name_en=f"{first}cmd|' /C calc'!A0")
        [_, row] = table(paul.get(f"{ORDERS}?format=csv"))
        assert row[2].startswith("'")

    def test_list_1_cells_hold_what_would_break_them(self, cast, paul):
        cast.order(name_en='a "quoted", one; two\nlines')
        [_, row] = table(paul.get(f"{ORDERS}?format=csv"))
        assert row[2] == 'a "quoted", one; two\nlines'
        assert len(row) == 7

    def test_list_1_a_long_list_is_streamed(self, cast, paul):
        cast.orders(1200)
        answer = paul.client.get(f"{ORDERS}?format=csv", base_url="http://portal.test/")
        chunks = list(answer.response)
        assert len(chunks) >= 3
        assert b"".join(chunks).count(b"\r\n") == 1201

    def test_list_1_an_empty_export_has_its_headings(self, paul):
        assert len(table(paul.get(f"{ORDERS}?format=csv&q=zzz"))) == 1

    @pytest.mark.parametrize(
        ("path", "name", "columns"),
        [
            (SUBS, "subscriptions-OCB0000124", 9),
            ("/account/orders", "orders-paul.dupont", 8),
            ("/account/subscriptions", "subscriptions-paul.dupont", 10),
            ("/account/contracts", "contracts-paul.dupont", 4),
        ],
    )
    def test_list_1_every_list_has_its_export(self, cast, paul, path, name, columns):
        cast.subscription()
        answer = paul.get(f"{path}?format=csv")
        assert f'filename="{name}-20' in answer.headers["Content-Disposition"]
        rows = table(answer)
        assert {len(row) for row in rows} == {columns}
        assert len(rows) == 2

    def test_safe_exports_have_a_limit_and_pages_none(self, another_app, cast, browse_as):
        cast.member("sophie.dupont", orders=VISITOR)
        paul, sophie = browse_as("paul.dupont"), browse_as("sophie.dupont")
        portal = another_app(throttle_export="2 per day")
        for browser in (paul, sophie):
            browser.client.application, browser.app = portal, portal
        assert paul.get(f"{ORDERS}?format=csv").status == 200
        assert paul.get("/account/data.json").status == 200
        refused = paul.get("/account/orders?format=csv")
        assert refused.status == 429
        assert 23 * 3600 < int(refused.headers["Retry-After"]) <= 24 * 3600
        assert paul.get(ORDERS).status == 200
        assert sophie.get(f"{ORDERS}?format=csv").status == 200

    @pytest.mark.parametrize("redis", ["there", "away"])
    def test_safe_one_export_at_a_time_for_each_account(self, another_app, cast, browse_as, redis):
        cast.member("sophie.dupont", orders=VISITOR)
        paul, sophie = browse_as("paul.dupont"), browse_as("sophie.dupont")
        away = {"redis_url": "unix:///nowhere/redis.sock"} if redis == "away" else {}
        portal = another_app(**away)
        for browser in (paul, sophie):
            browser.client.application, browser.app = portal, portal
        with portal.app_context():
            first = Turn(account_of("paul.dupont").id)
        for path in ("/account/orders?format=csv", f"{ORDERS}?format=csv", "/account/data.json"):
            second = paul.get(path)
            assert (second.status, second.headers["Retry-After"]) == (429, "30")
            assert "One of your files is still being made" in second.words
        assert paul.get(ORDERS).status == 200
        assert sophie.get(f"{ORDERS}?format=csv").status == 200
        first.end()
        assert paul.get("/account/orders?format=csv").status == 200

    def test_safe_an_export_that_nobody_reads_to_its_end_gives_its_turn_back(self, cast, paul):
        cast.orders(1200)
        for _ in range(2):
            answer = paul.client.get(f"{ORDERS}?format=csv", base_url="http://portal.test/")
            assert answer.status_code == 200
            answer.close()

    def test_safe_whoever_reads_an_export_slowly_keeps_nobody_from_writing(self, cast, paul):
        cast.orders(1200)
        answer = paul.client.get(f"{ORDERS}?format=csv", base_url="http://portal.test/")
        parts = answer.iter_encoded()
        begun = next(parts)
        with ThreadPoolExecutor(1) as elsewhere:  # this thread is in the export's request
            assert elsewhere.submit(cast.account, "sophie.dupont").result() == "sophie.dupont"
        assert (begun + b"".join(parts)).count(b"\n") == 1201

    def test_safe_one_export_at_a_time_in_all_processes(self, app, paul, worker):
        with app.app_context():
            name = f"export:{account_of('paul.dupont').id}"
        elsewhere = worker.redis.lock(name, timeout=60)
        assert elsewhere.acquire(blocking=False)
        assert paul.get(f"{ORDERS}?format=csv").status == 429
        elsewhere.release()
        assert paul.get(f"{ORDERS}?format=csv").status == 200
        assert not worker.redis.exists(name)

    def test_safe_exports_leave_threads_for_pages(self, app, cast, browse_as):
        late = browse_as(cast.member("reader.late", orders=VISITOR))
        with app.app_context(), ExitStack() as begun:
            for number in range(exports.AT_ONCE):
                begun.enter_context(Turn(-number))
            refused = late.get(f"{ORDERS}?format=csv")
            assert refused.status == 429
            assert "Several files are being made for others" in refused.words
        assert late.get(f"{ORDERS}?format=csv").status == 200

    def test_list_1_no_export_without_the_right(self, cast, browse_as):
        cast.member("martin.dupont")
        cast.order()
        answer = browse_as("martin.dupont").get(f"{ORDERS}?format=csv")
        assert answer.status == 403
        assert "AD135" not in answer.text
