"""Response headers: what a page may load, who may frame it, what may be kept (quality.md, Safe)."""

from __future__ import annotations

from flask import Flask, Response, request

from selfcare.config import Settings

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def init_app(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer, and answer 304 where nothing changed."""
    headers = dict(HEADERS)
    if settings.secure:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"

    @app.after_request
    def finish(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "private, no-cache"
        response.vary.update(("Cookie", "HX-Target"))
        if (
            request.method in {"GET", "HEAD"}
            and response.status_code == 200
            and not response.is_streamed
        ):
            if not response.get_etag()[0]:
                response.add_etag(weak=True)
            response.make_conditional(request)
        return response
