"""Connecting to the knowledge base: SQLite in WAL mode by default, PostgreSQL by its URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

WAIT_FOR_LOCK = 15.0


def connect(url: str, wait: float = WAIT_FOR_LOCK) -> Engine:
    """An engine for `url`; `wait` seconds for a database that somebody else is writing.

    With the execution option `immediate` an SQLite transaction takes the write lock at its start:
    one that has read first could not wait for the lock any more. Raises OSError when the folder of
    an SQLite file cannot be made.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(
            url, pool_pre_ping=True, pool_size=10, pool_timeout=wait, hide_parameters=True
        )
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    # an error in a log names the statement, never what a resident wrote
    engine = create_engine(url, connect_args={"timeout": wait}, hide_parameters=True)
    event.listen(engine, "connect", _tune_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _tune_sqlite(connection: Any, _record: object) -> None:
    """Readers never block the writer (WAL); foreign keys are checked as PostgreSQL does."""
    connection.isolation_level = None  # the driver begins too late for our purposes: see below
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
