"""The filters and globals of templates."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, g, url_for
from flask_login import current_user
from markupsafe import Markup
from werkzeug.local import LocalProxy

from selfcare.config import Settings
from selfcare.language import (
    audit_wording,
    credential_wording,
    formats,
    i18n,
    mail_wording,
    phones,
    punctuation,
    staff_wording,
    wording,
)
from selfcare.language.document_names import document_name
from selfcare.language.i18n import Reader
from selfcare.language.templates import render
from selfcare.lists.query import ListQuery
from selfcare.lists.users import drift_of
from selfcare.models import Account, PriceKind, now, read_profiles, subscription_status
from selfcare.rights import Ability, Rights, Section, StaffAbility, may_change_roles
from selfcare.services.accounts import devices, passkeys
from selfcare.web import addresses, asking, csrf, realms, rendering, themes, visiting
from selfcare.web.access import current_account, may, place, staff_may
from selfcare.web.chrome import chrome_key, menu_contracts

MENU_ENDPOINTS: dict[Section, str] = {
    Section.CONTRACT: "contract.index",
    Section.DASHBOARD: "dashboard.index",
    Section.SERVICES: "catalogue.index",
    Section.ORDERS: "orders.index",
    Section.SUBSCRIPTIONS: "subscriptions.index",
    Section.INVOICES: "invoices.index",
    Section.SUPPORT: "support.index",
    Section.USERS: "users.index",
}
"""The page each section opens on."""


Filters = dict[str, Callable[..., Any]]

HTMX_CONFIG = json.dumps(
    {
        "includeIndicatorStyles": False,
        "allowEval": False,
        "allowScriptTags": False,
        "historyCacheSize": 0,
        "historyRestoreAsHxRequest": False,
        "refreshOnHistoryMiss": True,
        "selfRequestsOnly": True,
        "scrollIntoViewOnBoost": False,
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "422", "swap": True},
            {"code": "[45]..", "swap": True, "error": True},
        ],
    },
    separators=(",", ":"),
)


def init_app(app: Flask, settings: Settings) -> None:
    """Give the templates what they need; nothing here costs a query."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(_globals(app))
    app.jinja_env.filters.update(_filters())
    app.extensions["in_language"] = lambda language: _in_language(language, settings)

    @app.context_processor
    def here() -> dict[str, Any]:
        return {
            "place": place(),
            "section": g.get("section"),
            "visit": visiting.present(),
        }


def _globals(app: Flask) -> dict[str, Any]:
    render_chrome = lru_cache(maxsize=2000)(_render_chrome)
    assets: dict[str, str] = app.extensions["assets"]

    def chrome() -> dict[str, Markup]:
        """Header and footer of a page, rendered once for everything they depend on."""
        return render_chrome(chrome_key())

    return {
        "asset": assets.__getitem__,
        "offer_logos": app.extensions["offer_logos"],
        "me": LocalProxy(_me),  # the account is made when a template looks at it
        "may": may,
        "staff_may": staff_may,
        "StaffAbility": StaffAbility,
        "Ability": Ability,
        "Section": Section,
        "menu_endpoints": MENU_ENDPOINTS,
        "languages": i18n.LANGUAGES,
        "locale": i18n.locale,
        "chrome": chrome,
        "csrf": csrf.csrf_token,
        "theme": themes.theme,
        "themes": tuple(themes.THEMES),
        "wanted_part": rendering.wanted_part,
        "times_checked": rendering.times_checked,
        "subscription_status": subscription_status,
        "now": now,
        "today": lambda: i18n.reader().today(),
        "htmx_config": HTMX_CONFIG,
        "first_page": addresses.first_page,
        "contract_url": contract_url,
        "passkeys_possible": passkeys.possible,
        "drift_of": drift_of,
        "visit_state": staff_wording.visit_state,
        "visit_minutes": staff_wording.visit_minutes,
        "minutes_left": staff_wording.minutes_left,
        "seconds_left": staff_wording.seconds_left,
        "asking": asking.asking,
        "may_change_roles_of": _may_change_roles_of,
    }


def _filters() -> Filters:
    return {
        "fields_of": json.loads,
        "lines": lines,
        "around": around,
        "each_once": each_once,
        "one_of": i18n.one_of,
        "profile_names": wording.profiles_that_would_do,
        "phone": phones.shown,
        "device": devices.describe,
        "console_problem": wording.console_problem,
        "password_problem": credential_wording.password_problem,
        "credential_problem": credential_wording.credential_problem,
        "abilities": wording.abilities,
        "audit_action": audit_wording.action,
        "document_name": document_name,
        "access_name": wording.access_name,
        "role_change": wording.role_change,
        "why_not": staff_wording.why_not,
        "sentence": punctuation.sentence,
    }


