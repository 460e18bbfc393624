"""Start-up of the engine: the named model or none, on this machine only, warm before asked."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine import fast_paths, serve
from tests.engine.making import ROOT


class Stopped(Exception):
    """Stands for the end of the process."""


class Agent:
    """What the warm-up sees of Rasa's agent."""

    def __init__(self, ready: bool) -> None:
        self.ready = ready
        self.parsed: list[str] = []

    def is_ready(self) -> bool:
        return self.ready

    async def parse_message(self, text: str) -> None:
        self.parsed.append(text)


def test_no_such_model_is_no_other_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serve, "serve_application", _must_not_run)
    assert serve.main(str(tmp_path / "none.tar.gz"), 5005) == 1
    assert "none.tar.gz" in capsys.readouterr().err
    assert serve.main(str(tmp_path), 5005) == 1  # a folder: Rasa would take its newest


def _must_not_run(**_: Any) -> None:
    raise AssertionError("served")


def test_it_listens_on_this_machine_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "model.tar.gz"
    model.write_bytes(b"")
    asked: dict[str, Any] = {}
    monkeypatch.setattr(serve, "serve_application", lambda **settings: asked.update(settings))
    monkeypatch.setattr(fast_paths, "install", lambda: asked.update(fast=True))
    monkeypatch.setattr(serve, "configure_structlog", lambda level: None)
    monkeypatch.setenv("WENFA_ACTIONS_PORT", "5055")
    monkeypatch.setenv("ENGINE_TRACKER_URL", "sqlite://")
    monkeypatch.chdir(ROOT)
    assert serve.main(str(model), 5099) == 0
    assert (asked["interface"], asked["port"]) == ("127.0.0.1", 5099)
    assert asked["model_path"] == str(model)
    assert asked["fast"] is True
    assert asked["endpoints"].action.url == "http://127.0.0.1:5055/webhook"
    assert asked["endpoints"].tracker_store.url == "sqlite://"
    assert asked["server_listeners"] == [(serve._warm, "after_server_start")]


async def warm(agent: Agent | None) -> None:
    app: Any = SimpleNamespace(ctx=SimpleNamespace(agent=agent))
    await serve._warm(app, asyncio.get_running_loop())


async def test_the_first_parse_is_ours() -> None:
    agent = Agent(ready=True)
    await warm(agent)
    assert agent.parsed == [serve.WARM_TEXT]


@pytest.mark.parametrize("agent", [None, Agent(ready=False)], ids=["none", "without a model"])
async def test_without_a_model_it_stops(
    monkeypatch: pytest.MonkeyPatch, agent: Agent | None
) -> None:
    codes: list[int] = []

    def stop(code: int) -> None:
        codes.append(code)
        raise Stopped

    monkeypatch.setattr(os, "_exit", stop)
    with pytest.raises(Stopped):
        await warm(agent)
    assert codes == [1]
    assert agent is None or agent.parsed == []
