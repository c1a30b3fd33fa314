"""What is tried, one after the other; each raises where it does not hold."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from playwright.sync_api import Response, expect

from proof import keys, terminal, visits
from proof.portal import CONTRACTS, LOGIN
from proof.scene import Scene

BROWSER, DEVICE = "v3websso/clouds.yaml", "v3oidcdeviceauthz/openrc.sh"
OF_APACHE = "mod_auth_openidc_session"
FORGED = {"OIDC-iss": "", "OIDC-ksuser": LOGIN, "OIDC-ksdomain": CONTRACTS[0]}


def first_click(scene: Scene) -> str:
    """One click leads from the portal to Horizon, signed in for the contract."""
    page = scene.page()
    page.on("response", lambda response: _copy_cookie(scene, response))
    visits.sign_in(page, scene.portal.url, LOGIN)
    page.wait_for_url(f"{scene.portal.url}/")
    visits.click_console(page, scene.portal.url, CONTRACTS[0])
    visits.lands_on(page, scene.horizon, CONTRACTS[0])
    scene.picture = page.screenshot()
    return CONTRACTS[0]


def _copy_cookie(scene: Scene, response: Response) -> None:
    for header in response.headers_array():
        if header["name"].lower() == "set-cookie":
            found = re.match(rf"{OF_APACHE}=([^;]{{8,}})", header["value"])
            if found:
                scene.copied, scene.copied_at = found[1], time.monotonic()


def second_click(scene: Scene) -> str:
    """The button of another contract leads to that one, at once."""
    page = scene.page()
    assert OF_APACHE not in {cookie["name"] for cookie in scene.browser.cookies(scene.keystone)}
    visits.click_console(page, scene.portal.url, CONTRACTS[1])
    visits.lands_on(page, scene.horizon, CONTRACTS[1])
    expect(page.locator("body")).not_to_contain_text(CONTRACTS[0])
    return CONTRACTS[1]


def copied_cookie(scene: Scene) -> str:
    """A copy of Apache's own cookie is worth nothing after half a minute."""
    assert scene.copied, "no cookie was seen"
    address = (
        f"{scene.keystone}/auth/OS-FEDERATION/identity_providers/portal/protocols/openid/websso"
        f"?origin={scene.horizon}/auth/websso/"
    )

    def token_for_it() -> bool:
        asked = urllib.request.Request(address, headers={"Cookie": f"{OF_APACHE}={scene.copied}"})
        with _without_redirects().open(asked, timeout=30) as answer:
            return b'name="token"' in answer.read()

    at_once = _answered(token_for_it)
    time.sleep(max(0.0, 32 - (time.monotonic() - scene.copied_at)))
    assert not _answered(token_for_it), "it is still good"
    return "(at once it is)" if at_once else "(nor at once)"


def forged_headers(scene: Scene) -> str:
    """Headers that say who one is, sent by oneself, are not believed."""
    headers = {**FORGED, "OIDC-iss": scene.portal.url, "Content-Type": "application/json"}
    method = {
        "methods": ["openid"],
        "openid": {"identity_provider": "portal", "protocol": "openid"},
    }
    body = json.dumps({"auth": {"identity": method}}).encode()
    federated = "OS-FEDERATION/identity_providers/portal/protocols/openid/auth"
    for path, sent in (("auth/tokens", body), (federated, None), (federated, b"")):
        asked = urllib.request.Request(f"{scene.keystone}/{path}", data=sent, headers=headers)
        try:
            with _without_redirects().open(asked, timeout=30) as answer:
                raise AssertionError(f"{path} answered {answer.status}")
        except urllib.error.HTTPError as refusal:
            if refusal.code != 401:
                raise
    return ""


def out_of_horizon(scene: Scene) -> str:
    """Signing out of Horizon leads to the portal, which asks, and out of it as well."""
    page = scene.page()
    page.goto(f"{scene.horizon}/project/api_access/")
    visits.sign_out_of_horizon(page)
    visits.reaches(page, f"{scene.portal.url}/oauth/logout?")
    page.click("main form button[type=submit]")
    page.wait_for_url(f"{scene.portal.url}/oauth/logout/done")
    page.goto(f"{scene.portal.url}/account/profile")
    visits.reaches(page, f"{scene.portal.url}/login")
    page.goto(f"{scene.horizon}/project/api_access/")
    visits.reaches(page, f"{scene.portal.url}/login")
    return ""


def from_horizon(scene: Scene) -> str:
    """Who begins at Horizon signs in at the portal and chooses the contract."""
    page = scene.page()
    page.goto(f"{scene.horizon}/")
    visits.reaches(page, f"{scene.portal.url}/login")
    visits.sign_in(page, scene.portal.url, LOGIN)
    visits.choose(page, CONTRACTS[1])
    visits.lands_on(page, scene.horizon, CONTRACTS[1])
    return CONTRACTS[1]


def by_websso(scene: Scene) -> str:
    """The openstack command, with the portal's clouds.yaml for v3websso."""
    file = visits.command_line_file(scene.page(), scene.portal.url, CONTRACTS[0], BROWSER)
    with terminal.with_cloud(scene.portal.environment, file, CONTRACTS[0]) as command:
        page = scene.page()
        page.goto(command.address())
        visits.choose(page, CONTRACTS[0])
        return command.token()


def by_device(scene: Scene) -> str:
    """The openstack command, with the portal's openrc.sh, by a code typed in another browser."""
    file = visits.command_line_file(scene.page(), scene.portal.url, CONTRACTS[1], DEVICE)
    with terminal.with_variables(scene.portal.environment, file) as command:
        page = scene.page()
        page.goto(command.address())
        page.click("main form button[type=submit]")
        page.check(f"input[name=contract][value={CONTRACTS[1]}]")
        page.click("main form button.primary")
        return command.token()


def out_of_portal(scene: Scene) -> str:
    """Signing out of the portal: the console is told, and its button asks to sign in again."""
    page = scene.page()
    visits.sign_out_of_portal(page, scene.portal.url)
    page.goto(f"{scene.keystone}/auth/OS-FEDERATION/identity_providers/portal/protocols/openid/"
              f"websso?origin={scene.horizon}/auth/websso/")  # fmt: skip
    visits.reaches(page, f"{scene.portal.url}/login")
    return f"(told {scene.portal.logouts_told()} times)"


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: object) -> None:
        return None


def _without_redirects() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_Stay)


def _answered(attempt: Callable[[], bool]) -> bool:
    try:
        return attempt()
    except urllib.error.HTTPError:
        return False


ALL: tuple[Callable[[Scene], str], ...] = (
    first_click,
    second_click,
    copied_cookie,
    forged_headers,
    out_of_horizon,
    from_horizon,
    by_websso,
    by_device,
    keys.api_password,
    keys.access_key,
    keys.application_credential,
    out_of_portal,
)
