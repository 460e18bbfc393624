"""Fixtures of the engine's room. Rasa is imported as it is served: without TensorFlow."""

from __future__ import annotations

import warnings
from importlib import import_module
from pathlib import Path

import pytest

from engine import without_tensorflow

without_tensorflow.install()  # before anything of Rasa is imported

with warnings.catch_warnings():
    # at its import Sanic softens every deprecation warning after it: not those of our imports
    import_module("sanic")

from rasa.engine.graph import ExecutionContext, GraphSchema  # noqa: E402
from rasa.engine.storage.local_model_storage import LocalModelStorage  # noqa: E402
from rasa.engine.storage.resource import Resource  # noqa: E402


@pytest.fixture(autouse=True)
def _own_files_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gazetteer set for the running product must not reach a test, and nobody is phoned."""
    monkeypatch.delenv("WENFA_GAZETTEER", raising=False)
    monkeypatch.setenv("RASA_TELEMETRY_ENABLED", "false")


@pytest.fixture
def storage(tmp_path: Path) -> LocalModelStorage:
    """Where components persist themselves."""
    folder = tmp_path / "model"
    folder.mkdir()
    return LocalModelStorage.create(folder)


@pytest.fixture
def resource() -> Resource:
    """A component's own name in the storage."""
    return Resource("component")


@pytest.fixture
def execution() -> ExecutionContext:
    """What Rasa hands to every component; ours do not read it."""
    return ExecutionContext(GraphSchema({}))
