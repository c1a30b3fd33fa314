"""Flexible Engine's own calls: users with address and phone, access keys made by the cloud."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

from flask import Blueprint, Response, jsonify, request

from demo.console.api import _authenticate, _keep, state
from demo.console.state import Refused

bp = Blueprint("flexible_engine", __name__, url_prefix="/v3.0")
bp.before_request(_authenticate)
bp.after_request(_keep)
MOST_KEYS = 2


@bp.errorhandler(Refused)
def _refused(refusal: Refused) -> tuple[Response, int]:
    return jsonify(error_msg=refusal.message, error_code=refusal.title), refusal.status


@bp.post("/OS-USER/users")
def create_user() -> tuple[Response, int]:
    """A user; a name, address or phone that somebody has is refused with a code of its own."""
    given: dict[str, Any] = request.get_json()["user"]
    if not re.fullmatch(r"[A-Za-z_][\w.-]{4,31}", given["name"]):
        raise Refused(400, "The username is invalid.", "1101")
    with state().lock:
        _refuse_taken(given)
        made = state().add("users", {"enabled": True, **given})
    return jsonify(user={name: v for name, v in made.items() if name != "password"}), 201


@bp.put("/OS-USER/users/<key>")
def change_user(key: str) -> Response:
    """Other details; what somebody else has is refused as above."""
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


@bp.route("/OS-CREDENTIAL/credentials", methods=["GET", "POST"])
def credentials() -> tuple[Response, int]:
    """Access keys: at most two a user, the secret in this answer only."""
    if request.method == "GET":
        held = _held(request.args["user_id"])
        return jsonify(credentials=[{"access": key["name"]} for key in held]), 200
    user = request.get_json()["credential"]["user_id"]
    state().get("users", user)
    with state().lock:
        if len(_held(user)) >= MOST_KEYS:
            raise Refused(400, "The number of keys has reached its limit.", "akSkNumExceed")
        access, secret = secrets.token_hex(10).upper(), secrets.token_hex(20)
        blob = json.dumps({"access": access, "secret": secret})
        state().add(
            "credentials",
            {"id": access, "name": access, "user_id": user, "project_id": None, "blob": blob},
        )
    return jsonify(credential={"access": access, "secret": secret, "user_id": user}), 201


@bp.delete("/OS-CREDENTIAL/credentials/<access>")
def delete(access: str) -> tuple[str, int]:
    """One gone."""
    with state().lock:
        state().get("credentials", access)
        del state().things["credentials"][access]
    return "", 204


def _held(user: str) -> list[dict[str, Any]]:
    return [kept for kept in state().things["credentials"].values() if kept["user_id"] == user]
