"""CPU time of single sign-on: a client's request for a code, and the tokens for it."""

from __future__ import annotations

import statistics
from urllib.parse import parse_qs, urlencode, urlsplit

from benchmarks.measure import BARE, ROUNDS, TURNS
from benchmarks.portal import Portal, run

GOALS = {"authorize": 4, "token": 6}
"""The most that each may cost, as a multiple of the bare route."""
REDIRECT = "https://console.example/callback"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
"""The pair of RFC 7636, appendix B."""


def table(portal: Portal) -> list[str]:
    """Measure with one person signed in: milliseconds, and multiples of the bare route."""
    taken = _measured(portal, _registered(portal))
    bare = taken.pop("bare")
    lines = [
        f"Bare route: {bare:.2f} CPU ms. `authorize` is the request of somebody signed in, up to",
        "the code; `token` redeems that code.",
        "",
        "| single sign-on | CPU ms | × bare | goal |",
        "|---|---:|---:|---:|",
    ]
    for name, spent in taken.items():
        lines.append(f"| {name} | {spent:.2f} | {spent / bare:.1f} | {GOALS[name]} |")
    return lines


def _registered(portal: Portal) -> str:
    """Make a client; return its secret."""
    add = ["flask", "oidc", "client", "add", "bench", "--name", "Bench"]
    return run([*add, "--redirect-uri", REDIRECT], portal.environ).split()[-1]


def _measured(portal: Portal, secret: str) -> dict[str, float]:
    """Return median CPU milliseconds by name; measured in turns, as pages are."""
    taken: dict[str, list[float]] = {"bare": [], "authorize": [], "token": []}
    for turn in range(ROUNDS + 1):
        began = [portal.cpu_seconds()]
        for _ in range(TURNS):
            portal.get(BARE.path, signed_in=False)
        began.append(portal.cpu_seconds())
        codes = [_code(portal) for _ in range(TURNS)]
        began.append(portal.cpu_seconds())
        for code in codes:
            _redeem(portal, code, secret)
        began.append(portal.cpu_seconds())
        if turn:  # the first one warms up
            for place, times in enumerate(taken.values()):
                times.append((began[place + 1] - began[place]) / TURNS * 1000)
    return {name: statistics.median(times) for name, times in taken.items()}


def _code(portal: Portal) -> str:
    asked = urlencode({
        "client_id": "bench", "redirect_uri": REDIRECT, "response_type": "code",
        "scope": "openid profile email groups", "state": "s", "nonce": "n",
        "code_challenge": CHALLENGE, "code_challenge_method": "S256",
    })  # fmt: skip
    answer = portal.get(f"/oauth/authorize?{asked}")
    found = parse_qs(urlsplit(answer.headers.get("Location", "")).query)
    if "code" not in found:
        raise RuntimeError(f"no code: {answer.status} {found}")
    return found["code"][0]


def _redeem(portal: Portal, code: str, secret: str) -> None:
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER, "client_id": "bench", "client_secret": secret,
    }  # fmt: skip
    answer = portal.post("/oauth/token", form)
    if answer.status != 200:
        raise RuntimeError(f"no tokens: {answer.status}")
