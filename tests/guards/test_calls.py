"""quality.md, Fast: a list's page and its part, by the calls they make. Counted, not timed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import psycopg
import pytest

C = "/contracts/OCB0000124"
WARM = 3
"""Times a page is asked for before it is counted: caches fill, statements are prepared."""
DRIVER = str(Path(psycopg.__file__).parent)
"""How often this looks whether the server has answered depends on the server."""


def calls(ask: Callable[[], object]) -> int:
    """The calls of functions, Python's and C's, that an answer takes beside its driver's."""
    count = 0

    def seen(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        if event in {"call", "c_call"} and not frame.f_code.co_filename.startswith(DRIVER):
            count += 1

    for _ in range(WARM):
        ask()
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

    bare, whole, alone = count("/healthz"), count(path), count(path, part)
    assert whole < 2.5 * bare, (bare, whole, alone)
    assert alone < 2.3 * bare, (bare, whole, alone)
    assert alone < whole
