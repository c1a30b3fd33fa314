"""The code's own rules: sizes, names, texts, settings."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup
from bs4.element import NavigableString

from selfcare.cli.settings import markdown
from selfcare.config import ROOT

pytestmark = pytest.mark.once

MODULES = sorted(
    path
    for folder in ("selfcare", "demo", "benchmarks", "tests")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations/versions" not in path.as_posix()
)
TEMPLATES = sorted((ROOT / "selfcare" / "templates").rglob("*.html"))
FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "tools"}
TONGUE = ROOT / "translations" / "fr" / "LC_MESSAGES"


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def body(function: ast.FunctionDef) -> int:
    """The lines of a function below its docstring."""
    first = (
        function.body[1] if ast.get_docstring(function) and function.body[1:] else function.body[0]
    )
    return (function.end_lineno or 0) - first.lineno + 1


class TestModules:
    @pytest.mark.parametrize("path", MODULES, ids=name)
    def test_design_no_module_is_too_long(self, path):
        assert len(path.read_text().splitlines()) <= 350

    @pytest.mark.parametrize("path", MODULES, ids=name)
    def test_design_no_function_is_too_long(self, path):
        """40 lines without its head and its docstring, in the portal itself."""
        if not name(path).startswith("selfcare/"):
            return
        long = [
            f"{node.name}: {lines}"
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.FunctionDef) and (lines := body(node)) > 40
        ]
        assert not long

    def test_design_modules_are_named_after_what_they_know(self):
        assert not [name(path) for path in MODULES if path.stem in FORBIDDEN]

    def test_design_a_package_has_one_version_in_all_lock_files(self):
        """Production runs what was tested: `make lock` holds the others to requirements-dev.txt."""
        pins: dict[str, set[str]] = {}
        for path in ROOT.glob("requirements*.txt"):
            for name, version in re.findall(r"(?m)^([\w.-]+)(?:\[.*\])?==(\S+)", path.read_text()):
                pins.setdefault(name, set()).add(version)
        assert len(pins) > 100
        assert not {name: found for name, found in pins.items() if len(found) > 1}

    def test_design_no_registry_s_address_in_any_requirements(self):
        for path in ROOT.glob("requirements*"):
            assert not re.search(r"https?://|--(extra-)?index-url", path.read_text()), path


class TestSettings:
    def test_design_the_page_of_settings_is_up_to_date(self):
        page = ROOT / "docs" / "settings.md"
        assert page.exists(), "run `flask settings docs`"
        assert page.read_text() == markdown(), "run `flask settings docs`"

    def test_design_there_is_one_way_to_the_settings(self):
        another = [
            name(path)
            for path in MODULES
            if name(path).startswith("selfcare/") and path.parent != ROOT / "selfcare" / "config"
            if re.search(r"extensions(\[|\.get\()[\"']settings|def settings\(", path.read_text())
        ]
        assert not another, "config.current()"

    def test_design_services_are_not_handed_the_settings(self):
        handed = [
            f"{name(path)}: {node.name}"
            for path in MODULES
            if name(path).startswith("selfcare/services/")
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.FunctionDef)
            and node.name not in {"init_app", "connect"}  # where no application is at work yet
            and re.search(r"\bSettings\b", ast.unparse(node.args))
        ]
        assert not handed, "config.current()"

    def test_design_the_command_says_so_too(self):
        done = subprocess.run(
            [sys.executable, "-m", "flask", "settings", "docs", "--check"],
            cwd=ROOT,
            env={"SECRET_KEY": "a key for tests, long enough for all", "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def extracted(tmp_path_factory):
    path = tmp_path_factory.mktemp("messages") / "messages.pot"
    CommandLineInterface().run(
        ["pybabel", "-q", "extract", "--mapping-file", "babel.cfg", "--keywords", "_l",
         "--no-location", "--omit-header",
         "--output-file", str(path), str(ROOT)]
    )  # fmt: skip
    with path.open("rb") as file:
        return read_po(file)


@pytest.fixture(scope="module")
def french():
    with (TONGUE / "messages.po").open("rb") as file:
        return read_po(file, locale="fr")


def fixed(text: Any) -> str | tuple[str, ...]:
    """A message, or singular and plural; Babel's readers differ in how they keep these."""
    return text if isinstance(text, str) else tuple(text)


