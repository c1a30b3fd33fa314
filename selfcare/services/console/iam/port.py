"""The port of a console's IAM: a dozen verbs, each safe to repeat.

A contract is a domain named by its reference, a console role a group of that domain. Nobody
outside this package sees ids, tokens or HTTP. Every verb raises only `errors.IamProblem`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Protocol

from selfcare.services.console.iam.kinds import Kind

LONGEST_PASSWORD = 72
"""Bytes of an API password: Keystone cuts more off silently, and takes none at all."""


@dataclass(frozen=True)
class Holder:
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
    rest: dict[str, Any] | None = None
    """What is still to be read, as JSON to go on with; None once all is there."""

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
    mark: str = ""
    """The portal's own, where it made the key."""
    active: bool = True
    created_at: datetime | None = None
    """Nothing where the console does not say."""
    last_used_at: datetime | None = None


@dataclass(frozen=True)
class NewKey(Key):
    """A key just made, with its secret."""

    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class ApplicationCredential:
    """A login for a program, with some of its owner's roles, until a date."""

    key: str
    """The console's own id; programs sign in with it."""
    name: str
    mark: str = ""
    roles: frozenset[str] = frozenset()
    expires_at: datetime | None = None


@dataclass(frozen=True)
class NewApplicationCredential(ApplicationCredential):
    """One just made, with its secret."""

    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Held:
    """How many credentials an account had."""

    keys: int
    applications: int


_MARK = "selfcare:"


def description_of(mark: str) -> str:
    """What a credential of ours says of itself in the console."""
    return f"{_MARK}{mark}"


def mark_in(description: str | None) -> str:
    """The mark a credential carries; nothing if the portal did not make it."""
    said = description or ""
    return said.removeprefix(_MARK) if said.startswith(_MARK) else ""


@dataclass(frozen=True)
class Finding:
    """One line of `flask iam check`."""

    good: bool | None
    """None for what is worth knowing and stops nothing."""
    sentence: str


class OwnIAM(Protocol):
    """The verbs of somebody signed in as themselves; a job's, never kept."""

    user_id: str
    """The console's id of the account."""
    roles: frozenset[str]
    """The roles on the contract's project that an application credential may have some of."""

    def access_keys(self) -> list[Key]:
        """The access keys, without their secrets."""

    def create_key(self, new: NewKey) -> NewKey:
        """Make an access key; `new` is our own random proposal, which the console may replace.

        Raises:
            Quota: there are as many as one may have.
        """

    def enable_key(self, access: str, *, usable: bool) -> None:
        """Put a key to rest, or wake it.

        Raises:
            Unsupported: keys do not rest in this console.
        """

    def delete_key(self, access: str) -> None:
        """Delete one; gone already is fine."""

    def application_credentials(self) -> list[ApplicationCredential]:
        """The application credentials, without their secrets."""

    def create_application_credential(
        self, name: str, *, roles: Iterable[str], expires_at: datetime, mark: str
    ) -> NewApplicationCredential:
        """Make one with some of the person's roles; said twice, the second is a `Conflict`.

        Raises:
            RoleNotHeld: the person does not have one of these roles.
            Conflict: they have one of that name.
            Unsupported: this console has no application credentials.
        """

    def delete_application_credential(self, key: str) -> None:
        """Delete one; gone already is fine."""


class ConsoleIAM(Protocol):
    """The port. `ref` is the contract's reference, `username` the console account's name."""

    kind: ClassVar[Kind]

    def prepare_contract(self, ref: str) -> None:
        """Make the domain, its project and three groups with their roles, where they lack."""

    def is_sound(self, ref: str) -> bool:
        """Whether what `prepare_contract` made is all there, and usable."""

    def overview(
        self, ref: str, *, rest: dict[str, Any] | None = None, within: float | None = None
    ) -> Overview:
        """Everybody and every group of the contract.

        A large one takes long: after `within` seconds what is read so far comes with its `rest`.
        """

    def groups_of(self, ref: str, username: str) -> frozenset[str] | None:
        """The groups somebody is in; None without an account."""

    def set_groups(self, ref: str, holder: Holder, groups: frozenset[str]) -> str:
        """Make the account if there is none, and its groups exactly these: add, then remove.

        Of an account that is there, only what `holder.overwrite` names is made the portal's.
        Gives the console's id of the account.
        """

    def is_enabled(self, ref: str, key: str) -> bool:
        """Whether the account of that id is usable."""

    def enable(self, ref: str, key: str, *, usable: bool) -> None:
        """Make the account usable or not; one that is not loses all its tokens, and no key."""

    def delete_user(self, ref: str, username: str, key: str = "") -> Held | None:
        """Delete the account with its credentials; gone already is fine.

        Without a name only the account of that id is meant. Says how many credentials it had; None
        where the service account is not told.
        """

    def set_password(self, ref: str, username: str, password: str, key: str = "") -> None:
        """Give the account of that id, else of that name, an API password.

        Raises:
            NotFound: there is no such account.
            WeakPassword: the console's own rules refuse it.
        """

    def check_password(self, ref: str, username: str, password: str) -> bool:
        """Whether this is its API password."""

    def sign_in(self, ref: str, username: str, password: str) -> OwnIAM:
        """As the person, for what they alone may do.

        Raises:
            WrongPassword: the API password is not theirs.
            NoProject: it is, and they have no role on the contract's project.
        """

    def findings(self, refs: Iterable[str] = ()) -> Iterator[Finding]:
        """Whether the settings work and what the service account may do; `refs`: our contracts."""
