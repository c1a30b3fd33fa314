"""The mail catcher, spoken to as a mail program and as a browser would."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest

from demo.mail_pages import create_app
from demo.mails import CapturingServer, MailFolder, ReceivedMail

pytestmark = pytest.mark.once

CSP = "Content-Security-Policy"


def a_mail(subject: str = "Bienvenue à l’Espace Client", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "portail@example.com", "paul@example.com", subject
    for name, value in headers.items():
        mail[name] = value
    mail.set_content("Bonjour <Paul>,\nhttps://portail.example/mot-de-passe?a=1&b=2.\n")
    mail.add_alternative(
        "<!doctype html><html><head><title>t</title></head>"
        "<body><script>alert(1)</script><a href='https://portail.example/'>ici</a></body></html>",
        subtype="html",
    )
    return mail


def send(server: CapturingServer, mail: EmailMessage, to: str | list[str] = "paul@example.com"):
    with smtplib.SMTP(server.host, server.port, timeout=2) as client:
        client.send_message(mail, to_addrs=to)


class TestCapturingServer:
    def test_keeps_what_it_gets(self, smtp_server):
        send(smtp_server, a_mail(), to=["paul@example.com", "cachee@example.com"])
        [mail] = smtp_server.wait_for(1)
        assert mail.sender == "portail@example.com"
        assert mail.recipients == ("paul@example.com", "cachee@example.com")
        assert mail.message["Subject"] == "Bienvenue à l’Espace Client"

    @pytest.mark.parametrize("reply", ["550 5.1.1 Unknown", "451 4.3.0 Later"])
    def test_refuses_when_told_to(self, smtp_server, reply):
        smtp_server.refuse(reply)
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            send(smtp_server, a_mail())
        assert refused.value.recipients["paul@example.com"][0] == int(reply[:3])
        smtp_server.accept()
        send(smtp_server, a_mail())
        assert len(smtp_server.messages) == 1

    def test_hangs_when_told_to(self, smtp_server):
        smtp_server.hang()
        with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
            smtplib.SMTP(smtp_server.host, smtp_server.port, timeout=0.1)

    def test_stops_and_comes_back_on_the_same_port(self, smtp_server):
        port = smtp_server.port
        with smtplib.SMTP(smtp_server.host, port, timeout=2) as client:
            smtp_server.stop()
            with pytest.raises(smtplib.SMTPServerDisconnected):
                client.noop()
            client.close()
        with pytest.raises(ConnectionRefusedError):
            smtplib.SMTP(smtp_server.host, port, timeout=2)
        smtp_server.start()
        assert smtp_server.port == port
        send(smtp_server, a_mail())
        assert len(smtp_server.messages) == 1

    def test_says_when_mails_do_not_come(self, smtp_server):
        with pytest.raises(TimeoutError, match="0 of 1"):
            smtp_server.wait_for(1, within=0.02)


class TestFolder:
    def test_files_sort_by_arrival_and_name_the_recipient(self, tmp_path):
        folder = MailFolder(tmp_path / "mails")
        assert folder.newest_first() == []
        for login in ("paul", "../../sophie"):
            folder.save(ReceivedMail("a@b", (f"{login}@example.com",), b"Subject: x\r\n\r\n"))
        newest, oldest = folder.newest_first()
        assert newest.name.endswith("-.._.._sophie@example.com.eml")
        assert oldest.name.endswith("-paul@example.com.eml")
        assert newest.read_bytes().startswith(b"Delivered-To: ../../sophie@example.com\r\nSubject")


class TestPages:
    @pytest.fixture
    def folder(self, tmp_path):
        return MailFolder(tmp_path)

    @pytest.fixture
    def get(self, folder):
        browser = create_app(folder, zone="Pacific/Kiritimati").test_client()

        def get(path: str, status: int = 200):
            response = browser.get(path)
            assert response.status_code == status
            return response.get_data(as_text=True), response.headers

        return get

    @pytest.fixture
    def receive(self, folder):
        def receive(mail: EmailMessage | bytes, to: str = "paul@example.com") -> str:
            content = mail if isinstance(mail, bytes) else mail.as_bytes()
            return folder.save(ReceivedMail("portail@example.com", (to,), content)).name

        return receive

    def test_empty(self, get):
        page, headers = get("/")
        assert "Aucun courriel pour l’instant" in page
        assert 'lang="fr"' in page
        assert "default-src 'none'" in headers[CSP]

    def test_list_has_the_newest_first(self, get, receive):
        for subject in ("Le premier", "Le second", "<script>alert(1)</script>"):
            receive(a_mail(subject))
        page, _ = get("/")
        assert page.index("Le second") < page.index("Le premier")
        assert "3 courriels" in page
        assert "<script>" not in page

    def test_mail_is_shown_with_its_text_html_headers_and_source(self, get, receive):
        name = receive(a_mail(**{"X-Reference": "<b>42</b>"}))
        page, _ = get(f"/mails/{name}")
        assert "<h1>Bienvenue à l’Espace Client</h1>" in page
        assert "Bonjour &lt;Paul&gt;," in page
        link = "https://portail.example/mot-de-passe?a=1&amp;b=2"
        assert f'<a href="{link}" rel="noreferrer">{link}</a>.' in page
        assert "X-Reference: &lt;b&gt;42&lt;/b&gt;" in page
        assert f'<iframe src="/mails/{name}/html" sandbox="allow-popups ' in " ".join(page.split())
        source, headers = get(f"/mails/{name}/raw")
        assert source.startswith("Delivered-To: paul@example.com\r\n")
        assert headers["Content-Disposition"].startswith("attachment")

    def test_html_is_caged(self, get, receive):
        html, headers = get(f"/mails/{receive(a_mail())}/html")
        assert headers[CSP].startswith("sandbox allow-popups")
        assert "allow-scripts" not in headers[CSP]
        assert "default-src 'none'" in headers[CSP]
        assert html.startswith('<!doctype html><html><head><base target="_blank">')

    def test_attachments_can_be_saved(self, get, receive):
        mail = a_mail()
        mail.add_attachment(b"a;b", maintype="text", subtype="csv", filename="été.csv")
        name = receive(mail)
        page, _ = get(f"/mails/{name}")
        assert f'<a href="/mails/{name}/files/0">été.csv</a>' in page
        content, headers = get(f"/mails/{name}/files/0")
        assert content == "a;b"
        assert "%C3%A9t%C3%A9.csv" in headers["Content-Disposition"]

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\xff\xfe\x00",
            b"To: <\r\nSubject: =?utf-8?q?=FF?=\r\nDate: never\r\n\r\n\xe9",
            b'Content-Type: text/plain; charset="no-such"\r\n\r\n\xe9t\xe9',
            b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        ],
    )
    def test_malformed_mails_are_shown_as_well_as_can_be(self, get, receive, content):
        name = receive(content)
        assert name in get("/")[0]
        assert "<h1>" in get(f"/mails/{name}")[0]

    @pytest.mark.parametrize(
        "path", ["/x", "/mails/x.eml", "/mails/..%2f..%2fpyproject.toml", "/mails/../../etc/passwd"]
    )
    def test_what_is_not_there(self, get, path):
        assert "Page introuvable" in get(path, status=404)[0]

    def test_moments_are_those_of_the_portal_s_time_zone(self, get, receive):
        before = datetime.now(UTC)
        name = receive(a_mail())
        page, _ = get(f"/mails/{name}")
        shown = page.partition("<dd>")[2].partition("</dd>")[0]
        moment = datetime.strptime(name.partition("-")[0], "%Y%m%dT%H%M%S.%f%z")
        assert before <= moment
        assert f"{moment.astimezone(ZoneInfo('Pacific/Kiritimati')):%H:%M:%S}" in shown
