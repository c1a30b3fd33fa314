"""A contract with its console, as the tests of the console's jobs look at it and change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import ConsoleAccess, Mail, WishState
from selfcare.services.console import converging
from selfcare.services.console.iam.errors import IamProblem
from selfcare.services.console.iam.keystone.driver import Keystone
from tests import wizard
from tests.browsing import Browser
from tests.faulty import Faulty

LOGIN = "sophie.dupont"
"""Whom the referent gives console roles."""


@dataclass(frozen=True)
class ConsoleWorld:
    """A contract, its console, and what happens on both sides of the portal."""

    app: Flask
    ref: str
    """A contract that no other test has: the real Keystone lasts for the session."""
    referent: Browser
    iam: Keystone
    """The driver that the portal uses; the console may be the stand-in or a real Keystone."""
    faulty: Faulty
    """The proxy before it."""
    id_of: Callable[..., int]
    outbox: Callable[[str], list[str]]

    @property
    def users(self) -> str:
        """The address of the contract's users."""
        return f"/contracts/{self.ref}/users"

    @property
    def path(self) -> str:
        """The address of Sophie's console user."""
        return f"{self.users}/console/{self.member_id()}"

    def member_id(self) -> int:
        """Sophie's membership."""
        return self.id_of(LOGIN, self.ref)

    def access(self) -> ConsoleAccess:
        """Sophie's console access as it is now."""
        with self.app.app_context():
            return db.session.execute(select(ConsoleAccess)).scalar_one()

    def groups(self) -> set[str] | None:
        """Sophie's groups in the console; None without an account."""
        found = self.iam.groups_of(self.ref, LOGIN)
        return None if found is None else set(found)

    def add(self, **given: Any) -> None:
        """Add Sophie, in the wizard: `add(console=("guest",), orders="visitor")`."""
        wizard.add(self.referent, users=self.users, **given)

    def change(self, console: tuple[str, ...] = (), *, membership_id: int = 0) -> None:
        """Give Sophie, or whose membership it is, other console roles in the wizard."""
        path = f"{self.users}/{membership_id or self.member_id()}/roles"
        step = self.referent.post(path, wizard.roles(console, contract="visitor"))
        assert self.referent.post(step.location, {"step": "finish"}).status == 303

    def converge(self, access_id: int = 0) -> IamProblem | None:
        """Sophie's job, or that of an access, as a worker runs it; what it would be retried for."""
        access_id = access_id or self.access().id
        with self.app.app_context():
            try:
                converging.converge(access_id)
            except IamProblem as problem:
                return problem
        return None

    def portal_mail_is_sent(self) -> None:
        """As the mail worker does before the console is ready."""
        with self.app.app_context():
            for mail in db.session.execute(select(Mail)).scalars():
                mail.state = WishState.DONE
            db.session.commit()

    def settle(self) -> int:
        """Sophie has her account, with the role of a power user; gives her access's id."""
        self.add(console=("power_user",))
        self.portal_mail_is_sent()
        self.converge()
        return self.access().id
