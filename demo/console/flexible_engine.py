"""Flexible Engine's own calls: users with address and phone, access keys made by the cloud."""

from __future__ import annotations

import json
import re
import secrets
import time
from typing import Any

from flask import Blueprint, Response, jsonify, request

from demo.console.api import authenticate, keep, only_for_administrator, state
from demo.console.state import Refused

bp = Blueprint("flexible_engine", __name__, url_prefix="/v3.0")
bp.before_request(authenticate)
bp.after_request(keep)
MOST_KEYS = 2


@bp.errorhandler(Refused)
def _refused(refusal: Refused) -> tuple[Response, int]:
    return jsonify(error_msg=refusal.message, error_code=refusal.title), refusal.status


@bp.post("/OS-USER/users")
def create_user() -> tuple[Response, int]:
    """Create a user; a name, address or phone in use is refused, each with its own code."""
    given: dict[str, Any] = request.get_json()["user"]
    if not re.fullmatch(r"[A-Za-z_][\w.-]{4,31}", given["name"]):
        raise Refused(400, "The username is invalid.", "1101")
    with state().lock:
        _refuse_taken(given)
        made = state().add("users", {"enabled": True, **given})
    return jsonify(user={name: v for name, v in made.items() if name != "password"}), 201


@bp.put("/OS-USER/users/<key>")
def change_user(key: str) -> Response:
    """Change a user; details of somebody else are refused as above."""
    given: dict[str, Any] = request.get_json()["user"]
    with state().lock:
        found = state().get("users", key)
        _refuse_taken({**given, "domain_id": found["domain_id"]}, but=key)
        found |= given
    return jsonify(user={name: v for name, v in found.items() if name != "password"})


def _refuse_taken(given: dict[str, Any], but: str = "") -> None:
    for field, code in (("name", "1109"), ("email", "1110"), ("phone", "1111")):
        for other in state().things["users"].values():
            same_domain = other["domain_id"] == given["domain_id"] and other["id"] != but
            if given.get(field) and same_domain and other.get(field) == given[field]:
                raise Refused(400, f"The {field} is in use.", code)


@bp.get("/OS-CREDENTIAL/credentials")
def credentials() -> Response:
    """Answer somebody's access keys, without secrets and without their last use."""
    only_for_administrator(own=request.args["user_id"])
    return jsonify(credentials=[_told(key) for key in _held(request.args["user_id"])])


@bp.get("/OS-CREDENTIAL/credentials/<access>")
def credential(access: str) -> Response:
    """Answer one key with its last use, if it was ever used."""
    key = _own(access)
    return jsonify(credential=_told(key) | {n: key[n] for n in {"last_use_time"} & key.keys()})


@bp.post("/OS-CREDENTIAL/credentials")
def create_credential() -> tuple[Response, int]:
    """Create a key, at most two for each user; the secret is in this answer only."""
    given = request.get_json()["credential"]
    user = given["user_id"]
    only_for_administrator(own=user)
    state().get("users", user)
    with state().lock:
        if len(_held(user)) >= MOST_KEYS:
            raise Refused(400, "The number of keys has reached its limit.", "akSkNumExceed")
        access, secret = secrets.token_hex(10).upper(), secrets.token_hex(20)
        key = {
            "id": access,
            "name": access,
            "user_id": user,
            "project_id": None,
            "blob": json.dumps({"access": access, "secret": secret}),
            "description": given.get("description", ""),
            "status": "active",
            "create_time": time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime()),
        }
        state().add("credentials", key)
    return jsonify(credential=_told(key) | {"secret": secret}), 201


@bp.put("/OS-CREDENTIAL/credentials/<access>")
def change_credential(access: str) -> Response:
    """Disable or enable a key."""
    status = request.get_json()["credential"]["status"]
    if status not in {"active", "inactive"}:
        raise Refused(400, "The status is invalid.", "1100")
    with state().lock:
        key = _own(access)
        key["status"] = status
    return jsonify(credential=_told(key))


@bp.delete("/OS-CREDENTIAL/credentials/<access>")
def delete(access: str) -> tuple[str, int]:
    """Delete a key."""
    with state().lock:
        _own(access)
        del state().things["credentials"][access]
    return "", 204


def _own(access: str) -> dict[str, Any]:
    key = state().get("credentials", access)
    only_for_administrator(own=key["user_id"])
    return key


def _told(key: dict[str, Any]) -> dict[str, Any]:
    shown = {name: key[name] for name in ("user_id", "description", "status", "create_time")}
    return shown | {"access": key["name"]}


def _held(user: str) -> list[dict[str, Any]]:
    return [kept for kept in state().things["credentials"].values() if kept["user_id"] == user]
