"""Fixtures for the whole suite: a loaded knowledge base, and no network beyond this machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from bot.database import migrate
from bot.settings import Settings
from knowledge.boundaries import Boundaries, read_boundaries
from knowledge.catalogue import Catalogue, LiveCatalogue
from knowledge.database import connect
from knowledge.edition import city_codes, load
from knowledge.faq.vectors import encoder

LOCAL = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anything that leaves this machine fails the test that did it."""
    plain = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOCAL:
            pytest.fail(f"a test reached for the network: {address}")
        plain(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session", autouse=True)
def _answers_are_waited_for() -> Iterator[None]:
    """A conversation in a test gets its answer however busy the machine is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("knowledge.faq.live.PATIENCE", 60.0)
        yield


@pytest.fixture(scope="session")
def boundaries() -> Boundaries:
    return read_boundaries(city_codes())


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A migrated SQLite file with the shipped edition in it. Only for reading."""
    file: Path = tmp_path_factory.mktemp("knowledge") / "wenfa.sqlite3"
    engine = connect(f"sqlite:///{file}")
    migrate(engine)
    load(engine)
    # as a process of ours starts: what `wenfa prepare` encoded is not encoded again
    encoder().read(Settings().vectors_file)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def catalogue(database: Engine, boundaries: Boundaries) -> Catalogue:
    """The shipped edition as the app sees it."""
    return LiveCatalogue(database, boundaries).current()
