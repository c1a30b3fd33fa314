"""Every setting, typed (12-factor).

A setting is a field of a group of `Settings`: its name in capitals is the environment variable, its
type decides how the text is read, its docs line goes to `docs/settings.md` (`flask settings docs`),
and `check` says what is wrong with a value, if anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from selfcare.config import rules
from selfcare.config.bounds import Bounds
from selfcare.config.brand import Brand
from selfcare.config.operating import Operating
from selfcare.config.partners import Partners

GROUPS = (Operating, Brand, Partners, Bounds)
"""In the order in which they are documented."""


@dataclass(frozen=True, kw_only=True)
class Settings(Bounds, Partners, Brand, Operating):
    """The portal's configuration; one instance per application, at `config.current()`."""

    @property
    def secure(self) -> bool:
        """Whether people reach the portal by https."""
        return self.portal_url.startswith("https://")

    @property
    def own_name(self) -> str:
        """What tells this portal from others that share a Redis or a document store."""
        return self.redis_prefix or urlsplit(self.portal_url).netloc

    @property
    def is_local(self) -> bool:
        """Whether the portal's address means this machine: a demo, development, a test."""
        host = urlsplit(self.portal_url).hostname or ""
        return host in {"127.0.0.1", "::1", "localhost"} or host.endswith((".localhost", ".test"))

    @property
    def security_contacts(self) -> list[str]:
        """Whom to tell of a weakness."""
        return rules.listed(self.security_contact)

    @property
    def operators(self) -> list[str]:
        """The operators' addresses."""
        return rules.listed(self.operator_emails)

    @property
    def days_of_notice(self) -> list[int]:
        """Days before a subscription's end on which it is told, the first notice first."""
        if self.renewal_notices.lower() == "never":
            return []
        return sorted((int(one) for one in rules.listed(self.renewal_notices)), reverse=True)

    @property
    def sellers(self) -> list[str]:
        """The identifiers of those whose invoices are loaded."""
        return rules.identifiers(self.invoice_sellers)

    @property
    def links(self) -> list[tuple[str, str]]:
        """The footer's links as (label, address)."""
        return rules.links(self.site_links)
