"""The web page of the mail catcher: a list, and each mail as text, as HTML and as it came.

What a mail holds is not to be trusted: its HTML runs in a sandbox, everything else is escaped.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from datetime import datetime
from email import message_from_binary_file
from email.message import EmailMessage, MIMEPart
from email.parser import BytesHeaderParser
from email.policy import default as policy
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from babel.dates import format_datetime
from markupsafe import Markup, escape

from demo.mails import MailFolder

_SHOWN = 200
_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# The mail's own HTML: styles and embedded pictures, but no script, no network, no way out but
# links that open in a tab of their own.
_LETTING_LINKS_OUT = "allow-popups allow-popups-to-escape-sandbox"
_MAIL_POLICY = (
    f"sandbox {_LETTING_LINKS_OUT}; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
)
_ADDRESS = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]")

_STYLE = Path(__file__).with_suffix(".css")


class PageNotFoundError(LookupError):
    """The address names nothing that there is."""


class Answer:
    """What goes back to the browser."""

    def __init__(
        self, body: str | bytes, kind: str = "text/html", *, csp: str = _POLICY, save_as: str = ""
    ) -> None:
        """Take a body, its media type, what it may do, and its name if it is to be saved."""
        self.body = body.encode("utf-8", "replace") if isinstance(body, str) else body
        self.headers = {
            "Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
            "Content-Length": str(len(self.body)),
            "Content-Security-Policy": csp,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
        if save_as:
            self.headers["Content-Disposition"] = (
                f"attachment; filename*=UTF-8''{quote(save_as, '')}"
            )


def answer(folder: MailFolder, address: str) -> Answer:
    """Answer a GET of one of the catcher's addresses."""
    match [unquote(step) for step in urlsplit(address).path.strip("/").split("/")]:
        case [""]:
            return Answer(_list_page(folder))
        case ["style.css"]:
            return Answer(_STYLE.read_bytes(), "text/css")
        case ["mails", name]:
            return Answer(_mail_page(name, _read(folder, name)))
        case ["mails", name, "html"]:
            return Answer(_html_of(_read(folder, name)), csp=_MAIL_POLICY)
        case ["mails", name, "raw"]:
            return Answer(_file(folder, name).read_bytes(), "message/rfc822", save_as=name)
        case ["mails", name, "files", number]:
            return _attachment(_read(folder, name), number)
        case _:
            raise PageNotFoundError(address)


# --- Pages -------------------------------------------------------------------------------------


def _page(title: str, *content: Markup) -> str:
    head = Markup(
        '<!doctype html>\n<html lang="fr">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<title>{} – Courriels de la démonstration</title>\n"
        '<link rel="stylesheet" href="/style.css">\n</head>\n<body>\n'
    ).format(title)
    return head + Markup("\n").join(content) + Markup("\n</body>\n</html>\n")


def _list_page(folder: MailFolder) -> str:
    files = folder.newest_first()
    rows = Markup("\n").join(_row(file) for file in files[:_SHOWN])
    count = "1 courriel" if len(files) == 1 else f"{len(files)} courriels"
    if len(files) > _SHOWN:
        count += f" ; voici les {_SHOWN} derniers"
    return _page(
        "Réception",
        Markup("<header>\n<h1>Courriels de la démonstration</h1>"),
        Markup("<p>Aucun courriel ne quitte cette machine : le portail les remet ici.</p>"),
        Markup('<nav><a href="/">Actualiser</a></nav></header>\n<main>'),
        Markup(
            "<table>\n<caption>{}, les plus récents d’abord</caption>\n<thead><tr>"
            '<th scope="col">Reçu</th><th scope="col">Destinataire</th><th scope="col">Objet</th>'
            "</tr></thead>\n<tbody>\n{}\n</tbody>\n</table>"
        ).format(count, rows)
        if files
        else Markup("<p>Aucun courriel pour l’instant.</p>"),
        Markup("</main>"),
    )


def _row(file: Path) -> Markup:
    with file.open("rb") as content:
        message: Any = BytesHeaderParser(policy=policy).parse(content)
    return Markup('<tr><td>{}</td><td>{}</td><td><a href="/mails/{}">{}</a></td></tr>').format(
        _arrival(file.name), _to(message), _in_address(file.name), _subject(message)
    )


