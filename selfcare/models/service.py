"""What the catalogue offers."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from selfcare.models.base import Base, Searchable
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
