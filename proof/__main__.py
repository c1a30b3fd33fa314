"""`make console-proof`: one click from the portal to Horizon, then `openstack` on a terminal."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from demo.ports import free_port
from proof import federation, needed, servers, steps
from proof.portal import portal
from proof.scene import Scene
from tests.keystone import KeystoneUnavailableError, keystone

CLIENT, TOOL = "keystone", "openstack"
WEBSSO = "auth/OS-FEDERATION/identity_providers/portal/protocols/openid/websso"
TERMINAL = "http://localhost:9990/auth/websso/"
"""Where `v3websso` listens for its token."""
PICTURE = needed.ROOT / "docs" / "images" / "horizon.png"


@click.command()
@click.option("--stay", is_flag=True, help="Leave everything running, to click oneself.")
@click.option("--picture", type=click.Path(path_type=Path), help="Keep Horizon's picture here.")
def main(*, stay: bool, picture: Path | None) -> None:
    """Sign in to a real console through the portal, in every way there is."""
    try:
        needed.apache()
        needed.horizon()
        with staged() as scene:
            for step in steps.ALL:
                began = time.monotonic()
                found = step(scene)
                said = (step.__doc__ or step.__name__).splitlines()[0].rstrip(".")
                click.echo(f"ok  {said} {found or ''} ({time.monotonic() - began:.1f} s)")
            if picture:
                picture.write_bytes(scene.picture)
            if stay:
                click.echo(f"\nPortal {scene.portal.url}, Horizon {scene.horizon}. Ctrl-C stops.")
                with contextlib.suppress(KeyboardInterrupt):
                    while True:
                        time.sleep(3600)
    except (needed.Missing, KeystoneUnavailableError) as missing:
        sys.exit(f"The proof cannot run: {missing}")


@contextlib.contextmanager
def staged() -> Iterator[Scene]:
    """Everything started and told of everything else, as docs/openstack.md says."""
    apache_port, horizon_port, portal_port = (free_port() for _ in range(3))
    public_url = servers.public_address(apache_port)
    dashboard = f"http://{servers.HORIZON_HOST}:{horizon_port}"
    websso = f"{dashboard}/auth/websso/"
    with contextlib.ExitStack() as stack:
        console = stack.enter_context(keystone(dashboards=(websso, TERMINAL)))
        administrator = {"username": console.username, "password": console.password}
        website = stack.enter_context(
            portal(
                needed.KEPT / "demo",
                port=portal_port,
                keystone=console.url,
                public=public_url,
                console=f"{public_url}/{WEBSSO}?origin={websso}",
                **administrator,
            )
        )
        federation.establish(console.url, issuer=website.url, **administrator)
        federation.publish(console.url, public_url, **administrator)
        secret = website.register(
            CLIENT,
            *("--name", "Console technique"),
            *("--redirect-uri", f"{public_url}/auth/OS-FEDERATION/redirect_uri"),
            *(
                "--backchannel-uri",
                f"{public_url}/auth/OS-FEDERATION/redirect_uri?logout=backchannel",
            ),
        )
        website.register(
            TOOL,
            *("--name", "openstack", "--kind", "public"),
            *("--redirect-uri", "http://127.0.0.1:8888/"),
        )
        website.give_console_accounts()
        stack.enter_context(
            servers.apache(
                needed.KEPT / "apache",
                port=apache_port,
                keystone=console.url,
                portal=website.url,
                client_id=CLIENT,
                client_secret=secret,
            )
        )
        stack.enter_context(
            servers.horizon(
                needed.KEPT / "horizon-run",
                port=horizon_port,
                keystone=public_url,
                portal=website.url,
                client_id=CLIENT,
            )
        )
        yield Scene(
            website,
            keystone=public_url,
            horizon=dashboard,
            stack=stack,
            administrator=administrator,
        )


if __name__ == "__main__":
    main()
