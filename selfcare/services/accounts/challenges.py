"""Challenges: asked now, answered within minutes, once; kept on our side only."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from selfcare.database import db
from selfcare.models import Challenge, now


def put(kind: str, data: dict[str, Any], *, good_for: timedelta) -> str:
    """Keep a challenge; returns the name to ask for it by, which gives nothing away."""
    challenge = Challenge(
        id=secrets.token_urlsafe(18), kind=kind, data=data, expires_at=now() + good_for
    )
    db.session.add(challenge)
    db.session.flush()
    return challenge.id


def look(kind: str, name: str) -> dict[str, Any] | None:
    """The challenge, to show it; None once it was answered or is too old."""
    return db.session.execute(
        select(Challenge.data).where(
            Challenge.id == name, Challenge.kind == kind, Challenge.expires_at > now()
        )
    ).scalar_one_or_none()


def take(kind: str, name: str) -> dict[str, Any] | None:
    """The challenge, to check an answer; of two takers one gets it."""
    return db.session.execute(
        delete(Challenge)
        .where(Challenge.id == name, Challenge.kind == kind, Challenge.expires_at > now())
        .returning(Challenge.data)
    ).scalar_one_or_none()
