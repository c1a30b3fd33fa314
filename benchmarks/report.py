"""The page of measurements: a section for each thing measured, and each replaced on its own."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

HEAD = """# Measured

One gunicorn worker, French, brotli. CPU is the web process's; the ratio is to the bare
route of the same process in the same run.
"""


def sections(page: str) -> dict[str, list[str]]:
    """The sections of a page, by heading."""
    parts = re.split(r"^## (.+)\n", page, flags=re.MULTILINE)
    return {
        heading: text.strip().split("\n")
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def text(found: Mapping[str, Sequence[str]]) -> str:
    """The page of these sections."""
    return "\n".join([HEAD, *(f"## {name}\n\n" + "\n".join(found[name]) + "\n" for name in found)])


def taken(lines: Sequence[str]) -> list[str]:
    """A measurement with its date and machine; a busy machine takes longer."""
    when = (
        f"{datetime.now(UTC):%d/%m/%Y}, {platform.machine()}, Python {platform.python_version()},"
        f" {os.cpu_count()} cores, load average {os.getloadavg()[1]:.1f}."
    )
    return [when, "", *lines]


def write(found: Mapping[str, Sequence[str]], path: Path) -> None:
    """Put these sections into a page; its others stay as they are."""
    before = path.read_text() if path.exists() else ""
    path.write_text(text({**sections(before), **found}))
