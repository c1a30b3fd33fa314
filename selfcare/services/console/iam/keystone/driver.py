"""The driver of a Keystone: all verbs of the port."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from selfcare.services.console.iam import checking
from selfcare.services.console.iam.keystone.contracts import Contracts
from selfcare.services.console.iam.keystone.people import People
from selfcare.services.console.iam.port import Finding


class Keystone(Contracts, People):
    """The port on a Keystone; one per process, remembers the ids it learnt."""

    @staticmethod
    def username_for(login: str) -> str:
        """The login itself: Keystone takes any name."""
        return login

    def findings(self, refs: Iterable[str] = ()) -> Iterator[Finding]:
        """The answer of `flask iam check`."""
        return checking.findings(self, refs)
