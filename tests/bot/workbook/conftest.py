"""The shipped edition as workbooks see it, and an app of this folder's own to write into."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.app import create_app
from bot.settings import Settings
from bot.workbook.jobs import current_entries
from bot.workbook.verdicts import Current
from knowledge.catalogue import Catalogue
from knowledge.database import connect
from knowledge.editing.frame import Frame
from tests.bot.databases import loaded_database, templates
from tests.bot.typed import run

__all__ = ["loaded_database", "run", "templates"]


@pytest.fixture(scope="session")
def frame(catalogue: Catalogue) -> Frame:
    return Frame(catalogue)


@pytest.fixture(scope="session")
def current(database: Engine) -> Current:
    with Session(database) as session:
        return current_entries(session)


@pytest.fixture
def copied(database: Engine, tmp_path: Path) -> Engine:
    """The shipped edition, to write into."""
    source = str(database.url.database)
    with database.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(source, tmp_path / "copied.sqlite3")
    return connect(f"sqlite:///{tmp_path / 'copied.sqlite3'}")


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def office(
    database: Engine, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[FastAPI]:
    """The real app over a copy of its own."""
    home = tmp_path_factory.mktemp("office")
    with database.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(str(database.url.database), home / "wenfa.sqlite3")
    application = create_app(Settings(home=home, engine_port=9, actions_port=9))
    async with application.router.lifespan_context(application):
        yield application
