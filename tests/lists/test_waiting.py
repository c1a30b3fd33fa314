"""What shows something that waits looks at it again by itself, ever less often (SERVICES-4)."""

from __future__ import annotations

import re

import pytest
from bs4 import Tag

from tests.browsing import Browser, Page
from tests.wizard import USERS

EVER_LESS = [2, 4, 8, 16, 32, 64, 128, 256]
PATHS = ["/contracts/OCB0000124/orders", "/account/orders"]


@pytest.fixture(autouse=True)
def referent(cast):
    cast.referent()


def link_of(page: Page) -> Tag:
    return page.one("#refresh")


def seconds(link: Tag) -> int | None:
    trigger = str(link["data-hx-trigger"])
    return int(trigger.rpartition("every ")[2].removesuffix("s")) if "every" in trigger else None


def pauses(paul: Browser, path: str, part: str) -> list[int]:
    """The seconds before each look, until it is on request only."""
    link, asked = link_of(paul.get(path)), []
    while (pause := seconds(link)) is not None:
        asked.append(pause)
        link = link_of(paul.get(str(link["data-hx-get"]), part=part))
    assert link["href"] == path, "on request, also without JavaScript"
    return asked


@pytest.mark.parametrize("path", PATHS)
def test_services_4_a_list_with_a_waiting_order_asks_eight_times_at_most(cast, paul, path):
    cast.order(status="submitted")
    assert pauses(paul, path, "orders") == EVER_LESS
    assert re.search(r"As it was at \d\d:\d\d:\d\d", paul.get(path).words)


def test_users_1_so_do_the_pages_that_show_a_console_account_being_prepared(cast, paul, id_of):
    cast.member("ines.pending", console_roles=["guest"], console_state="queued")
    user = id_of("ines.pending")
    assert pauses(paul, USERS, "users") == EVER_LESS
    assert pauses(paul, f"{USERS}/console", "console-users") == EVER_LESS
    assert pauses(paul, f"{USERS}/{user}", "console") == EVER_LESS
    assert pauses(paul, f"{USERS}/console/{user}", "console") == EVER_LESS
    receipt = paul.post(f"{USERS}/{user}/remove").location
    assert pauses(paul, receipt, "receipt") == EVER_LESS


@pytest.mark.parametrize("status", ["completed", "cancelled"])
@pytest.mark.parametrize("path", PATHS)
def test_services_4_a_list_without_a_waiting_order_does_not_ask(cast, paul, path, status):
    cast.order(status=status)
    assert paul.get(path).all("#refresh") == []


def test_services_4_it_keeps_search_sort_and_open_row_and_touches_no_field(cast, paul: Browser):
    ref = cast.order(status="in_progress")
    asked = f"{PATHS[0]}?q={ref}&sort=ref&open={ref}"
    link = link_of(paul.get(asked))
    assert link["href"] == asked
    again = paul.get(str(link["data-hx-get"]), part="orders", **{"HX-Trigger": "refresh"})
    assert again.all("tbody.open")
    assert again.headers["HX-Replace-Url"] == asked
    assert again.all("input[type=search]") == []
    assert link["data-hx-sync"] == "#orders:abort", "gives way to what is being searched for"


def test_services_4_what_may_have_the_focus_has_a_name_that_lasts(cast, paul):
    cast.order(status="submitted")
    page = paul.get(PATHS[0])
    links = page.all("#orders tbody a")
    assert links
    assert all(link.get("id") for link in links)
