"""HTTP to an IAM with the service account: tokens, pages, errors; what is asked is the driver's.

Nothing is sent twice by itself: keystoneauth's retries stay off, the job tries again instead. Only
a token that is refused is asked for anew, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from keystoneauth1 import exceptions
from keystoneauth1.adapter import Adapter
from keystoneauth1.identity.v3 import Password
from keystoneauth1.session import Session

from selfcare.services.console.iam import errors
from selfcare.services.console.iam.errors import AuthExpired, NoRole
from selfcare.services.console.iam.tokens import KeptToken

MOST_PAGES = 1000


class Client:
    """The service account's way in; one per process, holds a token per scope."""

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

    def _all(
        self, path: str, ref: str, query: Mapping[str, str] | None = None, *, key: str = ""
    ) -> list[Any]:
        """A whole list, page after page: lists are cut at 1000.

        Raises:
            Retryable: the IAM cuts it and gives no way on.
        """
        items, whole = self._as_far_as_told(path, ref, query, key=key)
        if not whole:
            raise errors.Retryable(f"the list {path} is cut after {len(items)}")
        return items

    def _as_far_as_told(
        self, path: str, ref: str, query: Mapping[str, str] | None = None, *, key: str = ""
    ) -> tuple[list[Any], bool]:
        """The rows read of a list, and whether they are all of it.

        Keystone 30 cuts who is in a group, and its next link leads to the same people again.
        """
        where = f"/{path}" + (f"?{urlencode(query)}" if query else "")
        items: list[Any] = []
        page: list[Any] = []
        for _ in range(MOST_PAGES):
            answer = self._call("GET", where, ref)
            before, page = page, answer.get(key or path, [])
            if page and page == before:
                return items, False
            items += page
            following = (answer.get("links") or {}).get("next")
            if not following:
                return items, not answer.get("truncated")
            where = self._path_of(following)
        return items, False

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
    ) -> Any:
        """One call with the service token; the decoded answer, or the problem raised."""
        answer = self._raw(method, path, ref, body)
        if gone_ok and answer.status_code == 404:
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
        whole_cloud = self._whole_cloud  # another thread may learn better meanwhile
        try:
            with self._translated():
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
        except AuthExpired:
            if not ref:
                raise
            if whole_cloud:
                self._whole_cloud = False  # the account rules domains, not the cloud
                return self._raw(method, path, ref, body, authenticated=authenticated)
            if not self._signs_in():
                self._whole_cloud = True
                raise
            raise NoRole(ref) from None

    @staticmethod
    @contextmanager
    def _translated() -> Iterator[None]:
        """Turn keystoneauth's errors for a token request or the network into ours."""
        try:
            yield
        except exceptions.Unauthorized as refusal:
            raise AuthExpired(str(refusal)) from None
        except exceptions.HttpError as failure:
            answer = failure.response
            text = answer.text if answer is not None else str(failure)
            header = answer.headers.get("Retry-After") if answer is not None else None
            raise errors.from_response(failure.http_status, text, header) from None
        except exceptions.ConnectTimeout as late:
            raise errors.Slow(str(late)[:400]) from None
        except exceptions.ClientException as failure:
            raise errors.Retryable(str(failure)[:400]) from None

    def _password(self, **scope: Any) -> Password:
        return Password(**self._credentials, **scope)

    # What the account may do

    def version(self) -> str:
        """The version the IAM says it is."""
        answer = self._checked(self._raw("GET", "", None, authenticated=False))
        return str((answer.get("version") or {}).get("id"))

    def roles_on_cloud(self) -> frozenset[str] | None:
        """The account's roles on the whole cloud; None if it has none there, but signs in.

        Raises:
            AuthExpired: it does not sign in at all.
        """
        try:
            return self._roles(system_scope="all")
        except AuthExpired:
            if not self._signs_in():
                raise
            return None

    def roles_on_domain(self, ref: str) -> frozenset[str]:
        """The account's roles on a contract's domain."""
        return self._roles(domain_name=ref)

    def domains(self) -> list[str]:
        """The names of the domains the account has a role on."""
        with self._translated():
            answer = self._session(unscoped=True).get(
                f"{self.url}/auth/domains", raise_exc=False, redirect=False
            )
        return sorted(domain["name"] for domain in self._checked(answer).get("domains", []))

    def _signs_in(self) -> bool:
        """Whether login and password are right, whatever they open."""
        try:
            self._roles(unscoped=True)
        except AuthExpired:
            return False
        return True

    def _roles(self, **scope: Any) -> frozenset[str]:
        with self._translated():
            session = self._session(**scope)
            return frozenset(self._password(**scope).get_access(session).role_names or ())

    def _address(self, path: str) -> str:
        return f"{self.url}{path}"

    def _adapter(self, ref: str | None) -> Adapter:
        scope = "all" if self._whole_cloud or not ref else ref
        if scope not in self._adapters:
            wanted: dict[str, Any] = (
                {"system_scope": "all"} if scope == "all" else {"domain_name": ref}
            )
            session = self._session_of(KeptToken(**self._credentials, **wanted))
            self._adapters[scope] = Adapter(
                session, service_type="identity", region_name=self._region
            )
        return self._adapters[scope]

    def _session(self, **scope: Any) -> Session:
        return self._session_of(self._password(**scope))

    def _session_of(self, auth: Password) -> Session:
        return Session(
            auth=auth,
            timeout=self.timeout,
            user_agent="selfcare-portal",
            collect_timing=False,
        )

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
