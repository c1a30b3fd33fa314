"""Text browsers: w3m reads everything and can sign in."""

from __future__ import annotations

import re
import subprocess
from urllib.parse import urlencode

import pyotp
import pytest

from tests.browsing import Browser
from tests.cast import PASSWORD, TOTP_KEY, account_of

pytestmark = [pytest.mark.browser, pytest.mark.needs("w3m")]

C = "/contracts/OCB0000124"


@pytest.fixture
def w3m(portal, tmp_path):
    """Text of a page as w3m shows it on 80 columns."""

    def w3m(path: str, *options: str, mode: str = "-dump") -> str:
        plain = ("-cols", "80", "-I", "UTF-8", "-O", "UTF-8", "-o", "accept_encoding=identity")
        done = subprocess.run(
            ["w3m", "-cookie", mode, *plain, *options, portal.url + path],
            env={"HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            timeout=30,
            check=True,
        )
        return done.stdout.decode().replace("\xa0", " ")

    return w3m


@pytest.fixture(autouse=True)
def people(cast):
    cast.member("paul.dupont", referent=True, console_roles=["admin"])
    cast.service()
    cast.orders(3)
    cast.subscriptions_of_orders()


def in_order(text: str, *words: str) -> None:
    place = 0
    for word in words:
        found = text.find(word, place)
        assert found >= 0, f"“{word}” does not come next:\n{text}"
        place = found + len(word)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", ["Welcome Paul", "Your contracts", "SI_Prod", "OCB0000124", "Services",
               "Your latest orders", "HONEY1655-1801-003", "Legal notice"]),
        (f"{C}/", ["Contract OCB0000124", "Your contract", "Reference", "FCE_SI_qualif",
                   "Your rights", "Your orders"]),
        (f"{C}/dashboard", ["Dashboard", "Figures", "Technical console", "ready"]),
        (f"{C}/orders", ["Orders", "3 orders", "Date", "Ref.", "Name", "Price", "Status",
                         "HONEY1655-1801-003", "Legal notice"]),
        (f"{C}/orders?open=HONEY1655-1801-003", ["HONEY1655-1801-003", "Region", "eu-west-0"]),
        (f"{C}/subscriptions", ["Subscriptions", "Ref.", "Status", "HONEY1655-1801-003"]),
        (f"{C}/services", ["Services", "All 1", "Reservation of an Elastic Cloud Server"]),
        (f"{C}/rights", ["Your rights", "Contract", "Manager", "See the contract"]),
        ("/account/contracts", ["My contracts", "1 contract", "SI_Prod", "OCB0000124"]),
        ("/account/profile", ["My profile", "paul.dupont", "Dupont"]),
    ],
)  # fmt: skip
def test_light_w3m_reads_the_page(w3m, cookie_of, path, words):
    text = w3m(path, "-header", f"Cookie: session={cookie_of('paul.dupont')}")
    in_order(text, *words)
    for leftover in ("{{", "}}", "{%", "%(", "None", "undefined", "<td", "&nbsp;", "&#39;"):
        assert leftover not in text, leftover
    assert max(map(len, text.splitlines())) < 200


def test_light_w3m_signs_in(w3m, tmp_path):
    """Through the form; w3m follows the redirect and keeps the new session's cookie."""
    head = w3m("/login", mode="-dump_both")
    cookie = re.findall(r"Set-Cookie: (session=[^;]+)", head)[0]
    token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', head)[0]
    form = tmp_path / "form"

    def sign_in(password: str) -> str:
        fields = {"csrf_token": token, "login": "paul.dupont", "password": password}
        form.write_text(urlencode(fields))
        sent = ("-header", f"Cookie: {cookie}", "-post", str(form))
        return w3m("/login?next=/account/orders", *sent)

    assert "Wrong login or password." in sign_in("wrong")
    in_order(sign_in(PASSWORD), "My orders", "3 orders", "HONEY1655-1801-003")


def test_light_w3m_s_sign_in_page_says_it_all_in_both_languages(w3m):
    in_order(
        w3m("/login"),
        "Bienvenue",
        "Welcome",
        "Identifiant – Login",
        "Mot de passe – Password",
        "Se connecter",
        "Mot de passe oublié",
        "Identifiant oublié",
    )


def test_light_the_list_comes_early(w3m, cookie_of):
    """Not twenty lines of menu first."""
    text = w3m(f"{C}/orders", "-header", f"Cookie: session={cookie_of('paul.dupont')}")
    lines = [line for line in text.splitlines() if line.strip()]
    heading = next(n for n, line in enumerate(lines) if line.strip() == "Orders")
    assert heading <= 20, text


def test_staff_2_w3m_reads_the_pages_of_staff_and_a_visit(w3m, portal, cast):
    agent = Browser(portal).sign_in_as(cast.agent("claire.support"))

    def cookie(name: str, path: str) -> str:
        found = agent.client.get_cookie(name, domain="portal.test", path=path)
        assert found
        return f"Cookie: {name}={found.value}"

    inside = ("-header", cookie("session-staff", "/staff"))
    in_order(w3m("/staff/search?q=dupont", *inside), "Find", "People", "Paul DUPONT")
    in_order(
        w3m("/staff/contracts/OCB0000124", *inside),
        *("SI_Prod", "Contract", "Notes", "Members", "Paul DUPONT", "What happened"),
    )
    with portal.app_context():
        person = account_of("paul.dupont").id
    fields = {"contract": "OCB0000124", "reason": "The list stays empty", "ticket": "T1"}
    fields["code"] = pyotp.TOTP(TOTP_KEY).now()
    assert agent.post(f"/staff/people/{person}/visit", fields).location == f"{C}/"
    text = w3m(f"{C}/orders", "-header", cookie("session-visit", "/"))
    in_order(text, "Leave", "Visit: you see the contract", "minutes left", "Orders", "3 orders")
