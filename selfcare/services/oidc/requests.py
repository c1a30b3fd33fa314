"""Authorization requests: checked before anything else, kept while the person signs in.

What a client may ask is decided here, by OpenID Connect Core 3.1.2 and RFC 9700. A request whose
client or address is not known is never answered by a redirect (`UnknownClient`); every other
refusal goes back to the client (`Refused`).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, inspect, select

from selfcare.database import db
from selfcare.models import Account, ClientKind, OidcClient, OidcRequest, SignIn, now
from selfcare.services.oidc import clients, keys

GOOD_FOR = timedelta(minutes=15)
SCOPES = ("openid", "profile", "email", "groups")
PROMPTS = {"none", "login", "consent", "select_account"}
_UNWRITTEN = re.compile(r"[\x00-\x1f\x7f]")
"""What no parameter may hold (RFC 6749, appendix A); a database would refuse the first of them."""
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
Given = Mapping[str, str]
"""Parameter → its value, where it has one."""
Problem = tuple[str, str]
"""An error's name and its description."""
LONGEST = {"state": 2000, "nonce": 255}


class UnknownClient(Exception):
    """Client or redirect address are not registered: nobody to send an answer to."""


@dataclass(frozen=True)
class Answer:
    """The address and the mode of an answer to the client."""

    redirect_uri: str
    response_mode: str
    state: str | None


class Refused(Exception):
    """The client's answer instead of a code: an error of RFC 6749 or OpenID Connect."""

    def __init__(self, error: str, description: str, *, answer: Answer) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description, self.answer = error, description, answer


def check(asked: Mapping[str, list[str]]) -> OidcRequest:
    """The request, checked; `keep` it if its person has to be waited for.

    Args:
        asked: parameter → its values as they were sent.

    Raises:
        UnknownClient: to be told to the person, never to the address in the request.
        Refused: to be told to the client.
    """
    given = {name: values[0] for name, values in asked.items() if values and values[0]}
    client = _client(asked, given)
    posted = _gets_id_token(client) or given.get("response_mode") == "form_post"
    answer = Answer(
        redirect_uri=given["redirect_uri"],
        response_mode="form_post" if posted else "query",
        state=given.get("state", "")[: LONGEST["state"]] or None,
    )
    for name, values in asked.items():
        if len(values) > 1 or len(values[0]) > LONGEST.get(name, 2000):
            raise Refused("invalid_request", f"{name}: given twice or too long", answer=answer)
        if _UNWRITTEN.search(values[0]):
            raise Refused("invalid_request", f"{name}: not a text", answer=answer)
    for rule in RULES:
        if problem := rule(client, given):
            raise Refused(*problem, answer=answer)
    present = now()
    return OidcRequest(
        name=secrets.token_urlsafe(18),
        client=client,
        redirect_uri=answer.redirect_uri,
        response_mode=answer.response_mode,
        scope=" ".join(scope for scope in SCOPES if scope in given["scope"].split()),
        state=answer.state,
        nonce=given.get("nonce"),
        code_challenge=given.get("code_challenge"),
        prompt=" ".join(sorted(set(given.get("prompt", "").split()))),
        max_age=int(given["max_age"]) if "max_age" in given else None,
        hinted_subject=_subject(given["id_token_hint"]) if "id_token_hint" in given else None,
        created_at=present,
        expires_at=present + GOOD_FOR,
    )


def _client(asked: Mapping[str, list[str]], given: Given) -> OidcClient:
    """Our own exact comparison, before anything else is looked at."""
    if any(len(asked.get(name, [])) > 1 for name in ("client_id", "redirect_uri")):
        raise UnknownClient
    client = clients.find(given.get("client_id", ""))
    if client is None or not clients.answers_at(client, given.get("redirect_uri", "")):
        raise UnknownClient
    return client


def _gets_id_token(client: OidcClient) -> bool:
    return client.kind == ClientKind.FLEXIBLE_ENGINE


def _nothing_unsupported(_client: OidcClient, given: Given) -> Problem | None:
    for name in ("request", "request_uri", "registration"):
        if name in given:
            return f"{name}_not_supported", f"{name} is not supported"
    return None


