"""The documents: their links lead somewhere, and what they name exists."""

from __future__ import annotations

import dataclasses
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask

from benchmarks import report
from demo.cli import demo
from selfcare import cli
from selfcare.config import ROOT, Settings

pytestmark = pytest.mark.once

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PATHS = {str(path.relative_to(ROOT)): path for path in DOCUMENTS}
MADE_LATER = {"docs/images/home.png", "docs/benchmarks.md"}
"""Made by hand and by `make bench`; links to them may come before they do."""
NOT_OURS = {
    "PYTHONHASHSEED",
    "FLASK_DEBUG",
    "PORT",
    "WEB_CONCURRENCY",
    "WEB_THREADS",
    "PROMETHEUS_MULTIPROC_DIR",
    "TEST_DATABASE_URL",
    "TEST_REDIS_URL",
    "TEST_KEYSTONE_URL",
    "TEST_KEYSTONE_PASSWORD",
}
"""Variables of Python, Flask, gunicorn.conf.py, a library and the tests."""
NO_VARIABLES = {"AUDIT_DETAIL", "CONSOLE_PROBLEM", "NOT_COMPARED"}
"""Names of constants in the code."""
OF_OPENSTACK = ("OS_", "OPENSTACK_", "WEBSSO_", "HTTP_OIDC_")
"""How names begin that Keystone, Horizon and the `openstack` command know."""

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
VARIABLE = re.compile(r"(?<![\w$/.<])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|DEMO|METRICS)\b(?!\()")


def every(name: str) -> Iterator[str]:
    """Every piece of code in a document: fenced blocks for the shell, and code in a sentence."""
    text = PATHS[name].read_text()
    yield from (body for kind, body in FENCE.findall(text) if kind == "sh")
    yield from CODE.findall(FENCE.sub("", text))


@pytest.fixture(params=PATHS)
def document(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_docs_links_lead_to_files(document: str) -> None:
    for target in LINK.findall(FENCE.sub("", PATHS[document].read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        path = (PATHS[document].parent / target.partition("#")[0]).resolve()
        there = path.relative_to(ROOT).as_posix()
        assert path.exists() or there in MADE_LATER, f"{document}: {target}"


def test_docs_paths_named_in_code_exist(document: str) -> None:
    for code in every(document):
        for path in re.findall(r"^(?:(?:selfcare|tests|demo|docs|benchmarks)/[\w./-]+)$", code):
            assert (ROOT / path).exists() or path in MADE_LATER, f"{document}: {path}"


def test_docs_make_targets_exist(document: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for code in every(document):
        for target in re.findall(r"(?:^|\s)make ([a-z][a-z-]*)(?=\s|$)", code):
            # a sentence of a comment in a shell block may hold the word, too
            assert target in targets, f"{document}: make {target}"


def test_docs_flask_commands_exist(document: str, migrated: Flask) -> None:
    groups = {**cli.all_of(migrated).commands, "demo": demo}
    for code in every(document):
        for words in re.findall(
            r"(?:^|[\s/])flask ([a-z][a-z-]*(?: [a-z-]+)?(?: --[a-z-]+)*)", code
        ):
            name, *rest = words.split()
            command: click.Command | None = groups.get(name)
            if isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
                command = command.commands.get(rest.pop(0))
            assert command, f"{document}: flask {words}"
            options = {option for known in command.params for option in known.opts}
            unknown = {word for word in rest if word.startswith("--")} - options
            assert not unknown, f"{document}: flask {words}"


def test_docs_settings_exist(document: str) -> None:
    settings = {spec.name.upper() for spec in dataclasses.fields(Settings)}
    for code in every(document):
        unknown = set(VARIABLE.findall(code)) - settings - NOT_OURS - NO_VARIABLES
        unknown = {name for name in unknown if not name.startswith(OF_OPENSTACK)}
        assert not unknown, f"{document}: {code}"


def test_docs_every_module_has_a_room() -> None:
    """A row per package; what a row names is in that package, and nothing else is."""
    page = PATHS["docs/architecture.md"].read_text()
    named = {
        room: sorted(re.findall(r"`([a-z][a-z0-9_]*)`", row))
        for room, row in re.findall(r"^\| `([a-z_./]+/)` \| (.+) \|$", page, re.MULTILINE)
    }
    there: dict[str, list[str]] = {}
    for path in sorted((ROOT / "selfcare").rglob("*.py")):
        if path.stem != "__init__" and path.parent.name != "versions":
            room = f"{path.parent.relative_to(ROOT / 'selfcare')}/"
            there.setdefault(room, []).append(path.stem)
    assert named == there


def test_docs_tests_named_exist(document: str) -> None:
    """Whole names or their beginnings, as `pytest -k` takes them."""
    code = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    for name in every(document):
        if re.fullmatch(r"test_[a-z0-9_]+", name):
            assert f"def {name}" in code, f"{document}: {name}"


def test_docs_quoted_lines_are_lines_of_the_code(document: str) -> None:
    """A block that begins with `# path` shows lines of that file, in their order."""
    for kind, body in FENCE.findall(PATHS[document].read_text()):
        quoted = re.match(r"# (\S+\.py)\n", body)
        if kind != "python" or not quoted:
            continue
        path = Path(quoted[1])
        lines = [line.strip() for line in (ROOT / path).read_text().splitlines()]
        rest = iter(lines)
        for line in textwrap.dedent(body[quoted.end() :]).splitlines():
            if wanted := line.strip():
                assert wanted in rest, f"{document}: {path} has no such line next: {wanted}"


def test_docs_what_was_not_measured_anew_stays_among_the_measurements() -> None:
    page = (ROOT / "docs/benchmarks.md").read_text()
    found = report.sections(page)
    assert report.text(found) == page
    newer = report.text({**found, "sqlite, single sign-on": ["| new |"]})
    assert newer.count("## ") == page.count("## ")
    assert "| orders, 25 rows |" in newer


def test_docs_a_document_that_code_names_is_there() -> None:
    there = {path.name for path in DOCUMENTS}
    named = {
        f"{path.relative_to(ROOT)}: {name}"
        for folder in ("selfcare", "demo", "tests", "benchmarks", "proof", "scripts")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".html", ".txt", ".js", ".css"}
        for name in re.findall(r"(?<![\w*.{])[\w-]+\.md\b", path.read_text(errors="replace"))
        if name not in there
    }
    assert sorted(named) == []
