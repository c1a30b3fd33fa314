"""All wishes have the same columns and states; the wish for a pre-invoice is a row of its own.

Revision ID: 9d27c4f1a6b3
Revises: bcb2db14bad4
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "9d27c4f1a6b3"
down_revision = "bcb2db14bad4"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STATES = "'queued', 'running', 'done', 'failed'"
TO_DO = sa.text("due_at IS NOT NULL")
FORMER_INDEX = "ix_usage_reports_pre_invoice_state_pre_invoice_due_at"
FORMER_CHECK = "ck_usage_reports_pre_invoice_state"
FORMER_CHECKS = {
    "console_accesses": "ck_console_accesses_state",
    "contract_consoles": "ck_contract_consoles_ck_contract_consoles_state",
    "user_imports": "ck_user_imports_ck_user_imports_state",
}
CONSOLES = ("console_accesses", "contract_consoles")
CHILDREN = {"usage_reports": ("usage_lines", "usage_shares", "pre_invoice_versions")}


def upgrade() -> None:
    """Apply; whatever waits goes on waiting, whatever was done or given up stays so."""
    _mails()
    for table in CONSOLES:
        _console(table)
    _imports()
    _pre_invoices()


def downgrade() -> None:
    """Take back."""
    _pre_invoices_back()
    _imports_back()
    for table in CONSOLES:
        _console_back(table)
    _mails_back()


def _mails() -> None:
    with _rebuilt("mails") as mails:
        mails.drop_index("ix_mails_state_due_at")
        mails.drop_constraint(op.f("ck_mails_state"), type_="check")
        mails.alter_column("due_at", existing_type=MOMENT, nullable=True)
    _renamed("mails", {"sending": "running", "sent": "done"})
    op.execute("UPDATE mails SET due_at = NULL WHERE state IN ('done', 'failed')")
    _as_wishes("mails")


def _mails_back() -> None:
    _no_wishes("mails")
    _renamed("mails", {"running": "sending", "done": "sent"})
    op.execute("UPDATE mails SET due_at = coalesce(sent_at, created_at) WHERE due_at IS NULL")
    with _rebuilt("mails") as mails:
        mails.alter_column("due_at", existing_type=MOMENT, nullable=False)
        _check(mails, "mails", "'queued', 'sending', 'sent', 'failed'")
        mails.create_index("ix_mails_state_due_at", ["state", "due_at"])


def _console(table: str) -> None:
    with _rebuilt(table) as rows:
        if table == "console_accesses":
            rows.drop_index("ix_console_accesses_state_next_try_at")
        rows.drop_constraint(op.f(FORMER_CHECKS[table]), type_="check")
        rows.alter_column("next_try_at", new_column_name="due_at", existing_type=MOMENT)
        rows.alter_column("problem", existing_type=sa.String(40), type_=sa.String(500))
    _renamed(table, {"ready": "done"})
    for change in (
        "due_at = changed_at WHERE state IN ('queued', 'running') AND due_at IS NULL",
        "due_at = NULL WHERE state = 'done'",
        "state = 'queued' WHERE state = 'failed' AND due_at IS NOT NULL",
    ):
        op.execute(f"UPDATE {table} SET {change}")  # noqa: S608
    _as_wishes(table)


def _console_back(table: str) -> None:
    _no_wishes(table)
    for change in (
        "state = 'failed' WHERE state = 'queued' AND problem IS NOT NULL",
        "due_at = NULL WHERE state = 'queued'",
    ):
        op.execute(f"UPDATE {table} SET {change}")  # noqa: S608
    _renamed(table, {"done": "ready"})
    with _rebuilt(table) as rows:
        rows.alter_column("due_at", new_column_name="next_try_at", existing_type=MOMENT)
        rows.create_check_constraint(
            op.f(FORMER_CHECKS[table]), "state IN ('queued', 'running', 'ready', 'failed')"
        )
        if table == "contract_consoles":
            rows.alter_column("problem", existing_type=sa.String(500), type_=sa.String(40))
    if table == "console_accesses":
        op.create_index("ix_console_accesses_state_next_try_at", table, ["state", "next_try_at"])


def _imports() -> None:
    with _children_kept("user_import_lines"), _rebuilt("user_imports") as imports:
        imports.drop_constraint(op.f(FORMER_CHECKS["user_imports"]), type_="check")
        imports.alter_column("lease_until", new_column_name="due_at", existing_type=MOMENT)
        imports.add_column(sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
        imports.add_column(sa.Column("problem", sa.String(500), nullable=True))
    op.execute("UPDATE user_imports SET due_at = started_at WHERE state = 'queued'")
    op.execute("UPDATE user_imports SET due_at = NULL WHERE state = 'done'")
    _renamed("user_imports", {"checked": "queued"})
    _as_wishes("user_imports", "user_import_lines")


def _imports_back() -> None:
    _no_wishes("user_imports", "user_import_lines")
    op.execute("UPDATE user_imports SET state = 'checked' WHERE started_at IS NULL")
    op.execute("UPDATE user_imports SET state = 'queued' WHERE state = 'failed'")
    op.execute("UPDATE user_imports SET due_at = NULL WHERE state = 'queued'")
    with _children_kept("user_import_lines"), _rebuilt("user_imports") as imports:
        imports.alter_column("due_at", new_column_name="lease_until", existing_type=MOMENT)
        imports.drop_column("attempts")
        imports.drop_column("problem")
        imports.create_check_constraint(
            op.f(FORMER_CHECKS["user_imports"]),
            "state IN ('checked', 'queued', 'running', 'done')",
        )


def _pre_invoices() -> None:
    op.create_table(
        "pre_invoices",
        sa.Column("report_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(500), nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["usage_reports.id"],
            name="fk_pre_invoices_report_id_usage_reports",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("report_id", name="pk_pre_invoices"),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_pre_invoices_state")),
    )
    # Before the reports' table is made anew: SQLite would empty this one with it.
    with _children_kept(*CHILDREN["usage_reports"]):
        op.execute(
            "CREATE TABLE wished AS SELECT id, pre_invoice_version, pre_invoice_state,"
            " pre_invoice_due_at, pre_invoice_attempts, pre_invoice_problem FROM usage_reports"
        )
        with _rebuilt("usage_reports") as reports:
            reports.drop_index(FORMER_INDEX)
            reports.drop_constraint(op.f(FORMER_CHECK), type_="check")
            for name in ("state", "version", "attempts", "problem", "due_at"):
                reports.drop_column(f"pre_invoice_{name}")
        op.execute(
            "INSERT INTO pre_invoices (report_id, version, state, due_at, attempts, problem)"
            " SELECT id, pre_invoice_version,"
            " CASE pre_invoice_state WHEN 'making' THEN 'running' WHEN 'ready' THEN 'done'"
            " ELSE pre_invoice_state END,"
            " CASE WHEN pre_invoice_state IN ('queued', 'making') THEN pre_invoice_due_at END,"
            " pre_invoice_attempts, pre_invoice_problem FROM wished"
        )
        op.execute("DROP TABLE wished")
    op.create_index(
        "ix_pre_invoices_due_at",
        "pre_invoices",
        ["due_at"],
        sqlite_where=TO_DO,
        postgresql_where=TO_DO,
    )


def _pre_invoices_back() -> None:
    op.execute("CREATE TABLE wished AS SELECT * FROM pre_invoices")
    op.drop_table("pre_invoices")
    children = _children_kept(*CHILDREN["usage_reports"])
    with children, _rebuilt("usage_reports") as reports:
        for name, kind, default in (
            ("state", sa.String(8), "'queued'"),
            ("version", sa.Integer(), "0"),
            ("attempts", sa.Integer(), "0"),
            ("due_at", MOMENT, "CURRENT_TIMESTAMP"),
        ):
            reports.add_column(
                sa.Column(
                    f"pre_invoice_{name}", kind, nullable=False, server_default=sa.text(default)
                )
            )
        reports.add_column(sa.Column("pre_invoice_problem", sa.String(500), nullable=True))
    wished = "(SELECT {} FROM wished WHERE wished.report_id = usage_reports.id)"
    state = "CASE state WHEN 'running' THEN 'making' WHEN 'done' THEN 'ready' ELSE state END"
    values = {"version": "version", "state": state, "attempts": "attempts", "problem": "problem"}
    values["due_at"] = "coalesce(due_at, CURRENT_TIMESTAMP)"
    told = ", ".join(f"pre_invoice_{to} = {wished.format(of)}" for to, of in values.items())
    op.execute(f"UPDATE usage_reports SET {told}")  # noqa: S608
    op.execute("DROP TABLE wished")
    children = _children_kept(*CHILDREN["usage_reports"])
    with children, _rebuilt("usage_reports") as reports:
        reports.create_check_constraint(
            op.f(FORMER_CHECK), "pre_invoice_state IN ('queued', 'making', 'ready', 'failed')"
        )
        reports.create_index(FORMER_INDEX, ["pre_invoice_state", "pre_invoice_due_at"])


def _renamed(table: str, states: Mapping[str, str]) -> None:
    for former, new in states.items():
        op.execute(f"UPDATE {table} SET state = '{new}' WHERE state = '{former}'")  # noqa: S608


def _check(rows: BatchOperations, table: str, states: str) -> None:
    rows.create_check_constraint(op.f(f"ck_{table}_state"), f"state IN ({states})")


def _as_wishes(table: str, *children: str) -> None:
    with _children_kept(*children), _rebuilt(table) as rows:
        _check(rows, table, STATES)
        rows.create_index(
            f"ix_{table}_due_at", ["due_at"], sqlite_where=TO_DO, postgresql_where=TO_DO
        )


def _no_wishes(table: str, *children: str) -> None:
    with _children_kept(*children), _rebuilt(table) as rows:
        rows.drop_index(f"ix_{table}_due_at")
        rows.drop_constraint(op.f(f"ck_{table}_state"), type_="check")


@contextmanager
def _rebuilt(table: str) -> Iterator[BatchOperations]:
    """Alembic's "batch", which on SQLite makes the table anew; the tables it names stay unread."""
    with op.batch_alter_table(table, reflect_kwargs={"resolve_fks": False}) as rows:
        yield rows


@contextmanager
def _children_kept(*tables: str) -> Iterator[None]:
    """SQLite's "batch" drops the table, and by foreign keys with it what belongs to its rows."""
    if op.get_bind().dialect.name != "sqlite":
        yield
        return
    for child in tables:
        op.execute(f"CREATE TABLE kept_{child} AS SELECT * FROM {child}")  # noqa: S608
    yield
    for child in tables:
        op.execute(f"DELETE FROM {child}")  # noqa: S608
        op.execute(f"INSERT INTO {child} SELECT * FROM kept_{child}")  # noqa: S608
        op.execute(f"DROP TABLE kept_{child}")
