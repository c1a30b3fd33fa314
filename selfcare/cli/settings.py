"""`flask settings`: what may be configured, and what is."""

from __future__ import annotations

import dataclasses
import typing
from decimal import Decimal
from typing import Any

import click
from flask.cli import AppGroup

from selfcare import config
from selfcare.cli import checking
from selfcare.cli.printing import as_json, print_rows, say
from selfcare.config import ROOT, Settings
from selfcare.config.settings import GROUPS

_INTRODUCTION = """\
# Settings

Every setting is an environment variable. This page is made from the groups in
`selfcare/config/` by `flask settings docs`; a test fails when it is out of date.

A value that will not do stops the start (web, worker, cron, commands, migrations) with one
sentence. These do so together: `MAIL_USE_TLS` with `MAIL_USE_SSL`; `IAM_URL` without its account;
Flask's own `FLASK_DEBUG` where `PORTAL_URL` is not this machine's. No value may hold a control
character. A warning is in the log at each start (`doubtful_setting`) for `http://`, `DEMO` and
names, numbers and addresses left at their defaults where `PORTAL_URL` is not this machine's, and
for `FLASK_DEBUG`. `flask settings check` says the same, and whether what they name answers."""

settings_group = AppGroup("settings", help="What may be configured, and what is.")


@settings_group.command("docs")
@click.option("--check", is_flag=True, help="Fail if docs/settings.md is out of date.")
@as_json
def docs(*, check: bool, as_json: bool) -> None:
    """Write docs/settings.md from the code."""
    path, text = ROOT / "docs" / "settings.md", markdown()
    if check and (not path.exists() or path.read_text() != text):
        raise click.ClickException("docs/settings.md is out of date: run `flask settings docs`")
    if not check:
        path.write_text(text)
    said = f"{path.name} is {'as the code has it' if check else 'written'}."
    say(said, as_json=as_json, file=str(path.relative_to(ROOT)), written=not check)


@settings_group.command("show")
@as_json
def show(*, as_json: bool) -> None:
    """Print the settings in force; secrets are only said to be set."""
    shown = {}
    for spec in dataclasses.fields(Settings):
        value = getattr(config.current(), spec.name)
        if spec.metadata["secret"]:
            value = "(set)" if value else "(not set)"
        shown[spec.name.upper()] = value
    lines = "\n".join(f"{name}={value}" for name, value in shown.items())
    say(lines, as_json=as_json, **shown)


@settings_group.command("check")
@as_json
def check(*, as_json: bool) -> None:
    """Say what should not stay, and whether database, Redis, store and SMTP server answer.

    Exit status 1: something is not as it should be. The console has a check of its own:
    `flask iam check`.
    """
    found = list(checking.findings())
    if as_json:
        print_rows((dataclasses.asdict(one) for one in found), as_json=True)
    else:
        for one in found:
            click.echo(f"{'ok ' if one.good else 'NO '} {one.sentence}")
    if not all(one.good for one in found):
        raise SystemExit(1)


def markdown() -> str:
    """The page of settings: name, kind, default, what it does; a table per group."""
    lines = _INTRODUCTION.splitlines()
    specs = {spec.name: spec for spec in dataclasses.fields(Settings)}
    for group in GROUPS:
        lines += ["", f"## {str(group.__doc__).rstrip('.')}", ""]
        lines += ["| Variable | Kind | Default | What it does |", "|---|---|---|---|"]
        lines += [_row(specs[name], kind) for name, kind in typing.get_type_hints(group).items()]
    return "\n".join(lines) + "\n"


def _row(spec: dataclasses.Field[Any], kind: Any) -> str:
    kinds = {bool: "yes/no", int: "number", Decimal: "number", str: "text"}
    default = {
        "assets_dir": "(temporary folder)/selfcare-assets",
        "database_url": "sqlite:///…/var/selfcare.db",
        "documents_url": "file:///…/var/documents",
    }.get(spec.name, spec.default)
    shown = f"`{default}`" if default not in ("", None) else ""
    return (
        f"| `{spec.name.upper()}` | {kinds.get(kind, 'path')} | {shown} | {spec.metadata['doc']} |"
    )
