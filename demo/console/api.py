"""The IAM's HTTP: what Keystone 30 answered when it was measured, mistakes included (iam.md)."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request

from demo.console.state import Refused, State

bp = Blueprint("iam", __name__, url_prefix="/v3")
LIST_LIMIT = 1000
TOKEN_LIFE = 3600


def state() -> State:
    """The console's memory."""
    found: State = current_app.extensions["console"]
    return found


@bp.errorhandler(Refused)
def _refused(refusal: Refused) -> tuple[Response, int]:
    error = {"code": refusal.status, "message": refusal.message, "title": refusal.title}
    return jsonify(error=error), refusal.status


@bp.before_request
def _authenticate() -> None:
    """Everything but signing in needs a living token; a deleted user's answers 404 (point 10)."""
    if request.endpoint in {"iam.version", "iam.sign_in"}:
        return
    token = state().tokens.get(request.headers.get("X-Auth-Token", ""))
    if token is None or token["expires_at"] < time.time() or state().is_dead(token):
        raise Refused(401, "The request you have made requires authentication.", "Unauthorized")
    g.user = state().get("users", token["user_id"])
    g.rules = token["scope"] == "system"


@bp.after_request
def _keep(response: Response) -> Response:
    if request.method != "GET" and response.status_code < 300:
        with state().lock:
            state().save()
    return response


def _only_for_administrator(own: str | None = None) -> None:
    if not g.rules and own != g.user["id"]:
        raise Refused(403, "You are not authorized to perform the requested action.", "Forbidden")


@bp.get("")
def version() -> Response:
    """Who answers here."""
    return jsonify(version={"id": "v3.14", "status": "stable", "links": []})


@bp.post("/auth/tokens")
def sign_in() -> tuple[Response, int]:
    """A token for a password: unscoped, for the whole cloud, a domain or a project."""
    asked = request.get_json()["auth"]
    given = asked["identity"]["password"]["user"]
    user = _find_user(given)
    if user is None or not user["enabled"] or not given["password"]:
        raise Refused(401, "The request you have made requires authentication.", "Unauthorized")
    if user.get("password") != given["password"]:
        raise Refused(401, "The request you have made requires authentication.", "Unauthorized")
    scope = asked.get("scope", "unscoped")
    kind = next(iter(scope)) if isinstance(scope, dict) else "unscoped"
    rules = user["id"] == state().administrator()["id"]
    if kind == "system" and not rules:
        raise Refused(401, "You are not authorized for the requested scope.", "Unauthorized")
    token = secrets.token_urlsafe(32)
    issued = time.time()
    state().tokens[token] = {
        "user_id": user["id"],
        "scope": "system" if rules and kind != "unscoped" else kind,
        "issued_at": issued,
        "expires_at": issued + TOKEN_LIFE,
    }
    answer = jsonify(
        token={
            "methods": ["password"],
            "user": {"id": user["id"], "name": user["name"]},
            "expires_at": time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(issued + 3600)),
            "issued_at": time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(issued)),
            "catalog": [],
            "roles": [{"id": "admin", "name": "admin"}] if rules else [],
        }
    )
    answer.headers["X-Subject-Token"] = token
    return answer, 201


def _find_user(given: dict[str, Any]) -> dict[str, Any] | None:
    if "id" in given:
        return state().things["users"].get(given["id"])
    domain = given.get("domain", {})
    for user in state().things["users"].values():
        home = state().things["domains"][user["domain_id"]]
        if user["name"] == given["name"] and domain in ({"name": home["name"]}, {"id": home["id"]}):
            return user
    return None


# Domains, projects, users, groups, roles


@bp.get("/<any(domains, projects, users, groups, roles):kind>")
def listed(kind: str) -> Response:
    """A list, filtered by name and domain, cut at 1000."""
    _only_for_administrator()
    wanted = {k: v for k, v in request.args.items() if k in {"name", "domain_id"}}
    things = [
        thing
        for thing in state().things[kind].values()
        if all(thing.get(key) == value for key, value in wanted.items())
    ]
    return _cut(kind, things)


def _cut(key: str, things: list[dict[str, Any]], *, pages: bool = True) -> Response:
    """The first of a list; without `pages` its next link leads to the same first ones again."""
    marker = request.args.get("marker", "") if pages else ""
    ordered = sorted((t for t in things if t["id"] > marker), key=lambda thing: str(thing["id"]))
    links: dict[str, Any] = {"self": request.url, "next": None, "previous": None}
    answer: dict[str, Any] = {key: [_shown(thing) for thing in ordered[:LIST_LIMIT]]}
    if len(ordered) > LIST_LIMIT:
        query = {**request.args, "marker": ordered[LIST_LIMIT - 1]["id"]}
        text = "&".join(f"{name}={value}" for name, value in query.items())
        links["next"] = f"{request.base_url}?{text}"
        answer["truncated"] = True
    return jsonify(**answer, links=links)


def _shown(thing: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in thing.items() if name != "password"}


