"""The catalogue: what is offered, searched and counted by category (SERVICES-1)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Service, fold

SHOWN_ELSEWHERE = 3
LONGEST_SEARCH = 100
_OFFERED = select(Service).where(Service.is_offered).order_by(Service.position, Service.id)
_HIGHLIGHTS = _OFFERED.limit(SHOWN_ELSEWHERE)


@dataclass(frozen=True)
class Shelf:
    """The services found, and the categories to narrow them by."""

    q: str
    category: str
    services: list[Service]
    categories: list[tuple[Service, int]]
    """One service of each category (it knows the category's words), and how many there are."""
    total: int


def highlights() -> list[Service]:
    """A few services for the home pages (HOME-2)."""
    return list(db.session.execute(_HIGHLIGHTS).scalars())


def search(*, q: str, category: str) -> Shelf:
    """The services whose words hold every word asked for.

    A catalogue is small, so it is read whole. Categories count what the words find, so that no
    count leads to an empty page.
    """
    q = " ".join(q.split())[:LONGEST_SEARCH]
    everything = _OFFERED.add_columns(Service.search_text)
    words = fold(q).split()
    found = [
        service
        for service, text in db.session.execute(everything)
        if all(word in text for word in words)
    ]
    counts = Counter(service.category for service in found)
    first_of = {service.category: service for service in reversed(found)}
    chosen = category if category in counts else ""
    return Shelf(
        q=q,
        category=chosen,
        services=[s for s in found if not chosen or s.category == chosen],
        categories=[(first_of[key], count) for key, count in counts.items()],
        total=len(found),
    )
