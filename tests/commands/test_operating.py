"""STAFF-4, SERVICES-4: `flask mails`, `jobs`, `audit`, and how lists are printed."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from selfcare import cli
from selfcare.cli import printing
from selfcare.config import ROOT
from selfcare.database import db
from selfcare.models import Mail, WishState


@pytest.fixture
def mails(cast, flask):
    cast.referent()
    for _ in range(3):
        flask("accounts", "welcome", "paul.dupont")


class TestMails:
    def test_staff_3_given_up_mails_are_shown_and_sent_once_more(
        self, told, flask, app, mails, worker, mailing, audited
    ):
        with app.app_context():
            ids = db.session.execute(select(Mail.id).order_by(Mail.id)).scalars().all()
            given_up = {"state": WishState.FAILED, "due_at": None, "problem": "550 no such user"}
            db.session.execute(update(Mail).where(Mail.id != ids[0]).values(**given_up))
            db.session.commit()
        failed = told("mails", "list", "--state", "failed")
        assert [row["id"] for row in failed] == [ids[2], ids[1]]
        [shown] = told("mails", "show", str(ids[1]))
        assert shown["problem"] == "550 no such user"
        assert "550 no such user" in flask("mails", "show", str(ids[1]))[0]
        assert told("mails", "retry", "--all") == [{"tried_again": 2}]
        assert [entry.details for entry in audited("mail.retried")] == [{"count": 2}]
        assert told("mails", "list", "--state", "failed") == []
        worker.run()
        assert len(told("mails", "list", "--state", "done")) == 3
        assert flask("mails", "retry", "999999")[1] == 1
        assert flask("mails", "retry")[1] == 2

    def test_staff_3_mails_that_left_stay_as_they_are(self, told, mails, worker, mailing):
        worker.run()
        [first, *_] = told("mails", "list", "--login", "paul.dupont")
        assert told("mails", "retry", str(first["id"])) == [{"tried_again": 0}]


class TestJobs:
    def test_operable_what_waits_is_printed_and_no_worker_is_a_failure(self, flask, mails):
        output, code = flask("jobs")
        assert code == 1, "no worker is alive"
        assert ["mails", "queued", "3"] in [line.split()[:3] for line in output.splitlines()]
        assert ["mail", "1", "0"] in [line.split() for line in output.splitlines()]
        assert "No worker is alive" in output


class TestAudit:
    def test_staff_4_the_log_is_read_and_exported(self, told, flask, cast):
        cast.referent()
        flask("accounts", "end-sessions", "paul.dupont")
        flask("contracts", "rename", "OCB0000124", "Autre")
        latest = told("audit", "tail", "-n", "1")
        assert [entry["action"] for entry in latest] == ["contract.changed"]
        assert [e["action"] for e in told("audit", "tail", "--login", "PAUL.dupont")] == [
            "sign_in.all_ended"
        ]
        output, code = flask("audit", "export", "--action", "contract.")
        assert code == 0
        [entry] = [json.loads(line) for line in output.splitlines()]
        assert (entry["contract_ref"], entry["details"]["after"]) == ("OCB0000124", "Autre")
        assert flask("audit", "export", "--to", "2001-01-01") == ("", 0)


class TestPrinting:
    def test_fast_lists_are_read_in_rounds_not_at_once(self, app, cast, flask, monkeypatch):
        """A million orders need no more memory than a round of them."""
        cast.referent()
        cast.orders(50)
        monkeypatch.setattr(printing, "ROUND", 10)
        fetched: list[int] = []
        real = Session.execute

        def execute(self, *args, **options):
            fetched.append((options.get("execution_options") or {}).get("yield_per", 0))
            return real(self, *args, **options)

        monkeypatch.setattr(Session, "execute", execute)
        output, _code = flask("orders", "list")
        assert len(output.splitlines()) == 34
        assert 10 in fetched

    def test_safe_what_others_typed_steers_no_terminal(self, app, cast, flask):
        cast.account("paul.dupont", last_name="\x1b[31mRed")
        output, _code = flask("accounts", "list")
        assert "\x1b" not in output

    def test_console_6_clients_and_keys_are_told_to_programs(self, told, flask, audited):
        uri = "https://console.example/callback"
        [added] = told("oidc", "client", "add", "cloud", "--name", "Cloud", "--redirect-uri", uri)
        assert added["client"] == "cloud"
        assert len(added["secret"]) > 20
        [anew] = told("oidc", "client", "secret", "cloud")
        assert anew["secret"] != added["secret"]
        assert told("oidc", "client", "disable", "cloud") == [{"client": "cloud", "disabled": True}]
        [listed] = told("oidc", "client", "list")
        assert (listed["client"], listed["redirect_uris"]) == ("cloud", [uri])
        assert listed["disabled_at"]
        assert uri in flask("oidc", "client", "list")[0]
        [key] = told("oidc", "rotate-key")
        assert key.keys() == {"key", "signs_from"}
        for action in ("client.added", "client.new_secret", "client.disabled"):
            assert [entry.subject for entry in audited(action)] == ["cloud"]
        assert [entry.subject for entry in audited("key.rotated")] == [key["key"]]
        assert flask("oidc", "client", "secret", "nobody", "--json")[1] == 1

    def test_operable_what_is_loaded_is_told_to_programs(self, told, flask, tmp_path, audited):
        loaded = told("catalogue", "load", str(ROOT / "catalogue"), "--dry-run")
        assert {one["outcome"] for one in loaded} == {"new"}
        assert all(one["dry_run"] and one["version"] == 1 for one in loaded)
        assert audited("catalogue.loaded") == []
        told("catalogue", "load", str(ROOT / "catalogue"))
        told("catalogue", "load", str(ROOT / "catalogue"))
        [entry] = audited("catalogue.loaded")
        assert sorted(entry.details["services"]) == sorted(one["slug"] for one in loaded)
        (tmp_path / "usage.txt").touch()
        for command in ("usage", "invoices"):
            output, code = flask(command, "load", str(tmp_path / "usage.txt"), "--json")
            [said, *_] = [json.loads(line) for line in output.splitlines() if "refused" in line]
            assert (said["file"], said["outcome"], code) == ("usage.txt", "refused", 1)

    def test_operable_what_is_checked_is_told_to_programs(self, told, flask, cast, stand_in_iam):
        cast.referent()
        assert all(one["good"] is not False for one in told("iam", "check"))
        assert all(one["document"] for one in told("documents", "check"))
        [said] = told("settings", "docs", "--check")
        assert said == {"file": "docs/settings.md", "written": False}

    def test_staff_3_every_command_that_tells_or_changes_something_has_json(self, app):
        import click

        exempt = {
            "worker",
            "cron",
            "run",
            "shell",
            "routes",
            "export",  # is JSON in any case
        }

        def commands(group: click.Group, path: str):
            for name, command in group.commands.items():
                if name in exempt:
                    continue
                if isinstance(command, click.Group):
                    yield from commands(command, f"{path} {name}")
                else:
                    yield f"{path} {name}", command

        without = [
            path
            for path, command in commands(cli.all_of(app), "flask")
            if not any("--json" in option.opts for option in command.params)
        ]
        assert without == []
