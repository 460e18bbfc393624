"""A home where everything is prepared, and an engine that is none of Rasa's."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bot.settings import Settings
from knowledge.boundaries import Boundaries
from tests.bot.triage_file import stand_in

MODEL = "wenfa-test"


@pytest.fixture
def home(tmp_path: Path, database: Engine) -> Path:
    """Prepared, with an engine's interpreter that starts the stand-in; nothing runs."""
    folder = tmp_path / "home"
    settings = Settings(home=folder)
    settings.models.mkdir(parents=True)
    with (
        closing(sqlite3.connect(str(database.url.database))) as loaded,
        closing(sqlite3.connect(folder / "wenfa.sqlite3")) as own,
    ):
        loaded.backup(own)
    (settings.models / f"{MODEL}.tar.gz").write_bytes(b"")
    settings.prepared_file.write_text(MODEL)
    settings.engine_python.parent.mkdir(parents=True)
    script = f'#!/bin/sh\nexec "{sys.executable}" "{stand_in.__file__}" "$@"\n'
    settings.engine_python.write_text(script)
    settings.engine_python.chmod(0o755)
    return folder


@pytest.fixture
def settings(
    home: Path, boundaries: Boundaries, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """Of that home, with the stand-in running on the engine's port."""
    # they are the same every time, and take a second
    monkeypatch.setattr("bot.triage_file.run.read_boundaries", lambda _codes: boundaries)
    for variable in ("DATABASE_URL", *(name for name in os.environ if name.startswith("WENFA_"))):
        monkeypatch.delenv(variable, raising=False)
    with stand_in.running(f"{MODEL}.tar.gz") as port:
        yield Settings(home=home, engine_port=port)


@pytest.fixture(autouse=True)
def _signals(stops_as_they_were: None) -> None:
    """The command ends with deaf ears."""
