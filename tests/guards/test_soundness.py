"""What every page of the tests is held to: a page without faults passes, each fault is seen."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from tests import soundness

pytestmark = pytest.mark.once

SOUND = """<!doctype html><html lang="en"><head><title>Orders</title>
<script src="/htmx.js"></script></head><body><a class="skip" href="#main">Skip</a>
<main><div id="main"><h1>Orders</h1><section><h2>Search</h2>
<form action="/find"><label for="q">Find</label><input id="q" name="q"><button>Find</button></form>
</section><form method="post" action="/orders"><input type="hidden" name="csrf_token" value="t">
<label for="kind">Kind</label>
<select id="kind" required><option value="">Choose</option><option>New</option></select>
<input type="submit" id="send"><label for="send">Send</label></form>
<a href="/orders" data-hx-get="/orders">Orders</a></div></main></body></html>"""


def check(text: str) -> None:
    soup = BeautifulSoup(text, "html.parser")
    soundness.check_part(soup, text)
    soundness.check_whole(soup, text)


def test_design_a_sound_page_passes():
    check(SOUND)
    check(SOUND.replace('"/orders">', '"/orders?page=2">'))
    posted_elsewhere = (
        '<form method="post" action="https://example.com"><button>Pay</button></form>'
    )
    check(SOUND.replace("</div></main>", f"{posted_elsewhere}</div></main>"))


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        ("<h1>", '<h1 style="color: red">'),
        ("<h1>", '<h1 onclick="go()">'),
        ("<h1>", '<h1 data-hx-on="go()">'),
        ('<select id="kind"', '<select onchange="go()" id="kind"'),
        ("</head>", "<style></style></head>"),
        (' src="/htmx.js"', ""),
        ("<h1>", '<h1 id="q">'),
        ('for="q"', ""),
        ('for="q"', 'for="p"'),
        ('<input id="q"', "<input"),
        ('for="kind"', ""),
        ('for="send"', ""),
        (' action="/find"', ""),
        ("<button>Find</button>", ""),
        ('type="submit"', 'type="text"'),
        ('name="csrf_token"', 'name="token"'),
        ('action="/orders"', 'action="https://example.com"'),
        ('data-hx-get="/orders"', 'data-hx-get=""'),
        ("<h1>", '<h1 data-hx-get="/orders">'),
        ("<h1>", '<h1 data-hx-post="/orders">'),
        ("data-hx-get", "hx-get"),
        (' href="/orders"', ""),
        ("<h1>", "<h1 hidden>"),
        ("</div></main>", "<dialog></dialog></div></main>"),
        ("</div></main>", "<template></template></div></main>"),
        ('<option value="">Choose</option>', ""),
        ("<h2>Search</h2>", ""),
        ("<h1>Orders</h1>", ""),
        ("</div></main>", "<h1>Again</h1></div></main>"),
        (' lang="en"', ""),
        ('<div id="main">', "<div>"),
        ('<main><div id="main">', '<div><div id="main">'),
        ('<div id="main">', '<p id="main">'),
        (' class="skip"', ""),
        ("<title>Orders</title>", ""),
        ("<title>Orders</title>", "<title> </title>"),
        ("Skip", "{{ skip }}"),
        ("Skip", "%(skip)s"),
    ],
)
def test_design_each_fault_of_a_page_is_seen(there, instead):
    assert there in SOUND
    with pytest.raises((AssertionError, ValueError)):
        check(SOUND.replace(there, instead, 1))
