"""The web pages of the mail catcher: a list, and each mail as text, as HTML and as it came."""

from __future__ import annotations

import re
from datetime import datetime
from email import message_from_bytes
from email.message import MIMEPart
from email.policy import default as policy
from io import BytesIO
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from flask import Flask, Response, abort, render_template, send_file
from flask.typing import ResponseReturnValue

from demo.mails import MailFolder
from selfcare.config import Settings

_SHOWN = 200
_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# The mail's own HTML: styles and embedded pictures, but no script, no network, no way out but
# links that open in a tab of their own.
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_MAIL_POLICY = f"sandbox {_SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class KeptMail:
    """A mail of the folder, for the pages; even a malformed mail can be shown."""

    def __init__(self, file: Path, zone: ZoneInfo) -> None:
        """Read the file; moments are shown in the zone."""
        self.name = file.name
        self.content = file.read_bytes()
        self.message = message_from_bytes(self.content, policy=policy)
        self._zone = zone

    def header(self, *names: str) -> str:
        """Give the values of the first of these headers that there is."""
        for name in names:
            try:
                values = [str(value) for value in self.message.get_all(name, [])]
            except Exception:  # noqa: BLE001 - the library stumbles over some headers
                values = [str(v) for header, v in self.message.raw_items() if header == name]
            if values:
                return ", ".join(values)
        return ""

    @property
    def to(self) -> str:
        """The recipients, blind copies included."""
        return self.header("Delivered-To", "To")

    @property
    def subject(self) -> str:
        """The subject, or words for a missing one."""
        return self.header("Subject").strip() or "(sans objet)"

    @property
    def received(self) -> str:
        """The moment it came, in the portal's time zone."""
        try:
            moment = datetime.strptime(self.name.partition("-")[0], "%Y%m%dT%H%M%S.%f%z")
        except ValueError:
            return "?"
        return format_datetime(moment, "d MMM y, HH:mm:ss", tzinfo=self._zone, locale="fr")

    @property
    def text(self) -> str | None:
        """The plain text, if there is one."""
        return _content(self.message.get_body(("plain",)))

    @property
    def html(self) -> str | None:
        """The HTML; its links open in a new tab, since the portal refuses to be framed."""
        page = _content(self.message.get_body(("html",)))
        if page is None:
            return None
        base = '<base target="_blank">'
        based, found = re.subn(r"(?i)<head\b[^>]*>", rf"\g<0>{base}", page, count=1)
        return based if found else base + page

    @property
    def files(self) -> list[MIMEPart]:
        """The attached files."""
        return list(self.message.iter_attachments())


def _content(part: MIMEPart | None) -> str | None:
    try:
        return None if part is None else str(part.get_content())
    except (LookupError, ValueError):  # an unknown character set, say
        payload = part.get_payload(decode=True) if part else None
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def create_app(folder: MailFolder, *, zone: str = Settings.timezone) -> Flask:
    """Make the application that shows a folder's mails, with the portal's time zone."""
    app = Flask(__name__)
    app.jinja_env.policies["urlize.rel"] = "noreferrer"
    local = ZoneInfo(zone)

    def find(name: str) -> KeptMail:
        # The name must be one that the folder lists, so no path leads out of it.
        file = next((file for file in folder.newest_first() if file.name == name), None)
        return KeptMail(file, local) if file else abort(404)

    @app.get("/")
    def index() -> ResponseReturnValue:
        files = folder.newest_first()
        listed = [KeptMail(file, local) for file in islice(files, _SHOWN)]
        return _page("Courriels de la démonstration", listed=listed, count=len(files))

    @app.get("/style.css")
    def style() -> ResponseReturnValue:
        return send_file(Path(__file__).with_suffix(".css"))

    @app.get("/mails/<name>")
    def mail(name: str) -> ResponseReturnValue:
        found = find(name)
        return _page(found.subject, mail=found, sandbox=_SANDBOX)

    @app.get("/mails/<name>/html")
    def html(name: str) -> ResponseReturnValue:
        page = find(name).html
        return _answer(abort(404) if page is None else page, _MAIL_POLICY)

    @app.get("/mails/<name>/raw")
    def raw(name: str) -> ResponseReturnValue:
        content = BytesIO(find(name).content)
        return send_file(content, "message/rfc822", as_attachment=True, download_name=name)

    @app.get("/mails/<name>/files/<int:number>")
    def attachment(name: str, number: int) -> ResponseReturnValue:
        parts = find(name).files
        part = parts[number] if number < len(parts) else abort(404)
        payload = part.get_payload(decode=True)
        return send_file(
            BytesIO(payload if isinstance(payload, bytes) else part.as_bytes()),
            "application/octet-stream",
            as_attachment=True,
            download_name=part.get_filename("piece-jointe"),
        )

    @app.errorhandler(404)
    def not_found(_error: Exception) -> ResponseReturnValue:
        return _page("Page introuvable"), 404

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.update(_HEADERS)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        return response

    return app


def _page(title: str, **shown: object) -> Response:
    return _answer(render_template("mails.html", title=title, **shown), _POLICY)


def _answer(page: str, csp: str) -> Response:
    return Response(page.encode("utf-8", "replace"), headers={"Content-Security-Policy": csp})
