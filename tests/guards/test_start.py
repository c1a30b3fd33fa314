"""What a process loads as it starts: little, for each start and each instance pays for it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from flask import Flask

from selfcare import cli
from selfcare.config import ROOT

NOT_AT_START = {
    *("keystoneauth1", "requests", "urllib3"),  # the console's IAM: workers' business
    *("boto3", "botocore"),  # documents in S3, once one is read
    *("facturx", "fpdf", "lxml", "openpyxl", "PIL", "pypdf", "saxonche"),  # invoices and tables
    *("captcha", "email_validator", "phonenumbers", "zxcvbn"),  # what some forms check
    *("joserfc", "pyotp", "qrcode", "segno", "webauthn"),  # single sign-on, second factors
    *("prometheus_client", "sentry_sdk"),  # where a setting asks for them
    *("alembic", "croniter", "obstore", "rq.cron", "valkey", "demo"),
    *("selfcare.cli.accounts", "selfcare.cli.contracts", "selfcare.services.schedule"),
}
"""What is loaded where it is used, and by no other process."""


@pytest.fixture(scope="module")
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules of a web process that has just started, the console's address being known."""
    folder = tmp_path_factory.mktemp("start")
    environment = {
        **os.environ,
        "SECRET_KEY": os.urandom(32).hex(),
        "ASSETS_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3",
        "IAM_URL": "http://127.0.0.1:9/v3",
        "IAM_USERNAME": "nobody",
        "IAM_PASSWORD": "nobody",
    }
    printed = subprocess.run(
        [sys.executable, "-c", "import sys, app; print(*sys.modules)"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(printed.stdout.split())


def test_fast_a_start_loads_nothing_that_only_others_need(loaded):
    assert {"app", "selfcare", "sqlalchemy"} <= loaded
    assert loaded & NOT_AT_START == set()


def test_fast_every_command_is_found_where_it_is_said_to_be(app: Flask):
    commands = cli.all_of(app)
    assert commands.places == {}
    assert commands.commands.keys() == cli.COMMANDS.keys()


def test_operable_a_command_that_is_asked_for_alone_has_all_its_parts(app: Flask):
    """Modules are loaded for one command only: what stands in another one would be missing."""
    commands = cli.all_of(app).commands
    for name, place in cli.COMMANDS.items():
        module = place.partition(":")[0]
        source = (ROOT / f"{module.replace('.', '/')}.py").read_text()
        for part in getattr(commands[name], "commands", {}).values():
            where = part.callback.__module__ if part.callback else module
            assert where == module or f"from {where} import" in source, f"{name} {part.name}"
