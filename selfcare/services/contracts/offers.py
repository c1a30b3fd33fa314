"""Offers: the kinds of contract there are (STAFF-3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import structlog
from sqlalchemy import func, or_, select

from selfcare.config.rules import address, mail_address
from selfcare.database import db
from selfcare.models import Contract, Offer, fold
from selfcare.services.contracts.refusals import ContractRefused, fitting
from selfcare.services.safety import audit

log = structlog.get_logger(__name__)

_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ALIKE = 0.8
"""How alike two names are that are probably meant to be one (`difflib`'s ratio)."""


def known(named: str) -> Offer:
    """The offer of that code or name, whatever its case.

    Raises:
        ContractRefused: there is none; the message names those there are.
    """
    wanted = named.strip().lower()
    found = db.session.execute(
        select(Offer)
        .where(or_(Offer.code == wanted, func.lower(Offer.name) == wanted))
        .order_by(Offer.code != wanted)
        .limit(1)
    ).scalar_one_or_none()
    if found is None:
        names = list(_names())
        there = f"there are: {', '.join(names)}" if names else "there is none yet"
        raise ContractRefused(f"{named}: no such offer; {there} (flask offers set makes one)")
    return found


def put(
    code: str,
    *,
    name: str | None = None,
    has_console: bool | None = None,
    anew: bool = False,
    **others: str | None,
) -> Offer:
    """Make an offer, or change one; what is left out stays.

    Args:
        code: its short name, like `flexible-engine`.
        name: as customers read it.
        has_console: whether a technical console comes with its contracts; of an offer that has
            contracts this cannot be changed, for their console accounts hang on it.
        anew: make it even if another one is called almost the same.
        others: `document_space_url`, `support_phone`, `support_email`; an empty text forgets it.

    Raises:
        ContractRefused: something of it will not do.
    """
    offer = db.session.execute(select(Offer).filter_by(code=code)).scalar_one_or_none()
    is_new = offer is None
    if offer is None:
        offer = _made(code, name, anew=anew)
        offer.has_console = True if has_console is None else has_console
    changes: dict[str, Any] = {
        what: _checked(what, text) for what, text in others.items() if text is not None
    }
    if name is not None:
        changes["name"] = fitting(Offer.name, name, "name")
    if has_console is not None:
        changes["has_console"] = has_console
    what = sorted(key for key, value in changes.items() if getattr(offer, key) != value)
    if "has_console" in what and not is_new and _is_used(offer):
        raise ContractRefused(
            f"{offer.name} has contracts, whose console accounts hang on it: make another offer,"
            " and give it to each of them (flask contracts offer)"
        )
    for key in what:
        setattr(offer, key, changes[key])
    db.session.add(offer)
    db.session.flush()
    if what or is_new:
        audit.record("offer.changed", actor=None, subject=offer.code, details={"what": what})
    log.info("offer_changed", offer=offer.code, what=what, new=is_new)
    return offer


def _made(code: str, name: str | None, *, anew: bool) -> Offer:
    if len(code) > Offer.code.type.length or not _CODE.fullmatch(code):
        raise ContractRefused(f"{code}: an offer's code is like flexible-engine, 32 characters")
    kept = fitting(Offer.name, name or "", "name")
    if not anew and (alike := _alike(kept, _names())):
        raise ContractRefused(f"there is an offer {alike!r}: is it that? If not, say --new")
    return Offer(code=code, name=kept)


def _alike(name: str, names: Iterable[str]) -> str | None:
    by_fold = {fold(one): one for one in names}
    found = get_close_matches(fold(name), by_fold, n=1, cutoff=_ALIKE)
    return by_fold[found[0]] if found else None


def _names() -> Iterable[str]:
    return db.session.execute(select(Offer.name).order_by(Offer.name)).scalars()


def _is_used(offer: Offer) -> bool:
    return bool(
        db.session.execute(select(Contract.id).filter_by(offer_id=offer.id).limit(1)).first()
    )


def _checked(what: str, text: str) -> str | None:
    column = {
        "document_space_url": Offer.document_space_url,
        "support_phone": Offer.support_phone,
        "support_email": Offer.support_email,
    }[what]
    kept = fitting(column, text, what, may_be_empty=True) or None
    check = {"document_space_url": address, "support_email": mail_address}.get(what)
    if kept and check and (problem := check(kept)):
        raise ContractRefused(f"{kept}: {problem}")
    return kept
