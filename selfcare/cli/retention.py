"""`flask retention`: what is kept, and how long."""

from __future__ import annotations

from datetime import timedelta

from flask.cli import AppGroup

from selfcare.cli.printing import as_json, say
from selfcare.config import ROOT
from selfcare.services.retention.forgotten import FORGOTTEN
from selfcare.services.retention.lasting import LASTING

PAGE = ROOT / "docs" / "security.md"
_BEGIN = "<!-- `flask retention docs` makes this table from selfcare/services/retention -->"
_END = "<!-- end of the table -->"

retention_group = AppGroup("retention", help="What is kept, and how long.")


@retention_group.command("docs")
@as_json
def docs(*, as_json: bool) -> None:
    """Write the table in docs/security.md from the code."""
    PAGE.write_text(with_table(PAGE.read_text()))
    say(f"{PAGE.name} is written.", as_json=as_json, file=str(PAGE.relative_to(ROOT)), written=True)


def with_table(page: str) -> str:
    """The page with its table as the code has it.

    Raises:
        ValueError: the page's two marks are not there.
    """
    before, rest = page.split(_BEGIN)
    _, after = rest.split(_END)
    return f"{before}{_BEGIN}\n\n{_table()}\n\n{_END}{after}"


def _table() -> str:
    return "\n".join(
        [
            "| What | Class | Kept |",
            "|---|---|---|",
            *(f"| {row.what} | {row.sort} | {row.kept} |" for row in LASTING),
            *(
                f"| {row.what} | {row.sort} | {_until(row.period, row.after)} |"
                for row in FORGOTTEN
            ),
        ]
    )


def _until(period: timedelta, after: str) -> str:
    if not period:
        return f"until {after}"
    hours = period // timedelta(hours=1)
    count, unit = (hours, "hour") if hours % 24 else (hours // 24, "day")
    return f"{count} {unit}{'s' if count > 1 else ''} after {after}"
