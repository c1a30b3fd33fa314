"""Mails about support that looks at a contract as a member does."""

from __future__ import annotations

from selfcare.models import Account, Contract, Mail, Visit
from selfcare.services.mail import outbox
from selfcare.services.mail.kinds.facts import of_contract


def visit_begun(account: Account, *, visit: Visit, visited: Account, contract: Contract) -> Mail:
    """Support looks at a contract as this member, until then (STAFF-2)."""
    return outbox.write(
        "visit_begun",
        account,
        **of_contract(contract),
        visited=visited.full_name,
        reason=visit.reason,
        ticket=visit.ticket,
        until=visit.expires_at.isoformat(),
    )


def visit_asked(account: Account, *, visit: Visit) -> Mail:
    """Support asks the referent whether it may look at the contract (STAFF-2)."""
    return outbox.write(
        "visit_asked",
        account,
        **of_contract(visit.contract),
        visited=visit.account.full_name,
        reason=visit.reason,
        ticket=visit.ticket,
    )
