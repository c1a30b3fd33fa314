"""Health checks for a PaaS: does the process live, can it work."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from selfcare.background.jobs import redis
from selfcare.database import db
from selfcare.services.mail import outbox
from selfcare.web.access import public

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public("asked by the platform")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
@public("asked by the platform")
def readyz() -> ResponseReturnValue:
    """Database, Redis, and how long mails have been due without any leaving.

    Only the database decides: pages work while Redis is away, so Redis is told, not fatal.
    """
    state: dict[str, object] = {}
    try:
        db.session.execute(text("SELECT 1"))
        state["database"] = "ok"
        state["mails_stalled_seconds"] = int(outbox.stalled_for().total_seconds())
    except SQLAlchemyError:
        state["database"] = "away"
    try:
        redis().ping()
        state["redis"] = "ok"
    except RedisError:
        state["redis"] = "away"
    return state, 200 if state["database"] == "ok" else 503
