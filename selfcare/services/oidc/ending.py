"""Signing out as clients ask for it: who asks, whom it is about, where to go afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from selfcare.models import SignIn
from selfcare.services.oidc import clients, keys


@dataclass(frozen=True)
class Ending:
    """A request to the end-session endpoint, as far as it holds."""

    sid: str | None
    """The sign-in that a valid `id_token_hint` names."""
    back_to: str | None
    """The client's own address, if it is registered; with its `state`."""

    def is_of(self, sign_in: SignIn) -> bool:
        """Whether the client has shown that it knows this very sign-in: nobody has to be asked."""
        return self.sid is not None and self.sid == sign_in.sid


def check(asked: Mapping[str, str]) -> Ending:
    """A request to sign out, without the parts that cannot be trusted.

    OpenID Connect RP-Initiated Logout 1.0. An expired ID token is a good hint, one that another
    issuer or key signed is none. An address counts only if it is registered, letter by letter,
    for the client that the hint or `client_id` names, and both name the same one.
    """
    claims = {}
    if hint := asked.get("id_token_hint"):
        try:
            claims = keys.read(hint)
        except keys.NotOurs:
            claims = {}
    named = asked.get("client_id") or claims.get("aud")
    if claims and named != claims.get("aud"):
        return Ending(sid=None, back_to=None)
    client = clients.find(str(named)) if named else None
    back_to = asked.get("post_logout_redirect_uri")
    if client is None or back_to not in client.post_logout_uris:
        back_to = None
    if back_to and (state := asked.get("state")):
        joint = "&" if urlsplit(back_to).query else "?"
        back_to = f"{back_to}{joint}{urlencode({'state': state})}"
    return Ending(sid=claims.get("sid"), back_to=back_to)
