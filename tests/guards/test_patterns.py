"""No regular expression of the portal takes more than its time over any text (safe)."""

from __future__ import annotations

import ast
import importlib
import random
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from selfcare.config import ROOT
from selfcare.services.accounts import devices
from selfcare.services.accounts.password_rules import PasswordRules
from tests.backtracking import Matcher, growth

pytestmark = pytest.mark.once

ASKED = {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
WHOLE = {"fullmatch", "match"}
"""Tried at the start of a text only."""
MADE_ELSEWHERE = {
    "selfcare/services/accounts/devices.py": (
        False,
        [p for _, p in (*devices._BROWSERS, *devices._SYSTEMS)],
    ),
    "selfcare/services/accounts/password_rules.py": (
        True,  # Python by `fullmatch`, browsers between ^ and $
        [rule.pattern for rule in PasswordRules(max_bytes=72).rules() if rule.pattern],
    ),
}
"""Expressions that a module does not write where it asks them."""
FED_BY_US = {
    "selfcare/web/assets.py": "our own scripts and styles, as the portal starts",
    "selfcare/config/rules.py": "the operator's settings, as the portal starts",
}
"""Modules whose expressions no stranger's text reaches."""


@dataclass(frozen=True)
class Asked:
    """An expression, where it stands, and how it is asked."""

    module: str
    pattern: str
    whole: bool
    flags: int = 0


def expressions(path: Path) -> list[Asked]:
    """Every expression a module writes or names."""
    name = path.relative_to(ROOT).as_posix()
    tree = ast.parse(path.read_text())
    methods: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            methods.setdefault(node.value.id, set()).add(node.attr)
    named = {
        id(node.value): node.targets[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    found = []
    for node in ast.walk(tree):
        if not (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in ASKED
        ):
            continue
        uses = {node.func.attr}
        if node.func.attr == "compile":
            uses = methods.get(named.get(id(node), ""), set()) or {"search"}
        flags = 0
        for given in (*node.args[1:], *(word.value for word in node.keywords)):
            flag = re.findall(r"\bre\.([A-Z]+)\b", ast.unparse(given))
            flags |= sum(int(getattr(re, each)) for each in flag)
        pattern = _written(node.args[0], name) or _made(named.get(id(node)), name)
        if pattern is not None:
            found.append(Asked(name, pattern, uses <= WHOLE, flags))
        else:
            assert name in MADE_ELSEWHERE, f"{name}: say which: {ast.unparse(node)}"
    whole, patterns = MADE_ELSEWHERE.get(name, (False, []))
    return found + [Asked(name, each, whole) for each in patterns]


def _made(kept_as: str | None, module: str) -> str | None:
    there = importlib.import_module(module.removesuffix(".py").replace("/", "."))
    found = getattr(there, kept_as or "", None)
    return str(found.pattern) if isinstance(found, re.Pattern) else None


def _written(node: ast.expr, module: str) -> str | None:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Name):
        there = importlib.import_module(module.removesuffix(".py").replace("/", "."))
        value = getattr(there, node.id, None)
        return value if isinstance(value, str) else None
    return None


EXPRESSIONS = sorted(
    {
        one
        for path in (ROOT / "selfcare").rglob("*.py")
        if "migrations" not in path.parts and path.relative_to(ROOT).as_posix() not in FED_BY_US
        if re.search(r"^import re$", path.read_text(), re.MULTILINE)  # each worker reads them all
        for one in expressions(path)
    },
    key=lambda one: (one.module, one.pattern),
)


@pytest.mark.parametrize("one", EXPRESSIONS, ids=lambda one: f"{one.module}-{one.pattern}")
def test_safe_no_expression_works_more_than_in_a_straight_line(one):
    times, text = growth(one.pattern, whole=one.whole, flags=one.flags)
    assert times <= 2.2, f"twice the text, {times:.1f} × the work: {text!r}"


def test_safe_expressions_are_looked_for_where_they_are():
    assert len(EXPRESSIONS) > 50
    assert {"selfcare/text.py", "selfcare/lists/asked.py"} <= {e.module for e in EXPRESSIONS}


@pytest.mark.parametrize(
    ("pattern", "whole"),
    [
        (r"^[^a-z]+|[^a-z]+$", False),
        (r"(a+)+b", True),
        (r"<title>(.*?)</title>", False),
        (r"\s+$", False),
        (r"(\w|\w\w)*;", True),
        (r".*,.*,.*;", True),
    ],
)
def test_safe_expressions_that_backtrack_are_noticed(pattern, whole):
    assert growth(pattern, whole=whole)[0] > 2.2


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[^a-z]+|[^a-z]+$",
        r"(a|ab)(c|bcd)*",
        r"a{2,3}?b{0,2}d*?",
        r"(?:a|)*b",
        r"a++b|(?>a|ab)c",
        r"(?<![\w-])ab(?=[a-d-]+)|(?!a)\D",
        r"(?:\d{1,2}[/.])+x",
    ],
)
def test_safe_the_counting_matcher_agrees_with_python_s(pattern):
    choose = random.Random(pattern)
    for _ in range(300):
        text = "".join(choose.choice("abcd1/x-") for _ in range(choose.randint(0, 8)))
        assert Matcher(pattern, text).fullmatch() == bool(re.fullmatch(pattern, text)), text


def test_safe_browsers_are_given_no_other_expressions():
    """`pattern=` would be out of this guard's sight; what scripts write is looked at."""
    for path in (ROOT / "selfcare" / "templates").rglob("*.html"):
        assert not re.search(r"(?<!data-)\bpattern=", path.read_text()), path
    for path in (ROOT / "selfcare" / "static").glob("*.js"):
        if path.name != "htmx.min.js":
            for pattern in re.findall(
                r"[(=,:]\s*/((?:\\.|[^/*\\\n])(?:\\.|[^/\\\n])*)/", path.read_text()
            ):
                assert growth(pattern, whole=False)[0] <= 2.2, (path.name, pattern)
