"""The rules of AUTH-3, written once."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfcare.services.accounts.password_rules import PasswordRules, is_common

RULES = PasswordRules()
pytestmark = pytest.mark.once


def broken(password, login="paul.dupont", rules=RULES):
    return [rule.key for rule in rules.broken(password, login=login)]


@pytest.mark.parametrize(
    ("password", "rules"),
    [
        ("Bleu-42", ["length"]),
        ("BLEU-NUAGE-42", ["lower"]),
        ("bleu-nuage-42", ["upper"]),
        ("Bleu-Nuage-x", ["digit"]),
        ("BleuNuage42", ["special"]),
        ("BleuNuage42€", ["special"]),
        ("Aa1-" + "x" * 125, ["longest"]),
        ("Aa1-" + "x" * 124, []),
        ("Bleu-Nu4", []),
        ("Élé-ph4nT", []),
        ("Password1!", ["common"]),
        ("P@ssw0rd1", ["common"]),
        ("!Azerty-12", ["common"]),
    ],
)
def test_auth_3_names_the_broken_rule(password, rules):
    assert broken(password) == rules


def test_auth_3_differs_from_the_login_whatever_the_case():
    assert broken("Paul.Dupont1", login="paul.dupont1") == ["login"]


def test_auth_3_characters_are_counted_not_bytes():
    assert broken("Aa1-éééé") == []
    assert broken("Aa1-😀😀😀") == ["length"]


def test_api_1_bytes_are_counted_too():
    api = PasswordRules(max_bytes=72)
    assert broken("Aa1-" + "x" * 68, rules=api) == []
    assert broken("Aa1-" + "é" * 35, rules=api) == ["bytes"]


@pytest.mark.parametrize("special", "#!.@_-/")
def test_auth_3_each_special_character_counts(special):
    assert broken(f"BleuNuage42{special}") == []


def test_auth_3_a_deployer_may_ask_for_more():
    assert broken("Bleu-Nu42", rules=PasswordRules(min_length=12)) == ["length"]


@given(st.text(max_size=150))
def test_auth_3_any_text_can_be_judged(password):
    assert isinstance(broken(password), list)


@pytest.mark.parametrize("word", ["", "123456", "azerty", "Bleu", "x" * 500, "\x00"])
def test_auth_3_common_ones_are_found(word):
    assert is_common(word) == (word in {"123456", "azerty"})


def test_auth_3_browsers_read_the_patterns_alike():
    """No construct that Python and JavaScript read differently."""
    for rule in RULES.rules():
        if rule.pattern:
            assert re.fullmatch(r"[\[\]\\sS*a-zA-Z0-9{},#!.@_/-]+", rule.pattern), rule.pattern
