"""Tokens of the service account, kept from one job to the next.

Each job is a process of its own, which would ask the IAM for a token first. So a token is kept in
Redis until it ends, sealed: whoever reads Redis learns nothing.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import Any

from flask import has_app_context
from keystoneauth1.access import AccessInfoV3
from keystoneauth1.identity.v3 import Password
from keystoneauth1.session import Session
from redis import RedisError

from selfcare.background.jobs import own, redis
from selfcare.models import now
from selfcare.services.safety import sealing
from selfcare.services.safety.sealing import SealBroken

MARGIN = 120
"""Seconds before its end from which a token is no longer kept; keystoneauth renews it then, too."""

PURPOSE = "a token of the service account"


class KeptToken(Password):
    """keystoneauth's sign-in with a password, which looks for a kept token first."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        told = json.dumps(given, sort_keys=True)  # with the password: another one, another token
        self._mark = hashlib.sha256(told.encode()).hexdigest()

    def get_auth_ref(self, session: Session) -> AccessInfoV3:
        """The kept token, or a new one, which is kept."""
        kept = self._load()
        if kept and not kept.will_expire_soon(MARGIN):
            return kept
        new = super().get_auth_ref(session)
        self._keep(new)
        return new

    def invalidate(self) -> bool:
        """The IAM no longer takes it."""
        if has_app_context():
            with suppress(RedisError):
                redis().delete(own(f"iam-token:{self._mark}"))
        return bool(super().invalidate())

    def _load(self) -> AccessInfoV3 | None:
        if not has_app_context():
            return None
        with suppress(RedisError, SealBroken):
            sealed = redis().get(own(f"iam-token:{self._mark}"))
            if isinstance(sealed, bytes):
                kept = json.loads(sealing.unseal(sealed.decode(), purpose=PURPOSE))
                return AccessInfoV3(kept["body"], kept["token"])
        return None

    def _keep(self, access: AccessInfoV3) -> None:
        if access.expires is None or not has_app_context():
            return
        seconds = int((access.expires - now()).total_seconds()) - MARGIN
        kept = json.dumps({"body": access._data, "token": access.auth_token})
        if seconds > 0:
            with suppress(RedisError):
                redis().set(
                    own(f"iam-token:{self._mark}"), sealing.seal(kept, purpose=PURPOSE), ex=seconds
                )
