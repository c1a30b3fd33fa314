"""A wrong setting stops the start with a sentence that names the variable."""

from __future__ import annotations

import pytest

from selfcare import config
from selfcare.config_rules import BadSetting

pytestmark = pytest.mark.once
GOOD = {"SECRET_KEY": "x" * 32}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("DATABASE_URL", "selfcare.db"),
        ("REDIS_URL", "http://localhost"),
        ("PORTAL_URL", "portal.example.com"),
        ("PORTAL_URL", "ftp://portal.example.com"),
        ("PORTAL_URL", "https://"),
        ("PORTAL_URL", "https://example.com/portal"),
        ("CONSOLE_URL", "javascript:alert(1)"),
        ("BRAND_COLOR", "blue"),
        ("BRAND_COLOR", "#fff"),
        ("BRAND_COLOR", "#ffd200"),
        ("BRAND_COLOR", "#0b5cad;}"),
        ("BRAND_LOGO", "/etc/passwd"),
        ("BRAND_LOGO", "/nowhere/logo.svg"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
        ("MAIL_PORT", "smtp"),
        ("MAIL_USE_TLS", "perhaps"),
        ("DEMO", "2"),
        ("TIMEZONE", "Mars/Olympus"),
        ("THROTTLE_ACCOUNT", "often"),
        ("DATABASE_POOL_SIZE", "-1"),
        ("SESSION_HOURS", "0"),
        ("MAIL_TIMEOUT", "0"),
        ("MAIL_SENDER", "nobody"),
        ("NEWS_URL", "javascript:alert(1)"),
        ("LEGAL_URL", "www.example.com"),
        ("SITE_LINKS", "Site|javascript:alert(1)"),
    ],
)
def test_design_a_wrong_setting_is_named(variable, value):
    with pytest.raises(BadSetting, match=variable):
        config.load({**GOOD, variable: value})


def test_design_secrets_do_not_show_in_the_complaint():
    with pytest.raises(BadSetting) as complaint:
        config.load({**GOOD, "DATABASE_URL": "mysql://me:hush@db/x"})
    assert "hush" not in str(complaint.value)
    assert "hush" not in repr(config.load({**GOOD, "MAIL_PASSWORD": "hush"}))


@pytest.mark.parametrize("text", ["1", "true", "YES", " on "])
def test_design_yes_is_said_in_many_ways(text):
    assert config.load({**GOOD, "DEMO": text}).demo is True


def test_design_an_empty_variable_means_the_default():
    assert config.load({**GOOD, "MAIL_PORT": "", "BRAND_NAME": " "}).mail_port == 25


@pytest.mark.parametrize(
    "url",
    ["postgres://u:p@h/d", "postgresql://u@h/d", "postgresql+psycopg://h/d", "sqlite:////x/y"],
)
def test_design_the_usual_database_addresses_will_do(url):
    from selfcare.database import make_engine

    settings = config.load({**GOOD, "DATABASE_URL": url})
    assert make_engine(settings).dialect.name in {"postgresql", "sqlite"}


def test_design_settings_are_shown_without_secrets(app):
    output = app.test_cli_runner().invoke(args=["settings", "show"]).output
    assert "SECRET_KEY=(set)" in output
    assert app.extensions["settings"].secret_key not in output
    assert "MAIL_PASSWORD=(not set)" in output
