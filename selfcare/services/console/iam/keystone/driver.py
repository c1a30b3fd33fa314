"""The driver of a Keystone: all verbs of the port."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from selfcare.services.console.iam import checking
from selfcare.services.console.iam.keystone.contracts import Contracts
from selfcare.services.console.iam.keystone.people import People
from selfcare.services.console.iam.keystone.personal import Personal
from selfcare.services.console.iam.keystone.survey import Surveying
from selfcare.services.console.iam.kinds import KEYSTONE, Kind
from selfcare.services.console.iam.port import Finding


class Keystone(Contracts, People, Surveying):
    """The port on a Keystone; one per process, remembers the ids it learnt."""

    PERSONAL: ClassVar[type[Personal]] = Personal
    kind: ClassVar[Kind] = KEYSTONE

    def sign_in(self, ref: str, username: str, password: str) -> Personal:
        """As the person, with a token that ends with the job."""
        return self.PERSONAL(
            ref=ref,
            url=self.url,
            username=username,
            password=password,
            region=self._region or "",
            timeout=self.timeout,
        )

    def findings(self, refs: Iterable[str] = ()) -> Iterator[Finding]:
        """The answer of `flask iam check`."""
        return checking.findings(self, refs)
