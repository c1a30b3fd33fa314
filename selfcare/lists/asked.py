"""What a reader asks of a list, as an address says it (LIST-1).

It is a whitelist: anything else is ignored, never an error and never an expression.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

LONGEST_SEARCH = 200
_NOT_TEXT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_PAGE = re.compile(r"[1-9]\d{0,8}")
_BEYOND = re.compile(r"[1-9]\d{9,}")


@dataclass(frozen=True)
class Asked:
    """The reader's wishes."""

    q: str = ""
    status: str = ""
    sort: str = ""
    page: int = 1
    open: str = ""
    too_long: bool = False


def read(
    args: Mapping[str, str],
    *,
    sortable: Collection[str],
    default_sort: str,
    statuses: Collection[str] = (),
) -> Asked:
    """The wishes in an address, every value made harmless.

    Args:
        args: as in `request.args`, whatever somebody typed there.
        sortable: the keys of the columns that can be sorted.
        default_sort: what it is sorted by unless it is asked.
        statuses: the keys of the statuses that can be asked for.
    """

    def given(name: str) -> str:
        return text_in(args, name)

    q, sort, page, status = given("q"), given("sort"), given("page"), given("status")
    return Asked(
        q=q[:LONGEST_SEARCH],
        status=status if status in statuses else "",
        too_long=len(q) > LONGEST_SEARCH,
        sort=sort if sort.removeprefix("-") in sortable else default_sort,
        page=int(page) if _PAGE.fullmatch(page) else _odd_page(page),
        open=given("open")[:64],
    )


def words_in(args: Mapping[str, str]) -> str:
    """What is looked for on a page that is a search and nothing else (FIND-1, STAFF-1)."""
    return text_in(args, "q")[:LONGEST_SEARCH]


def text_in(args: Mapping[str, str], name: str) -> str:
    """What was typed, with a space for what is not text."""
    return _NOT_TEXT.sub(" ", args.get(name, "")).strip()


def _odd_page(page: str) -> int:
    """A page number too long to be one means the last page; anything else the first."""
    return 10**9 if _BEYOND.fullmatch(page) else 1
