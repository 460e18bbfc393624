"""./wenfa as staff type it: this database, these arguments, these lines of the keyboard.

Use it from a conftest: `from tests.bot.typed import run`, beside `loaded_database`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from bot.cli import cli

__all__ = ["Run", "run", "wenfa"]

Run = Callable[..., Result]


def wenfa(database: Engine, monkeypatch: pytest.MonkeyPatch, *command: str) -> Run:
    """./wenfa <command> over this database; `typed` are the lines of the keyboard."""
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))

    def run(*arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(cli, [*command, *arguments], input=typed)

    return run


@pytest.fixture
def run(loaded_database: Engine, monkeypatch: pytest.MonkeyPatch) -> Run:
    """./wenfa over `loaded_database`."""
    return wenfa(loaded_database, monkeypatch)
