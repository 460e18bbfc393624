"""The engine that judges: the one that runs, or one of its own for as long as a file takes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bot.engine_client import EngineAway, EngineClient
from bot.model import Model, PrepareError, prepared_model
from bot.processes import READY_WITHIN, Child, engine_program, raise_if_ended
from bot.settings import Settings
from bot.triage_file.refusal import Refusal, why
from bot.words import words

LOOK_EVERY = 0.2
# nobody waits for a single answer: a busy machine may take its time
TIMEOUT = 30.0
Say = Callable[[str], None]


def the_model(settings: Settings) -> Model:
    """The model that was prepared. Raises Refusal before that."""
    try:
        model = prepared_model(settings)
    except OSError:
        raise Refusal("not_prepared") from None
    if not model.file.is_file():
        raise Refusal("not_prepared")
    return model


async def find_or_start(
    settings: Settings, model: Model, children: list[Child], say: Say
) -> tuple[EngineClient, Path]:
    """A client of an engine that serves this model, and that engine's log.

    One that had to be started is added to `children`, for the caller to stop, before anything can
    go wrong with it. Raises Refusal.
    """
    text = words("triage_file")["say"]
    logs = settings.home / "log"
    if await _serves(settings.engine_url, model, settings.engine_timeout):
        say(text["running"])
        return EngineClient(settings.engine_url, TIMEOUT), logs / "engine.log"
    say(text["starting"])
    log = logs / "triage-engine.log"
    url = _start(settings, model, children, log)
    try:
        async with asyncio.timeout(READY_WITHIN):
            while not await _serves(url, model, TIMEOUT):
                raise_if_ended(children)
                await asyncio.sleep(LOOK_EVERY)
    except TimeoutError:
        raise Refusal("engine_late", seconds=f"{READY_WITHIN:.0f}", log=log) from None
    except PrepareError as error:
        raise Refusal("no_engine", why=error) from None
    say(text["ready"])
    return EngineClient(url, TIMEOUT), log


def _start(settings: Settings, model: Model, children: list[Child], log: Path) -> str:
    """Start an engine on a port that is free; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    program = engine_program(settings, model, port, log)
    # it holds no conversation: the running engine's store is not opened
    environment = {**program.environment, "ENGINE_TRACKER_URL": "sqlite://"}
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")
        program = replace(program, environment=environment)
        children.append(Child(program, program.start()))
    except OSError as error:
        raise Refusal("no_engine", why=why(error)) from error
    return f"http://127.0.0.1:{port}"


async def _serves(url: str, model: Model, timeout: float) -> bool:
    client = EngineClient(url, timeout)
    try:
        serves, _ = await client.check(model.name)
    except EngineAway:
        return False
    finally:
        await client.close()
    return serves
