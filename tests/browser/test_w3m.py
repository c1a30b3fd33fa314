"""Text browsers: w3m reads everything and can sign in."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.cast import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.needs("w3m")]

C = "/contracts/OCB0000124"


@pytest.fixture
def w3m(portal, tmp_path):
    """Text of a page as w3m shows it on 80 columns; its cookies are kept."""

    def w3m(path: str, *options: str, source: bool = False) -> str:
        done = subprocess.run(
            ["w3m", "-cookie", "-cols", "80", "-dump_source" if source else "-dump",
             "-I", "UTF-8", "-O", "UTF-8", *options, portal.url + path],
            env={"HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
            capture_output=True, timeout=30, check=True,
        )  # fmt: skip
        return done.stdout.decode()

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
        (f"{C}/dashboard", ["Dashboard", "Technical console", "ready", "Running subscriptions"]),
        (f"{C}/orders", ["Orders", "3 orders", "Date", "Ref.", "Name", "Price", "Status",
                         "HONEY1655-1801-003", "Legal notice"]),
        (f"{C}/orders?open=HONEY1655-1801-003", ["HONEY1655-1801-003", "Region", "eu-west-0"]),
        (f"{C}/subscriptions", ["Subscriptions", "Start date", "HONEY1655-1801-003"]),
        (f"{C}/services", ["Services", "All (1)", "Reservation of an Elastic Cloud Server"]),
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


def test_light_w3m_signs_in_and_out(w3m, tmp_path):
    form = tmp_path / "form"

    def post(path: str, **fields: str) -> str:
        form.write_text(urlencode({"csrf_token": token, **fields}))
        return w3m(path, "-post", str(form))

    [token] = set(
        re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', w3m("/login", source=True))
    ) or [""]
    assert "Wrong login or password." in post("/login", login="paul.dupont", password="no")
    page = post("/login?next=/account/orders", login="paul.dupont", password=PASSWORD)
    in_order(page, "My orders", "HONEY1655-1801-003")
    assert "HONEY1655-1801-003" in w3m(f"{C}/orders")

    token = re.findall(r'name="csrf_token" value="([^"]+)"', w3m("/", source=True))[0]
    assert "Identifiant – Login" in post("/logout")
    assert "Identifiant – Login" in w3m(f"{C}/orders")


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


def test_light_w3m_needs_no_file_of_ours_to_be_read(portal, w3m):
    assert Path("/usr/bin/w3m").exists()
    assert "Page introuvable" in w3m("/nowhere") or "does not exist" in w3m("/nowhere")
