"""Each mail with the values of its `sample.json`: previews, and the test of every mail."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from selfcare.models import Account, Mail, now
from selfcare.services.mail import composing
from selfcare.services.mail.choices import TOPIC, Topic
from selfcare.services.mail.letters import Letter

FOLDER = Path(__file__).parents[2] / "templates" / "mail"


@lru_cache
def names() -> tuple[str, ...]:
    """Every mail there is: a folder each."""
    return tuple(sorted(path.name for path in FOLDER.iterdir() if path.is_dir()))


def values(name: str) -> dict[str, Any]:
    """The values its templates need besides the account."""
    found: dict[str, Any] = json.loads((FOLDER / name / "sample.json").read_text())
    return found


def built(name: str, locale: str) -> Letter:
    """The mail to Paul Dupont of the user guide; nothing is stored."""
    account = Account(
        id=0,
        login="paul.dupont",
        email="paul.dupont@orangecloud.com",
        first_name="Paul",
        last_name="Dupont",
        locale=locale,
    )
    row = Mail(
        name=name,
        recipient=account.email,
        locale=locale,
        context=values(name),
        message_id="sample@portal",
        created_at=now(),
    )
    to_operators = TOPIC[name] == Topic.OPERATOR
    return composing.rendered(row, None if to_operators else account)
