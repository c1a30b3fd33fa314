"""Headers of answers: what a page may load, who may frame it, what may be kept."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, g, make_response, request
from flask.typing import ResponseReturnValue

from selfcare.config import Settings
from selfcare.web.realms import SessionCookie

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


def transport_headers(settings: Settings) -> dict[str, str]:
    """HSTS, where people reach the portal by https."""
    if not settings.secure:
        return {}
    return {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}


def init_app(app: Flask, settings: Settings) -> None:
    """Sign the session, add the headers to every answer, answer 304 where nothing changed."""
    headers = HEADERS | transport_headers(settings) | {"Cache-Control": "private, no-cache"}
    unless_given = {name.lower(): (name, value) for name, value in headers.items()}
    app.session_interface = SessionCookie()

    @app.after_request
    def finish(response: Response) -> Response:
        if targets := g.get("form_targets"):
            response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.replace(
                "form-action 'self'", " ".join(("form-action 'self'", *sorted(targets)))
            )
        response.vary.update(("Cookie", "HX-Target"))
        if (
            request.method in {"GET", "HEAD"}
            and response.status_code == 200
            and not response.is_streamed
            and "visit" not in g
        ):
            if not response.get_etag()[0]:
                response.add_etag(weak=True)
            response.make_conditional(request)
        # All together, and last: to look for one header is to look at each there is.
        given = {name.lower() for name, _ in response.headers}
        response.headers.extend([one for key, one in unless_given.items() if key not in given])
        return response


def no_store(answer: ResponseReturnValue) -> Response:
    """The answer, kept by nobody: not by the browser, nor by anything between."""
    made = make_response(answer)
    made.headers["Cache-Control"] = "no-store"
    return made


def allow_forms_to(address: str) -> None:
    """A form on this page may lead to the origin of that address, by redirects that follow it.

    Chromium holds these to `form-action`, too: a sign-in that ends at a client of the OpenID
    provider is cancelled without (CONSOLE-1).
    """
    parts = urlsplit(address)
    g.setdefault("form_targets", set()).add(f"{parts.scheme}://{parts.netloc}")
