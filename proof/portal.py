"""The portal as `make demo` runs it, with a real Keystone as its console."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from demo.children import end, start
from demo.folder import DemoFolder
from demo.servers import redis_server
from proof.servers import answers
from selfcare import config, create_app
from selfcare.database import db
from selfcare.models import (
    Account,
    Challenge,
    ConsoleAccess,
    Contract,
    Membership,
    OidcLogout,
    WishState,
)
from selfcare.rights import profiles_of_referent
from selfcare.services.console import access as console_access
from selfcare.services.console.domains import open_console

LOGIN = "paul.dupont"
CONTRACTS = ("OCB0000124", "OCB0000777")
ROLES = ("admin", "power_user")
READY_WITHIN = 120
ROOT = Path(__file__).parent.parent


class Portal:
    """A running portal, and its `flask` command."""

    def __init__(self, url: str, environment: dict[str, str], *, mails: Path) -> None:
        self.url, self.environment, self.mails = url, environment, mails

    def flask(self, *arguments: str) -> str:
        """What the command says."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode:
            raise RuntimeError(f"flask {' '.join(arguments)}: {done.stderr[-1000:]}")
        return done.stdout

    def register(self, client_id: str, *options: str) -> str:
        """`flask oidc client add`; its secret, or nothing for a public client."""
        said = self.flask("oidc", "client", "add", client_id, *options)
        found = re.search(r"once: (\S+)", said)
        return found[1] if found else ""

    def characters(self, challenge: str) -> str:
        """What the picture of a captcha shows."""
        with create_app(config.load(self.environment)).app_context():
            return str(db.session.get_one(Challenge, challenge).data["text"])

    def logouts_told(self) -> int:
        """Wait until the console has been told of every sign-in that ended; how many they are.

        Raises:
            RuntimeError: it refuses; the message says how.
        """
        deadline = time.monotonic() + READY_WITHIN
        with create_app(config.load(self.environment)).app_context():
            while time.monotonic() < deadline:
                found = db.session.execute(select(OidcLogout.state, OidcLogout.problem)).all()
                db.session.rollback()
                if refused := {problem for _state, problem in found if problem}:
                    raise RuntimeError(f"the console was not told of an end: {refused}")
                if found and all(state == WishState.DONE for state, _problem in found):
                    return len(found)
                time.sleep(0.5)
        raise RuntimeError("the console was told of no end")

    def give_console_accounts(self) -> None:
        """One person with a console account on two contracts, made by the portal's worker.

        Raises:
            RuntimeError: an account is not ready in time; the message says what the portal knows.
        """
        app = create_app(config.load(self.environment))
        with app.app_context():
            account = db.session.execute(select(Account).filter_by(login=LOGIN)).scalar_one()
            for ref, role in zip(CONTRACTS, ROLES, strict=True):
                wanted = select(Contract).options(joinedload(Contract.offer)).filter_by(ref=ref)
                contract = db.session.execute(wanted).scalar_one()
                open_console(contract)
                _belong(account, contract)
                _wish(account, contract, role)
            db.session.commit()
        _await_accounts(app)


@contextlib.contextmanager
def portal(
    folder: Path,
    *,
    port: int,
    keystone: str,
    public: str,
    username: str,
    password: str,
    console: str,
) -> Iterator[Portal]:
    """A portal with sample data, its worker and its cron, on a fresh folder.

    Args:
        folder: what was in it is gone.
        port: of this machine.
        keystone: the address its worker calls.
        public: the address its customers' command lines call.
        username: of its service account there.
        password: of the same.
        console: where the button leads.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    url = f"http://127.0.0.1:{port}"
    with redis_server() as redis:
        environment = {
            **os.environ,
            "DEMO_FOLDER": str(folder),
            "PORT": str(port),
            "MAIL_PAGE_PORT": "0",
            "SMTP_PORT": "0",
            "PORTAL_URL": url,
            "REDIS_URL": redis,
            "IAM_DRIVER": "keystone",
            "IAM_URL": keystone,
            "IAM_USERNAME": username,
            "IAM_PASSWORD": password,
            "IAM_USER_DOMAIN": "Default",
            "CONSOLE_URL": console,
            "CONSOLE_AUTH_URL": public,
            "MAIL_SENDER": "ne-pas-repondre@demo.example",
        }
        log = folder.with_suffix(".log")
        with log.open("wb") as output:
            process = start(
                [sys.executable, "-m", "demo.run"],
                when_orphaned=signal.SIGTERM,
                environment=environment,
                output=output,
                folder=ROOT,
            )
            try:
                answers(f"{url}/readyz", process, log)
                yield Portal(url, {**environment, **_kept(folder)}, mails=DemoFolder(folder).mails)
            finally:
                end(process, signal.SIGTERM, within=40)


def _kept(folder: Path) -> dict[str, str]:
    """Where that demo keeps its things, for commands beside it."""
    kept = DemoFolder(folder)
    return {
        "DATABASE_URL": f"sqlite:///{kept.database}",
        "SECRET_KEY": kept.secret_key(),
        "ASSETS_DIR": str(folder / "assets"),
        "DOCUMENTS_URL": f"file://{folder / 'documents'}",
        "DEMO": "1",
    }


def _belong(account: Account, contract: Contract) -> None:
    theirs = {"account_id": account.id, "contract_id": contract.id}
    if db.session.execute(select(Membership).filter_by(**theirs)).first() is None:
        profiles = profiles_of_referent()
        db.session.add(Membership(account=account, contract=contract, profiles=profiles))
        db.session.flush()


def _wish(account: Account, contract: Contract, role: str) -> None:
    """The sample data say « ready » of accounts that the stand-in has; this Keystone has none."""
    access = console_access.want(contract, account, [role])
    if access and access.is_settled:
        console_access.again(access)


def _await_accounts(app: Flask) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while True:
        with app.app_context():
            theirs = (
                select(ConsoleAccess)
                .join(Account, Account.id == ConsoleAccess.account_id)
                .where(Account.login == LOGIN)
            )
            found = list(db.session.execute(theirs).scalars())
        if len(found) == len(CONTRACTS) and all(access.is_settled for access in found):
            return
        if time.monotonic() > deadline:
            raise RuntimeError(
                f"the console accounts are not ready: {[access.problem for access in found]}"
            )
        time.sleep(0.5)
