"""The checks of `flask iam check`: the settings, and the rights of the service account.

Two kinds of account work (docs/console-service-account.md): `admin` on the whole cloud, and
`manager` on single contracts' domains. Each is told what it can and cannot do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from selfcare.services.console.iam import errors
from selfcare.services.console.iam.client import Client
from selfcare.services.console.iam.port import Finding

NAMED = 10
"""Contracts named one by one; a cloud may have thousands."""


def findings(client: Client, refs: Iterable[str] = ()) -> Iterator[Finding]:
    """One line after the other, the first that stops everything being the last."""
    try:
        found = client.version()
        yield Finding(good=True, sentence=f"{client.url} answers: {found}.")
    except errors.IamProblem as problem:
        yield Finding(good=False, sentence=f"{client.url} does not answer as an IAM: {problem}")
        return
    try:
        everywhere = client.roles_on_cloud()
        if everywhere is None:
            yield from _of_single_domains(client, sorted(refs))
            return
    except errors.IamProblem as problem:
        yield Finding(good=False, sentence=f"The service account cannot sign in: {problem}")
        return
    yield Finding(good=True, sentence="The service account signs in for the whole cloud.")
    if "admin" in everywhere:
        yield Finding(
            good=True, sentence="It may make contracts, users, memberships and API passwords."
        )
    else:
        held = ", ".join(sorted(everywhere)) or "no role"
        yield Finding(
            good=False, sentence=f"It has {held} there: admin is needed to make anything."
        )


def _of_single_domains(client: Client, refs: list[str]) -> Iterator[Finding]:
    domains = client.domains()
    yield Finding(
        good=bool(domains),
        sentence=f"The service account signs in, with a role on {len(domains)} contract(s) only.",
    )
    usable = [ref for ref in refs if ref in domains] or domains
    for ref in usable[:NAMED]:
        roles = client.roles_on_domain(ref)
        if "admin" in roles:
            yield Finding(
                good=None,
                sentence=f"{ref}: it has admin, which rules more than this domain; manager is"
                " enough.",
            )
        elif "manager" in roles:
            yield Finding(
                good=True,
                sentence=f"{ref}: it may make users, memberships and API passwords; people make"
                " their keys with these.",
            )
        else:
            held = ", ".join(sorted(roles))
            yield Finding(good=False, sentence=f"{ref}: it has {held}; manager is needed.")
    for ref in [ref for ref in refs if ref not in domains][:NAMED]:
        yield Finding(
            good=False,
            sentence=f"{ref}: a contract of this portal on whose domain it has no role.",
        )
    if len(refs) > NAMED:
        yield Finding(good=None, sentence=f"Only {NAMED} contracts of a kind are named here.")
    yield Finding(
        good=None,
        sentence="It can open no contract: an operator makes each domain and gives it manager"
        " there.",
    )
