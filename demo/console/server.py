"""The stand-in as a WSGI application and as a server."""

from __future__ import annotations

import secrets
from pathlib import Path

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from demo.console import api, credentials, flexible_engine, pages, sign_in, tokens
from demo.console.state import State
from demo.ports import HOST


class _Quiet(WSGIRequestHandler):
    """Logs failures only, and keeps connections open."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log answers of 5xx only."""
        if str(code).startswith("5"):
            super().log_request(code, size)


def create_app(file: Path | None, *, password: str) -> Flask:
    """Make the stand-in's application; it keeps its data in `file`."""
    app = Flask("console")
    app.extensions["console"] = State(file, password=password)
    # Browsers share cookies between the ports of one host: the portal has a `session` of its own.
    app.config["SESSION_COOKIE_NAME"] = "console_session"
    app.secret_key = secrets.token_bytes(32)
    app.extensions["provider"], app.extensions["signed_in"] = {}, {}
    for blueprint in (api.bp, tokens.bp, credentials.bp, flexible_engine.bp, pages.bp, sign_in.bp):
        app.register_blueprint(blueprint)
    return app


def serve(
    port: int, *, inherited: int | None = None, file: Path | None = None, password: str
) -> BaseWSGIServer:
    """Make a server with a thread for each request; the caller runs and stops it.

    Args:
        inherited: the number of a socket that listens already, in place of the port.
    """
    return make_server(
        HOST,
        port,
        create_app(file, password=password),
        threaded=True,
        request_handler=_Quiet,
        fd=inherited,
    )
