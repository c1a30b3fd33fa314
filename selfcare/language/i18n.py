"""The reader's language, and money, dates and numbers as they write them.

Formatters are cached by value: Babel's take 30 to 50 µs a call, a list makes a hundred of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date as babel_date
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, get_currency_symbol
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_request_context, request, session
from flask_babel import LazyString, force_locale
from flask_login import current_user
from jinja2 import pass_context

from selfcare.config import ROOT, Settings
from selfcare.extensions import babel
from selfcare.models import LOCALES

LANGUAGES = {"fr": "Français", "en": "English"}
_BABEL = {"fr": Locale("fr", "FR"), "en": Locale("en", "GB")}


def locale() -> str:
    """The language in force: the reader's, or the addressee's inside `speaking`."""
    language: str | None = g.get("language")
    if language is None:
        language = g.language = _choose()
    return language


def _choose() -> str:
    """The account's language, else what this browser chose or prefers, else French."""
    if not has_request_context():
        return "fr"
    if current_user.is_authenticated:
        return str(current_user.locale)
    if session.get("locale") in LOCALES:
        return str(session["locale"])
    return request.accept_languages.best_match(LOCALES) or "fr"


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Text made inside is in this language (mails, jobs, a page whose reader just changed)."""
    before, g.language = g.get("language"), language
    try:
        with force_locale(language):
            yield
    finally:
        g.language = before


def in_every_language(say: Callable[[], list[str]]) -> list[dict[str, str]]:
    """Sentences to keep for readers who are not known yet: each of them by language."""
    if not say():
        return []
    said: dict[str, list[str]] = {}
    for language in LANGUAGES:
        with speaking(language):
            said[language] = say()
    return [dict(zip(said, one, strict=True)) for one in zip(*said.values(), strict=True)]


def gettext(text: str, **values: object) -> str:
    """A message in the language in force; imported as `_` from `selfcare.language`."""
    said = catalogue(locale()).gettext(text)
    return said % values if values else said


def lazy(text: str, **values: object) -> LazyString:
    """A message that is looked up when it is shown; imported as `_l` from `selfcare.language`."""
    return LazyString(gettext, text, **values)


@lru_cache
def catalogue(language: str) -> NullTranslations:
    """The messages of a language; English is what the code is written in."""
    return Translations.load(ROOT / "translations", [language])


@lru_cache(maxsize=65536)
def money(amount: Decimal, currency: str, language: str) -> str:
    """`3 596,45 €`, `€3,596.45`, `CHF 900.00`; each amount keeps its own currency."""
    return _signed(format_currency(amount, currency, *_money_as_in(language, currency)))


@lru_cache(maxsize=16384)
def whole_money(amount: Decimal, currency: str, language: str) -> str:
    """`3 596 €`: without cents, where the exact amount stands elsewhere."""
    pattern, locale = _money_as_in(language, currency)
    shown = pattern.replace(".00", "")
    return _signed(format_currency(amount, currency, shown, locale, currency_digits=False))


def _money_as_in(language: str, currency: str) -> tuple[str, Locale]:
    locale = _BABEL[language]
    pattern = str(locale.currency_formats["standard"].pattern)
    if get_currency_symbol(currency, locale)[-1].isalpha():
        pattern = pattern.replace("¤#", "¤\N{NO-BREAK SPACE}#")  # CLDR, alphaNextToNumber
    return pattern, locale


def one_of(names: Iterable[Any]) -> str:
    """« A, B ou C »."""
    return format_list([str(name) for name in names], "or", locale=_BABEL[locale()])


@lru_cache(maxsize=16384)
def day(value: date, language: str) -> str:
    """`09/10/2017` in both languages."""
    return babel_date(value, "dd/MM/yyyy", locale=_BABEL[language])


@lru_cache(maxsize=4096)
def long_day(value: date, language: str) -> str:
    """« 11 janvier 2017 », and « 1er janvier » which Babel does not know."""
    text = babel_date(value, "long", locale=_BABEL[language])
    return text.replace("1 ", "1er ", 1) if language == "fr" and value.day == 1 else text


@lru_cache(maxsize=4096)
def number(value: int, language: str) -> str:
    """`10 000`, `10,000`."""
    return _signed(format_decimal(value, locale=_BABEL[language]))


@lru_cache(maxsize=16384)
def quantity(value: Decimal, language: str) -> str:
    """`1 234,5`: as many decimals as there are, six at most."""
    return _signed(format_decimal(value, format="#,##0.######", locale=_BABEL[language]))


def is_one(value: Decimal, language: str) -> bool:
    """Whether what is counted stands in the singular: « 1,5 heure », but "1.5 hours"."""
    return str(_BABEL[language].plural_form(abs(value))) == "one"


def _signed(text: str) -> str:
    """A number for people: with a true minus sign, and none before what was rounded to zero."""
    return text.replace("-", "\N{MINUS SIGN}" if re.search("[1-9]", text) else "")


@dataclass(frozen=True)
class Reader:
    """The reader of a text: their language, and the clock the portal shows."""

    language: str
    zone: ZoneInfo

    def moment(self, value: datetime) -> str:
        """`09/10/2017 11:31`."""
        local = value.astimezone(self.zone)
        return f"{day(local.date(), self.language)} {local.hour:02}:{local.minute:02}"

    def day(self, value: date) -> str:
        """`09/10/2017`."""
        return day(value, self.language)

    def money(self, amount: Decimal, currency: str) -> str:
        """`3 596,45 €`."""
        return money(amount, currency, self.language)

    def quantity(self, value: Decimal) -> str:
        """`1 234,5`."""
        return quantity(value, self.language)

    def today(self) -> date:
        """The present day where the customers are."""
        return datetime.now(self.zone).date()


@lru_cache
def _reader(language: str, zone: str) -> Reader:
    return Reader(language, ZoneInfo(zone))


def reader() -> Reader:
    """The reader of this page, or the addressee of this mail."""
    found: Reader | None = g.get("reader")
    if found is None or found.language != locale():
        found = g.reader = _reader(locale(), current_app.config["BABEL_DEFAULT_TIMEZONE"])
    return found


def init_app(app: Flask, settings: Settings) -> None:
    """Bind Flask-Babel, and give the templates a gettext without its per-call look-ups."""
    babel.init_app(app, locale_selector=locale, timezone_selector=lambda: settings.timezone)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=gettext,
        ngettext=lambda one, many, n: catalogue(locale()).ngettext(one, many, n),
        newstyle=True,
        pgettext=lambda context, text: catalogue(locale()).pgettext(context, text),
        npgettext=lambda context, one, many, n: catalogue(locale()).npgettext(
            context, one, many, n
        ),
    )
    counted = cast("Callable[..., str]", app.jinja_env.globals["ngettext"])

    @pass_context
    def ngettext(context: Any, one: str, many: str, n: int, **values: Any) -> str:
        """« 1 000 utilisateurs »: the number, too, is written as its reader writes it."""
        return counted(context, one, many, n, num=number(n, locale()), **values)

    app.jinja_env.globals["ngettext"] = ngettext
