"""A person who signs in, and each of their sign-ins."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from selfcare.models.base import Base, Searchable, now

LOGIN_PATTERN = r"[A-Za-z0-9._-]{8,64}"
LOCALES = ("fr", "en")
CIVILITIES = ("madam", "sir")


def full_name(first_name: str, last_name: str) -> str:
    """« Paul DUPONT », as the header shows it."""
    return f"{first_name} {last_name.upper()}"


def _random_name() -> str:
    return secrets.token_hex(16)


class Account(Searchable, Base):
    """A person's account; contracts reach it through memberships."""

    __tablename__ = "accounts"
    __table_args__ = (
        Index("uq_accounts_login", text("lower(login)"), unique=True),
        Index("uq_accounts_email", text("lower(email)"), unique=True),
        Index("uq_accounts_subject", "subject", unique=True),
        CheckConstraint("locale IN ('fr', 'en')", name="locale"),
        CheckConstraint("civility IN ('madam', 'sir')", name="civility"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(32), default=_random_name, deferred=True)
    """The subject in the OpenID provider's tokens: random, never reused."""
    login: Mapped[str] = mapped_column(String(64))
    email: Mapped[str] = mapped_column(String(254))
    password_hash: Mapped[str | None] = mapped_column(String(255), deferred=True)
    civility: Mapped[str] = mapped_column(String(8), default="madam")
    last_name: Mapped[str] = mapped_column(String(80))
    first_name: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str | None] = mapped_column(String(24))
    mobile: Mapped[str | None] = mapped_column(String(24))
    locale: Mapped[str] = mapped_column(String(2), default="fr")
    has_find_key: Mapped[bool] = mapped_column(default=True)
    """Whether « / » leads to the search of the header: WCAG 2.1.4 wants it to be switched off."""
    is_staff: Mapped[bool] = mapped_column(default=False)
    has_ece_changes: Mapped[bool] = mapped_column(default=False)
    """Has an account on the change-request application (« Gérer vos services », §5.6.3)."""
    has_ece_incidents: Mapped[bool] = mapped_column(default=False)
    """Has an account on the incident application (« Ouvrir un ticket incident », §5.8.2)."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    disabled_at: Mapped[datetime | None]
    """Since when nothing opens to them, here or in the console; None while all is well."""

    @property
    def full_name(self) -> str:
        """Both names, as the header shows them."""
        return full_name(self.first_name, self.last_name)

    @classmethod
    def has_login(cls, login: str) -> ColumnElement[bool]:
        """Whether it is the account of a login, whatever its case; in a statement."""
        return func.lower(cls.login) == login.strip().lower()

    @classmethod
    def has_email(cls, email: str) -> ColumnElement[bool]:
        """Whether it is the account of a mail address, whatever its case; in a statement."""
        return func.lower(cls.email) == email.strip().lower()

    def search_terms(self) -> Iterable[str | None]:
        """Login, names and address."""
        return (self.login, self.first_name, self.last_name, self.email)


class SignIn(Base):
    """One signed-in browser: the row behind a session cookie, and what ends it (AUTH-7).

    Flask-Login's "user" is this row, so that ending it signs that browser out on its next
    request. The cookie holds a random token, the database only its hash.
    """

    __tablename__ = "sign_ins"
    __allow_unmapped__ = True  # `token` below is not a column

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    sid: Mapped[str] = mapped_column(String(32), default=_random_name, deferred=True)
    """This sign-in's `sid` in the OpenID provider's tokens; it opens nothing."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    awaits_code: Mapped[bool] = mapped_column(default=False)
    """The password was right, the second factor is still to come: no page opens yet."""
    two_factor: Mapped[bool] = mapped_column(default=False)
    """Made with a second factor or a passkey; staff get nowhere without (AUTH-7)."""
    ip: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(255), default="")

    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (Index(None, "account_id", "ended_at"), Index(None, "expires_at"))

    token: str | None = None
    """The clear token: known while the cookie is being set, never stored."""

    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """Flask-Login: a row that was ended is never loaded, so a loaded one is active."""
        return self.ended_at is None

    @property
    def locale(self) -> str:
        """The language of whoever is signed in."""
        return self.account.locale

    def get_id(self) -> str:
        """The content of the session cookie."""
        if self.token is None:
            raise LookupError("the token of a stored sign-in is not known")
        return self.token
