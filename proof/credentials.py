"""What the pages of keys gave, tried with clients of other makes: openstacksdk and botocore."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import openstack
import requests
from botocore.auth import S3SigV4Auth  # type: ignore[import-untyped]
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
from botocore.credentials import Credentials  # type: ignore[import-untyped]
from keystoneauth1.exceptions import ClientException

WITHIN = 20


def opens_by_password(url: str, ref: str, username: str, password: str) -> bool:
    """Whether openstacksdk signs in by the API password."""
    auth = {
        "auth_url": url,
        "username": username,
        "password": password,
        "user_domain_name": ref,
        "project_name": ref,
        "project_domain_name": ref,
    }
    return _opens(openstack.connect(auth_type="v3password", auth=auth, load_yaml_config=False))


def opens_by_file(clouds_yaml: str, ref: str) -> bool:
    """Whether openstacksdk signs in by a `clouds.yaml`, as it was downloaded."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "clouds.yaml"
        file.write_text(clouds_yaml)
        found = openstack.config.OpenStackConfig(config_files=[str(file)])
        return _opens(openstack.connection.Connection(config=found.get_one(cloud=ref)))


def _opens(connection: Any) -> bool:
    try:
        return bool(connection.authorize())
    except (openstack.exceptions.SDKException, ClientException):
        return False
    finally:
        connection.close()


def signs_requests(url: str, access: str, secret: str, *, administrator: dict[str, str]) -> bool:
    """Whether Keystone accepts an S3 request signed with the key (`/v3/ec2tokens`).

    Args:
        url: Keystone's.
        access: the access key.
        secret: its secret.
        administrator: name and password of whom the object store asks Keystone as.
    """
    asked = AWSRequest("GET", "https://s3.example.com/bucket", params={"list-type": "2"})
    S3SigV4Auth(Credentials(access, secret), "s3", "eu-west-0").add_auth(asked)
    headers = dict(asked.headers.items())
    authorization = headers["Authorization"]
    body = {
        "access": access,
        "signature": authorization.rpartition("Signature=")[2],
        "host": "s3.example.com",
        "verb": "GET",
        "path": "/bucket",
        "params": {"list-type": "2"},
        "headers": headers | {"host": "s3.example.com"},
        "body_hash": headers["X-Amz-Content-SHA256"],
    }
    answer = requests.post(
        f"{url}/ec2tokens",
        json={"credentials": body},
        headers={"X-Auth-Token": _token(url, **administrator)},
        timeout=WITHIN,
    )
    if answer.status_code in {401, 403, 404}:
        return False
    answer.raise_for_status()
    return "token" in answer.json()


def _token(url: str, *, username: str, password: str) -> str:
    user = {"name": username, "domain": {"name": "Default"}, "password": password}
    scope = {"project": {"name": "admin", "domain": {"name": "Default"}}}
    identity = {"methods": ["password"], "password": {"user": user}}
    body = {"auth": {"identity": identity, "scope": scope}}
    answer = requests.post(f"{url}/auth/tokens", json=body, timeout=WITHIN)
    answer.raise_for_status()
    return answer.headers["X-Subject-Token"]
