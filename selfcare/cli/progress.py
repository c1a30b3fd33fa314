"""The common part of loading commands: the files, and the report at the end."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click

from selfcare.cli.printing import plain, say
from selfcare.database import db


def files_in(paths: Iterable[Path], suffix: str) -> list[Path]:
    """The files of a kind that paths name, and those in folders (and theirs), each once."""
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        found |= dict.fromkeys(p for p in inside if p.suffix.lower() == suffix and p.is_file())
    return list(found)


def other_files(paths: Iterable[Path], *suffixes: str) -> list[Path]:
    """The files that were named one by one, and are of no kind a command takes."""
    return [path for path in paths if path.is_file() and path.suffix.lower() not in suffixes]


T = TypeVar("T")


@contextmanager
def progress(items: Iterable[T], label: str) -> Iterator[Iterable[T]]:
    """A bar while a command goes through its files.

    On a terminal it stays one line: what the log says of each file is in the report as well.
    """
    logger = logging.getLogger("selfcare")
    former = logger.level
    if sys.stderr.isatty():
        logger.setLevel(logging.WARNING)
    try:
        with click.progressbar(items, label=label, file=sys.stderr) as every:
            yield every
    finally:
        logger.setLevel(former)


_MARKS = {"loaded": "✓", "known": "=", "remark": "!", "refused": "✗"}
"""What may become of a file, in the order of the report, and the sign before its line."""


class Report:
    """The result of each file; printed at the end, so that the progress bar stays whole."""

    def __init__(self, *, dry_run: bool) -> None:
        self.dry_run = dry_run
        self._said: dict[str, list[tuple[str, str]]] = {outcome: [] for outcome in _MARKS}
        self._met: set[object] = set()

    def finish(self) -> None:
        """Keep what one file brought, or not in a dry run."""
        if self.dry_run:
            db.session.rollback()
        else:
            db.session.commit()

    def is_doubled(self, what: object) -> bool:
        """Whether a dry run met this before: the database forgot it when it was rolled back."""
        met = self.dry_run and what in self._met
        self._met.add(what)
        return met

    def loaded(self, name: str, what: str) -> None:
        """A file came in."""
        self._said["loaded"].append((name, what))

    def known(self, name: str) -> None:
        """A file was there already."""
        self._said["known"].append((name, "there already"))

    def refused(self, name: str, reason: str) -> None:
        """A file left nothing behind."""
        self._said["refused"].append((name, reason))

    def remark(self, name: str, what: str) -> None:
        """Something the operator should look at, of what came in."""
        self._said["remark"].append((name, what))

    def print_and_exit(self, *, as_json: bool) -> None:
        """Say it all; fail if something was refused."""
        for outcome, said in self._said.items():
            for name, what in said:
                facts = {"file": name, "outcome": outcome, "says": what, "dry_run": self.dry_run}
                sentence = f"{_MARKS[outcome]} {plain(name)}: {plain(what)}"
                say(sentence, as_json=as_json, **facts)
        if not as_json:
            self._print_sums()
        if self._said["refused"]:
            raise SystemExit(1)

    def _print_sums(self) -> None:
        new, known, refused = (len(self._said[one]) for one in ("loaded", "known", "refused"))
        click.echo(f"{new} loaded, {known} there already, {refused} refused.")
        if not (new or known or refused):
            click.echo("There was no file to load.")
        if self.dry_run:
            click.echo("Dry run: nothing was changed.")
