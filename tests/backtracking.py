"""How much a regular expression works on a text: a backtracking matcher that counts its steps.

It does what Python's own does, less quickly, and without its shortcuts for single characters; so
what grows in a straight line here does so there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from re import _constants as op  # type: ignore[attr-defined]  # no other way to the parsed pattern
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

Tree = list[tuple[Any, Any]]
LENGTH = 12
"""Signs of the shorter of two texts."""
ENOUGH = 10_000
"""Steps after which a text this short will not end."""


class EndlessError(Exception):
    """The work grows beyond all measure."""


class Matcher:
    """One expression on one text; `steps` says how much work it was."""

    def __init__(self, pattern: str, text: str, flags: int = 0) -> None:
        self.tree, self._known = _parsed(pattern, flags)
        self.text, self.flags, self.steps = text, flags, 0
        self.groups: dict[int, str] = {}

    def fullmatch(self) -> bool:
        """Whether the whole text fits."""
        return any(end == len(self.text) for end in self._sequence(self.tree, 0))

    def search(self) -> int:
        """How often it is found, one after the other, as `sub` and `findall` do."""
        at = found = 0
        while at <= len(self.text):
            end = next(self._sequence(self.tree, at), None)
            found += end is not None
            at = at + 1 if end is None else max(end, at + 1)
        return found

    def _sequence(self, tree: Tree, at: int) -> Iterator[int]:
        """Every end the parts of the tree can have, in the order they are tried."""
        if not tree:
            yield at
            return
        for end in self._one(*tree[0], at):
            yield from self._sequence(tree[1:], end)

    def _one(self, kind: Any, what: Any, at: int) -> Iterator[int]:  # noqa: PLR0912 (one a part)
        self.steps += 1
        if self.steps > ENOUGH:
            raise EndlessError
        if kind in {op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY, op.CATEGORY, op.RANGE}:
            if at < len(self.text):
                sign = self.text[at]
                # the same few parts and signs, again and again
                part = (kind, what if isinstance(what, int) else id(what), sign)
                fits = self._known.get(part)
                if fits is None:
                    fits = self._known[part] = self._fits(kind, what, sign)
                if fits:
                    yield at + 1
        elif kind in {op.MAX_REPEAT, op.MIN_REPEAT}:
            low, high, inner = what
            yield from self._repeat(list(inner), low, high, at, lazy=kind == op.MIN_REPEAT)
        elif kind == op.POSSESSIVE_REPEAT:
            low, high, inner = what
            yield from self._first(self._repeat(list(inner), low, high, at, lazy=False))
        elif kind == op.ATOMIC_GROUP:
            yield from self._first(self._sequence(list(what), at))
        elif kind == op.SUBPATTERN:
            yield from self._sequence(list(what[3]), at)
        elif kind == op.BRANCH:
            for branch in what[1]:
                yield from self._sequence(list(branch), at)
        elif kind == op.AT:
            if self._stands(what, at):
                yield at
        elif kind in {op.ASSERT, op.ASSERT_NOT}:
            yield from self._look(kind == op.ASSERT, what, at)
        else:
            raise NotImplementedError(f"{kind} in {self.tree}: teach it to the matcher")

    @staticmethod
    def _first(ends: Iterator[int]) -> Iterator[int]:
        end = next(ends, None)
        if end is not None:
            yield end

    def _repeat(self, inner: Tree, low: int, high: int, at: int, *, lazy: bool) -> Iterator[int]:
        """Without recursion for each round: texts are longer than Python's stack."""
        if lazy and low == 0:
            yield at
        rounds: list[Iterator[int]] = [self._sequence(inner, at)] if high else []
        ends = [at]
        while rounds:
            end = next(rounds[-1], None)
            if end is None or (end == ends[-1] and len(rounds) > low):
                rounds.pop()
                done = ends.pop()
                if not lazy and len(ends) >= low:
                    yield done
                continue
            ends.append(end)
            if lazy and len(rounds) >= low:
                yield end
            rounds.append(self._sequence(inner, end) if len(rounds) < high else iter(()))
        if not lazy and low == 0:
            yield at

    def _look(self, wanted: bool, what: Any, at: int) -> Iterator[int]:
        direction, inner = what
        start = at if direction > 0 else at - inner.getwidth()[0]
        found = start >= 0 and any(
            direction > 0 or end == at for end in self._sequence(list(inner), start)
        )
        if found == wanted:
            yield at

    def _stands(self, where: Any, at: int) -> bool:
        if where in {op.AT_BEGINNING, op.AT_BEGINNING_STRING}:
            return at == 0
        if where == op.AT_END_STRING:
            return at == len(self.text)
        if where == op.AT_END:
            return at == len(self.text) or (at == len(self.text) - 1 and self.text[at] == "\n")
        raise NotImplementedError(f"{where}: teach it to the matcher")

    def _fits(self, kind: Any, what: Any, sign: str) -> bool:
        if kind == op.ANY:
            return sign != "\n" or bool(self.flags & re.DOTALL)
        if kind == op.CATEGORY:
            return bool(re.fullmatch(CATEGORIES[what], sign, self.flags))
        if kind == op.RANGE:
            return what[0] <= ord(sign) <= what[1]
        if kind == op.IN:
            parts = [part for part in what if part[0] != op.NEGATE]
            return any(self._fits(part[0], part[1], sign) for part in parts) == (
                len(parts) == len(what)
            )
        same = chr(what) == sign or (
            bool(self.flags & re.IGNORECASE) and chr(what).lower() == sign.lower()
        )
        return same == (kind == op.LITERAL)


