"""The console's job as a worker runs it, and what makes work for it."""

from __future__ import annotations

from typing import Any

from flask import Flask

from selfcare.services.console import access as console_access
from selfcare.services.console.iam.errors import IamProblem
from tests.browsing import Browser
from tests.wizard import roles

LOGIN = "sophie.dupont"


def converge(app: Flask, access_id: int) -> IamProblem | None:
    """The job, as a worker runs it; the problem it would be retried for."""
    with app.app_context():
        try:
            console_access.converge(access_id)
        except IamProblem as problem:
            return problem
    return None


def change(referent: Browser, users: str, membership_id: int, console: Any = ()) -> None:
    """Give somebody other console roles, in the wizard."""
    step = referent.post(f"{users}/{membership_id}/roles", roles(console, contract="visitor"))
    assert referent.post(step.location, {"step": "finish"}).status == 303
