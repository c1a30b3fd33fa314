"""l10n: amounts, numbers and units as their readers write them."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from selfcare.language import formats, wording
from selfcare.language.i18n import Reader, money, number, quantity

pytestmark = pytest.mark.once

NB, THIN, MINUS = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}", "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("amount", "currency", "language", "written"),
    [
        ("3596.45", "EUR", "fr", f"3{THIN}596,45{NB}€"),
        ("3596.45", "EUR", "en", "€3,596.45"),
        ("900", "CHF", "en", f"CHF{NB}900.00"),
        ("900", "CHF", "fr", f"900,00{NB}CHF"),
        ("-900", "CHF", "en", f"{MINUS}CHF{NB}900.00"),
        ("900", "CAD", "en", "CA$900.00"),
        ("900", "JPY", "en", "JP¥900"),
        ("900", "XAF", "en", f"FCFA{NB}900"),
        ("-2352.21", "EUR", "fr", f"{MINUS}2{THIN}352,21{NB}€"),
        ("-2352.21", "EUR", "en", f"{MINUS}€2,352.21"),
        ("-0.004", "EUR", "en", "€0.00"),
        ("-0.004", "EUR", "fr", f"0,00{NB}€"),
    ],
)
def test_l10n_amounts(amount, currency, language, written):
    assert money(Decimal(amount), currency, language) == written


@pytest.mark.parametrize(
    ("value", "language", "written"),
    [
        ("1483.2", "fr", f"1{THIN}483,2"),
        ("-1483.2", "fr", f"{MINUS}1{THIN}483,2"),
        ("-1483.2", "en", f"{MINUS}1,483.2"),
        ("-0.0000001", "en", "0"),
    ],
)
def test_l10n_quantities(value, language, written):
    assert quantity(Decimal(value), language) == written


def test_l10n_counts():
    assert number(-10000, "fr") == f"{MINUS}10{THIN}000"
    assert number(10000, "en") == "10,000"


@pytest.mark.parametrize(
    ("value", "unit", "french", "english"),
    [
        ("1483.2", "Hour", f"1{THIN}483,2{NB}heures", f"1,483.2{NB}hours"),
        ("1", "heure", f"1{NB}heure", f"1{NB}hour"),
        ("1.5", "HOURS", f"1,5{NB}heure", f"1.5{NB}hours"),
        ("0", "hours", f"0{NB}heure", f"0{NB}hours"),
        ("-2", "Month", f"{MINUS}2{NB}mois", f"{MINUS}2{NB}months"),
        ("2500", "Go", f"2{THIN}500{NB}Go", f"2,500{NB}GB"),
        ("3", "Requests (10k)", f"3{NB}Requests (10k)", f"3{NB}Requests (10k)"),
        ("3", "", "3", "3"),
    ],
)
def test_l10n_quantities_with_their_unit(app, value, unit, french, english):
    for language, written in (("fr", french), ("en", english)):
        reader = Reader(language, ZoneInfo("Europe/Paris"))
        assert wording.measured(Decimal(value), unit, reader) == written


def test_l10n_files_for_spreadsheets_keep_plain_numbers():
    for language, written in (("fr", "-2352,21"), ("en", "-2352.21")):
        reader = Reader(language, ZoneInfo("Europe/Paris"))
        assert formats.plain_amount(Decimal("-2352.21"), reader) == written
        assert formats.plain_number(Decimal("-2352.21"), reader) == written
