"""Fresh, migrated databases of both kinds. A test asks for `any_database` and runs on each.

Use it from a conftest: `from tests.bot.databases import any_database, templates`.
Migrations run once a session for each kind. SQLite: every test gets a copy of the file. PostgreSQL:
one database a session, emptied after each test, since making and dropping one takes 0.2 seconds.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from bot.database import migrate
from knowledge.database import connect

__all__ = ["BACKENDS", "any_database", "templates"]

SERVER = os.environ.get("WENFA_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1:5432/test")
BACKENDS = ["sqlite", "postgresql"]


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """kind → a migrated database without rows (a file's path, a PostgreSQL database's name)."""
    with ExitStack() as kept:

        @cache
        def template(kind: str) -> str:
            if kind == "sqlite":
                file = tmp_path_factory.mktemp("template") / "template.sqlite3"
                _migrate(f"sqlite:///{file}")
                return str(file)
            name = kept.enter_context(postgres())
            _migrate(address_of(name))
            return name

        yield template


@pytest.fixture(params=BACKENDS)
def any_database(
    request: pytest.FixtureRequest, tmp_path: Path, templates: Callable[[str], str]
) -> Iterator[Engine]:
    """A migrated database without rows, this test's alone."""
    source = templates(request.param)
    url = f"sqlite:///{tmp_path / 'any.sqlite3'}"
    if request.param == "sqlite":
        shutil.copyfile(source, tmp_path / "any.sqlite3")
    else:
        url = address_of(source)
    engine = connect(url)
    yield engine
    engine.dispose()
    if request.param == "postgresql":
        _empty(url)


def _empty(url: str) -> None:
    """Delete every row; a connection that the test forgot, or killed, must not stand in the way."""
    engine = connect(url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        tables = inspect(connection).get_sorted_table_and_fkc_names()
        # last first; the last entry has no name and holds keys that go round in a circle
        for name, _ in reversed(tables):
            if name and not name.startswith("alembic_version"):
                connection.execute(text(f'DELETE FROM "{name}"'))
    engine.dispose()


def _migrate(url: str) -> None:
    engine = connect(url)
    migrate(engine)
    engine.dispose()  # the last one out writes SQLite's log into its file


def address_of(name: str) -> str:
    """The URL of one of the server's databases."""
    return make_url(SERVER).set(database=name).render_as_string(hide_password=False)


@contextmanager
def postgres() -> Iterator[str]:
    """A new database's name, dropped at the end. No server: a failure in CI, else a loud skip."""
    name = f"wenfa_test_{uuid.uuid4().hex[:12]}"
    server = create_engine(
        SERVER, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5}
    )
    try:
        with server.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0"))
    except OperationalError as error:
        server.dispose()
        reason = f"没有可用的 PostgreSQL（{make_url(SERVER)}）：{str(error.orig).splitlines()[0]}"
        print(f"跳过：{reason}")
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    try:
        yield name
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()
