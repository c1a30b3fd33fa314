"""The programs of the proof, brought here where they are missing; kept in `var/proof`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "var" / "proof"
HORIZON = "27.0.0"
CONSTRAINTS = Path(__file__).parent / "horizon" / "constraints.txt"
APACHE = ("apache2-bin", "libapache2-mod-auth-openidc")
MODULES = Path("/usr/lib/apache2/modules")
SETTINGS = Path(__file__).parent / "horizon" / "settings.py"


class Missing(Exception):
    """A program that the proof needs and could not bring, as a sentence."""


def apache() -> Path:
    """Debian's Apache. Only its programs are installed, so that no service starts by itself.

    Raises:
        Missing: it is not there and cannot be installed.
    """
    if not (MODULES / "mod_auth_openidc.so").exists():
        if os.geteuid() or not shutil.which("apt-get"):
            raise Missing(f"Apache is missing; on Debian, as root: apt install {' '.join(APACHE)}")
        click.echo(f"Installing {' and '.join(APACHE)}")
        quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *APACHE]):
            _run(["apt-get", "--quiet", *command], environment=quietly)
    found = shutil.which("apache2", path=f"{os.environ['PATH']}:/usr/sbin")
    if not found:
        raise Missing("apache2 is not to be found")
    return Path(found)


def horizon() -> Path:
    """A virtualenv with Horizon, its style sheets made, and the `openstack` command.

    Raises:
        Missing: it cannot be installed.
    """
    venv = KEPT / "horizon"
    python = venv / "bin" / "python"
    stamp = venv / f"installed-{HORIZON}"
    if not stamp.exists():
        click.echo(f"Installing Horizon {HORIZON} into {venv.relative_to(ROOT)}")
        KEPT.mkdir(parents=True, exist_ok=True)
        if not python.exists():
            _run([sys.executable, "-m", "venv", str(venv)])
        packages = (f"horizon=={HORIZON}", "python-openstackclient", "gunicorn", "whitenoise")
        quiet = ("--quiet", "--disable-pip-version-check", "--constraint", str(CONSTRAINTS))
        _run([str(python), "-m", "pip", "install", *quiet, *packages])
        stamp.touch()
    made = venv / "style-sheets"
    if not made.exists():
        click.echo("Making Horizon's style sheets (a minute)")
        _settings(venv)
        for command in (["collectstatic", "--noinput", "--verbosity", "0"], ["compress"]):
            _run([str(python), "-m", "django", *command], environment=environment({}))
        made.touch()
    _settings(venv)
    return venv


def environment(settings: dict[str, str]) -> dict[str, str]:
    """What Horizon's processes are told; `settings` are read by `horizon/settings.py`."""
    names = {
        "KEYSTONE_URL": "http://localhost:5000/v3",
        "PORTAL_LOGOUT_URL": "",
        "STATIC_FOLDER": str(KEPT / "static"),
    }
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(KEPT),
        "DJANGO_SETTINGS_MODULE": "openstack_dashboard.settings",
        **names,
        **settings,
    }


def _settings(venv: Path) -> None:
    """Horizon reads its settings from a file inside its own package."""
    [packages] = venv.glob("lib/python3*/site-packages/openstack_dashboard/local")
    shutil.copy(SETTINGS, packages / "local_settings.py")


def _run(command: list[str], *, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=1800
    )
    if done.returncode:
        said = (done.stderr or done.stdout)[-2000:]
        raise Missing(f"{' '.join(command[:4])} … failed:\n{said}")
