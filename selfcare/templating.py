"""The few filters and globals templates use."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from flask import Flask, g, render_template, url_for
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from selfcare import i18n, rendering, wording
from selfcare.access import place
from selfcare.config import Settings
from selfcare.i18n import reader
from selfcare.models import subscription_status
from selfcare.models.console import drift
from selfcare.rights import Ability, Rights, Section

MENU_ENDPOINTS: dict[Section, str] = {
    Section.CONTRACT: "contract.index",
    Section.DASHBOARD: "dashboard.index",
    Section.SERVICES: "catalogue.index",
    Section.ORDERS: "orders.index",
    Section.SUBSCRIPTIONS: "subscriptions.index",
    Section.SUPPORT: "support.index",
    Section.USERS: "users.index",
}
"""The page each section opens on."""


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
    render_chrome = lru_cache(maxsize=2000)(_render_chrome)

    def chrome() -> dict[str, Markup]:
        """Header and footer of a page, rendered once for everything they depend on."""
        return render_chrome(rendering.chrome_key() if current_user.is_authenticated else None)

    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    assets: dict[str, str] = app.extensions["assets"]
    env.globals.update(
        settings=settings,
        asset=assets.__getitem__,
        may=_may,
        Ability=Ability,
        Section=Section,
        menu_endpoints=MENU_ENDPOINTS,
        wording=wording,
        languages=i18n.LANGUAGES,
        locale=i18n.locale,
        chrome=chrome,
        csrf=generate_csrf,
        subscription_status=subscription_status,
        today=lambda: reader().today(),
        htmx_config=HTMX_CONFIG,
        contract_url=contract_url,
        drift=drift,
    )
    filters: dict[str, Callable[..., Any]] = {
        "day": lambda value: reader().day(value),
        "long_day": lambda value: i18n.long_day(value, i18n.locale()),
        "moment": lambda value: reader().moment(value),
        "money": lambda amount, currency: reader().money(amount, currency),
        "number": lambda value: i18n.number(value, i18n.locale()),
        "clock": lambda value: f"{value.astimezone(reader().zone):%H:%M}",
        "iso_moment": lambda text: reader().moment(datetime.fromisoformat(text)),
        "price": lambda row: wording.price(row.price, row.price_kind, row.currency, reader()),
        "monthly": lambda amount, currency: wording.price(amount, "monthly", currency, reader()),
        "service_price": lambda service: wording.price(
            service.from_price, service.price_kind, service.currency, reader()
        ),
        "profile_names": wording.profiles_that_would_do,
        "in_language": in_language,
    }
    env.filters.update(filters)

    @app.context_processor
    def here() -> dict[str, Any]:
        return {
            "place": place(),
            "me": current_user.account if current_user.is_authenticated else None,
            "section": g.get("section"),
        }


def _render_chrome(key: tuple[Any, ...] | None) -> dict[str, Markup]:
    """The header and footer; what is read here besides `key` follows from it."""
    if key is None:
        header, context = "components/header_public.html", {}
    else:
        header = "components/header.html"
        context = {"contracts": rendering.menu_contracts()}
    return {
        "header": Markup(render_template(header, **context)),  # noqa: S704
        "footer": Markup(render_template("components/footer.html")),  # noqa: S704
    }


def _may(ability: Ability) -> bool:
    """Whether the signed-in person has an ability on this page's contract."""
    here = place()
    return here is not None and here.rights.may(ability)


def contract_url(row: Any, section: Section | None = None) -> str:
    """Where a contract of « Mes contrats » leads: its home, or the wanted section if it opens."""
    if section is not None and section in Rights(row.profiles).sections():
        return url_for(MENU_ENDPOINTS[section], ref=row.ref)
    return url_for("contract.index", ref=row.ref)


def in_language(row: Any, name: str) -> str:
    """A row's text that is kept in both languages, in the reader's."""
    text: str = getattr(row, f"{name}_{i18n.locale()}")
    return text
