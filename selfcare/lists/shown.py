"""What pages show of a list: its columns, rows, counts, links to its statuses (LIST-1)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from selfcare.language import _
from selfcare.lists.addresses import ListAddresses
from selfcare.lists.columns import Column
from selfcare.lists.statuses import Pill


class ShownList(ListAddresses):
    """A list that has been read, as templates ask for it."""

    rows: Sequence[Any]
    total_is_exact: bool
    counts: tuple[int, ...] | None
    """The rows there are, then those of each status; None where a search would change them."""

    @property
    def shown_columns(self) -> tuple[Column, ...]:
        """The columns on screen."""
        return tuple(column for column in self.columns if not column.only_in_export)

    @property
    def across(self) -> bool:
        """Whether its rows are of several contracts."""
        return any(column.key == "contract" for column in self.columns)

    def by_open_row(self, key: str) -> Iterator[tuple[Sequence[Any], Any]]:
        """Its rows, shut ones together, each time with the open row that follows them, if any.

        `key` names the value that addresses call a row by.
        """
        wanted, shut = self.asked.open, 0
        if wanted:
            for number, row in enumerate(self.rows):
                if str(getattr(row, key)) == wanted:
                    yield self.rows[shut:number], row
                    shut = number + 1
        yield self.rows[shut:], None

    @property
    def frame(self) -> Hashable:
        """All that the head, the pager and the addresses around the rows depend on."""
        return (
            *(type(self), self.path, self.asked, tuple(self.keep.items())),
            *(self.page, self.total, self.total_is_exact, self.has_next, self.is_cut),
            self.counts,
        )

    def sorts(self, column: Column) -> bool:
        """Whether its reader can sort it by a column."""
        return column.sort is not None

    @property
    def sorting_columns(self) -> tuple[Column, ...]:
        """The columns it can be sorted by as long as it is."""
        return tuple(column for column in self.shown_columns if self.sorts(column))

    @property
    def is_too_long(self) -> bool:
        """Whether it could be sorted by more columns if it were shorter."""
        return any(one.sort is not None and not self.sorts(one) for one in self.shown_columns)

    @property
    def pills(self) -> list[Pill]:
        """Links to all of its rows and to those of each status; none where it has no row at all."""
        if not self.has_pills or (self.counts is not None and not self.counts[0]):
            return []
        kinds = {"": _("All")} | {key: status.label for key, status in self.statuses.items()}
        most = self.counted_up_to
        return [
            Pill(
                label=label,
                url=self.url(status=key, page=1, open=""),
                is_chosen=key == self.asked.status,
                number=None if count is None else min(count, most),
                is_exact=count is None or count <= most,
            )
            for (key, label), count in zip(
                kinds.items(), self.counts or [None] * len(kinds), strict=True
            )
        ]

    @property
    def first(self) -> int:
        """The number of the first row shown, counted from one."""
        return (self.page - 1) * self.page_size + 1
