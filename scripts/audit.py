"""Look for known vulnerabilities in what is pinned.

A vulnerability fails, unless `ACCEPTED` says why it does not concern us. When the service that
knows them can't be reached, that is said loudly and nothing fails: a check of the network is not
what is asked for.
"""

from __future__ import annotations

import json
import subprocess
import sys

# "ID": "why it does not concern us, and when to look again"
ACCEPTED: dict[str, str] = {}


def main(requirements: str) -> int:
    command = [sys.executable, "-m", "pip_audit", "--requirement", requirements, "--format", "json"]
    # The pins are complete and hashed: no installation has to be simulated.
    command += ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "--timeout", "20"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    except subprocess.TimeoutExpired:
        return _unreachable("no answer within three minutes")
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return _unreachable(done.stderr.strip().splitlines()[-1:] or ["it said nothing"])
    found = [
        (package, vulnerability)
        for package in packages
        for vulnerability in package.get("vulns", [])
        if not ACCEPTED.keys() & {vulnerability["id"], *vulnerability["aliases"]}
    ]
    for package, vulnerability in found:
        fixed = ", ".join(vulnerability["fix_versions"]) or "no version yet"
        print(f"{package['name']} {package['version']}: {vulnerability['id']}, fixed in {fixed}")
    print(f"{len(packages)} packages looked up, {len(found)} vulnerabilities")
    return 1 if found else 0


def _unreachable(why: object) -> int:
    print("!" * 80)
    print("NOT CHECKED for known vulnerabilities: the service could not be asked.")
    print(why)
    print("!" * 80)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
