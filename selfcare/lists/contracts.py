"""The contracts somebody is a member of (ACCOUNT-2, figure 41)."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import String, bindparam, cast, select

from selfcare.database import Chosen, Rows
from selfcare.i18n import lazy as _l
from selfcare.lists.columns import Column
from selfcare.lists.query import ListQuery
from selfcare.models import Contract, Membership, Offer


class ContractList(ListQuery):
    """Name, id, offer, platform id."""

    name = "contracts"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("name", _l("Name"), Contract.name),
        Column("ref", _l("ID"), Contract.ref),
        Column("offer", _l("Offer"), Offer.name),
        Column("platform", _l("Platform ID"), Contract.platform_id, shows="platform_id"),
    )
    searched = (Contract.search_text,)
    default_sort = "name"
    tie_break = Contract.id


_OF_ACCOUNT: Rows = (
    select(
        Contract.id,
        Contract.ref,
        Contract.name,
        Contract.platform_id,
        Offer.name.label("offer"),
        cast(Membership.profiles, String).label("profiles"),
    )
    .join(Offer, Offer.id == Contract.offer_id)
    .where(Membership.contract_id == Contract.id, Membership.account_id == bindparam("account"))
)


def of_account(account_id: int) -> Chosen:
    """Every contract the account is a member of, with its profiles on it (as JSON text)."""
    return Chosen(_OF_ACCOUNT, {"account": account_id})
