"""A wrong setting stops the start with a sentence that names the variable."""

from __future__ import annotations

import subprocess
import sys

import pytest

from selfcare import config
from selfcare.config import ROOT, BadSetting

pytestmark = pytest.mark.once
GOOD = {"SECRET_KEY": "a key for tests, long enough for all"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "x" * 32),
        ("SECRET_KEY", "changeme" * 4),
        ("SECRET_KEY", "abcdefghij" * 4),
        ("SECRET_KEY", "change-me-before-you-go-to-production"),
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
        ("SITE_LINKS", "www.example.com"),
        ("MAIL_SENDER", "a@example.com\r\nBcc: b@example.com"),
        ("MAIL_SENDER", "Portal <a@example.com>"),
        ("MAIL_PORT", "70000"),
        ("BRAND_NAME", "Cloud\r\nBcc: b@example.com"),
        ("OPERATOR_EMAILS", "a@example.com, nobody"),
        ("PORTAL_URL", "https://portal.example.com:port"),
        ("PORTAL_URL", "https://me:hush@portal.example.com"),
        ("TRUSTED_PROXIES", "-1"),
    ],
)
def test_design_a_wrong_setting_is_named(variable, value):
    with pytest.raises(BadSetting, match=variable):
        config.load({**GOOD, variable: value})


@pytest.mark.parametrize(
    "together",
    [
        {"MAIL_USE_TLS": "1", "MAIL_USE_SSL": "1"},
        {"IAM_URL": "https://iam.example.com/v3"},
        {"FLASK_DEBUG": "1", "PORTAL_URL": "https://portal.example.com"},
        {"FLASK_DEBUG": "1", "PORTAL_URL": "http://portal.example.com"},
    ],
)
def test_design_settings_that_do_not_go_together_are_named(together):
    with pytest.raises(BadSetting, match=next(iter(together))):
        config.load(GOOD | together)


REAL = {
    "COMPANY_NAME": "Nuage SA",
    "SUPPORT_PHONE": "0805 12 34 56",
    "SUPPORT_EMAIL": "support@nuage.fr",
    "INVOICING_PHONE": "0805 12 34 57",
    "INVOICING_EMAIL": "factures@nuage.fr",
    "MAIL_SENDER": "ne-pas-repondre@nuage.fr",
}
"""What no default can know."""


@pytest.mark.parametrize(
    ("doubtful", "said"),
    [
        ({"PORTAL_URL": "http://portal.example.com"}, "PORTAL_URL"),
        ({"PORTAL_URL": "https://portal.example.com", "DEMO": "1"}, "DEMO"),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
        (
            {"PORTAL_URL": "https://portal.example.com", "SUPPORT_PHONE": "", "MAIL_SENDER": ""},
            "SUPPORT_PHONE, MAIL_SENDER: still invented",
        ),
    ],
)
def test_design_what_should_not_be_so_is_said_at_each_start(doubtful, said):
    environ = GOOD | REAL | doubtful
    assert [text[: len(said)] for text in config.doubtful(config.load(environ), environ)] == [said]


@pytest.mark.parametrize(
    "usual",
    [
        {},
        {"DEMO": "1", "PORTAL_URL": "http://127.0.0.1:8000"},
        {"PORTAL_URL": "https://portal.example.com", "FLASK_DEBUG": "0"},
    ],
)
def test_design_nothing_is_said_where_all_is_well(usual):
    environ = GOOD | usual | (REAL if "PORTAL_URL" in usual else {})
    assert not list(config.doubtful(config.load(environ), environ))


COMMANDS = {
    "gunicorn": ("-m", "gunicorn", "app:app", "-c", "gunicorn.conf.py"),
    "worker": ("-m", "flask", "worker"),
    "cron": ("-m", "flask", "cron"),
    "a command": ("-m", "flask", "orders", "list"),
    "migrations": ("-m", "alembic", "upgrade", "head"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_design_a_wrong_setting_is_one_sentence_whatever_is_started(command):
    done = subprocess.run(
        [sys.executable, *COMMANDS[command]],
        cwd=ROOT,
        env={**GOOD, "PATH": "", "MAIL_PORT": "smtp"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode
    assert len(done.stderr.strip().splitlines()) <= 1, done.stderr
    assert "MAIL_PORT='smtp': a whole number is needed" in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("command", "wrong", "said"),
    [
        (
            "orders list",
            {"DATABASE_URL": "postgresql://nobody:hush@127.0.0.1:1/none"},
            "the database does not answer",
        ),
        (
            "demo seed",
            {"DATABASE_URL": "sqlite:///{tmp}/new.db"},
            "the database has not the tables of this version: alembic upgrade head",
        ),
        ("orders list", {"ASSETS_DIR": "/proc/nobody"}, "ASSETS_DIR='/proc/nobody'"),
    ],
)
def test_operable_what_lacks_is_one_sentence_for_every_command(tmp_path, command, wrong, said):
    environ = {name: value.format(tmp=tmp_path) for name, value in wrong.items()}
    done = subprocess.run(
        [sys.executable, "-m", "flask", *command.split()],
        cwd=ROOT,
        env={"ASSETS_DIR": f"{tmp_path}/assets", **GOOD, "PATH": "", **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "hush" not in done.stderr


def test_operable_what_the_settings_name_is_tried(app, mailing):
    done = app.test_cli_runner().invoke(args=["settings", "check"])
    assert done.exit_code == 0, done.output
    assert "ok  MAIL_SERVER: answers" in done.output
    assert "ok  DATABASE_URL: answers" in done.output


def test_operable_what_does_not_answer_is_said(app):
    done = app.test_cli_runner().invoke(args=["settings", "check"])
    assert done.exit_code == 1
    assert "NO  MAIL_SERVER: the SMTP server does not let us in" in done.output


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
    from selfcare.engines import make_engine

    settings = config.load({**GOOD, "DATABASE_URL": url})
    assert make_engine(settings).dialect.name in {"postgresql", "sqlite"}


def test_design_settings_are_shown_without_secrets(app):
    output = app.test_cli_runner().invoke(args=["settings", "show"]).output
    assert "SECRET_KEY=(set)" in output
    assert app.extensions["settings"].secret_key not in output
    assert "MAIL_PASSWORD=(not set)" in output
