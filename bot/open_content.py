"""The knowledge base for a command: its content as it is now, and the database it is in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from bot.settings import Settings
from bot.words import words
from knowledge.boundaries import Boundaries
from knowledge.catalogue import Catalogue, read_catalogue
from knowledge.database import connect


@contextmanager
def open_content(context: typer.Context) -> Iterator[tuple[Catalogue, Engine]]:
    """Leaves with one line in Chinese when there is no database yet."""
    settings: Settings = context.obj()
    try:
        database = connect(settings.database_url)
        try:
            with Session(database) as session:
                catalogue = read_catalogue(session, 0, Boundaries.none())
            yield catalogue, database
        finally:
            database.dispose()
    except (OperationalError, ProgrammingError, OSError):
        print(words("commands")["not_ready"], file=sys.stderr)
        raise typer.Exit(1) from None
