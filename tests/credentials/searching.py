"""What is left lying about: tables, Redis, log, error reports; secrets are looked for there.

```python
with Traces(app) as traces:
    ...
    assert traces.of("Ciel-Nouveau.77") == []
```
"""

from __future__ import annotations

import base64
import io
import json
import logging
import zlib
from contextlib import suppress
from typing import Any, Self
from urllib.parse import quote

import sentry_sdk
from flask import Flask
from redis import Redis
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport
from sqlalchemy import text

from selfcare.database import db
from selfcare.models import Base


class Reports(Transport):
    """Keeps the error reports instead of sending them."""

    def __init__(self) -> None:
        super().__init__({})
        self.sent: list[bytes] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        """One report."""
        self.sent.append(envelope.serialize())


class Traces:
    """What the portal leaves behind from here on: the log at DEBUG, too."""

    def __init__(self, app: Flask) -> None:
        self.app, self.reports, self.log = app, Reports(), io.StringIO()
        self._handler = logging.StreamHandler(self.log)
        # The mail server of the tests, which is not the portal's, tells what it was sent.
        self._handler.addFilter(lambda record: record.name != "mail.log")

    def __enter__(self) -> Self:
        sentry_sdk.get_client().transport = self.reports
        root = logging.getLogger()
        self._level = root.level
        root.addHandler(self._handler)
        root.setLevel(logging.DEBUG)
        return self

    def __exit__(self, *_: object) -> None:
        root = logging.getLogger()
        root.removeHandler(self._handler)
        root.setLevel(self._level)

    def of(self, secret: str) -> list[str]:
        """The places in which a secret stands, as it is or in a usual disguise."""
        disguises = {
            secret.encode(),
            base64.b64encode(secret.encode()).rstrip(b"="),
            quote(secret).encode(),
            json.dumps(secret)[1:-1].encode(),
            secret.encode().hex().encode(),
        }
        return [
            place
            for place, content in self._everything().items()
            if any(disguise in content for disguise in disguises)
        ]

    def _everything(self) -> dict[str, bytes]:
        found = {"log": self.log.getvalue().encode()}
        found |= {f"report {n}": sent for n, sent in enumerate(self.reports.sent)}
        with self.app.app_context():
            for table in Base.metadata.sorted_tables:
                rows = db.session.execute(text(f'SELECT * FROM "{table.name}"')).all()
                found[f"table {table.name}"] = repr([tuple(row) for row in rows]).encode()
        with Redis.from_url(self.app.extensions["settings"].redis_url) as redis:
            for name in redis.scan_iter():
                found[f"redis {name.decode(errors='replace')}"] = _read(redis, name)
        return found


def _read(redis: Any, name: bytes) -> bytes:
    """A key's value, whatever its kind; RQ packs what it keeps."""
    dumped: bytes = redis.dump(name) or b""
    kind = redis.type(name)
    if kind == b"hash":
        for field, value in redis.hgetall(name).items():
            dumped += field + value
            with suppress(zlib.error):
                dumped += zlib.decompress(value)
    return dumped
