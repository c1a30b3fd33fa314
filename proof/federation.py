"""What an operator tells Keystone once: to believe the portal about who somebody is."""

from __future__ import annotations

from typing import Any

from keystoneauth1.exceptions import Conflict
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

MAPPING: list[dict[str, Any]] = [
    {
        "local": [{"user": {"name": "{0}", "type": "local", "domain": {"name": "{1}"}}}],
        "remote": [{"type": "HTTP_OIDC_KSUSER"}, {"type": "HTTP_OIDC_KSDOMAIN"}],
    }
]
"""The account the portal made itself, by its name and domain. Groups are never mapped: rights are
those the account has."""


def establish(url: str, *, username: str, password: str, issuer: str) -> None:
    """Identity provider, mapping and protocol: `portal`, `portal`, `openid`; again as well."""
    session = administrator(url, username=username, password=password)

    def put(path: str, body: dict[str, Any]) -> None:
        try:
            session.put(f"{url}/OS-FEDERATION/{path}", json=body)
        except Conflict:
            session.patch(f"{url}/OS-FEDERATION/{path}", json=body)

    provider = {"remote_ids": [issuer], "enabled": True, "description": "Espace Client"}
    put("identity_providers/portal", {"identity_provider": provider})
    put("mappings/portal", {"mapping": {"rules": MAPPING}})
    protocol = {"protocol": {"mapping_id": "portal"}}
    put("identity_providers/portal/protocols/openid", protocol)


def publish(url: str, public_url: str, *, username: str, password: str) -> None:
    """Have the catalogue name the address people reach Keystone at."""
    session = administrator(url, username=username, password=password)
    for endpoint in session.get(f"{url}/endpoints").json()["endpoints"]:
        session.patch(f"{url}/endpoints/{endpoint['id']}", json={"endpoint": {"url": public_url}})


def administrator(url: str, *, username: str, password: str) -> Session:
    """Keystone's own administrator, signed in."""
    auth = v3.Password(
        auth_url=url,
        username=username,
        password=password,
        user_domain_name="Default",
        project_name="admin",
        project_domain_name="Default",
    )
    return Session(auth=auth)
