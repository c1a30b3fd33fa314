"""The services of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from selfcare.models.base import Base, Searchable, now
from selfcare.models.order import PriceKind


class Service(Searchable, Base):
    """A service customers may order; its words are data, in both languages."""

    __tablename__ = "services"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    position: Mapped[int] = mapped_column(default=0)
    category: Mapped[str] = mapped_column(String(64))
    category_fr: Mapped[str] = mapped_column(String(64))
    category_en: Mapped[str] = mapped_column(String(64))
    family_fr: Mapped[str] = mapped_column(String(64))
    family_en: Mapped[str] = mapped_column(String(64))
    name_fr: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    summary_fr: Mapped[str] = mapped_column(String(500))
    summary_en: Mapped[str] = mapped_column(String(500))
    description_fr: Mapped[str] = mapped_column(String(4000), default="")
    description_en: Mapped[str] = mapped_column(String(4000), default="")
    price_kind: Mapped[PriceKind] = mapped_column(String(16), default=PriceKind.FROM_MONTHLY)
    from_price: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    version: Mapped[int] = mapped_column(default=0)
    """The version of its definition in force; 0 = none was loaded, so it cannot be ordered."""
    is_offered: Mapped[bool] = mapped_column(default=True)

    def search_terms(self) -> Iterable[str | None]:
        """Names, summaries and categories in both languages."""
        return (
            self.name_fr,
            self.name_en,
            self.summary_fr,
            self.summary_en,
            self.category_fr,
            self.category_en,
            self.family_fr,
            self.family_en,
        )


class ServiceVersion(Base):
    """One version of a service's questions and prices; orders name the one they were made with."""

    __tablename__ = "service_versions"
    __table_args__ = (UniqueConstraint("service_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    number: Mapped[int]
    definition: Mapped[dict[str, Any]]
    """What `services.definitions.Definition` reads."""
    digest: Mapped[str] = mapped_column(String(64))
    """Of the whole file's content: loading the same again makes no new version."""
    loaded_at: Mapped[datetime] = mapped_column(default=now)
