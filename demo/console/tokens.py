"""The stand-in's tokens: by password, by another token, by an application credential."""

from __future__ import annotations

import secrets
import time
from typing import Any, NoReturn

from flask import Blueprint, Response, jsonify, request

from demo.console.api import refused, state
from demo.console.state import Refused

bp = Blueprint("tokens", __name__, url_prefix="/v3/auth")
bp.register_error_handler(Refused, refused)
TOKEN_LIFE = 3600
IMPLIED = {"admin": "manager", "manager": "member", "member": "reader"}


@bp.post("/tokens")
def sign_in() -> tuple[Response, int]:
    """A token: unscoped, for the whole cloud, a domain or a project."""
    asked = request.get_json()["auth"]
    [method] = asked["identity"]["methods"]
    given = asked["identity"][method]
    scope = asked.get("scope", "unscoped")
    kind, target = next(iter(scope.items())) if isinstance(scope, dict) else ("unscoped", {})
    allowed: frozenset[str] | None = None
    if method == "application_credential":
        held = _application(given)
        user = state().things["users"].get(held["user_id"])
        kind, target = "project", {"id": held["project_id"]}
        allowed = frozenset(role["name"] for role in held["roles"])
    else:
        user = _by_token(given) if method == "token" else _by_password(given["user"])
    if user is None or not user["enabled"]:
        _unauthorized()
    rules = user["id"] == state().administrator()["id"]
    if kind == "system" and not rules:
        _unauthorized("You are not authorized for the requested scope.")
    project = _project(target) if kind == "project" else None
    roles = {"admin"} if rules else roles_of(user["id"], _target(kind, target, project))
    roles = roles if allowed is None else roles & allowed
    if kind in {"project", "domain"} and not roles:
        _unauthorized()
    token = secrets.token_urlsafe(32)
    issued = time.time()
    state().tokens[token] = {
        "user_id": user["id"],
        "scope": "system" if rules and kind != "unscoped" else kind,
        "project_id": project["id"] if project else None,
        "roles": sorted(roles),
        "issued_at": issued,
        "expires_at": issued + TOKEN_LIFE,
    }
    told = {
        "methods": [method],
        "user": {"id": user["id"], "name": user["name"]},
        "expires_at": _written(issued + TOKEN_LIFE),
        "issued_at": _written(issued),
        "catalog": [],
        "roles": [{"id": name, "name": name} for name in sorted(roles)],
    }
    if project:
        home = state().get("domains", project["domain_id"])
        named = {"id": project["id"], "name": project["name"]}
        told["project"] = named | {"domain": {"id": home["id"], "name": home["name"]}}
    answer = jsonify(token=told)
    answer.headers["X-Subject-Token"] = token
    return answer, 201


def _unauthorized(why: str = "The request you have made requires authentication.") -> NoReturn:
    raise Refused(401, why, "Unauthorized")


def _written(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(seconds))


def _by_password(given: dict[str, Any]) -> dict[str, Any] | None:
    user = _find_user(given)
    if user is None or not given["password"] or user.get("password") != given["password"]:
        return None
    return user


def _by_token(given: dict[str, Any]) -> dict[str, Any] | None:
    token = state().tokens.get(given["id"])
    if token is None or token["expires_at"] < time.time() or state().is_dead(token):
        raise Refused(404, "Failed to validate token", "Not Found")
    return state().things["users"].get(token["user_id"])


def _application(given: dict[str, Any]) -> dict[str, Any]:
    held = state().things["applications"].get(given.get("id", ""))
    if held is None or held["secret"] != given.get("secret"):
        _unauthorized()
    if held["expires_at"] and held["expires_at"] < _written(time.time()):
        _unauthorized()
    return held


def _find_user(given: dict[str, Any]) -> dict[str, Any] | None:
    if "id" in given:
        return state().things["users"].get(given["id"])
    domain = given.get("domain", {})
    for user in state().things["users"].values():
        home = state().things["domains"][user["domain_id"]]
        if user["name"] == given["name"] and domain in ({"name": home["name"]}, {"id": home["id"]}):
            return user
    return None


def _project(wanted: dict[str, Any]) -> dict[str, Any]:
    """The project a scope names, by its id or by its name and its domain."""
    for project in state().things["projects"].values():
        home = state().things["domains"][project["domain_id"]]
        if wanted.get("id") == project["id"]:
            return project
        if wanted.get("name") == project["name"] and wanted.get("domain") in (
            {"name": home["name"]},
            {"id": home["id"]},
        ):
            return project
    _unauthorized()


def _target(kind: str, wanted: dict[str, Any], project: dict[str, Any] | None) -> str:
    """The id of what roles are asked for."""
    if project:
        return str(project["id"])
    if kind != "domain":
        return ""
    for domain in state().things["domains"].values():
        if wanted in ({"id": domain["id"]}, {"name": domain["name"]}):
            return str(domain["id"])
    return ""


def roles_of(user: str, target: str) -> set[str]:
    """The roles somebody's groups give them there, and those they imply."""
    groups = {group["id"] for group in state().groups_of(user)}
    found: set[str] = set()
    for where, group, role in state().grants:
        name: str | None = state().things["roles"][role]["name"]
        if where == target and group in groups:
            while name:
                found.add(name)
                name = IMPLIED.get(name)
    return found
