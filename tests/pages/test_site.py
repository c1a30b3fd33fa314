"""What programs ask for: search engines, whoever finds a weakness (safe)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from selfcare import config
from selfcare.config import BadSetting


def test_safe_search_engines_are_asked_to_stay_out(browse):
    page = browse.client.get("/robots.txt")
    assert page.get_data(as_text=True) == "User-agent: *\nDisallow: /\n"
    assert page.mimetype == "text/plain"


def test_safe_whoever_finds_a_weakness_reads_whom_to_tell(another_app):
    app = another_app(
        portal_url="https://portal.example.org",
        security_contact="mailto:securite@example.org, https://example.org/report",
        security_policy_url="https://example.org/policy",
    )
    address = "/.well-known/security.txt"
    text = app.test_client().get(address).get_data(as_text=True)
    fields = [line.partition(": ")[::2] for line in text.splitlines()]
    assert [value for name, value in fields if name == "Contact"] == [
        "mailto:securite@example.org",
        "https://example.org/report",
    ]
    said = dict(fields)
    assert said["Canonical"] == f"https://portal.example.org{address}"
    assert said["Policy"] == "https://example.org/policy"
    ends = datetime.fromisoformat(said["Expires"])
    assert timedelta(days=30) < ends - datetime.now(UTC) < timedelta(days=366)  # RFC 9116, 2.5.5


def test_safe_nobody_is_named_whom_no_setting_names(browse):
    assert browse.get("/.well-known/security.txt").status == 404


def test_design_a_contact_is_an_address():
    with pytest.raises(BadSetting, match="SECURITY_CONTACT"):
        config.load({"SECRET_KEY": "x1" * 9 + "abcdefghijklmn", "SECURITY_CONTACT": "me"})
