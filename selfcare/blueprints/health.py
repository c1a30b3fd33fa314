"""Health checks for a PaaS: does the process live, can it work."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint
from flask.typing import ResponseReturnValue
from redis import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from selfcare.background.jobs import redis
from selfcare.database import db
from selfcare.models import Mail, WishState, now
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
    """Database, Redis, and how long the oldest waiting mail has been due (seconds).

    Only the database decides: pages work while Redis is away, so Redis is told, not fatal.
    """
    state: dict[str, object] = {}
    try:
        db.session.execute(text("SELECT 1"))
        due: datetime | None = db.session.execute(
            select(func.min(Mail.due_at)).where(Mail.state == WishState.QUEUED)
        ).scalar_one()
        state["database"] = "ok"
        state["oldest_mail_seconds"] = (
            max(0, int((now() - due).total_seconds())) if due is not None else 0
        )
    except SQLAlchemyError:
        state["database"] = "away"
    try:
        redis().ping()
        state["redis"] = "ok"
    except RedisError:
        state["redis"] = "away"
    return state, 200 if state["database"] == "ok" else 503