def _mail_page(name: str, message: EmailMessage) -> str:
    address = f"/mails/{_in_address(name)}"
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    files = [part.get_filename("sans nom") for part in message.iter_attachments()]
    facts = [("Reçu", _arrival(name)), ("De", _header(message, "From")), ("À", _to(message))]
    content = [
        Markup(
            '<nav><a href="/">Tous les courriels</a> <a href="{}/raw">Source (.eml)</a></nav>'
        ).format(address),
        Markup("<main>\n<h1>{}</h1>").format(_subject(message)),
        Markup("<dl>{}</dl>").format(
            Markup("\n").join(Markup("<dt>{}</dt><dd>{}</dd>").format(*fact) for fact in facts)
        ),
    ]
    if text:
        shown = _with_links(_content(text))
        content.append(Markup("<h2>En texte</h2>\n<pre>{}</pre>").format(shown))
    if page:
        content.append(
            Markup(
                "<h2>En HTML</h2>\n"
                '<iframe src="{0}/html" sandbox="{1}" title="Le courriel en HTML"></iframe>\n'
                '<p><a href="{0}/html">Le courriel en HTML, seul</a></p>'
            ).format(address, _LETTING_LINKS_OUT)
        )
    if files:
        links = (
            Markup('<li><a href="{}/files/{}">{}</a></li>').format(address, number, file)
            for number, file in enumerate(files)
        )
        content.append(
            Markup("<h2>Pièces jointes</h2>\n<ul>{}</ul>").format(Markup("\n").join(links))
        )
    headers = "\n".join(f"{header}: {value}" for header, value in message.raw_items())
    content.append(
        Markup(
            "<details><summary>Tous les en-têtes</summary>\n<pre>{}</pre></details>\n</main>"
        ).format(headers)
    )
    return _page(_subject(message), *content)


def _html_of(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    if not body:
        raise PageNotFoundError
    # Links open beside the catcher: the portal refuses to be shown inside another page.
    base = '<base target="_blank">'
    page, found = re.subn(
        r"<head\b[^>]*>", rf"\g<0>{base}", _content(body), count=1, flags=re.IGNORECASE
    )
    return page if found else base + page


def _attachment(message: EmailMessage, number: str) -> Answer:
    parts = list(message.iter_attachments())
    if not number.isdecimal() or int(number) >= len(parts):
        raise PageNotFoundError
    part = parts[int(number)]
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else part.as_bytes()
    return Answer(content, "application/octet-stream", save_as=part.get_filename("piece-jointe"))


# --- Parts of a page ---------------------------------------------------------------------------


def _file(folder: MailFolder, name: str) -> Path:
    # Only a name that the folder itself lists: nothing to climb out with.
    for file in folder.newest_first():
        if file.name == name:
            return file
    raise PageNotFoundError(name)


def _in_address(name: str) -> str:
    return quote(name, safe="@")


def _read(folder: MailFolder, name: str) -> EmailMessage:
    with _file(folder, name).open("rb") as content:
        return message_from_binary_file(content, policy=policy)


def _header(message: EmailMessage, *names: str) -> str:
    """Give the values of the first of these headers that there is."""
    for name in names:
        try:
            values = [str(value) for value in message.get_all(name, [])]
        except Exception:  # noqa: BLE001 - a header may be such that the library stumbles over it
            values = [str(value) for header, value in message.raw_items() if header == name]
        if values:
            return ", ".join(values)
    return ""


def _content(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except (LookupError, ValueError):  # an unknown character set, say
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _to(message: EmailMessage) -> str:
    return _header(message, "Delivered-To", "To")


def _subject(message: EmailMessage) -> str:
    return _header(message, "Subject").strip() or "(sans objet)"


def _arrival(name: str) -> str:
    try:
        moment = datetime.strptime(name.partition("-")[0], "%Y%m%dT%H%M%S.%f%z")
    except ValueError:
        return "?"
    here = moment.astimezone()
    return str(format_datetime(here, "d MMM y, HH:mm:ss", tzinfo=here.tzinfo, locale="fr"))


def _with_links(text: str) -> Markup:
    linked, end = Markup(), 0
    for found in _ADDRESS.finditer(text):
        link = Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(found[0])
        linked += escape(text[end : found.start()]) + link
        end = found.end()
    return linked + escape(text[end:])


# --- The server --------------------------------------------------------------------------------


@contextlib.contextmanager
def serve_pages(folder: MailFolder, *, port: int = 0) -> Iterator[threading.Thread]:
    """Serve the pages from a thread, which is what you get; its `name` is their address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = HTTPStatus.OK
            try:
                page = answer(folder, self.path)
            except (PageNotFoundError, FileNotFoundError):
                status = HTTPStatus.NOT_FOUND
                back = Markup('<h1>Page introuvable</h1><p><a href="/">Tous les courriels</a></p>')
                page = Answer(_page("Page introuvable", back))
            self.send_response(status)
            for header, value in page.headers.items():
                self.send_header(header, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(page.body)

        do_HEAD = do_GET  # noqa: N815 - the name that http.server calls

        def log_message(self, *_: object) -> None:
            """Say nothing: the terminal is for what the portal does."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        # It looks every 50 ms whether it shall end.
        thread = threading.Thread(
            target=server.serve_forever, args=(0.05,), name=address, daemon=True
        )
        thread.start()
        try:
            yield thread
        finally:
            server.shutdown()
            thread.join()
