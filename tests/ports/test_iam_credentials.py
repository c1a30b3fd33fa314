"""What somebody does as themselves: access keys and application credentials, on every IAM."""

from __future__ import annotations

import openstack
import pytest

from selfcare.services.console.iam import errors
from selfcare.services.console.iam.port import Holder
from tests.ports.witness import GUEST, POWER, SOPHIE, make_application, new_key, own

# openstacksdk warns of itself
pytestmark = [
    pytest.mark.once,
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]


@pytest.fixture
def sophie(iam, opened):
    """A guest, who may least."""
    iam.set_groups(opened, SOPHIE, GUEST)
    return own(iam, opened)


def application_signs_in(console, key, secret):
    """Whether an unmodified client gets a token with it."""
    client = openstack.connect(
        auth_type="v3applicationcredential",
        auth={
            "auth_url": console.url,
            "application_credential_id": key,
            "application_credential_secret": secret,
        },
        identity_api_version="3",
    )
    try:
        return bool(client.authorize())
    except openstack.exceptions.SDKException:
        return False
    finally:
        client.close()


def test_api_2_whose_password_is_wrong_does_nothing(iam, opened):
    iam.set_groups(opened, SOPHIE, GUEST)
    with pytest.raises(errors.WrongPassword):
        iam.sign_in(opened, SOPHIE.username, "Espace-2026!")
    own(iam, opened)
    for name, password in ((SOPHIE.username, "Espace-2027!"), ("nobody.here", "Espace-2026!")):
        with pytest.raises(errors.WrongPassword):
            iam.sign_in(opened, name, password)


def test_api_2_a_wrong_password_is_tried_once(iam, opened, faulty):
    iam.set_groups(opened, SOPHIE, GUEST)
    faulty.calls.clear()
    with pytest.raises(errors.WrongPassword):
        iam.sign_in(opened, SOPHIE.username, "wrong")
    assert faulty.calls == ["POST /v3/auth/tokens"]


def test_api_2_whoever_has_no_role_is_told_so(iam, opened):
    iam.set_groups(opened, SOPHIE, frozenset())
    with pytest.raises(errors.NoProject):
        own(iam, opened)


def test_api_2_a_key_said_twice_is_one_and_its_secret_is_not_told(sophie):
    ours = new_key(secret="very secret", mark="0f1e")
    for _ in range(2):
        sophie.create_key(ours)
    held = sophie.access_keys()
    assert [(key.access, key.mark) for key in held] == [(ours.access, "0f1e")]
    assert "very secret" not in repr(held) + repr(ours)
    sophie.delete_key(ours.access)
    sophie.delete_key(ours.access)
    assert sophie.access_keys() == []


def test_api_2_two_keys_at_most(sophie):
    for _ in range(2):
        sophie.create_key(new_key())
    with pytest.raises(errors.Quota):
        sophie.create_key(new_key())


def test_api_2_keys_do_not_rest_where_the_console_cannot(iam, sophie):
    assert not iam.kind.keys_rest
    with pytest.raises(errors.Unsupported):
        sophie.enable_key("x", usable=False)


def test_api_2_a_key_somebody_else_has_is_refused(iam, opened, sophie):
    paul = Holder("paul.dupont", "paul.dupont@example.com", "Paul DUPONT")
    iam.set_groups(opened, paul, GUEST)
    taken = new_key()
    sophie.create_key(taken)
    other = own(iam, opened, paul.username)
    with pytest.raises(errors.Conflict):
        other.create_key(taken)
    assert other.access_keys() == []


def test_api_4_an_application_credential_signs_in_until_it_is_deleted(sophie, console):
    made = make_application(sophie)
    assert made.secret not in repr(made)
    assert application_signs_in(console, made.key, made.secret)
    [found] = sophie.application_credentials()
    assert (found.name, found.mark, found.roles) == ("ci", "mark-2", {"reader"})
    assert abs((found.expires_at - made.expires_at).total_seconds()) < 1
    sophie.delete_application_credential(made.key)
    sophie.delete_application_credential(made.key)
    assert not application_signs_in(console, made.key, made.secret)


def test_api_4_a_name_is_good_once(sophie):
    make_application(sophie)
    with pytest.raises(errors.Conflict):
        make_application(sophie)


def test_api_4_only_roles_one_has(iam, opened):
    iam.set_groups(opened, SOPHIE, POWER)
    sophie = own(iam, opened)
    assert {"member", "reader"} <= sophie.roles
    with pytest.raises(errors.RoleNotHeld, match="manager"):
        make_application(sophie, roles={"reader", "manager"})
    assert make_application(sophie, roles={"reader"}).roles == {"reader"}


def test_api_2_a_call_that_hangs_is_made_good_by_the_same_pair(iam, opened, faulty, sophie):
    ours = new_key()
    faulty.fail("POST /v3/credentials", after=True, drop=True)
    with pytest.raises(errors.Retryable):
        sophie.create_key(ours)
    again = iam.sign_in(opened, SOPHIE.username, "Espace-2026!")
    again.create_key(ours)
    assert [key.access for key in again.access_keys()] == [ours.access]
