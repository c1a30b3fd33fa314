"""What mails of several kinds tell."""

from __future__ import annotations

from typing import Any

from selfcare.models import Contract


def of_contract(contract: Contract) -> dict[str, Any]:
    """The contract, as mails name it."""
    return {"ref": contract.ref, "contract_name": contract.name}
