"""fast: pages and parts of lists by the calls they make. Counted, not timed."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from selfcare.database import db

pytestmark = [
    # How often PostgreSQL's driver looks whether the server has answered depends on the server.
    pytest.mark.once,
    # An engine that some test before listened to takes more calls from then on; so it always is.
    pytest.mark.usefixtures("statements", "nothing_compiled"),
]

C = "/contracts/OCB0000124"
BARE = "/robots.txt"
"""Neither database nor template, but a line in the log, as of each page; the probes have none."""
WARM = 3
"""Times a page is asked for before it is counted: caches fill, statements are prepared."""
TIMES = 3


@pytest.fixture
def nothing_compiled(app):
    """A statement that another one like it was compiled for takes a few calls more, for ever."""
    with app.app_context():
        for engine in db.engines:
            engine.clear_compiled_cache()


def calls(ask: Callable[[], object]) -> int:
    """The calls of functions, Python's and C's, that an answer takes.

    The least of some: now and then others are counted, of what is collected or runs out meanwhile.
    """
    for _ in range(WARM):
        ask()
    return min(counted(ask) for _ in range(TIMES))


def counted(ask: Callable[[], object]) -> int:
    """The calls of one answer."""
    count = 0

    def seen(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        ask()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("path", [f"{C}/orders", f"{C}/subscriptions"])
def test_fast_a_list_makes_few_calls_and_its_part_fewer(cast, browse_as, path):
    cast.member("paul.dupont", referent=True)
    cast.orders(60)
    cast.subscriptions_of_orders()
    paul = browse_as("paul.dupont")
    part = {"HX-Request": "true", "HX-Target": path.rpartition("/")[2]}

    def count(path: str, headers: dict[str, str] | None = None) -> int:
        return calls(lambda: paul.client.get(path, headers=headers, base_url="http://portal.test/"))

    bare, whole, alone = count(BARE), count(path), count(path, part)
    assert whole < 2.25 * bare, (bare, whole, alone)
    assert alone < 2.05 * bare, (bare, whole, alone)
    assert alone < whole


@pytest.mark.parametrize(
    ("path", "most"),
    [("/", 3.9), (f"{C}/dashboard", 6.4), (f"{C}/invoices", 5.2), (f"{C}/invoices/spend", 6.8)],
)
def test_fast_a_page_of_sums_makes_few_calls(cast, browse_as, papers, path, most):
    """To put a statement together takes longer than to ask it: these are made once."""
    cast.orders(60)
    cast.subscriptions_of_orders()
    paul = browse_as("paul.dupont")

    def count(path: str) -> int:
        return calls(lambda: paul.client.get(path, base_url="http://portal.test/"))

    bare, whole = count(BARE), count(path)
    assert whole < most * bare, (bare, whole)
