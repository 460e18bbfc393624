"""Fetching: kept before it is confirmed, whatever fails; one bad update keeps back no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.channels.telegram.polling import poll
from bot.gateway.store import StoreAway
from tests.bot.channels.telegram.scene import Scene
from tests.bot.conftest import FakeEngine
from tests.fake_telegram import BAD_GATEWAY, Fault, too_many

CHAT = 7


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.telegram.faults.FIRST_PAUSE", 0.01)


@asynccontextmanager
async def polling(scene: Scene) -> AsyncIterator[Callable[[], None]]:
    task = asyncio.create_task(poll(scene.bot, scene.intake, scene.chats))

    def still_alive() -> None:
        assert not task.done()

    yield still_alive
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def confirmed(scene: Scene, update: dict[str, Any]) -> None:
    await scene.seen(lambda: scene.telegram.confirmed > update["update_id"])


async def test_updates_are_fetched_kept_and_confirmed(
    scene: Scene, fake_engine: FakeEngine
) -> None:
    for number in range(120):  # more than one batch
        last = scene.telegram.write(number % 20 + 1, "欠薪")
    async with polling(scene):
        await confirmed(scene, last)
    await scene.chats.idle()
    assert len(fake_engine.calls) == 120


async def test_nothing_is_confirmed_that_could_not_be_kept(
    scene: Scene, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, failing, seen = scene.intake.take, [StoreAway("full")] * 3, []

    async def flaky(batch: Any) -> None:
        seen.append(scene.telegram.confirmed)
        if failing:
            raise failing.pop()
        await take(batch)

    monkeypatch.setattr(scene.intake, "take", flaky)
    update = scene.telegram.write(CHAT, "欠薪")
    async with polling(scene):
        await confirmed(scene, update)
    await scene.chats.idle()
    assert seen[:4] == [0, 0, 0, 0]
    assert len(fake_engine.calls) == 1


@pytest.mark.parametrize(
    "fault",
    [
        BAD_GATEWAY,
        too_many(1),
        Fault(hang_up=True),
        Fault(409, "Conflict"),
        Fault(401, "Unauthorized"),
    ],
    ids=["502", "429", "hang up", "409", "401"],
)
async def test_whatever_fails_is_tried_again(
    scene: Scene, fake_engine: FakeEngine, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    scene.telegram.script("getUpdates", fault)
    update = scene.telegram.write(CHAT, "欠薪")
    async with polling(scene) as still_alive:
        await confirmed(scene, update)
        still_alive()
    await scene.chats.idle()
    assert len(fake_engine.calls) == 1
    warnings = [record for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1


async def test_one_bad_update_keeps_back_no_other(scene: Scene, fake_engine: FakeEngine) -> None:
    scene.telegram.write(CHAT, "一句欠薪")
    scene.telegram.push({"message": {"chat": 5}})
    scene.telegram.push({"message": {"message_id": "x", "chat": {"id": 9, "type": "private"}}})
    last = scene.telegram.write(CHAT, "两句欠薪")
    async with polling(scene):
        await confirmed(scene, last)
    await scene.chats.idle()
    assert [message for _, message, _ in fake_engine.calls] == ["一句欠薪", "两句欠薪"]
    assert len(await scene.said(9)) == 1


async def test_numbers_that_start_anew_are_followed(scene: Scene, fake_engine: FakeEngine) -> None:
    """After a quiet week Telegram goes on from another number, perhaps a lower one."""
    high = scene.telegram.push({"message": scene.telegram.shape(CHAT, text="一句欠薪")}, 900_000)
    async with polling(scene):
        await confirmed(scene, high)
        scene.telegram.push({"message": scene.telegram.shape(CHAT, text="两句欠薪")}, 900_500)
        await scene.seen(lambda: scene.telegram.confirmed == 900_501)
    async with polling(scene):  # a new process asks without an offset
        low = scene.telegram.push({"message": scene.telegram.shape(CHAT, text="三句欠薪")}, 12)
        await scene.seen(lambda: scene.telegram.offset == low["update_id"] + 1)
    await scene.chats.idle()
    assert len(fake_engine.calls) == 3