@lru_cache(maxsize=4096)
def once(macro: Callable[..., Markup], *values: Any) -> Markup:
    """The markup of a macro, cached: lists show the same rows again and again.

    Only for macros that depend on their arguments alone (import them without context). Each
    language has its own macros.
    """
    return macro(*values)


def each_once(macro: Callable[..., Markup], rows: Sequence[Any], *values: Any) -> Markup:
    """The markup of a macro for each of some rows, as by `once`.

    A loop in the template would hand each piece of each row through the templates around it.
    """
    return Markup("".join([once(macro, row, *values) for row in rows]))  # noqa: S704 (escaped there)


def around(macro: Callable[..., Markup], rows: ListQuery, *values: Any) -> Markup:
    """The markup of a macro that looks at a list's frame alone, cached as by `once`."""
    return _around(macro, _Framed(rows), *values)


class _Framed:
    """A list that is told from others by its frame; it is let go of once it was looked at."""

    def __init__(self, rows: ListQuery) -> None:
        self.frame, self.rows = rows.frame, [rows]

    def __hash__(self) -> int:
        return hash(self.frame)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Framed) and self.frame == other.frame


@lru_cache(maxsize=4096)
def _around(macro: Callable[..., Markup], framed: _Framed, *values: Any) -> Markup:
    return macro(framed.rows.pop(), *values)


def lines(text: str) -> Markup:
    """A text with its line breaks."""
    return Markup("<br>").join(text.splitlines())


def _render_chrome(_key: tuple[Any, ...]) -> dict[str, Markup]:
    """The header and footer; what is read here follows from the key."""
    context: dict[str, Any] = {"staff": realms.present() is realms.Realm.STAFF}
    if context["staff"]:
        header = "components/header_staff.html"
    elif not current_user.is_authenticated:
        header = "components/header_public.html"
    else:
        header = "components/header.html"
        context["contracts"] = menu_contracts()
    return {
        "header": Markup(render(header, **context)),  # noqa: S704
        "footer": Markup(render("components/footer.html", **context)),  # noqa: S704
    }


def _in_language(language: str, settings: Settings) -> tuple[Filters, dict[str, Any]]:
    """The filters and globals bound to one language, so that rows look nothing up."""
    reader = Reader(language, ZoneInfo(settings.timezone))

    def price(amount: Decimal | None, kind: str, currency: str) -> str:
        return formats.price(amount, kind, currency, language)

    filters: Filters = {
        "day": reader.day,
        "long_day": lambda value: i18n.long_day(value, language),
        "moment": reader.moment,
        "money": reader.money,
        "whole_money": lambda amount, currency: i18n.whole_money(amount, currency, language),
        "number": lambda value: i18n.number(value, language),
        "quantity": reader.quantity,
        "measured": lambda value, unit: wording.measured(value, unit, reader),
        "size": lambda count: formats.size(count, reader),
        "clock": lambda value: f"{value.astimezone(reader.zone):%H:%M}",
        "clock_seconds": lambda value: f"{value.astimezone(reader.zone):%H:%M:%S}",
        "iso_day": lambda text: i18n.long_day(date.fromisoformat(text), language),
        "iso_moment": lambda text: reader.moment(datetime.fromisoformat(text)),
        "in_language": lambda row, name: getattr(row, f"{name}_{language}"),
        "price": lambda row: price(row.price, row.price_kind, row.currency),
        "as_price": price,
        "monthly": lambda amount, currency: price(amount, PriceKind.MONTHLY, currency),
        "service_price": lambda row: price(row.from_price, row.price_kind, row.currency),
    }
    with i18n.speaking(language):
        words = {
            name: {key: str(text) for key, text in texts.items()}
            for module in (wording, credential_wording, mail_wording, staff_wording)
            for name, texts in vars(module).items()
            if name.isupper() and isinstance(texts, Mapping)
        }
    return filters, {"wording": SimpleNamespace(**words)}


def _me() -> Account | None:
    """The reader; mails are rendered where there is no request, and nobody signed in."""
    return current_account() if current_user and current_user.is_authenticated else None


def _may_change_roles_of(user: Any) -> bool:
    """Whether the reader, who changes roles, changes those of a row of the users' lists, too."""
    own = user.account_id == current_account().id
    return may_change_roles(of_referent=user.is_referent, own=own)


def contract_url(row: Any, section: Section | None = None) -> str:
    """Where a contract of « Mes contrats » leads: its home, or the wanted section if it opens."""
    if section is not None and section in Rights(read_profiles(json.loads(row.profiles))).sections:
        return url_for(MENU_ENDPOINTS[section], ref=row.ref)
    return url_for("contract.index", ref=row.ref)
