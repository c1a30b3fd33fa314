"""The stand-in's access keys and application credentials, as Keystone 30 has them."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from demo.console.api import authenticate, cut, keep, only_for_administrator, refused, state
from demo.console.state import Refused

bp = Blueprint("credentials", __name__, url_prefix="/v3")
bp.register_error_handler(Refused, refused)
bp.before_request(authenticate)
bp.after_request(keep)


# Access keys


@bp.get("/credentials")
def listed() -> Response:
    """Somebody's own, every secret in clear, as Keystone does."""
    only_for_administrator(own=request.args["user_id"])
    return cut("credentials", _keys_of(request.args["user_id"]))


@bp.post("/credentials")
def store() -> tuple[Response, int]:
    """An access key somebody brings; the same one twice answers 409."""
    given = request.get_json()["credential"]
    only_for_administrator(own=given["user_id"])
    key = hashlib.sha256(json.loads(given["blob"])["access"].encode()).hexdigest()
    with state().lock:
        if key in state().things["credentials"]:
            raise Refused(409, "Conflict occurred attempting to store credential.", "Conflict")
        made = state().add("credentials", {"id": key, "name": key, **given})
    return jsonify(credential=made), 201


@bp.delete("/credentials/<key>")
def delete(key: str) -> tuple[str, int]:
    """One access key gone."""
    with state().lock:
        # What is gone is nobody's, so Keystone refuses whoever had it.
        only_for_administrator(own=state().things["credentials"].get(key, {}).get("user_id"))
        state().get("credentials", key)
        del state().things["credentials"][key]
    return "", 204


@bp.get("/users/<key>/credentials/OS-EC2")
def keys_of(key: str) -> Response:
    """The same by the older call, which a domain's manager is refused."""
    only_for_administrator(own=key)
    held = [
        {"user_id": key, "tenant_id": kept["project_id"], **json.loads(kept["blob"])}
        for kept in _keys_of(key)
    ]
    return jsonify(credentials=held, links={"next": None})


def _keys_of(user: str) -> list[dict[str, Any]]:
    return [kept for kept in state().things["credentials"].values() if kept["user_id"] == user]


# Application credentials


@bp.get("/users/<user>/application_credentials")
def applications(user: str) -> Response:
    """Somebody's application credentials, without their secrets."""
    only_for_administrator(own=user)
    held = [one for one in state().things["applications"].values() if one["user_id"] == user]
    return cut("application_credentials", [_told(one) for one in held])


@bp.post("/users/<user>/application_credentials")
def create_application(user: str) -> tuple[Response, int]:
    """One with some of the roles of the token; its secret is in this answer only."""
    if user != g.user["id"] or g.token["scope"] != "project":
        raise Refused(403, "You are not authorized to perform the requested action.", "Forbidden")
    given = request.get_json()["application_credential"]
    roles = {role["name"] for role in given["roles"]}
    if not roles <= set(g.token["roles"]):
        raise Refused(400, "Cannot create an application credential with roles not held.", "")
    with state().lock:
        if any(
            (one["user_id"], one["name"]) == (user, given["name"])
            for one in state().things["applications"].values()
        ):
            raise Refused(409, "Conflict: duplicate application credential.", "Conflict")
        made = state().add(
            "applications",
            {
                "name": given["name"],
                "domain_id": user,  # names are unique of each user
                "description": given.get("description"),
                "user_id": user,
                "project_id": g.token["project_id"],
                "roles": [{"id": name, "name": name} for name in sorted(roles)],
                "expires_at": given.get("expires_at"),
                "unrestricted": False,
                "secret": secrets.token_urlsafe(48),
            },
        )
    return jsonify(application_credential=_told(made) | {"secret": made["secret"]}), 201


@bp.delete("/users/<user>/application_credentials/<key>")
def delete_application(user: str, key: str) -> tuple[str, int]:
    """One gone; tokens it gave end with it."""
    only_for_administrator(own=user)
    with state().lock:
        state().get("applications", key)
        del state().things["applications"][key]
    return "", 204


def _told(one: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name not in {"secret", "domain_id"}}
