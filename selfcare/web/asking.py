"""« Demander cet accès »: what a page says where its reader lacks something (ASK-1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from flask import g

from selfcare.models import AccessRequest
from selfcare.models.access_request import CONSOLE
from selfcare.rights import Ability, Access
from selfcare.services.users import access_requests
from selfcare.web import visiting
from selfcare.web.access import place


@dataclass(frozen=True)
class Asking:
    """An access that the reader lacks.

    Attributes:
        section: a section's name, or `console`; with `profile`, as a request keeps them.
        own: they may give it to themselves.
        request: what they have asked already: open, or declined within a day.
    """

    section: str
    profile: str
    own: bool
    request: AccessRequest | None

    @property
    def possible(self) -> bool:
        """Whether it can be asked for now."""
        return self.request is None or access_requests.may_be_repeated(self.request)


def asking(wanted: Ability | Access) -> Asking | None:
    """What to say about an ability, or an access; nothing where it is held, or to a visit."""
    here = place()
    if here is None or visiting.present():
        return None
    access = Access.to(wanted) if isinstance(wanted, Ability) else wanted
    if access.is_held(here.rights) or (
        access.section is None and not here.contract.offer.has_console
    ):
        return None
    own = access_requests.may_answer(here.rights, access)
    asked = () if own else _asked(here.membership.id)
    return Asking(
        section=str(access.section or CONSOLE),
        profile=str(access.profile) if access.section else "",
        own=own,
        request=next((one for one in asked if one.access == access), None),
    )


def _asked(membership_id: int) -> Sequence[AccessRequest]:
    """The reader's requests here; read once a request, where something is missing."""
    if "access_requests" not in g:
        g.access_requests = access_requests.recent(membership_id)
    return cast("Sequence[AccessRequest]", g.access_requests)
