"""The addresses of a list: other pages, other sorts, a row that opens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from selfcare.lists import asked as reading
from selfcare.lists.asked import Asked
from selfcare.lists.columns import Column
from selfcare.lists.statuses import Status

PAGE_SIZE = 25
REACH = 10_000
"""Rows that pages lead to: a page far down reads the keys of all rows before it. A search, another
order and the export lead to the others."""


class ListAddresses:
    """A list as it is asked: what its address says, and the addresses that lead on from there."""

    columns: ClassVar[tuple[Column, ...]]
    default_sort: ClassVar[str]
    page_size: ClassVar[int] = PAGE_SIZE
    reach: ClassVar[int] = REACH
    counted_up_to: ClassVar[int] = REACH
    statuses: ClassVar[Mapping[str, Status]] = {}
    """Those that its rows may have, by their names in an address."""
    has_pills: ClassVar[bool] = False
    """Whether it can be filtered by them; a search finds their names anyhow."""
    each_has_one: ClassVar[bool] = False
    """Whether each row has exactly one of them: together they are all rows."""
    name: ClassVar[str]
    """Names the list on its page (`id` of its part) and its export file."""

    path: str
    asked: Asked
    keep: Mapping[str, str]
    """What else the address holds; every address of the list keeps it."""
    page: int
    total: int
    has_next: bool
    is_cut: bool
    """Whether rows follow that its pages do not lead to."""

    @classmethod
    def read(cls, args: Mapping[str, str]) -> Asked:
        """The wishes in the address, every value made harmless."""
        sortable = {column.key for column in cls.columns if column.sort is not None}
        return reading.read(
            args,
            sortable=sortable,
            default_sort=cls.default_sort,
            statuses=cls.statuses if cls.has_pills else (),
        )

    @classmethod
    def state(cls, asked: Asked, **changes: Any) -> dict[str, str]:
        """What an address asks of such a list, `changes` included; defaults stay out of it."""
        state = {
            "q": asked.q,
            "status": asked.status,
            "sort": asked.sort,
            "page": asked.page,
            "open": asked.open,
            **changes,
        }
        if state["sort"] == cls.default_sort:
            del state["sort"]
        if state["page"] == 1:
            del state["page"]
        return {name: str(value) for name, value in state.items() if value}

    @property
    def pages(self) -> int:
        """The number of pages known to exist (at least one, be it empty)."""
        return self._last_of(self.total)

    @property
    def reached(self) -> int:
        """Rows that its pages lead to; those of a search lead as far as it is counted."""
        return min(self.reach, self.counted_up_to) if self.asked.q else self.reach

    def _last_of(self, rows: int) -> int:
        """The last page of so many rows, as far as pages lead."""
        return max(1, -(-min(rows, self.reached) // self.page_size))

    @property
    def sorted_by(self) -> tuple[str, bool]:
        """The sorted column's key, and whether it goes down."""
        return self.asked.sort.removeprefix("-"), self.asked.sort.startswith("-")

    def url(self, **changes: Any) -> str:
        """The address of this list with something else asked.

        `format="csv"` may be given beside the fields of `Asked`.
        """
        state = self.state(self.asked, **{"page": self.page, **changes})
        query = urlencode({**self.keep, **state})
        return f"{self.path}?{query}" if query else self.path

    def sort_url(self, column: Column) -> str:
        """Sort by this column; a second time turns the order round."""
        key, down = self.sorted_by
        turned = "" if key != column.key or down else "-"
        return self.url(sort=turned + column.key, page=1, open="")

    def row_urls(self) -> tuple[str, str]:
        """The address that opens a row, to put its key behind; and the one that closes it."""
        closed = self.url(open="")
        return f"{closed}{'&' if '?' in closed else '?'}open=", closed

    def pager(self) -> list[int | None]:
        """Page numbers to offer, None for a gap: `1 … 4 5 6 … 40`."""
        last = max(self.pages, self.page + self.has_next)
        near = {1, last, *range(self.page - 1, self.page + 2)}
        numbers: list[int | None] = []
        for page in sorted(n for n in near if 1 <= n <= last):
            if numbers and numbers[-1] is not None and page - numbers[-1] > 1:
                numbers.append(None)
            numbers.append(page)
        return numbers
