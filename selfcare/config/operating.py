"""The portal's own: where things are, secrets, its database, how it runs."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from selfcare.config import rules
from selfcare.config.fields import setting
from selfcare.config.folders import VAR


@dataclass(frozen=True, kw_only=True)
class Operating:
    """Operating the portal."""

    # Where things are
    database_url: str = setting(
        f"sqlite:///{VAR / 'selfcare.db'}",
        "PostgreSQL (`postgresql://…`, `postgres://…`) or SQLite (`sqlite:////absolute/path`).",
        check=rules.like(
            r"(postgres(ql)?(\+psycopg)?|sqlite)://", "postgresql:// or sqlite:// is needed"
        ),
        secret=True,
    )
    redis_url: str = setting(
        "redis://127.0.0.1:6379/0",
        "Queues and throttling: `redis://`, `rediss://` or `unix://`. Pages work while it is away.",
        check=rules.like(r"(rediss?|unix)://", "redis://, rediss:// or unix:// is needed"),
        secret=True,
    )
    redis_prefix: str = setting(
        "",
        "What the names of this portal's queues and counters in Redis begin with, where several"
        " portals share one; the host of PORTAL_URL if unset.",
        check=rules.like(r"[\w.:-]{1,100}$", "letters, digits, `.`, `:`, `_` and `-` only"),
    )
    portal_url: str = setting(
        "http://127.0.0.1:8000",
        "The address people use, for links in mails. `https://` makes the cookies Secure.",
        check=rules.portal,
        required=True,
    )
    trusted_proxies: int = setting(
        0,
        "How many reverse proxies in front set `X-Forwarded-*` (1 on most PaaS).",
        check=rules.between(0, 10),
    )
    assets_dir: Path = setting(
        Path(tempfile.gettempdir()) / "selfcare-assets",
        "Writable folder for the fingerprinted and compressed copies of the static files.",
    )

    # Secrets and sessions
    secret_key: str = setting(
        "",
        "At least 32 random characters: `openssl rand -hex 32`. Signs cookies and forms. Required.",
        check=rules.secret_key,
        secret=True,
        required=True,
    )
    secret_key_previous: str = setting(
        "", "The former `SECRET_KEY`, still accepted while it is being replaced.", secret=True
    )
    session_hours: int = setting(
        24, "A sign-in ends after this many hours without a page.", check=rules.between(1)
    )
    session_max_days: int = setting(
        7, "A sign-in ends after this many days whatever happens.", check=rules.between(1)
    )

    # Database pool
    database_pool_size: int = setting(
        10,
        "Most connections a web process has at a time (PostgreSQL); threads wait for one.",
        check=rules.between(1),
    )
    database_timeout: int = setting(
        10, "Seconds to wait for a connection or a lock.", check=rules.between(1)
    )

    # Running
    cron_in_worker: bool = setting(
        False,
        "`flask worker` does the work of `flask cron`, too, so that there is one process less.",
    )
    demo: bool = setting(
        False, "Demonstration: names on the sign-in page, and the mails to look at. Never for real."
    )
    log_level: str = setting(
        "INFO",
        "DEBUG, INFO, WARNING or ERROR.",
        check=rules.one_of("DEBUG", "INFO", "WARNING", "ERROR"),
    )
    log_format: str = setting(
        "json", "`json` for machines, `console` for people.", check=rules.one_of("json", "console")
    )
    metrics: bool = setting(
        False,
        "Publish `/metrics` (Prometheus). With several web processes, also set"
        " `PROMETHEUS_MULTIPROC_DIR` to an empty folder.",
    )
    metrics_token: str = setting(
        "", "What Prometheus has to show for them, as its bearer token; open if unset.", secret=True
    )
    sentry_dsn: str = setting("", "Where Sentry takes error reports, if anywhere.", secret=True)
