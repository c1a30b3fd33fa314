"""API-2 in a real browser: the code counted down, the secret shown by itself, the file."""

from __future__ import annotations

import csv
import re
from datetime import timedelta

import pytest
import time_machine
from playwright.sync_api import expect

from selfcare.models import now
from tests.browser import axe
from tests.browser.conftest import BROWSERS
from tests.browser.posting import smtp_server, worked
from tests.credentials.conftest import API_PASSWORD, REF, marie

__all__ = ["marie", "smtp_server", "worked"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.needs(*BROWSERS)]
PAGE = f"/contracts/{REF}/console/credentials/"


@axe.LOOKS
def test_api_2_the_whole_way_to_an_access_key(marie, worked, window, stand_in_iam, locale, width):
    with time_machine.travel(now() - timedelta(seconds=5)):
        stand_in_iam.set_password(REF, marie, API_PASSWORD)
    browser = window(marie, language=locale, width=width)
    page = browser.open(PAGE)
    assert axe.faults(page) == []
    page.click("a[href$='/keys/new']")
    page.fill("#password", API_PASSWORD)
    page.click("button[name=get_code]")
    expect(page.locator("#code")).to_be_focused()
    [mail] = worked()
    [code] = re.findall(r":\s*(\d{6})\b", mail.get_body(("plain",)).get_content())
    page.fill("#code", code)
    expect(page.locator("#countdown")).to_have_text(re.compile(r"\(\d\d s "))
    expect(page.locator("#code")).to_have_value(code)
    expect(page.locator("#password")).to_have_value(API_PASSWORD)
    assert axe.faults(page) == []
    page.click("main form button.primary")
    page.wait_for_url(f"**{PAGE}wishes/*")
    worked()
    expect(page.locator("#outcome code")).to_have_count(2)  # by itself
    assert axe.faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    with page.expect_download() as download:
        page.click("form[action$='credentials.csv'] button")
    [row] = csv.DictReader(download.value.path().read_text().splitlines())
    shown = page.locator("#outcome code").all_inner_texts()
    assert [row["Access Key Id"], row["Secret Access Key"]] == shown


@axe.LOOKS
def test_api_4_the_form_of_an_application_credential_and_of_its_end(
    marie, window, stand_in_iam, locale, width
):
    page = window(marie, language=locale, width=width).open(f"{PAGE}applications/new")
    assert axe.faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
