"""Mails as other people's programs read them: raw bytes, decoded step by step (MAIL)."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr

import pytest

from demo.mails import ReceivedMail
from selfcare.database import db
from selfcare.services.accounts import people
from selfcare.services.mail import outbox
from selfcare.services.mail import samples as mail_samples
from tests.cast import account_of

AT = "2026-11-03T09:00:00+00:00"
NAMES = [
    ("Zoé", "Lévy"),
    ("Stéphanie", "Gérôme-Lécuyer"),
    ("Zoé", "é" * 80),
    ("A" * 80, "B" * 80),
    ("Αλέξανδρος", "Παπαδόπουλος"),
    ("محمد عبد الله", "بن سلمان"),
    ("小龍", "李"),
    ("Żółć", "Łódź"),
    ("Jean", "Dupont, père"),
    ("Jean", "Dupont, Esq."),
    ('Anne "Nana"', "O'Neil"),
    ('Zoé "Zaza"', "D'Été"),
    ("a@b", "<b>"),
    ("=?utf-8?q?x?=", "Y"),
    ("Marie-Françoise-Élisabeth, dite « la Grande » (de)", "Saint-Étienne-du-Rouvray " * 3),
]


def words(raw: str) -> str:
    """A header's text: lines unfolded, then encoded words decoded (RFC 5322, RFC 2047)."""
    return str(make_header(decode_header(raw.replace("\r\n", ""))))


def mailbox(message: Message, header: str) -> tuple[str, str]:
    """Name and address: the address is taken apart before anything is decoded (RFC 2047, 6.2)."""
    name, address = parseaddr(str(message[header]).replace("\r\n", ""))
    return words(name), address


def raw_mail(received: ReceivedMail) -> Message:
    """The mail as bytes say it, nothing decoded; every line fit for every server (RFC 5322)."""
    assert received.content.isascii()
    headers, _, body = received.content.partition(b"\r\n\r\n")
    assert max(map(len, headers.split(b"\r\n"))) <= 78
    assert max(map(len, body.split(b"\r\n"))) <= 78
    return message_from_bytes(received.content)


@pytest.mark.parametrize(("first", "last"), NAMES)
def test_mail_a_name_in_any_script_arrives_as_it_is(app, cast, worker, mailing, first, last):
    cast.account("odd.name", first_name=first, last_name=last.strip())
    with app.app_context():
        outbox.write("failed_sign_ins", account_of("odd.name"), ip="::1", at=AT)
        full_name = account_of("odd.name").full_name
        db.session.commit()
    worker.run()
    [got] = mailing.wait_for(1)
    message = raw_mail(got)
    assert mailbox(message, "To") == (full_name, "odd.name@example.com")
    assert words(str(message["Subject"])) == "Failed sign-ins on your account"
    assert message["Message-ID"]


@pytest.mark.parametrize("brand", ["Nuage privé", "Cloud, Inc.", "Nuage « Été », S.A."])
def test_mail_the_sender_s_name_and_the_subject_arrive_as_they_are(
    app, another_app, cast, mailing, worker, brand
):
    cast.account("zoe.levy", locale="fr")
    with app.app_context():
        row = outbox.write("failed_sign_ins", account_of("zoe.levy"), ip="::1", at=AT)
        db.session.commit()
        mail_id = row.id
    branded = another_app(brand_name=brand)
    branded.extensions["mail"].port = mailing.port
    with branded.app_context():
        outbox.deliver(mail_id)
        db.session.commit()
    [got] = mailing.wait_for(1)
    message = raw_mail(got)
    assert mailbox(message, "From") == (brand, "no-reply@example.com")
    assert words(str(message["Subject"])) == "Échecs de connexion à votre compte"


@pytest.mark.once
@pytest.mark.parametrize("name", mail_samples.names())
@pytest.mark.parametrize("locale", ["fr", "en"])
def test_mail_is_two_readings_of_one_text_in_lines_that_every_server_takes(app, name, locale):
    with app.app_context():
        built = mail_samples.built(name, locale)
        message = raw_mail(ReceivedMail("", (), bytes(built)))
    assert message.get_content_type() == "multipart/alternative"
    parts = [part for part in message.walk() if not part.is_multipart()]
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    for part, text in zip(parts, (built.body, built.html), strict=True):
        assert part["Content-Transfer-Encoding"] == "quoted-printable"
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        assert content.decode().replace("\r\n", "\n").strip() == str(text).strip()
    assert words(str(message["Subject"])) == built.subject


def test_mail_answers_and_bounces_go_where_the_settings_say(app, cast, mailbox, monkeypatch):
    cast.account("paul.dupont")
    said = {"mail_reply_to": "aide@example.org", "mail_bounces": "retours@example.org"}
    wished = replace(app.extensions["settings"], **said)
    monkeypatch.setitem(app.extensions, "settings", wished)
    with app.app_context():
        people.welcome(account_of("paul.dupont"))
        db.session.commit()
    assert mailbox.last()["Reply-To"] == "aide@example.org"
    assert mailbox.server.messages[-1].sender == "retours@example.org"
