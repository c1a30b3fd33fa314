"""The steps with keys: what « My Credential » gives opens the console until it is deleted."""

from __future__ import annotations

import re
import secrets
import time
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import SMTP

from demo.mails import MailFolder
from proof import credentials
from proof.portal import CONTRACTS, LOGIN
from proof.scene import Scene

REF = CONTRACTS[0]
MAIL_WITHIN = 60


def api_password(scene: Scene) -> str:
    """The portal's three pages set an API password; openstacksdk signs in with it."""
    scene.api_password = f"Nuage-{secrets.token_hex(8)}.42"
    page = scene.page()
    page.goto(f"{scene.portal.url}/console/api-password?account={REF}")
    page.click("main form button.primary")
    for name in ("password", "confirm"):
        page.fill(f"input[name={name}]", scene.api_password)
    page.click("#get-code")
    challenge = page.locator("#captcha-window input[name=captcha]").input_value()
    page.locator("#answer").press_sequentially(scene.portal.characters(challenge))
    page.click("#captcha-window .solved + .actions button")
    page.fill("input[name=code]", _code(scene))
    page.click("main form button.primary")
    page.wait_for_selector("main .notice.good")
    assert credentials.opens_by_password(scene.keystone, REF, LOGIN, scene.api_password)
    assert not credentials.opens_by_password(scene.keystone, REF, LOGIN, "Faux-Nuage.42")
    return REF


def access_key(scene: Scene) -> str:
    """An S3 request signed with an access key is accepted, until the key is deleted."""
    _ask(scene, "keys/new", {})
    access, secret = scene.page().locator("#outcome code").all_inner_texts()

    def accepted() -> bool:
        return credentials.signs_requests(
            scene.keystone, access, secret, administrator=scene.administrator
        )

    assert accepted()
    _delete(scene)
    assert not accepted()
    return access


def application_credential(scene: Scene) -> str:
    """An application credential signs openstacksdk in by its clouds.yaml, until it is deleted."""
    last_day = (date.today() + timedelta(days=30)).isoformat()  # noqa: DTZ011 (a day or two)
    scene.page().goto(f"{_pages(scene)}applications/new")
    scene.page().check("input[name=roles][value=reader]")
    _ask(scene, "", {"name": "proof", "last_day": last_day})
    with scene.page().expect_download() as download:
        scene.page().click("form[action$='clouds.yaml'] button")
    clouds = download.value.path().read_text()
    assert credentials.opens_by_file(clouds, REF)
    _delete(scene)
    assert not credentials.opens_by_file(clouds, REF)
    return "reader"


def _pages(scene: Scene) -> str:
    return f"{scene.portal.url}/contracts/{REF}/console/credentials/"


def _ask(scene: Scene, path: str, typed: dict[str, str]) -> None:
    """Fill in the form with the mailed code, and wait for what comes of it."""
    page = scene.page()
    if path:
        page.goto(_pages(scene) + path)
    for name, value in typed.items():
        page.fill(f"input[name={name}]", value)
    page.click("button[name=get_code]")
    page.fill("input[name=code]", _code(scene))
    page.fill("input[name=password]", scene.api_password)
    page.click("main form button.primary")
    page.wait_for_selector("#outcome code")


def _delete(scene: Scene) -> None:
    page = scene.page()
    page.goto(_pages(scene))
    page.click("main a[href$='/delete']")
    page.fill("input[name=password]", scene.api_password)
    page.click("main form button.danger")
    page.wait_for_selector("#outcome a.button:not([data-hx-get])")


def _code(scene: Scene) -> str:
    """The digits of a mail that came just now."""
    deadline = time.monotonic() + MAIL_WITHIN
    while time.monotonic() < deadline:
        for file in MailFolder(scene.portal.mails).newest_first()[:5]:
            body = message_from_bytes(file.read_bytes(), policy=SMTP).get_body(("plain",))
            found = re.search(r":\s*(\d{6})\b", body.get_content() if body else "")
            if found and found[1] not in scene.used_codes:
                scene.used_codes.add(found[1])
                return found[1]
        time.sleep(0.3)
    raise AssertionError("no code came by mail")