@bp.post("/<any(domains, projects, users, groups):kind>")
def create(kind: str) -> tuple[Response, int]:
    """A new one; 409 for a name that is taken."""
    _only_for_administrator()
    singular = kind.removesuffix("s")
    with state().lock:
        thing = state().add(kind, {"enabled": True, **request.get_json()[singular]})
    return jsonify({singular: _shown(thing)}), 201


@bp.get("/users/<key>")
def user(key: str) -> Response:
    """One user."""
    _only_for_administrator(own=key)
    return jsonify(user=_shown(state().get("users", key)))


@bp.patch("/users/<key>")
def change_user(key: str) -> Response:
    """A new password or address; a new password ends every token, and so does disabling."""
    _only_for_administrator()
    with state().lock:
        found = state().get("users", key)
        found |= request.get_json()["user"]
        if "password" in request.get_json()["user"] or not found["enabled"]:
            state().revoke(key)
    return jsonify(user=_shown(found))


@bp.delete("/users/<key>")
def delete_user(key: str) -> tuple[str, int]:
    """Gone, with credentials and memberships."""
    _only_for_administrator()
    with state().lock:
        state().delete_user(key)
    return "", 204


@bp.delete("/groups/<key>")
def delete_group(key: str) -> tuple[str, int]:
    """Gone, with its memberships."""
    _only_for_administrator()
    with state().lock:
        state().delete_group(key)
    return "", 204


@bp.get("/users/<key>/groups")
def groups_of(key: str) -> Response:
    """The groups somebody is in."""
    _only_for_administrator(own=key)
    state().get("users", key)
    return _cut("groups", state().groups_of(key))


@bp.get("/groups/<key>/users")
def users_of(key: str) -> Response:
    """Who is in a group; Keystone 30 minds no marker here, so nobody gets past the first page."""
    _only_for_administrator()
    state().get("groups", key)
    members = [state().things["users"][user] for group, user in state().members if group == key]
    return _cut("users", members, pages=False)


@bp.put("/groups/<group>/users/<key>")
def join(group: str, key: str) -> tuple[str, int]:
    """Into a group; the same said twice at the same time answers 500 (point 3)."""
    _only_for_administrator()
    pair = (group, key)
    with state().lock:
        state().get("groups", group)
        state().get("users", key)
        if pair in state().busy:
            raise Refused(
                500, "An unexpected error prevented the server from fulfilling your request."
            )
        state().busy.add(pair)
    try:
        time.sleep(0.002)
        with state().lock:
            if list(pair) not in state().members:
                state().members.append(list(pair))
    finally:
        state().busy.discard(pair)
    return "", 204


@bp.delete("/groups/<group>/users/<key>")
def leave(group: str, key: str) -> tuple[str, int]:
    """Out of a group."""
    _only_for_administrator()
    with state().lock:
        state().leave(group, key)
    return "", 204


@bp.put("/<any(domains, projects):kind>/<target>/groups/<group>/roles/<role>")
def grant(kind: str, target: str, group: str, role: str) -> tuple[str, int]:
    """A role for a group on a domain or project."""
    _only_for_administrator()
    with state().lock:
        for name, key in ((kind, target), ("groups", group), ("roles", role)):
            state().get(name, key)
        if [target, group, role] not in state().grants:
            state().grants.append([target, group, role])
    return "", 204


@bp.get("/<any(domains, projects):kind>/<target>/groups/<group>/roles")
def granted(kind: str, target: str, group: str) -> Response:
    """The roles a group has there."""
    _only_for_administrator()
    state().get(kind, target)
    roles = [
        state().things["roles"][role]
        for where, holder, role in state().grants
        if (where, holder) == (target, group)
    ]
    return jsonify(roles=roles, links={"next": None})


# Credentials


@bp.post("/credentials")
def store_credential() -> tuple[Response, int]:
    """An access key somebody brings; the same one twice answers 409."""
    given = request.get_json()["credential"]
    _only_for_administrator(own=given["user_id"])
    access = json.loads(given["blob"])["access"]
    with state().lock:
        if access in state().things["credentials"]:
            raise Refused(409, "Conflict occurred attempting to store credential.", "Conflict")
        made = state().add("credentials", {"id": access, "name": access, **given})
    return jsonify(credential=made), 201


@bp.get("/users/<key>/credentials/OS-EC2")
def credentials_of(key: str) -> Response:
    """Somebody's access keys, every secret in clear, as Keystone does (point 7)."""
    _only_for_administrator(own=key)
    held = [
        {"user_id": key, "tenant_id": kept["project_id"], **json.loads(kept["blob"])}
        for kept in state().things["credentials"].values()
        if kept["user_id"] == key
    ]
    return jsonify(credentials=held, links={"next": None})


@bp.delete("/users/<key>/credentials/OS-EC2/<access>")
def delete_credential(key: str, access: str) -> tuple[str, int]:
    """One access key gone."""
    _only_for_administrator(own=key)
    with state().lock:
        state().get("credentials", access)
        del state().things["credentials"][access]
    return "", 204
