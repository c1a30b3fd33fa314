"""The IAM's HTTP: the answers of a measured Keystone 30, its mistakes included."""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request

from demo.console.state import Refused, State

bp = Blueprint("iam", __name__, url_prefix="/v3")
LIST_LIMIT = 1000


def state() -> State:
    """Return the console's data."""
    found: State = current_app.extensions["console"]
    return found


@bp.errorhandler(Refused)
def refused(refusal: Refused) -> tuple[Response, int]:
    """Answer an error in Keystone's shape."""
    error = {"code": refusal.status, "message": refusal.message, "title": refusal.title}
    return jsonify(error=error), refusal.status


@bp.before_request
def authenticate() -> None:
    """Require a valid token, except to sign in; a deleted user's token answers 404."""
    if request.endpoint == "iam.version":
        return
    token = state().tokens.get(request.headers.get("X-Auth-Token", ""))
    if token is None or token["expires_at"] < time.time() or state().is_dead(token):
        raise Refused(401, "The request you have made requires authentication.", "Unauthorized")
    g.user, g.token = state().get("users", token["user_id"]), token
    g.rules = token["scope"] == "system"


@bp.after_request
def keep(response: Response) -> Response:
    """Save changes, so that a restart keeps them."""
    if request.method != "GET" and response.status_code < 300:
        with state().lock:
            state().save()
    return response


def only_for_administrator(own: str | None = None) -> None:
    """Refuse anyone but the administrator, except for an account's `own` things."""
    if not g.rules and own != g.user["id"]:
        raise Refused(403, "You are not authorized to perform the requested action.", "Forbidden")


@bp.get("")
def version() -> Response:
    """Describe this IAM."""
    return jsonify(version={"id": "v3.14", "status": "stable", "links": []})


# Domains, projects, users, groups, roles


@bp.get("/<any(domains, projects, users, groups, roles):kind>")
def listed(kind: str) -> Response:
    """Answer a list, filtered by name and domain, cut at 1000."""
    only_for_administrator()
    wanted = {k: v for k, v in request.args.items() if k in {"name", "domain_id"}}
    things = [
        thing
        for thing in state().things[kind].values()
        if all(thing.get(key) == value for key, value in wanted.items())
    ]
    return cut(kind, things)


def cut(key: str, things: list[dict[str, Any]], *, pages: bool = True) -> Response:
    """Answer the start of a list; without `pages` its next link leads to the same start again."""
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
    """Create one; 409 for a name that is taken."""
    only_for_administrator()
    singular = kind.removesuffix("s")
    with state().lock:
        thing = state().add(kind, {"enabled": True, **request.get_json()[singular]})
    return jsonify({singular: _shown(thing)}), 201


@bp.get("/users/<key>")
def user(key: str) -> Response:
    """Answer one user."""
    only_for_administrator(own=key)
    return jsonify(user=_shown(state().get("users", key)))


@bp.patch("/users/<key>")
def change_user(key: str) -> Response:
    """Change a user; a new password ends every token of theirs, and so does disabling."""
    only_for_administrator()
    with state().lock:
        found = state().get("users", key)
        found |= request.get_json()["user"]
        if "password" in request.get_json()["user"] or not found["enabled"]:
            state().revoke(key)
    return jsonify(user=_shown(found))


@bp.get("/domains/<key>")
def domain(key: str) -> Response:
    """Answer one domain; clients that have a name ask here first, and get 404."""
    only_for_administrator()
    return jsonify(domain=_shown(state().get("domains", key)))


@bp.patch("/domains/<key>")
def change_domain(key: str) -> Response:
    """Disabled, or enabled again."""
    only_for_administrator()
    with state().lock:
        found = state().get("domains", key)
        found |= request.get_json()["domain"]
    return jsonify(domain=_shown(found))


@bp.delete("/users/<key>")
def delete_user(key: str) -> tuple[str, int]:
    """Delete a user with credentials and memberships."""
    only_for_administrator()
    with state().lock:
        state().delete_user(key)
    return "", 204


@bp.delete("/groups/<key>")
def delete_group(key: str) -> tuple[str, int]:
    """Delete a group with its memberships."""
    only_for_administrator()
    with state().lock:
        state().delete_group(key)
    return "", 204


@bp.get("/users/<key>/groups")
def groups_of(key: str) -> Response:
    """Answer the groups somebody is in."""
    only_for_administrator(own=key)
    state().get("users", key)
    return cut("groups", state().groups_of(key))


@bp.get("/groups/<key>/users")
def users_of(key: str) -> Response:
    """Answer a group's users; Keystone 30 ignores the marker here, so there is only one page."""
    only_for_administrator()
    state().get("groups", key)
    members = [state().things["users"][user] for group, user in state().members if group == key]
    beginning = request.args.get("name__startswith", "").lower()
    named = [user for user in members if user["name"].lower().startswith(beginning)]
    return cut("users", named, pages=False)


@bp.put("/groups/<group>/users/<key>")
def join(group: str, key: str) -> tuple[str, int]:
    """Add somebody to a group; two such requests at the same time: one answers 500."""
    only_for_administrator()
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
    """Take somebody out of a group."""
    only_for_administrator()
    with state().lock:
        state().leave(group, key)
    return "", 204


@bp.put("/<any(domains, projects):kind>/<target>/groups/<group>/roles/<role>")
def grant(kind: str, target: str, group: str, role: str) -> tuple[str, int]:
    """Give a group a role on a domain or project."""
    only_for_administrator()
    with state().lock:
        for name, key in ((kind, target), ("groups", group), ("roles", role)):
            state().get(name, key)
        if [target, group, role] not in state().grants:
            state().grants.append([target, group, role])
    return "", 204


@bp.delete("/<any(domains, projects):kind>/<target>/groups/<group>/roles/<role>")
def take_away(kind: str, target: str, group: str, role: str) -> tuple[str, int]:
    """A group's role there, gone."""
    only_for_administrator()
    state().get(kind, target)
    with state().lock:
        if [target, group, role] not in state().grants:
            raise Refused(404, "Could not find role assignment.")
        state().grants.remove([target, group, role])
    return "", 204


@bp.get("/role_assignments")
def assignments() -> Response:
    """Who holds which role on a domain or project, with the roles' names."""
    only_for_administrator()
    scopes = {request.args.get(f"scope.{kind}.id") for kind in ("domain", "project")}
    found = [
        {"group": {"id": group}, "role": state().things["roles"][role]}
        for target, group, role in state().grants
        if target in scopes
    ]
    return jsonify(role_assignments=found, links={"next": None})


@bp.get("/<any(domains, projects):kind>/<target>/groups/<group>/roles")
def granted(kind: str, target: str, group: str) -> Response:
    """Answer the roles a group has there."""
    only_for_administrator()
    state().get(kind, target)
    roles = [
        state().things["roles"][role]
        for where, holder, role in state().grants
        if (where, holder) == (target, group)
    ]
    return jsonify(roles=roles, links={"next": None})