@cache
def _parsed(pattern: str, flags: int) -> tuple[Tree, dict[Any, bool]]:
    """The parts of an expression, and which signs they are known to fit."""
    return list(parser.parse(pattern, flags)), {}


CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
}


def alphabet(pattern: str, flags: int = 0) -> list[str]:
    """Signs that the expression treats differently, and runs of letters it wants as they are."""
    found = {"a", "1", " ", "\n", "é"}
    runs: set[str] = set()

    def walk(tree: Any) -> None:
        run = ""
        for kind, what in tree:
            if kind == op.LITERAL:
                run += chr(what)
                found.add(chr(what))
                continue
            runs.add(run)
            run = ""
            for part in what if kind == op.IN else [(kind, what)]:
                if part[0] in {op.LITERAL, op.NOT_LITERAL}:
                    found.add(chr(part[1]))
                elif part[0] == op.RANGE:
                    found.add(chr(part[1][0]))
            for inner in _inner(kind, what):
                walk(inner)
        runs.add(run)

    walk(list(parser.parse(pattern, flags)))
    kinds: dict[tuple[bool, ...], str] = {}
    sets = re.findall(r"\[(?:\\.|[^\]\\])+\]|\\[dDsSwW]", pattern)
    for sign in sorted(found):  # of the signs that no set tells apart one is enough
        mine = tuple(bool(re.fullmatch(one, sign, flags)) for one in sets)
        kinds.setdefault((*mine, any(sign in run for run in runs)), sign)
    return [*kinds.values(), *(run for run in sorted(runs) if len(run) > 1)]


REPEATS = {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}
FEW = 4


def _inner(kind: Any, what: Any) -> list[Any]:
    if kind in REPEATS:
        return [what[2]]
    if kind == op.SUBPATTERN:
        return [what[3]]
    if kind == op.BRANCH:
        return list(what[1])
    if kind in {op.ASSERT, op.ASSERT_NOT}:
        return [what[1]]
    return [what] if kind == op.ATOMIC_GROUP else []


def _repeats(tree: Any) -> bool:
    """Whether some part may come more than a few times: nothing else can backtrack."""
    return any(
        (what[1] > FEW if kind in REPEATS else False)
        or any(_repeats(inner) for inner in _inner(kind, what))
        for kind, what in tree
    )


def growth(pattern: str, *, whole: bool, flags: int = 0) -> tuple[float, str]:
    """How many times the work of the worst text found grows as the text doubles, and that text."""
    signs = alphabet(pattern, flags)
    worst = (0.0, "")
    if not _repeats(parser.parse(pattern, flags)):
        return worst
    pairs = ["".join(two) for two in product(signs, repeat=2) if two[0] != two[1]]
    around = ["", *signs]
    for before, pump, after in [*product(around, signs, around), *product([""], pairs, around)]:
        text = f"{before}{pump}…{after}"
        try:
            short, long = (
                _work(pattern, before + pump * times + after, whole=whole, flags=flags)
                for times in (LENGTH, 2 * LENGTH)
            )
        except EndlessError:
            return float("inf"), text
        worst = max(worst, (long / short, text))
    return worst


def _work(pattern: str, text: str, *, whole: bool, flags: int) -> int:
    matcher = Matcher(pattern, text, flags)
    ask: Callable[[], object] = matcher.fullmatch if whole else matcher.search
    ask()
    return matcher.steps
