"""Look up known vulnerabilities of the pinned packages, and name those not looked up.

First pip-audit asks the package index for its advisories. For the packages it could not look up
there is a database that comes as a package itself (`safety-db`): complete up to its date, silent
on all that was found since. A vulnerability fails, unless `ACCEPTED` says why it does not concern
us; so does, in CI, a package that nothing could be looked up for.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

# "ID": "why it does not concern us, and when to look again"
ACCEPTED: dict[str, str] = {}


@dataclass
class Outcome:
    """The findings, and who looked up each package."""

    found: list[str] = field(default_factory=list)
    by_the_index: int = 0
    by_the_package: int = 0
    dated: str = ""
    by_nobody: list[str] = field(default_factory=list)
    why: str = ""


PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


def pinned(requirements: Path) -> dict[str, str]:
    """Return name and version of each pin."""
    pins = PIN.findall(requirements.read_text())
    return {str(canonicalize_name(name)): version for name, version in pins}


def ask_the_index(requirements: Path) -> tuple[list[dict[str, Any]], str]:
    """Return pip-audit's findings for each package; without an answer, none and the reason."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(requirements)]
    # The pins are complete and hashed: no installation has to be simulated.
    command += ["--format", "json", "--require-hashes", "--disable-pip"]
    command += ["--progress-spinner", "off", "--timeout", "20"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    except subprocess.TimeoutExpired:
        return [], "no answer within three minutes"
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return [], (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    skipped = [package["skip_reason"] for package in packages if "skip_reason" in package]
    return [p for p in packages if "skip_reason" not in p], skipped[0] if skipped else ""


def database(folder: Path | None = None) -> tuple[dict[str, Any], str] | None:
    """Return the package's advisories and their date; None if it is not installed."""
    if folder is None:
        spec = importlib.util.find_spec("safety_db")
        if spec is None or spec.origin is None:
            return None
        folder = Path(spec.origin).parent
    try:
        advisories = json.loads((folder / "insecure_full.json").read_text())
    except OSError:
        return None
    written = datetime.fromtimestamp(advisories.pop("$meta")["timestamp"], UTC)
    return advisories, f"{written:%Y-%m-%d}"


def told_by_the_database(advisories: dict[str, Any], name: str, version: str) -> Iterator[str]:
    """Return the findings of the package's database for one pin."""
    for advisory in advisories.get(name, []):
        ids = {advisory["id"], *re.findall(r"CVE-[\d-]+", advisory.get("cve") or "")}
        specs = [SpecifierSet(spec) for spec in advisory["specs"]]
        hit = any(spec.contains(version, prereleases=True) for spec in specs)
        if hit and not ACCEPTED.keys() & ids:
            yield f"{name} {version}: {', '.join(sorted(ids))}"


def look_up(
    pins: dict[str, str], answered: list[dict[str, Any]], *, folder: Path | None = None
) -> Outcome:
    """Look up each pin once: at the index if it answers, else in the package's database."""
    outcome = Outcome()
    known = database(folder)
    answers = {str(canonicalize_name(package["name"])): package for package in answered}
    for name, version in pins.items():
        if name in answers:
            outcome.by_the_index += 1
            for one in answers[name]["vulns"]:
                if not ACCEPTED.keys() & {one["id"], *one["aliases"]}:
                    fixed = ", ".join(one["fix_versions"]) or "no version yet"
                    outcome.found.append(f"{name} {version}: {one['id']}, fixed in {fixed}")
        elif known:
            outcome.by_the_package += 1
            outcome.dated = known[1]
            outcome.found += told_by_the_database(known[0], name, version)
        else:
            outcome.by_nobody.append(name)
    return outcome


def main(path: str) -> int:
    requirements = Path(path)
    answered, why = ask_the_index(requirements)
    outcome = look_up(pinned(requirements), answered)
    outcome.why = why
    return report(outcome, ci=bool(os.environ.get("CI")))


def report(outcome: Outcome, *, ci: bool) -> int:
    """Print the findings and the pins not looked up; return 1 if the check fails."""
    for line in outcome.found:
        print(line)
    print(f"{outcome.by_the_index} packages looked up at the package index")
    if outcome.by_the_package:
        years = (datetime.now(UTC) - datetime.fromisoformat(f"{outcome.dated}T00:00Z")).days / 365
        print("!" * 80)
        print(f"{outcome.by_the_package} packages looked up only in a database of {outcome.dated}.")
        print(f"NOT CHECKED: what was made known in the {years:.1f} years since. The index said:")
        print(outcome.why)
        print("!" * 80)
    if outcome.by_nobody:
        print("!" * 80)
        print(f"NOT CHECKED at all: {', '.join(outcome.by_nobody)}")
        print(outcome.why)
        print("!" * 80)
    print(f"{len(outcome.found)} vulnerabilities found")
    return 1 if outcome.found or (ci and outcome.by_nobody) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