class TestMessages:
    @pytest.fixture(autouse=True)
    def at_the_root(self, monkeypatch):
        monkeypatch.chdir(ROOT)

    @staticmethod
    def ids(catalog) -> set[str | tuple[str, ...]]:
        return {fixed(m.id) for m in catalog if m.id}

    def test_l10n_every_message_is_in_the_french_catalogue_and_no_other(self, extracted, french):
        wanted, there = self.ids(extracted), self.ids(french)
        assert len(wanted) > 100
        assert sorted(map(str, wanted - there)) == [], "missing: run `make messages`"
        assert sorted(map(str, there - wanted)) == [], "unused: run `make messages`"
        assert not french.obsolete

    def test_l10n_every_message_is_translated_and_sure(self, french):
        texts = {fixed(m.id): fixed(m.string) for m in french if m.id}
        untranslated = [i for i, s in texts.items() if not (all(s) if isinstance(s, tuple) else s)]
        assert untranslated == []
        assert [m.id for m in french if m.id and m.fuzzy] == []

    def test_l10n_translations_fill_in_the_same_variables(self, french):
        from babel.messages.checkers import checkers

        for message in french:
            if message.id and message.string:
                for check in checkers:
                    check(french, message)

    def test_l10n_the_compiled_catalogue_is_that_of_the_texts(self, french):
        compiled = TONGUE / "messages.mo"
        assert compiled.exists(), "run `make messages`"
        with compiled.open("rb") as file:
            assert {fixed(m.id): fixed(m.string) for m in read_mo(file) if m.id} == {
                fixed(m.id): fixed(m.string) for m in french if m.id and m.string
            }


class TestTemplates:
    BILINGUAL = ("auth/login.html",)  # by AUTH-1
    PLAIN = frozenset({"SIREN", "fr", "en"})

    @pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
    def test_l10n_no_text_outside_the_catalogue(self, path):
        if any(path.as_posix().endswith(name) for name in self.BILINGUAL):
            return
        source = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", path.read_text(), flags=re.DOTALL)
        soup = BeautifulSoup(source, "html.parser")
        texts = [text for node in soup.find_all(string=True) if type(node) is NavigableString
                 for text in [" ".join(node.split())]]  # fmt: skip
        texts += [
            str(value)
            for tag in soup.find_all(True)
            for attribute, value in tag.attrs.items()
            if attribute in {"aria-label", "alt", "title", "placeholder", "data-label"}
        ]
        texts += re.findall(r'fact\("([^"]*)"', path.read_text())
        said = {text for text in texts if re.search(r"[^\W\d_]{2,}", text)} - self.PLAIN
        assert not said, f"wrap in _(…): {said}"

    def test_design_a_fact_is_written_by_its_macro(self):
        by_hand = [path for path in TEMPLATES if "<dt" in path.read_text()]
        assert [path.name for path in by_hand] == ["facts.html"]

    @pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
    def test_light_no_inline_code_or_style(self, path):
        if "/mail/" in path.as_posix():
            return
        source = path.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|hx-on", source)
        assert "formaction" not in source
        assert not re.search(r"https?://", source), "addresses of others are settings"


class TestServices:
    """Flask's `current_app` and `g` are there in jobs and commands, too; these are not."""

    OF_REQUESTS = frozenset(
        {"request", "session", "has_request_context", "after_this_request", "flash", "url_for"}
    )

    @pytest.mark.parametrize(
        "path",
        [
            path
            for path in MODULES
            if name(path).startswith(("selfcare/services/", "selfcare/models/"))
        ],
        ids=name,
    )
    def test_design_services_know_no_request(self, path):
        imported = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and node.module == "flask"
            for alias in node.names
        }
        assert not imported & self.OF_REQUESTS

    def test_design_one_place_reads_where_a_request_comes_from(self):
        reading = {
            name(path)
            for path in MODULES
            if name(path).startswith("selfcare/") and "remote_addr" in path.read_text()
        }
        assert reading == {"selfcare/logs.py", "selfcare/web/known_browser.py"}, (
            "browsers.present()"
        )


def test_design_rows_are_locked_where_it_is_known_that_they_may_be_gone():
    """`lock` in database.py; a bare refresh of a row that others deleted is an error of ours."""
    bare = re.compile(r"refresh\(\w+, with_for_update=True\)")
    found = [name(path) for path in MODULES if bare.search(path.read_text())]
    assert found == ["selfcare/database.py"]
