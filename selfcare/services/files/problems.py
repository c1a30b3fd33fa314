"""Why a file that came in cannot be used."""

from __future__ import annotations

from collections.abc import Iterable


class Problems(ValueError):
    """The file cannot be used; `problems` names each place and what is wrong there."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(self.problems))


def check_size(size: int, *, largest: int) -> None:
    """Whether a file of this many bytes may be read at all.

    Raises:
        Problems: it is too large.
    """
    if size > largest:
        raise Problems([f"larger than {largest / 1_000_000:g} MB"])


def check_lines(text: str, *, longest: int) -> None:
    """Whether no line has more characters than this.

    Raises:
        Problems: one has.
    """
    if any(len(line) > longest for line in text.splitlines()):
        raise Problems([f"a line of more than {longest} characters"])
