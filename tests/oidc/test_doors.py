"""The direct ways into the console, and the files for its command line."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from keystoneauth1 import loading

from tests.browsing import Browser
from tests.cast import PASSWORD

LOGIN, API = "/console/login", "/console/api-login"


class TestWebLogin:
    def send(self, browser: Browser, **fields: str):
        return browser.post(LOGIN, {"csrf_token": browser.get(LOGIN).csrf(), **fields})

    def test_console_2_leads_by_the_portals_sign_in_to_that_contracts_console(
        self, marie, cast, browse, another_app
    ):
        cast.member("marie.dupont", ref="OCB0000777", console_roles=["admin"])
        app = another_app(console_url="https://console.example/?domain={contract}")
        stranger = Browser(app)
        done = self.send(stranger, account=" ocb0000777 ")
        assert done.location == "/contracts/OCB0000777/console"
        page = stranger.get(stranger.get(done.location).location)
        sent = stranger.post(
            "/login?next=/contracts/OCB0000777/console",
            {"login": "marie.dupont", "password": PASSWORD, "csrf_token": page.csrf()},
        )
        assert stranger.get(sent.location).location == "https://console.example/?domain=OCB0000777"

    def test_console_2_remembers_the_company_account_for_a_year_if_asked(self, browse):
        done = self.send(browse, account="OCB0000124", remember="y")
        [cookie] = [c for c in done.headers.getlist("Set-Cookie") if c.startswith("company")]
        assert "Max-Age=31536000" in cookie
        assert "HttpOnly" in cookie
        page = browse.get(LOGIN)
        assert page.one("#account")["value"] == "OCB0000124"
        assert "checked" in page.one("#remember").attrs
        self.send(browse, account="OCB0000124")
        assert not browse.get(LOGIN).one("#account").get("value")

    @pytest.mark.parametrize("account", ["", "two words", "x" * 33, "OCB/../x"])
    def test_console_2_what_is_no_company_account_is_said_beside_the_field(self, browse, account):
        page = self.send(browse, account=account)
        assert page.status == 422
        assert page.one("#account-error")
        assert page.one("#account")["value"] == account.upper()

    def test_console_2_says_nothing_about_who_has_an_account(self, browse, cast):
        cast.contract("OCB0000124")
        there, nowhere = self.send(browse, account="OCB0000124"), self.send(browse, account="OCB9")
        assert there.location.replace("OCB0000124", "OCB9") == nowhere.location

    def test_console_2_all_its_links_lead_somewhere(self, browse):
        links = {str(link["href"]) for link in browse.get(LOGIN).all("main a")}
        assert links == {"/console/login/forgotten", "/", API}
        for link in links:
            assert browse.get(link).status in {200, 303}

    def test_console_2_its_form_may_lead_to_the_console(self, another_app):
        app = another_app(console_url="https://console.example/x")
        policy = Browser(app).get(LOGIN).headers["Content-Security-Policy"]
        assert "form-action 'self' https://console.example;" in policy


class TestApiLogin:
    def send(self, browser: Browser, **fields: str):
        given = {"account": "OCB0000124", "user_name": "paul.dupont", "password": "secret"}
        return browser.post(API, {"csrf_token": browser.get(API).csrf(), **given, **fields})

    def test_console_3_the_password_does_not_come_back(self, browse):
        page = self.send(browse, account="")
        assert page.status == 422
        assert "secret" not in page.text
        assert page.one("#user_name")["value"] == "paul.dupont"

    def test_console_3_remembers_the_user_name_if_asked(self, browse):
        self.send(browse, remember="y")
        assert browse.get(API).one("#user_name")["value"] == "paul.dupont"

    def test_api_5_three_tries_for_an_account_wherever_they_come_from(self, app):
        for n in range(3):
            assert self.send(Browser(app, ip=f"192.0.2.{n + 1}")).status == 303
        page = self.send(Browser(app, ip="192.0.2.9"))
        assert page.status == 429
        assert int(page.headers["Retry-After"]) <= 900
        assert page.one("#user_name")["value"] == "paul.dupont"

    def test_api_5_three_tries_from_an_address_whoever_they_are_for(self, browse):
        for n in range(3):
            assert self.send(browse, user_name=f"somebody{n}").status == 303
        assert self.send(browse, user_name="somebody9").status == 429


class TestCommandLine:
    PAGE = "/contracts/OCB0000124/console/command-line/"

    @pytest.fixture
    def marie(self, marie, another_app):
        app = another_app(iam_url="https://keystone.example/v3", iam_region="eu-west-0")
        return Browser(app).sign_in_as("marie.dupont")

    @pytest.mark.parametrize("flow", ["v3websso", "v3oidcdeviceauthz"])
    def test_console_10_the_files_are_what_the_unmodified_client_reads(self, marie, flow):
        given = yaml.safe_load(marie.get(f"{self.PAGE}{flow}/clouds.yaml").text)
        cloud = given["clouds"]["OCB0000124"]
        assert cloud["auth_type"] == flow
        assert cloud["region_name"] == "eu-west-0"
        loader: Any = loading.get_plugin_loader(cloud["auth_type"])
        known = {option.name.replace("-", "_") for option in loader.get_options()}
        assert cloud["auth"].keys() <= known
        plugin = loader.load_from_options(
            **{
                option.dest: cloud["auth"][option.name.replace("-", "_")]
                for option in loader.get_options()
                if option.name.replace("-", "_") in cloud["auth"]
            }
        )
        assert plugin.auth_url == "https://keystone.example/v3"
        assert (plugin.identity_provider, plugin.protocol) == ("portal", "openid")
        assert plugin.project_name == plugin.project_domain_name == "OCB0000124"

    @pytest.mark.parametrize("flow", ["v3websso", "v3oidcdeviceauthz"])
    def test_console_10_the_shells_file_says_the_same(self, marie, flow):
        page = marie.get(f"{self.PAGE}{flow}/openrc.sh")
        assert 'filename="OCB0000124-openrc.sh"' in page.headers["Content-Disposition"]
        done = subprocess.run(
            ["sh", "-c", f"{page.text}\nenv"], capture_output=True, check=True, env={}, timeout=10
        )
        told = dict(re.findall(r"^OS_(\w+)=(.*)$", done.stdout.decode(), re.MULTILINE))
        cloud = yaml.safe_load(marie.get(f"{self.PAGE}{flow}/clouds.yaml").text)
        wanted = cloud["clouds"]["OCB0000124"]["auth"]
        assert {name.upper(): value for name, value in wanted.items()}.items() <= told.items()
        assert told["AUTH_TYPE"] == flow

    def test_console_10_the_page_shows_them_and_the_dashboard_leads_there(self, marie, cast):
        page = marie.get(self.PAGE)
        assert len(page.all("pre")) == len(page.all("main section a[href]")) == 4
        for link in page.all("main section a[href]"):
            assert marie.get(str(link["href"])).status == 200

    def test_console_10_only_those_with_a_console_role_get_there(self, cast, browse_as):
        cast.member("sophie.dupont")
        assert browse_as("sophie.dupont").get(self.PAGE).status == 403
        assert browse_as("sophie.dupont").get("/contracts/OCB1/console/command-line/").status == 404
