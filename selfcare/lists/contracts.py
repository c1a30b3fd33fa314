"""The contracts somebody is a member of (ACCOUNT-2, figure 41)."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Self

from sqlalchemy import String, bindparam, cast, select

from selfcare.language import _l
from selfcare.lists.columns import Column
from selfcare.lists.query import ListOf, ListQuery
from selfcare.models import Account, Contract, Membership, Offer
from selfcare.rights import Section
from selfcare.services.months import TODAY


class ContractList(ListQuery):
    """Name, id, offer, platform id."""

    name = "contracts"
    statement = (
        select(
            Contract.id,
            Contract.ref,
            Contract.name,
            Contract.platform_id,
            Offer.name.label("offer"),
            cast(Membership.profiles, String).label("profiles"),
        )
        .join(Offer, Offer.id == Contract.offer_id)
        .where(
            Membership.contract_id == Contract.id,
            Membership.account_id == bindparam("account"),
            Membership.lasts_on(TODAY),
        )
    )
    columns: ClassVar[tuple[Column, ...]] = (
        Column("name", _l("Name"), Contract.name),
        Column("ref", _l("ID"), Contract.ref),
        Column("offer", _l("Offer"), Offer.name),
        Column("platform", _l("Platform ID"), Contract.platform_id, shows="platform_id"),
    )
    searched = (Contract.search_text,)
    default_sort = "name"
    tie_break = Contract.id

    @classmethod
    def of_account(cls, account: Account, *, section: Section | None) -> ListOf[Self]:
        """Every contract the account is a member of, with its profiles on it (as JSON text).

        `section` is where a contract opens, if it has it (HOME-4).
        """
        keep = {"section": section.value} if section else {}
        return replace(cls._of(account=account.id), keep=keep)
