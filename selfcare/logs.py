"""Log lines as JSON with the request's id, which error pages show too."""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import Any

import structlog
from flask import Flask, Response, g, has_request_context, request
from structlog.typing import EventDict, Processor

from selfcare.config import Settings

log = structlog.get_logger("selfcare.web.requests")
_TALKATIVE = {
    "alembic": logging.WARNING,
    "fontTools": logging.WARNING,
    "factur-x": logging.CRITICAL,
    "pypdf": logging.ERROR,
    "keystoneauth": logging.WARNING,
}
"""Libraries that tell every step (fontTools: 40 lines a PDF), what we say ourselves, or, at DEBUG,
whole requests to the IAM with the passwords in them (keystoneauth)."""

LONGEST = 2_000
LONGEST_TRACE = 20_000
"""Characters of a value in a line; pipes and collectors cut longer lines in two."""

_SECRET = re.compile(
    r"(?P<before>(?:password|email)(?:[^\w\s<]|%[0-9a-f]{2}){1,9}(?:set|confirm)"
    r"(?:[^\w\s<]|%[0-9a-f]{2}){1,9})[^\s\"'?#&<>]+"
    r"|\.[\w-]{40,}",
    re.IGNORECASE,
)
"""A mailed link's token: after its address in any spelling, or by the look of its signature."""

_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def masked(text: str, longest: int = LONGEST) -> str:
    """The text without mailed tokens, and not longer than a line may be."""
    text = _SECRET.sub(lambda found: f"{found['before'] or ''}<token>", text[: longest + 1])
    return text if len(text) <= longest else f"{text[:longest]}…"


def _mask(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Every value of a line is masked, whoever wrote it."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = masked(value, LONGEST_TRACE if name == "exception" else LONGEST)
    return event


class MaskedRecords(logging.Filter):
    """The same for lines that are not ours: the web server's own."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the record's text, and let it pass."""
        record.msg, record.args = masked(record.getMessage()), None
        return True


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
        _mask,
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
    """The path as lines and reports tell it; its pattern where it holds a secret."""
    if request.url_rule and "token" in (request.view_args or {}):
        return request.url_rule.rule
    return masked(request.path)


def report_errors(dsn: str) -> None:
    """Send errors to Sentry, without what people typed."""
    import sentry_sdk  # noqa: PLC0415 (only where it is used)
    from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415

    sentry_sdk.init(
        dsn,
        send_default_pii=False,
        include_local_variables=False,
        integrations=[LoggingIntegration(level=None, event_level=None)],  # errors, not lines
        before_send=reported,
    )


def reported(event: Any, _hint: Any) -> Any:
    """An error's report as it goes to Sentry: of the request no more than which page it was."""
    event = _masked_all(event)
    event.pop("request", None)
    known = structlog.contextvars.get_contextvars()
    told = {name: known[name] for name in ("request_id", "job", "visit") if name in known}
    if told:
        event["tags"] = {**(event.get("tags") or {}), **told}
    if has_request_context():
        address = request.host_url.rstrip("/") + path()
        event["request"] = {"method": request.method, "url": address}
    return event


def _masked_all(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value, LONGEST_TRACE)
    if isinstance(value, dict):
        return {name: _masked_all(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_masked_all(one) for one in value]
    return value


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
