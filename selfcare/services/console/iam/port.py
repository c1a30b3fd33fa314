"""The port of a console's IAM: a dozen verbs, each safe to repeat.

A contract is a domain named by its reference, a console role a group of that domain. Nobody
outside this package sees ids, tokens or HTTP. Every verb raises only `errors.IamProblem`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol


@dataclass(frozen=True)
class Person:
    """The person a console account is for, and the details it holds of them."""

    username: str
    email: str
    full_name: str = ""
    mobile: str = ""
    enabled: bool = True
    key: str = ""
    """The console's own id of the account, once it was made: it survives being renamed."""
    overwrite: frozenset[str] = frozenset()
    """The fields above that an account which is there already takes over, too."""


@dataclass(frozen=True)
class Found:
    """An account as the console has it; an email it does not tell is empty."""

    key: str
    username: str
    groups: frozenset[str]
    email: str = ""
    enabled: bool = True


@dataclass(frozen=True)
class Overview:
    """The content of a contract's domain: its groups, and its accounts by the console's own ids."""

    groups: frozenset[str]
    users: Mapping[str, Found]

    @cached_property
    def _named(self) -> Mapping[str, Found]:
        """By name and by folded name; the console may have several that differ by case only."""
        folded = {found.username.casefold(): found for found in self.users.values()}
        return folded | {found.username: found for found in self.users.values()}

    def account_of(self, username: str, key: str = "") -> Found | None:
        """Somebody's account there, renamed or not; None if they have none."""
        named = self._named
        return self.users.get(key) or named.get(username) or named.get(username.casefold())


@dataclass(frozen=True)
class Key:
    """An access key; its secret is shown once, by whoever made it, and never read back."""

    access: str
    description: str = ""


@dataclass(frozen=True)
class NewKey(Key):
    """A key just made, with its secret."""

    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Finding:
    """One line of `flask iam check`."""

    good: bool | None
    """None for what is worth knowing and stops nothing."""
    sentence: str


class ConsoleIAM(Protocol):
    """The port. `ref` is the contract's reference, `username` the console account's name."""

    @staticmethod
    def username_for(login: str) -> str:
        """A stable account name the console accepts, as close to the login as it allows."""

    def prepare_contract(self, ref: str) -> None:
        """Make the domain, its project and three groups with their roles, where they lack."""

    def overview(self, ref: str) -> Overview:
        """Everybody and every group of the contract."""

    def groups_of(self, ref: str, username: str) -> frozenset[str] | None:
        """The groups somebody is in; None without an account."""

    def set_groups(self, ref: str, person: Person, groups: frozenset[str]) -> str:
        """Make the account if there is none, and its groups exactly these: add, then remove.

        Of an account that is there, only what `person.overwrite` names is made the portal's.
        Gives the console's id of the account.
        """

    def is_enabled(self, ref: str, key: str) -> bool:
        """Whether the account of that id is usable."""

    def enable(self, ref: str, key: str, *, usable: bool) -> None:
        """Make the account usable or not; one that is not loses all its tokens, and no key."""

    def delete_user(self, ref: str, username: str, key: str = "") -> int | None:
        """Delete the account with its keys; gone already is fine.

        Without a name only the account of that id is meant. Says how many keys it had; None where
        the service account is not told.
        """

    def set_password(self, ref: str, username: str, password: str) -> None:
        """Give the account an API password."""

    def check_password(self, ref: str, username: str, password: str) -> bool:
        """Whether this is its API password."""

    def keys(self, ref: str, username: str) -> list[Key]:
        """The account's access keys, without their secrets."""

    def create_key(self, ref: str, username: str, new: NewKey) -> NewKey:
        """Make an access key; `new` is our own random proposal, which the console may replace."""

    def delete_key(self, ref: str, username: str, access: str) -> None:
        """Delete one; gone already is fine."""

    def findings(self, refs: Iterable[str] = ()) -> Iterator[Finding]:
        """Whether the settings work and what the service account may do; `refs`: our contracts."""
