"""Three kinds of pages, each with a session cookie of its own (STAFF-2, STAFF-5).

Staff sign in below `/staff`; their cookie goes nowhere else. A visit has a cookie beside the
customers', which it leaves as it is: where one is sent, it decides who is looking.
"""

from __future__ import annotations

import hashlib
import ipaddress
from enum import StrEnum

from flask import Flask, current_app, g, request
from flask.sessions import SecureCookieSessionInterface
from werkzeug.wrappers import Response

from selfcare import config
from selfcare.config import rules
from selfcare.services.safety import browsers

STAFF_PATH = "/staff"


class Realm(StrEnum):
    """The kinds of pages; also the names of their cookies, after what Flask names its own."""

    CUSTOMERS = ""
    STAFF = "-staff"
    VISIT = "-visit"


def present() -> Realm:
    """The realm of this request."""
    realm: Realm | None = g.get("realm")
    if realm is None:
        realm = g.realm = _present()
    return realm


def _present() -> Realm:
    if request.path == STAFF_PATH or request.path.startswith(f"{STAFF_PATH}/"):
        return Realm.STAFF
    return Realm.VISIT if cookie_name(Realm.VISIT) in request.cookies else Realm.CUSTOMERS


def is_open() -> bool:
    """Whether this request comes from where `STAFF_NETWORKS` lets staff come from (STAFF-5)."""
    networks = config.current().staff_networks
    if not networks or present() is Realm.CUSTOMERS:
        return True
    try:
        address = ipaddress.ip_address(browsers.present().ip)
    except ValueError:
        return False
    return any(address in network for network in rules.networks_in(networks))


def cookie_name(realm: Realm) -> str:
    """`__Host-session`, `__Secure-session-staff`, `__Host-session-visit`.

    A cookie with the prefix `__Host-` would have to go everywhere; that of staff must not.
    """
    name = f"{current_app.config['SESSION_COOKIE_NAME']}{realm}"
    return name.replace("__Host-", "__Secure-") if realm is Realm.STAFF else name


class SessionCookie(SecureCookieSessionInterface):
    """The session's cookie of the request's realm, signed with SHA-256."""

    digest_method = staticmethod(hashlib.sha256)

    def get_cookie_name(self, app: Flask) -> str:  # noqa: ARG002 (Flask hands it over)
        """The name, by realm."""
        return cookie_name(present())

    def get_cookie_path(self, app: Flask) -> str:  # noqa: ARG002
        """Where browsers send it."""
        return STAFF_PATH if present() is Realm.STAFF else "/"


def hand_over_visit(answer: Response, token: str) -> None:
    """Give this browser the cookie of a visit that has just begun."""
    signer = SessionCookie().get_signing_serializer(current_app._get_current_object())  # type: ignore[attr-defined]
    if signer is None:
        raise RuntimeError("no SECRET_KEY")
    answer.set_cookie(
        cookie_name(Realm.VISIT),
        str(signer.dumps({"_user_id": token, "_fresh": True})),
        path="/",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def take_visit_back(answer: Response) -> None:
    """Leave no cookie of a visit behind, nor pages of it."""
    answer.delete_cookie(
        cookie_name(Realm.VISIT),
        path="/",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    answer.headers["Clear-Site-Data"] = '"cache"'
