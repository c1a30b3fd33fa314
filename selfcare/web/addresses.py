"""Addresses that browsers name: which of them are ours, and what may stand in them."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import abort, request, url_for
from werkzeug.routing import IntegerConverter, Map

from selfcare.web import realms
from selfcare.web.realms import Realm


class RowId(IntegerConverter):
    """The `int` of our addresses: a number that a row may have; a larger one is 404, not an error.

    The databases refuse to compare their INTEGER with more.
    """

    LARGEST = 2**31 - 1

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=self.LARGEST)


def local_part(url: str | None) -> str:
    """Path and query of an address a browser names; nothing if it cannot be read."""
    try:
        return urlsplit(url or "")._replace(scheme="", netloc="", fragment="").geturl()
    except ValueError:
        return ""


def safe_next(target: str | None) -> str:
    r"""Where to go after signing in: an address of this portal, else home (AUTH-1).

    Refuses other hosts in every spelling (`//evil`, `/\evil`, `https:evil`) and loops.
    """
    home = url_for("home.index")
    if not target or not target.startswith("/") or len(target) > 2000:
        return home
    if target.startswith(("//", "/\\")) or any(ord(c) < 32 or c == "\\" for c in target):
        return home
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or parts.path in {"/login", "/logout"}:
        return home
    return target


def first_page() -> str:
    """The first page of the realm one is in."""
    return url_for("staff_finding.index" if realms.present() is Realm.STAFF else "home.index")


def came_from() -> str:
    """The page of ours that a form was sent from, where its address is not kept in the form.

    Where the browser does not say it: the first page of the realm.
    """
    here = request.referrer or ""
    page = local_part(here) if here.startswith(request.host_url) else ""
    if page.partition("?")[0] == url_for("auth.login"):
        return page
    if realms.present() is Realm.STAFF and not page.startswith(f"{realms.STAFF_PATH}/"):
        return first_page()
    return safe_next(page)


def page_of_form() -> str:
    """Where a form that was sent stands: its own address, if that is a page, else its referrer.

    What htmx asks for stands where it says.
    """
    if request.headers.get("HX-Request"):
        return local_part(request.headers.get("HX-Current-URL"))
    rule = request.url_rule
    if rule is not None and "GET" in (rule.methods or ()):
        return request.path
    return local_part(request.referrer)


def refuse_nul() -> None:
    """No address of ours holds a NUL, and PostgreSQL takes none."""
    if "\0" in request.path:
        abort(404)
