"""Servers for the tests, and the list of what was skipped, which nobody shall overlook.

Each pytest-xdist worker has servers of its own. `TEST_DATABASE_URL` (a PostgreSQL in which
databases may be created) and `TEST_REDIS_URL` (everything in it is at our mercy) name others.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from sqlalchemy.engine import make_url

from demo.mails import CapturingServer
from demo.servers import ServerUnavailableError, postgres_server, redis_server


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="the database that the tests run on (default: %(default)s)",
    )


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {config.getoption('--database')}"


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark `once` whatever asks for no database: no fixture of it leads to one."""
    for item in items:
        if isinstance(item, pytest.Function) and "database_url" not in item.fixturenames:
            item.add_marker("once")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a program that is not there: `@pytest.mark.needs("w3m")`."""
    for marker in item.iter_markers("needs"):
        if not any(shutil.which(program) for program in marker.args):
            pytest.skip(f"missing: {' or '.join(marker.args)}")


# --- Servers -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def database_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """An empty database, the same for the whole session of this worker."""
    if request.config.getoption("--database") == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'portal.sqlite3'}"
        return
    try:
        with postgres_server(given=os.environ.get("TEST_DATABASE_URL")) as server:
            name = f"selfcare_{_worker(request)}_{os.getpid()}"
            yield server.create_database(name)
            server.drop_database(name)
    except ServerUnavailableError as unavailable:
        pytest.skip(f"missing: PostgreSQL ({unavailable})")


@pytest.fixture(scope="session")
def redis_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A Redis, empty when the session starts."""
    given = os.environ.get("TEST_REDIS_URL")
    if given:  # one for all workers: a numbered database for each
        number = int(_worker(request).removeprefix("gw") or 0)
        given = make_url(given).set(database=str(number)).render_as_string(hide_password=False)
    try:
        with redis_server(given=given) as url:
            yield url
    except ServerUnavailableError as unavailable:
        pytest.skip(f"missing: Redis ({unavailable})")


@pytest.fixture
def smtp_server() -> Iterator[CapturingServer]:
    """A real SMTP server that keeps what it gets: `smtp_server.messages`."""
    with CapturingServer() as server:
        yield server


def _worker(request: pytest.FixtureRequest) -> str:
    # pytest-xdist names its workers gw0, gw1…; without it there is one, and no name.
    workerinput = getattr(request.config, "workerinput", {})
    return str(workerinput.get("workerid", "gw0"))


# --- What was skipped --------------------------------------------------------------------------


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name every skipped test, and what was missing for it."""
    by_reason: dict[str, list[str]] = {}
    for report in terminalreporter.stats.get("skipped", []):
        by_reason.setdefault(_reason(report), []).append(report.nodeid)
    if not by_reason:
        return
    count = sum(map(len, by_reason.values()))
    terminalreporter.section(f"{count} SKIPPED", sep="!", yellow=True, bold=True)
    for reason, names in sorted(by_reason.items()):
        terminalreporter.line(f"{reason} – {len(names)} not run:", yellow=True)
        for name in sorted(names):
            terminalreporter.line(f"    {name}")


def _reason(report: pytest.TestReport) -> str:
    # A skip's longrepr is (file, line, reason); an xfail has none of this.
    where = report.longrepr
    reason = where[2] if isinstance(where, tuple) else str(where or "no reason given")
    return reason.removeprefix("Skipped: ")
