"""Files for `openstack` on a command line, which signs in through the portal (CONSOLE-10)."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from enum import StrEnum

from selfcare import config
from selfcare.models import Contract
from selfcare.services.oidc import keys


class Flow(StrEnum):
    """How the command line gets its token: by plug-ins that keystoneauth1 brings."""

    BROWSER = "v3websso"
    """It opens a browser on this machine."""
    DEVICE = "v3oidcdeviceauthz"
    """It shows a code to type on another machine (RFC 8628)."""


def clouds_yaml(contract: Contract, flow: Flow) -> str:
    """A `clouds.yaml` with one cloud, named by the contract's reference."""
    name = config.current().iam_region
    region = f"    region_name: {_quoted(name)}\n" if name else ""
    auth = "".join(
        f"      {name}: {_quoted(value)}\n" for name, value in _auth(contract, flow).items()
    )
    return (
        f"# ~/.config/openstack/clouds.yaml – openstack --os-cloud {contract.ref} token issue\n"
        f"clouds:\n  {contract.ref}:\n    auth_type: {flow}\n    auth:\n{auth}{region}"
        "    identity_api_version: 3\n"
    )


def openrc(contract: Contract, flow: Flow) -> str:
    """The same as variables for a shell: `. ./openrc.sh`."""
    variables = {"auth_type": str(flow), **_auth(contract, flow)}
    if region := config.current().iam_region:
        variables["region_name"] = region
    variables["identity_api_version"] = "3"
    lines = [f"export OS_{name.upper()}={shlex.quote(text)}" for name, text in variables.items()]
    return "\n".join([f"# . ./{contract.ref}-openrc.sh && openstack token issue", *lines, ""])


def _auth(contract: Contract, flow: Flow) -> Mapping[str, str]:
    settings = config.current()
    scope = {
        "auth_url": settings.console_auth_url or settings.iam_url,
        "identity_provider": settings.console_identity_provider,
        "protocol": settings.console_protocol,
        "project_name": contract.ref,
        "project_domain_name": contract.ref,
    }
    if flow is Flow.BROWSER:
        return scope
    return scope | {
        "client_id": settings.console_device_client,
        "openid_scope": "openid profile email groups",
        "discovery_endpoint": f"{keys.issuer()}/.well-known/openid-configuration",
        "code_challenge_method": "S256",
    }


def _quoted(text: str) -> str:
    """A YAML text in single quotes."""
    return "'" + text.replace("'", "''") + "'"
