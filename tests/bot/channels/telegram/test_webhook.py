"""The webhook: Telegram's secret or nothing, and kept before the 200."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from bot.channels.telegram import webhook
from bot.channels.telegram.webhook import HOST, LARGEST, SECRET_HEADER, webhook_app
from bot.gateway.store import StoreAway
from tests.bot.channels.telegram.scene import Scene
from tests.bot.conftest import FakeEngine

CHAT = 7
PHRASE = "abc-DEF_123"


@pytest_asyncio.fixture
async def telegram_itself(scene: Scene) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(webhook_app(scene.intake, PHRASE))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://wenfa.test", headers={SECRET_HEADER: PHRASE}
    ) as client:
        yield client


async def test_an_update_is_kept_before_the_answer(
    scene: Scene, telegram_itself: httpx.AsyncClient, fake_engine: FakeEngine
) -> None:
    scene.chats.add = lambda heard: None  # type: ignore[method-assign]
    update = scene.telegram.write(CHAT, "欠薪")
    for _ in range(2):  # Telegram repeats what it is not sure of
        assert (await telegram_itself.post("/any/path", json=update)).status_code == 200
    assert await scene.open_updates() == 1
    del scene.chats.add
    assert await scene.intake.replay() == 1
    await scene.chats.idle()
    assert len(fake_engine.calls) == 1


@pytest.mark.parametrize("secret", [None, "", "abc-DEF_12", PHRASE + "x", "密"])
async def test_without_the_secret_nothing_is_taken(
    scene: Scene, telegram_itself: httpx.AsyncClient, secret: str | None
) -> None:
    headers = {} if secret is None else {SECRET_HEADER.encode(): secret.encode()}
    if secret is None:
        del telegram_itself.headers[SECRET_HEADER]
    update = scene.telegram.write(CHAT, "欠薪")
    answer = await telegram_itself.post("/", json=update, headers=headers)
    assert answer.status_code == 403
    assert answer.content == b""
    assert await scene.open_updates() == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"not json", 400), (b"\xff", 400), (b"[]", 200), (b"{}", 200), (b"5", 200)],
)
async def test_garbage_does_no_harm(
    telegram_itself: httpx.AsyncClient, body: bytes, status: int
) -> None:
    assert (await telegram_itself.post("/", content=body)).status_code == status


async def test_a_body_without_end_is_refused(telegram_itself: httpx.AsyncClient) -> None:
    answer = await telegram_itself.post("/", content=b" " * (LARGEST + 1))
    assert answer.status_code == 413


async def test_what_cannot_be_kept_is_sent_again_by_telegram(
    scene: Scene, telegram_itself: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_batch: Any) -> None:
        raise StoreAway("full")

    monkeypatch.setattr(scene.intake, "take", full)
    update = json.dumps(scene.telegram.write(CHAT, "欠薪")).encode()
    assert (await telegram_itself.post("/", content=update)).status_code == 503


def test_the_door_is_on_this_machine_only() -> None:
    door = webhook.listen(0)
    assert door.getsockname()[0] == HOST == "127.0.0.1"
    door.listen()
    with pytest.raises(OSError, match="in use"):
        webhook.listen(door.getsockname()[1])
    door.close()
