"""Files for `openstack` on a command line (CONSOLE-10, API-4)."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from selfcare import config
from selfcare.models import Contract
from selfcare.services.oidc import keys


class Flow(StrEnum):
    """How the command line gets its token through the portal: by keystoneauth1's plug-ins."""

    BROWSER = "v3websso"
    """It opens a browser on this machine."""
    DEVICE = "v3oidcdeviceauthz"
    """It shows a code to type on another machine (RFC 8628)."""


@dataclass(frozen=True)
class Login:
    """How the command line signs in: the plug-in's name, and what it has to be told."""

    auth_type: str
    auth: Mapping[str, str] = field(repr=False)


def by_portal(contract: Contract, flow: Flow) -> Login:
    """Through the portal, with its second factor: no secret is on the machine."""
    scope = {
        "auth_url": _auth_url(),
        "identity_provider": config.current().console_identity_provider,
        "protocol": config.current().console_protocol,
        "project_name": contract.ref,
        "project_domain_name": contract.ref,
    }
    if flow is Flow.BROWSER:
        return Login(flow, scope)
    device = {
        "client_id": config.current().console_device_client,
        "openid_scope": "openid profile email groups",
        "discovery_endpoint": f"{keys.issuer()}/.well-known/openid-configuration",
        "code_challenge_method": "S256",
    }
    return Login(flow, scope | device)


def by_application_credential(key: str, secret: str) -> Login:
    """With a secret of its own; which project and roles it opens, the console knows (API-4)."""
    return Login(
        "v3applicationcredential",
        {
            "auth_url": _auth_url(),
            "application_credential_id": key,
            "application_credential_secret": secret,
        },
    )


def clouds_yaml(contract: Contract, login: Login) -> str:
    """A `clouds.yaml` with one cloud, named by the contract's reference."""
    name = config.current().iam_region
    region = f"    region_name: {_quoted(name)}\n" if name else ""
    auth = "".join(f"      {name}: {_quoted(value)}\n" for name, value in login.auth.items())
    return (
        f"# ~/.config/openstack/clouds.yaml – openstack --os-cloud {contract.ref} token issue\n"
        f"clouds:\n  {contract.ref}:\n    auth_type: {login.auth_type}\n    auth:\n{auth}{region}"
        "    identity_api_version: 3\n"
    )


def openrc(contract: Contract, login: Login) -> str:
    """The same as variables for a shell: `. ./openrc.sh`."""
    variables = {"auth_type": str(login.auth_type), **login.auth}
    if region := config.current().iam_region:
        variables["region_name"] = region
    variables["identity_api_version"] = "3"
    lines = [f"export OS_{name.upper()}={shlex.quote(text)}" for name, text in variables.items()]
    return "\n".join([f"# . ./{contract.ref}-openrc.sh && openstack token issue", *lines, ""])


FILES = {"clouds.yaml": clouds_yaml, "openrc.sh": openrc}
"""The files of a login, by their names."""


def file_name(contract: Contract, file: str) -> str:
    """The name a download is given: `clouds.yaml` is found by it, the other is one of several."""
    return file if file == "clouds.yaml" else f"{contract.ref}-{file}"


def _auth_url() -> str:
    return config.current().console_auth_url or config.current().iam_url


def _quoted(text: str) -> str:
    """A YAML text in single quotes."""
    return "'" + text.replace("'", "''") + "'"
