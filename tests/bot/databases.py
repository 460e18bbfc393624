"""Fresh, migrated databases of both kinds. A test asks for `any_database` and runs on each.

Use it from a conftest: `from tests.bot.databases import any_database, templates`.
Migrations run once a session for each kind. SQLite: every test gets a copy of the file. PostgreSQL:
one database a session, emptied after each test, since making and dropping one takes 0.2 seconds.
`loaded_database` has the shipped edition in it and is a copy on both: loading takes ten times that.
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
from knowledge.edition import load

__all__ = ["BACKENDS", "any_database", "loaded_database", "templates"]

SERVER = os.environ.get("WENFA_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1:5432/test")
BACKENDS = ["sqlite", "postgresql"]
Templates = Callable[[str, bool], str]


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    """(kind, loaded) → a migrated database, without rows or with the shipped edition (a file's
    path, a PostgreSQL database's name)."""
    with ExitStack() as kept:

        @cache
        def template(kind: str, loaded: bool) -> str:
            if kind == "sqlite":
                file = tmp_path_factory.mktemp("template") / "template.sqlite3"
                _fill(f"sqlite:///{file}", loaded)
                return str(file)
            name = kept.enter_context(postgres())
            _fill(address_of(name), loaded)
            return name

        yield template


@pytest.fixture(params=BACKENDS)
def any_database(
    request: pytest.FixtureRequest, tmp_path: Path, templates: Templates
) -> Iterator[Engine]:
    """A migrated database without rows, this test's alone."""
    source = templates(request.param, False)
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


@pytest.fixture(params=BACKENDS)
def loaded_database(
    request: pytest.FixtureRequest, tmp_path: Path, templates: Templates
) -> Iterator[Engine]:
    """A database with the shipped edition in it, this test's alone."""
    source = templates(request.param, True)
    with ExitStack() as kept:
        if request.param == "sqlite":
            url = f"sqlite:///{shutil.copyfile(source, tmp_path / 'loaded.sqlite3')}"
        else:
            url = address_of(kept.enter_context(postgres(source)))
        engine = connect(url)
        yield engine
        engine.dispose()


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
        connection.execute(text(";".join(f'DELETE FROM "{name}"' for name in _tables(url))))
    engine.dispose()


@cache
def _tables(url: str) -> tuple[str, ...]:
    """Those with rows of ours, none before what refers to it; read once, which takes 0.3 s."""
    engine = connect(url)
    tables = inspect(engine).get_sorted_table_and_fkc_names()
    engine.dispose()
    # the entry without a name holds keys that go round in a circle
    names = [name for name, _ in reversed(tables) if name]
    return tuple(name for name in names if not name.startswith("alembic_version"))


def _fill(url: str, loaded: bool) -> None:
    engine = connect(url)
    migrate(engine)
    if loaded:
        load(engine)
    engine.dispose()  # the last one out writes SQLite's log into its file


def address_of(name: str) -> str:
    """The URL of one of the server's databases."""
    return make_url(SERVER).set(database=name).render_as_string(hide_password=False)


@contextmanager
def postgres(template: str = "template0") -> Iterator[str]:
    """A new database's name, dropped at the end. No server: a failure in CI, else a loud skip."""
    name = f"wenfa_test_{uuid.uuid4().hex[:12]}"
    server = create_engine(
        SERVER, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5}
    )
    try:
        with server.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE {template}"))
            # what a test wrote need not outlive a power failure: no commit waits for the disk
            connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
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
