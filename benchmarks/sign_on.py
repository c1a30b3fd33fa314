"""`python -m benchmarks.sign_on`: CPU of single sign-on, as ratios to the bare route.

Goals: 4 times the bare route for a code, 6 times for the tokens of one.
"""

from __future__ import annotations

import statistics
import tempfile
from urllib.parse import parse_qs, urlencode, urlsplit

import click

from benchmarks.measure import BARE, ROUNDS, TURNS
from benchmarks.portal import Portal, run, serving
from demo.servers import redis_server

REDIRECT = "https://console.example/callback"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
"""The pair of RFC 7636, appendix B."""


@click.command()
def main() -> None:
    """Measure on SQLite, with one person signed in."""
    with (
        redis_server() as redis,
        tempfile.TemporaryDirectory() as folder,
        serving(f"sqlite:///{folder}/portal.sqlite3", redis, orders=10) as portal,
    ):
        add = ["flask", "oidc", "client", "add", "bench", "--name", "Bench"]
        secret = run([*add, "--redirect-uri", REDIRECT], portal.environ).split()[-1]
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
    bare = statistics.median(taken["bare"])
    click.echo("| single sign-on | CPU ms | × bare |\n|---|---:|---:|")
    for name, times in taken.items():
        click.echo(
            f"| {name} | {statistics.median(times):.2f} | {statistics.median(times) / bare:.1f} |"
        )


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


if __name__ == "__main__":
    main()
