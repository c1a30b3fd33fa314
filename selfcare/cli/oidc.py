"""`flask oidc`: the clients of the OpenID provider, and its keys (CONSOLE-6)."""

from __future__ import annotations

from datetime import timedelta

import click
from flask.cli import AppGroup
from sqlalchemy import select

from selfcare.cli.printing import as_json, print_rows, refusing, say, stream
from selfcare.database import db
from selfcare.models import ClientKind, Contract, OidcClient, OidcKey
from selfcare.services.oidc import clients, keys
from selfcare.services.oidc.clients import BadClient
from selfcare.services.safety import audit

oidc_group = AppGroup("oidc", help="Single sign-on: clients of the OpenID provider, and its keys.")
client_group = AppGroup("client", help="Programs that may send people here to sign in.")
oidc_group.add_command(client_group)


@client_group.command("add")
@click.argument("client_id")
@click.option("--name", required=True, help="What people are told it is.")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in ClientKind]),
    default=ClientKind.CONFIDENTIAL.value,
    show_default=True,
)
@click.option("--redirect-uri", "redirect_uris", multiple=True, required=True)
@click.option("--post-logout-uri", "post_logout_uris", multiple=True)
@click.option("--backchannel-uri", help="Is told when a sign-in ends.")
@click.option("--no-pkce", is_flag=True, help="Take requests without PKCE, for old clients.")
@click.option("--ask", is_flag=True, help="Ask people before it learns who they are.")
@click.option("--contract", help="The only contract it signs in for (Flexible Engine).")
@as_json
def add(
    *,
    client_id: str,
    name: str,
    kind: str,
    redirect_uris: tuple[str, ...],
    post_logout_uris: tuple[str, ...],
    backchannel_uri: str | None,
    no_pkce: bool,
    ask: bool,
    contract: str | None,
    as_json: bool,
) -> None:
    """Register a client; its secret is printed this once."""
    with refusing(BadClient):
        client = clients.add(
            client_id,
            name=name,
            kind=ClientKind(kind),
            redirect_uris=redirect_uris,
            post_logout_uris=post_logout_uris,
            backchannel_uri=backchannel_uri,
            require_pkce=not no_pkce,
            trusted=not ask,
            contract=_contract(contract) if contract else None,
        )
        secret = clients.new_secret(client) if kind == ClientKind.CONFIDENTIAL else None
    if not db.session.execute(select(OidcKey.kid)).first():
        keys.rotate()
    audit.record("client.added", actor=None, subject=client_id)
    db.session.commit()
    said = f"Client {client_id} may send people here."
    if secret:
        said += f"\nIts secret, shown this once: {secret}"
    say(said, as_json=as_json, client=client_id, secret=secret)


@client_group.command("list")
@as_json
def list_clients(*, as_json: bool) -> None:
    """Print the clients there are."""
    found = select(
        OidcClient.id.label("client"),
        OidcClient.name,
        OidcClient.kind,
        OidcClient.disabled_at,
        OidcClient.redirect_uris,
        OidcClient.post_logout_uris,
        OidcClient.backchannel_uri,
    ).order_by(OidcClient.id)
    print_rows(stream(found), as_json=as_json, nothing="No client.")


@client_group.command("secret")
@click.argument("client_id")
@click.option("--hours", default=24, show_default=True, help="How long the former stays good.")
@as_json
def secret(*, client_id: str, hours: int, as_json: bool) -> None:
    """Make a new secret; the former one stays good for a while."""
    with refusing(BadClient):
        made = clients.new_secret(_client(client_id), overlap=timedelta(hours=hours))
    audit.record("client.new_secret", actor=None, subject=client_id)
    db.session.commit()
    say(f"The new secret, shown this once: {made}", as_json=as_json, client=client_id, secret=made)


@client_group.command("disable")
@click.argument("client_id")
@as_json
def disable(*, client_id: str, as_json: bool) -> None:
    """Nobody signs in through this client any more."""
    clients.disable(_client(client_id))
    audit.record("client.disabled", actor=None, subject=client_id)
    db.session.commit()
    say(f"{client_id} is disabled.", as_json=as_json, client=client_id, disabled=True)


@oidc_group.command("rotate-key")
@as_json
def rotate_key(*, as_json: bool) -> None:
    """Make a new key; it signs from an hour later on, when all clients have seen it."""
    made = keys.rotate()
    audit.record("key.rotated", actor=None, subject=made.kid)
    db.session.commit()
    said = f"Key {made.kid} signs from {made.signs_from:%Y-%m-%d %H:%M} UTC on."
    say(said, as_json=as_json, key=made.kid, signs_from=made.signs_from)


def _client(client_id: str) -> OidcClient:
    found = clients.find(client_id)
    if found is None:
        raise click.ClickException(f"there is no client {client_id}")
    return found


def _contract(ref: str) -> Contract:
    found = db.session.execute(select(Contract).where(Contract.ref == ref)).scalar_one_or_none()
    if found is None:
        raise click.ClickException(f"there is no contract {ref}")
    return found