def _response_type(client: OidcClient, given: Given) -> Problem | None:
    wanted = "id_token" if _gets_id_token(client) else "code"
    if "response_type" not in given:
        return "invalid_request", "response_type is missing"
    if given["response_type"] != wanted:
        return "unsupported_response_type", f"this client is answered with {wanted}"
    modes = {"form_post"} if _gets_id_token(client) else {"query", "form_post"}
    if given.get("response_mode", "form_post") not in modes:
        return "invalid_request", "this response_mode is not supported"
    return None


def _scope(client: OidcClient, given: Given) -> Problem | None:
    if "openid" not in given.get("scope", "").split():
        return "invalid_scope", "scope must contain openid"
    if _gets_id_token(client) and "nonce" not in given:
        return "invalid_request", "nonce is missing"
    return None


def _pkce(client: OidcClient, given: Given) -> Problem | None:
    if "code_challenge" not in given:
        asked = "code_challenge_method" in given
        wanted = asked or (client.require_pkce and not _gets_id_token(client))
        return ("invalid_request", "code_challenge is missing") if wanted else None
    problem = problem_of_challenge(given)
    return ("invalid_request", problem) if problem else None


def problem_of_challenge(given: Given) -> str | None:
    """The fault of a `code_challenge`: S256 only, 43 characters (RFC 7636)."""
    if given.get("code_challenge_method") != "S256":
        return "code_challenge_method must be S256"
    if not _CHALLENGE.fullmatch(given.get("code_challenge", "")):
        return "code_challenge is not a SHA-256 in base64url"
    return None


def _prompt(_client: OidcClient, given: Given) -> Problem | None:
    prompts = set(given.get("prompt", "").split())
    if prompts - PROMPTS or ("none" in prompts and len(prompts) > 1):
        return "invalid_request", "this prompt is not supported"
    if not re.fullmatch(r"[0-9]{1,9}", given.get("max_age", "0")):
        return "invalid_request", "max_age is a number of seconds"
    return None


def _hint(_client: OidcClient, given: Given) -> Problem | None:
    if "id_token_hint" in given and _subject(given["id_token_hint"]) is None:
        return "login_required", "id_token_hint is not a token of this provider"
    return None


def _subject(id_token: str) -> str | None:
    try:
        return str(keys.read(id_token)["sub"])
    except (keys.NotOurs, KeyError):
        return None


RULES = (_nothing_unsupported, _response_type, _scope, _pkce, _prompt, _hint)
"""The checks of a known client's request, in the order in which faults are reported."""


def waiting(name: str) -> OidcRequest | None:
    """A request that waits for its person; None once it was answered or is too old."""
    return db.session.execute(
        select(OidcRequest).where(OidcRequest.name == name, OidcRequest.expires_at > now())
    ).scalar_one_or_none()


def keep(request: OidcRequest) -> None:
    """Let it wait for its person, for fifteen minutes."""
    db.session.add(request)
    db.session.flush()


def take(request: OidcRequest) -> bool:
    """Remove a kept request before it is answered; of two who try one may go on."""
    if inspect(request).transient:
        return True
    taken = db.session.execute(
        delete(OidcRequest).where(OidcRequest.name == request.name).returning(OidcRequest.name)
    ).first()
    return taken is not None


def answer_of(request: OidcRequest) -> Answer:
    """The address to which this request is answered."""
    return Answer(request.redirect_uri, request.response_mode, request.state)


def wants_new_sign_in(request: OidcRequest, sign_in: SignIn) -> bool:
    """Whether the present sign-in is too old for what was asked (`max_age`, `prompt=login`)."""
    if "login" in request.prompt.split() and sign_in.created_at < request.created_at:
        return True
    if request.max_age is None:
        return False
    return sign_in.created_at < request.created_at - timedelta(seconds=request.max_age)


def is_for(request: OidcRequest, account: Account) -> bool:
    """Whether this person may answer it: an `id_token_hint` names one."""
    return request.hinted_subject is None or request.hinted_subject == account.subject
