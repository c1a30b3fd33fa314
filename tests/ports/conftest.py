"""A contract that is open, and an independent client that looks at the outcome."""

from __future__ import annotations

import openstack
import pytest


@pytest.fixture
def opened(iam, ref):
    """A contract that is open in the console."""
    iam.prepare_contract(ref)
    return ref


@pytest.fixture
def witness(console):
    """An independent client, as the console's administrator."""
    connection = openstack.connect(
        auth_type="v3password",
        auth={
            "auth_url": console.url,
            "username": console.username,
            "password": console.password,
            "user_domain_name": "Default",
            "system_scope": "all",
        },
        identity_api_version="3",
        identity_endpoint_override=console.url,
    )
    yield connection
    connection.close()
