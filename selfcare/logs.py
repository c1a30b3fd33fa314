"""Log lines as JSON with the request's id, which error pages show too."""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import Any

import structlog
from flask import Flask, Response, g, has_request_context, request
from structlog.typing import Processor

from selfcare.config import Settings

log = structlog.get_logger("selfcare.requests")
_TALKATIVE = {"fontTools": logging.WARNING, "factur-x": logging.CRITICAL, "pypdf": logging.ERROR}
"""Libraries that tell every step (fontTools: 40 lines a PDF), or what we say ourselves."""

_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def level_of_rq(settings: Settings) -> str:
    """The level of RQ, which writes five lines a job: warnings, unless everything is asked for."""
    return "WARNING" if settings.log_level.upper() == "INFO" else settings.log_level.upper()


def configure(settings: Settings) -> None:
    """Send structlog and the standard library's records the same way, to stderr."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level.lower()),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    logging.getLogger("rq").setLevel(level_of_rq(settings))
    for name, level in _TALKATIVE.items():
        logging.getLogger(name).setLevel(level)


def path() -> str:
    """The path; its pattern where the path holds a secret (links in mails)."""
    if request.url_rule and "token" in (request.view_args or {}):
        return request.url_rule.rule
    return request.path


def reported(event: Any, _hint: Any) -> Any:
    """An error's report as it goes to Sentry: of the request no more than which page it was."""
    event.pop("request", None)
    if has_request_context():
        address = request.host_url.rstrip("/") + path()
        event["request"] = {"method": request.method, "url": address}
    return event


def _log_exception(exc_info: Any) -> None:
    """Flask's own words hold the path as it is."""
    log.error("exception", method=request.method, path=path(), exc_info=exc_info)


def init_app(app: Flask) -> None:
    """Give each request an id and one line."""
    app.log_exception = _log_exception  # type: ignore[method-assign]

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _ID.fullmatch(given) else secrets.token_hex(8)
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.get("request_id", "")
        if request.endpoint != "health.healthz":
            log.info(
                "request",
                method=request.method,
                path=path(),
                status=response.status_code,
                ms=round((time.perf_counter() - g.began) * 1000, 1) if "began" in g else None,
                account=g.get("account_id"),
                ip=request.remote_addr,
            )
        return response
