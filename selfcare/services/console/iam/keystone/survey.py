"""Reading a whole contract in steps that can be interrupted: who is there, in which groups.

Keystone cuts the list of a group's people (at 1000 by default) and gives no way on. Those it leaves
out are asked for by how their names begin; where it does not understand that, one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from time import monotonic
from typing import Any

from selfcare.services.console.iam.errors import NotFound
from selfcare.services.console.iam.keystone.lookup import Lookup
from selfcare.services.console.iam.port import Found, Overview


@dataclass
class Survey:
    """How far the reading of a contract is; plain JSON, to be kept between two rounds."""

    groups: dict[str, str]
    """Name → id."""
    users: dict[str, dict[str, Any]]
    """Id → name, email, enabled, and the groups found so far."""
    steps: list[list[str]] = field(default_factory=list)
    """What is still to be asked: a group's people, those of some names, or one person."""
    told: dict[str, list[str]] = field(default_factory=dict)
    """Cut group → the ids it tells at once: each must be found again by its name."""

    @classmethod
    def begun(cls, groups: dict[str, str], users: Iterable[dict[str, Any]]) -> Survey:
        """Everybody there is, with all their groups to be found."""
        known = {
            user["id"]: {
                "name": user["name"],
                "email": user.get("email") or "",
                "enabled": user.get("enabled", True),
                "groups": [],
            }
            for user in users
        }
        return cls(groups, known, [["group", name] for name in groups])

    def put(self, group: str, keys: Iterable[str]) -> None:
        """These people are in the group; those who came since we began are passed by."""
        for key in keys:
            if key in self.users and group not in self.users[key]["groups"]:
                self.users[key]["groups"].append(group)

    def missing(self, group: str) -> list[str]:
        """Who has not been found in the group."""
        return [key for key, user in self.users.items() if group not in user["groups"]]

    def overview(self) -> Overview:
        """What was found, and the rest, if there is one."""
        return Overview(
            frozenset(self.groups),
            {
                key: Found(
                    key=key,
                    username=user["name"],
                    groups=frozenset(user["groups"]),
                    email=user["email"],
                    enabled=user["enabled"],
                )
                for key, user in self.users.items()
            },
            rest=asdict(self) if self.steps else None,
        )


class Surveying(Lookup):
    """The port's verb that reads a contract whole."""

    def overview(
        self, ref: str, *, rest: dict[str, Any] | None = None, within: float | None = None
    ) -> Overview:
        """Users and groups of the domain: a call per group, more for groups that are cut."""
        until = monotonic() + within if within is not None else None
        survey = Survey(**rest) if rest else self._begun(ref)
        do: dict[str, Callable[..., None]] = {
            "group": self._read_group,
            "names": self._read_names,
            "checked": self._check_names,
            "person": self._read_person,
        }
        while survey.steps and (until is None or monotonic() < until):
            kind, *values = survey.steps.pop(0)
            do[kind](ref, survey, *values)
        return survey.overview()

    def _begun(self, ref: str) -> Survey:
        domain = self._domain_id(ref)
        self._groups.pop(ref, None)
        groups = self._group_ids(ref)
        return Survey.begun(groups, self._all("users", ref, {"domain_id": domain}))

    def _read_group(self, ref: str, survey: Survey, group: str) -> None:
        members, whole = self._members(ref, survey, group)
        survey.put(group, members)
        if whole:
            return
        survey.told[group] = [key for key in members if key in survey.users]
        names = [user["name"] for user in survey.users.values()]
        for beginning in beginnings(names, at_most=max(len(members), 1)):
            survey.steps.append(["names", group, beginning])
        survey.steps.append(["checked", group])

    def _read_names(self, ref: str, survey: Survey, group: str, beginning: str) -> None:
        members, whole = self._members(ref, survey, group, name__startswith=beginning)
        others = [key for key in members if not _begins(survey, key, beginning)]
        survey.put(group, members)
        survey.told[group] = sorted(set(survey.told[group]) - set(members))
        if others or not whole:  # it does not understand the question, or cuts this answer, too
            self._ask_one_by_one(survey, group, beginning)

    def _check_names(self, _ref: str, survey: Survey, group: str) -> None:
        """Whom it has told at once must have been found again, else its answers are no good.

        A Keystone that minds case, for example, passes some by.
        """
        if survey.told.pop(group):
            self._ask_one_by_one(survey, group)

    def _ask_one_by_one(self, survey: Survey, group: str, beginning: str = "") -> None:
        asked = {step[1] for step in survey.steps if step[0] == "person"}
        for key in survey.missing(group):
            if _begins(survey, key, beginning) and key not in asked:
                survey.steps.append(["person", key])

    def _read_person(self, ref: str, survey: Survey, key: str) -> None:
        try:
            survey.users[key]["groups"] = sorted(self._held(ref, key))
        except NotFound:
            del survey.users[key]  # deleted while we looked

    def _members(
        self, ref: str, survey: Survey, group: str, **query: str
    ) -> tuple[list[str], bool]:
        path = f"groups/{survey.groups[group]}/users"
        members, whole = self._as_far_as_told(path, ref, query or None, key="users")
        return [member["id"] for member in members], whole


def beginnings(names: Iterable[str], *, at_most: int) -> list[str]:
    """How names begin, so that no beginning is shared by more than so many of them."""
    found: list[str] = []
    waiting = [("", list(names))]
    while waiting:
        beginning, some = waiting.pop()
        if len(some) <= at_most and beginning:
            found.append(beginning)
            continue
        longer: dict[str, list[str]] = defaultdict(list)
        for name in some:
            longer[name[: len(beginning) + 1]].append(name)
        if set(longer) == {beginning}:  # they are all called so
            found.append(beginning)
        else:
            waiting += longer.items()
    return sorted(found)


def _begins(survey: Survey, key: str, beginning: str) -> bool:
    user = survey.users.get(key)
    return user is None or user["name"].casefold().startswith(beginning.casefold())
