"""The data of the header, menu and footer of a page."""

from __future__ import annotations

from typing import Any, cast

from flask import g
from flask_login import current_user

from selfcare.language.i18n import locale
from selfcare.services.presence import InMenu, Menu
from selfcare.services.users import places
from selfcare.web import csrf, realms, themes, visiting
from selfcare.web.access import current_account, place, presence
from selfcare.web.realms import Realm


def chrome_key() -> tuple[Any, ...]:
    """Everything the header, menu and footer depend on (they are rendered once per key)."""
    if "chrome_key" not in g:
        g.chrome_key = _chrome_key()
    found: tuple[Any, ...] = g.chrome_key
    return found


def _chrome_key() -> tuple[Any, ...]:
    if not current_user.is_authenticated:
        return (locale(), themes.theme(), csrf.csrf_token(), realms.present())
    here, person = place(), presence() or current_account()
    return (
        realms.present(),
        visit.id if (visit := visiting.present()) else None,
        g.get("staff_roles"),
        person.login,
        person.full_name,
        person.has_find_key,
        locale(),
        themes.theme(),
        csrf.csrf_token(),
        g.get("section"),
        (here.ref, here.name, here.offer_name, here.rights.sections) if here else None,
        menu_contracts(),
    )


def menu_contracts() -> Menu:
    """The contracts « Mon compte » names, one more than it shows; read once a request."""
    if visit := visiting.present():
        return (InMenu(visit.contract.ref, visit.contract.name, "{}"),)
    if realms.present() is Realm.STAFF:
        return ()
    here = presence()
    if here is not None and here.menu is not None:
        return here.menu
    if "menu_contracts" not in g:
        rows = places.contracts_in_menu(current_account().id)
        g.menu_contracts = tuple(InMenu(row.ref, row.name, row.profiles) for row in rows)
    return cast("Menu", g.menu_contracts)
