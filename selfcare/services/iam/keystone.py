"""OpenStack Keystone v3, measured on Keystone 30 (iam.md).

Nothing is sent twice by itself: keystoneauth's retries stay off, the job tries again instead. Only
a token that is refused is asked for anew, once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from keystoneauth1 import exceptions
from keystoneauth1.adapter import Adapter
from keystoneauth1.identity.v3 import Password
from keystoneauth1.session import Session

from selfcare.rights import PREDEFINED_CONSOLE_ROLES
from selfcare.services.iam import errors
from selfcare.services.iam.errors import AuthExpired, Conflict, ContractMissing, NotFound
from selfcare.services.iam.port import Finding, Key, NewKey, Overview, Person

GRANTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "admin": (("domain", "manager"), ("project", "member")),
    "power_user": (("project", "member"),),
    "guest": (("project", "reader"),),
}
"""Console role → (scope, Keystone role). Never `admin`: it would rule the whole cloud (point 5)."""

LONGEST_PASSWORD = 72  # bytes; more are cut off silently, and none at all is accepted (point 4)
MOST_KEYS = 2
MOST_PAGES = 1000


class Keystone:
    """The driver; one per process, holds a token per scope and what it learnt of ids."""

    def __init__(
        self,
        *,
        url: str,
        username: str,
        password: str,
        user_domain: str = "Default",
        region: str = "",
        timeout: int = 10,
    ) -> None:
        self.url = url.rstrip("/")
        self.timeout = timeout
        self._credentials: dict[str, Any] = {
            "auth_url": self.url,
            "username": username,
            "password": password,
            "user_domain_name": user_domain,
        }
        self._region = region or None
        self._whole_cloud = True  # until the service account turns out to have domains only
        self._adapters: dict[str, Adapter] = {}
        self._domains: dict[str, str] = {}
        self._groups: dict[str, dict[str, str]] = {}

    # Names

    @staticmethod
    def username_for(login: str) -> str:
        """The login itself: Keystone takes any name."""
        return login

    # A contract

    def prepare_contract(self, ref: str) -> None:
        """Domain, project, three groups, their roles; what is there already stays as it is."""
        domain = self._domain_id(ref, missing_ok=True)
        domain = domain or self._ensure("domains", {"name": ref, "enabled": True}, ref)
        self._domains[ref] = domain
        project = self._ensure("projects", {"name": ref, "domain_id": domain}, ref)
        groups = {
            name: self._ensure("groups", {"name": name, "domain_id": domain}, ref)
            for name in PREDEFINED_CONSOLE_ROLES
        }
        self._groups.pop(ref, None)
        targets = {"domain": f"/domains/{domain}", "project": f"/projects/{project}"}
        for name, group in groups.items():
            for scope, role in GRANTS[name]:
                role_id = self._role_id(role, ref)
                self._call("PUT", f"{targets[scope]}/groups/{group}/roles/{role_id}", ref)

    def overview(self, ref: str) -> Overview:
        """Users and groups of the domain; a call per group, not per user."""
        domain = self._domain_id(ref)
        self._groups.pop(ref, None)
        groups = self._group_ids(ref)
        users = {
            user["id"]: user["name"] for user in self._all("users", ref, {"domain_id": domain})
        }
        held: dict[str, set[str]] = {name.casefold(): set() for name in users.values()}
        for name, group in groups.items():
            for member in self._all(f"groups/{group}/users", ref, key="users"):
                if member["id"] in users:
                    held[users[member["id"]].casefold()].add(name)
        return Overview(frozenset(groups), {name: frozenset(of) for name, of in held.items()})

    # A person

    def groups_of(self, ref: str, username: str) -> frozenset[str] | None:
        """Their groups; None without an account."""
        user = self._find_user(ref, username)
        return frozenset(self._held(ref, user["id"])) if user else None

    def set_groups(self, ref: str, person: Person, groups: frozenset[str]) -> None:
        """Exactly these groups: add first, for removing from any revokes all tokens (point 2)."""
        ids = self._group_ids(ref)
        if not groups <= ids.keys():
            self._groups.pop(ref)  # perhaps made since we looked
            ids = self._group_ids(ref)
        if missing := sorted(groups - ids.keys()):
            raise errors.GroupMissing(", ".join(missing))
        user = self._find_user(ref, person.username)
        held = self._held(ref, user["id"]) if user else {}
        user = user or self._create_user(ref, person)
        if user.get("adopted"):
            held = self._held(ref, user["id"])
        for name in sorted(groups - held.keys()):
            self._call("PUT", f"/groups/{ids[name]}/users/{user['id']}", ref)
        for name in sorted(held.keys() - groups):
            self._call("DELETE", f"/groups/{held[name]}/users/{user['id']}", ref, gone_ok=True)

    def delete_user(self, ref: str, username: str) -> int:
        """Delete the account; Keystone deletes its credentials with it."""
        try:
            user = self._find_user(ref, username)
        except ContractMissing:
            return 0
        if user is None:
            return 0
        keys = len(self._user_keys(ref, user["id"]))
        self._call("DELETE", f"/users/{user['id']}", ref, gone_ok=True)
        return keys

    def set_password(self, ref: str, username: str, password: str) -> None:
        """Set the API password; an empty one would be taken and let anybody in (point 4)."""
        if not 1 <= len(password.encode()) <= LONGEST_PASSWORD:
            raise errors.WeakPassword(f"1 to {LONGEST_PASSWORD} bytes")
        user = self._existing_user(ref, username)
        self._call("PATCH", f"/users/{user['id']}", ref, {"user": {"password": password}})

    def check_password(self, ref: str, username: str, password: str) -> bool:
        """Sign in with it, unscoped; the token is given up at once."""
        identity = {
            "methods": ["password"],
            "password": {"user": {"name": username, "domain": {"name": ref}, "password": password}},
        }
        body = {"auth": {"identity": identity, "scope": "unscoped"}}
        answer = self._raw("POST", "/auth/tokens", None, body, authenticated=False)
        if answer.status_code == 401:
            return False
        self._checked(answer)
        return True

    # Access keys

    def keys(self, ref: str, username: str) -> list[Key]:
        """Their access keys; Keystone would tell the secrets, the port does not (point 7)."""
        return self._user_keys(ref, self._existing_user(ref, username)["id"])

    def create_key(self, ref: str, username: str, new: NewKey) -> NewKey:
        """Store our own pair: saying it again makes no second key (point 8)."""
        user = self._existing_user(ref, username)
        held = self._user_keys(ref, user["id"])
        if any(key.access == new.access for key in held):
            return new
        if len(held) >= MOST_KEYS:
            raise errors.Quota(f"{MOST_KEYS} keys at most")
        blob = json.dumps({"access": new.access, "secret": new.secret})
        credential = {
            "type": "ec2",
            "user_id": user["id"],
            "project_id": self._project_id(ref),
            "blob": blob,
        }
        self._call("POST", "/credentials", ref, {"credential": credential}, conflict_ok=True)
        return new

    def delete_key(self, ref: str, username: str, access: str) -> None:
        """Delete one; gone already is fine."""
        user = self._existing_user(ref, username)
        path = f"/users/{user['id']}/credentials/OS-EC2/{quote(access, safe='')}"
        self._call("DELETE", path, ref, gone_ok=True)

    # Whether it works

    def findings(self) -> Iterator[Finding]:
        """What `flask iam check` says."""
        try:
            version = self._checked(self._raw("GET", "", None, authenticated=False)).get("version")
            yield Finding(good=True, sentence=f"{self.url} answers: {(version or {}).get('id')}.")
        except errors.IamProblem as problem:
            yield Finding(good=False, sentence=f"{self.url} does not answer as an IAM: {problem}")
            return
        try:
            self._call("GET", "/domains?limit=1", "")
        except AuthExpired as problem:
            yield Finding(good=False, sentence=f"The service account cannot sign in: {problem}")
        except errors.Forbidden:
            yield Finding(good=True, sentence="The service account signs in.")
            yield Finding(good=False, sentence="It may not list domains.")
        else:
            yield Finding(good=True, sentence="The service account signs in for the whole cloud.")
            yield Finding(good=True, sentence="It may make contracts, users and access keys.")

    # Finding things

    def _domain_id(self, ref: str, *, missing_ok: bool = False) -> str:
        if ref in self._domains:
            return self._domains[ref]
        found = self._all("domains", ref, {"name": ref})
        if not found:
            if missing_ok:
                return ""
            raise ContractMissing(ref)
        self._domains[ref] = found[0]["id"]
        return self._domains[ref]

    def _group_ids(self, ref: str) -> dict[str, str]:
        if ref not in self._groups:
            listed = self._all("groups", ref, {"domain_id": self._domain_id(ref)})
            self._groups[ref] = {group["name"]: group["id"] for group in listed}
        return self._groups[ref]

    def _project_id(self, ref: str) -> str:
        found = self._all("projects", ref, {"domain_id": self._domain_id(ref), "name": ref})
        if not found:
            raise ContractMissing(f"{ref} has no project")
        return str(found[0]["id"])

    def _role_id(self, name: str, ref: str) -> str:
        found = self._all("roles", ref, {"name": name})
        if not found:
            raise NotFound(f"role {name}")
        return str(found[0]["id"])

    def _find_user(self, ref: str, username: str) -> dict[str, Any] | None:
        """The account of that name; some Keystones mind the case, some do not (point 10)."""
        listed = self._all("users", ref, {"domain_id": self._domain_id(ref), "name": username})
        same = (user for user in listed if user["name"].casefold() == username.casefold())
        return next(same, None)

    def _existing_user(self, ref: str, username: str) -> dict[str, Any]:
        user = self._find_user(ref, username)
        if user is None:
            raise NotFound(f"{username} in {ref}")
        return user

    def _create_user(self, ref: str, person: Person) -> dict[str, Any]:
        """Make the account, without any password; somebody quicker than us made the same one."""
        user = {
            "name": person.username,
            "domain_id": self._domain_id(ref),
            "email": person.email,
            "description": person.full_name,
            "enabled": True,
        }
        try:
            made: dict[str, Any] = self._call("POST", "/users", ref, {"user": user})["user"]
        except Conflict:
            return {**self._existing_user(ref, person.username), "adopted": True}
        return made

    def _held(self, ref: str, user_id: str) -> dict[str, str]:
        listed = self._all(f"users/{user_id}/groups", ref, key="groups")
        return {group["name"]: group["id"] for group in listed}

    def _user_keys(self, ref: str, user_id: str) -> list[Key]:
        listed = self._all(f"users/{user_id}/credentials/OS-EC2", ref, key="credentials")
        return [Key(access=found["access"]) for found in listed]

    def _ensure(self, kind: str, values: dict[str, Any], ref: str) -> str:
        """The id of the thing of that name, made if it is not there."""
        named: dict[str, str] = {k: v for k, v in values.items() if k in {"name", "domain_id"}}
        found = self._all(kind, ref, named)
        if not found:
            singular = kind.removesuffix("s")
            try:
                return str(self._call("POST", f"/{kind}", ref, {singular: values})[singular]["id"])
            except Conflict:
                found = self._all(kind, ref, named)
        if not found:
            raise errors.Retryable(f"{kind} {values['name']}: taken, yet not to be found")
        return str(found[0]["id"])

    # HTTP

    def _all(
        self, path: str, ref: str, query: Mapping[str, str] | None = None, *, key: str = ""
    ) -> list[Any]:
        """A whole list, page after page: lists are cut at 1000 (point 9)."""
        where: str | None = f"/{path}" + (f"?{urlencode(query)}" if query else "")
        items: list[Any] = []
        for _ in range(MOST_PAGES):
            if where is None:
                break
            answer = self._call("GET", where, ref)
            items += answer.get(key or path, [])
            following = (answer.get("links") or {}).get("next")
            where = self._path_of(following) if following else None
        return items

    def _path_of(self, link: str) -> str:
        """A `next` link's path: its host is the IAM's idea, ours is the address we were given."""
        _, found, rest = link.partition("/v3")
        if not found:
            raise errors.Retryable(f"an odd link: {link}")
        return rest

    def _call(
        self,
        method: str,
        path: str,
        ref: str,
        body: Mapping[str, Any] | None = None,
        *,
        gone_ok: bool = False,
        conflict_ok: bool = False,
    ) -> Any:
        """One call with the service token; the decoded answer, or the problem raised."""
        answer = self._raw(method, path, ref, body)
        if (gone_ok and answer.status_code == 404) or (conflict_ok and answer.status_code == 409):
            return {}
        return self._checked(answer)

    def _raw(
        self,
        method: str,
        path: str,
        ref: str | None,
        body: Mapping[str, Any] | None = None,
        *,
        authenticated: bool = True,
    ) -> Any:
        try:
            return self._adapter(ref).request(
                self._address(path),
                method,
                json=body,
                headers={"Accept": "application/json"},
                authenticated=authenticated,
                raise_exc=False,
                redirect=False,
                connect_retries=0,
                status_code_retries=0,
            )
        except exceptions.Unauthorized as refusal:
            if self._whole_cloud and ref:
                self._whole_cloud = False  # the account rules domains, not the cloud (point 6)
                return self._raw(method, path, ref, body, authenticated=authenticated)
            raise AuthExpired(str(refusal)) from None
        except exceptions.HttpError as failure:  # of the token request
            answer = failure.response
            text = answer.text if answer is not None else str(failure)
            header = answer.headers.get("Retry-After") if answer is not None else None
            raise errors.from_response(failure.http_status, text, header) from None
        except exceptions.ConnectTimeout as late:
            raise errors.Slow(str(late)[:400]) from None
        except exceptions.ClientException as failure:
            raise errors.Retryable(str(failure)[:400]) from None

    def _address(self, path: str) -> str:
        return f"{self.url}{path}"

    def _adapter(self, ref: str | None) -> Adapter:
        scope = "all" if self._whole_cloud or not ref else ref
        if scope not in self._adapters:
            wanted: dict[str, Any] = (
                {"system_scope": "all"} if scope == "all" else {"domain_name": ref}
            )
            session = Session(
                auth=Password(**self._credentials, **wanted),
                timeout=self.timeout,
                user_agent="selfcare-portal",
                collect_timing=False,
            )
            self._adapters[scope] = Adapter(
                session, service_type="identity", region_name=self._region
            )
        return self._adapters[scope]

    @staticmethod
    def _checked(answer: Any) -> Any:
        if answer.status_code >= 300:
            raise errors.from_response(
                answer.status_code, answer.text, answer.headers.get("Retry-After")
            )
        if answer.status_code == 204 or not answer.content:
            return {}
        try:
            return answer.json()
        except ValueError:
            raise errors.Retryable(f"no JSON: {answer.text[:200]}") from None
