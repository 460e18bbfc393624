"""From the outbox to Telegram: order, retries, residents who have blocked us; at least once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import update

from bot.channels.telegram import delivery
from bot.channels.telegram.delivery import Delivery
from bot.channels.telegram.pacing import Pace
from bot.channels.telegram.rendering import render
from bot.clock import utcnow
from bot.gateway import outbox
from bot.gateway.ledger import Ledger
from bot.gateway.states import State
from bot.gateway.store import StoreAway
from bot.tables import Message
from bot.words import words
from tests.bot.channels.telegram.scene import Scene
from tests.fake_telegram import BAD_GATEWAY, BLOCKED, IMPOSSIBLE, Fault, lost, too_many

CHAT, OTHER = 7, 8


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.telegram.faults.FIRST_PAUSE", 0.01)
    monkeypatch.setattr("bot.channels.telegram.delivery.LOOK_AGAIN", 0.05)


async def opened(scene: Scene, chat: int = CHAT) -> str:
    found = await scene.gateway.open("zhongshan", channel="telegram", address=str(chat))
    return found.conversation_id


async def say(scene: Scene, chat: int, *texts: str, **more: Any) -> None:
    conversation_id = await opened(scene, chat)

    def write(ledger: Ledger) -> None:
        for text in texts:
            ledger.say(text, **more)

    await scene.gateway.write(conversation_id, write)


def after_notice(scene: Scene, chat: int) -> list[str]:
    first, *rest = scene.telegram.texts(chat)
    assert first == words("replies")["notice"].strip()
    return rest


async def test_everything_goes_out_in_order_and_is_settled(scene: Scene) -> None:
    scene.deliver()
    for chat in (CHAT, OTHER):
        await say(scene, chat, *(f"第{number}句" for number in range(6)))
    await scene.seen(lambda: len(scene.telegram.sent()) == 14)
    for chat in (CHAT, OTHER):
        assert after_notice(scene, chat) == [f"第{number}句" for number in range(6)]
    await settled(scene, CHAT)
    assert {(row.settled, row.attempts) for row in await scene.outbox(CHAT)} == {("sent", 1)}


async def settled(scene: Scene, chat: int) -> None:
    """Until nothing waits."""
    with scene.gateway.hub.listen("outbox:telegram") as listener:
        while any(row.settled is None for row in await scene.outbox(chat)):
            await listener.wait(0.2)


async def test_nothing_is_sent_with_a_parse_mode_or_a_preview(scene: Scene) -> None:
    hostile = "<b>粗</b> &amp; [x](https://example.org) {0}"
    await say(scene, CHAT, hostile)
    scene.deliver()
    call = await found(scene, CHAT, "粗")
    assert call.text == hostile
    assert "parse_mode" not in call.params
    assert call.params["link_preview_options"] == {"is_disabled": True}


async def test_articles_lead_to_the_law_s_pages_beside_a_plain_text(scene: Scene) -> None:
    site = "https://wenfa.example"
    scene.delivery = Delivery(scene.bot, scene.gateway, scene.residents.left, site)
    desk = {"type": "referral", "name": "<b>仲裁</b>", "source": "劳动合同法第三十八条"}
    await say(scene, CHAT, "可以这样办：", cards=[desk])
    scene.deliver()
    call = await found(scene, CHAT, "可以这样办")
    assert call.text == "可以这样办：\n\n1. <b>仲裁</b>\n依据：劳动合同法第三十八条"
    assert "parse_mode" not in call.params
    assert call.params["link_preview_options"] == {"is_disabled": True}
    [link] = call.params["entities"]
    assert link == {
        "type": "text_link",
        "offset": call.text.index("劳动合同法"),
        "length": len("劳动合同法第三十八条"),
        "url": f"{site}/law/{quote('劳动合同法')}/{quote('第三十八条')}",
    }


async def test_without_a_public_address_nothing_is_linked(scene: Scene) -> None:
    desk = {"type": "referral", "name": "仲裁", "source": "劳动合同法第三十八条"}
    await say(scene, CHAT, "可以这样办：", cards=[desk])
    scene.deliver()
    call = await found(scene, CHAT, "劳动合同法第三十八条")
    assert "entities" not in call.params


async def found(scene: Scene, chat: int, part: str) -> Any:
    await scene.seen(lambda: any(part in text for text in scene.telegram.texts(chat)))
    return scene.telegram.wait_for_text(chat, part)


async def test_a_long_answer_comes_in_parts_with_the_buttons_last(scene: Scene) -> None:
    choices = [{"title": "我要人工", "value": "request:human_handoff"}]
    await say(scene, CHAT, "这是一句话。" * 1500, choices=choices)
    scene.deliver()
    await scene.seen(lambda: len(scene.telegram.sent(CHAT)) == 4)
    parts = scene.telegram.sent(CHAT)[1:]
    assert "".join(part.text for part in parts) == "这是一句话。" * 1500
    assert [part.buttons for part in parts] == [{}, {}, {"我要人工": "request:human_handoff"}]


async def test_too_many_stops_one_chat_and_no_other(scene: Scene) -> None:
    scene.telegram.script("sendMessage", too_many(1), chat=CHAT)
    for chat in (CHAT, OTHER):
        await say(scene, chat, "一", "二")
    scene.deliver()
    await scene.seen(lambda: len(scene.telegram.sent(CHAT)) == 3)
    assert after_notice(scene, CHAT) == ["一", "二"]
    refused = next(call for call in scene.telegram.ledger if not call.ok)
    again = scene.telegram.sent(CHAT)[0]
    assert again.at - refused.at >= 0.9
    assert scene.telegram.sent(OTHER)[-1].at < again.at
    assert after_notice(scene, OTHER) == ["一", "二"]


@pytest.mark.parametrize(
    "fault",
    [
        BAD_GATEWAY,
        Fault(500, "Internal Server Error"),
        Fault(hang_up=True),
        Fault(401, "Unauthorized"),
    ],
    ids=["502", "500", "hang up", "401"],
)
async def test_what_may_pass_is_tried_again_in_order(scene: Scene, fault: Fault) -> None:
    scene.telegram.script("sendMessage", fault, fault, fault)
    await say(scene, CHAT, "一", "二")
    scene.deliver()
    await scene.seen(lambda: len(scene.telegram.sent(CHAT)) == 3)
    assert after_notice(scene, CHAT) == ["一", "二"]
    await settled(scene, CHAT)
    assert [row.attempts for row in await scene.outbox(CHAT)] == [4, 1, 1]


async def test_a_lost_confirmation_may_repeat_but_never_reorders(scene: Scene) -> None:
    scene.telegram.script("sendMessage", lost())
    await say(scene, CHAT, "一", "二")
    scene.deliver()
    await scene.seen(lambda: len(scene.telegram.sent(CHAT)) == 4)
    notice = words("replies")["notice"].strip()
    assert scene.telegram.texts(CHAT) == [notice, notice, "一", "二"]


async def test_only_the_parts_that_are_missing_are_sent_again(scene: Scene) -> None:
    await say(scene, CHAT, "一句。" * 3000)
    sending = scene.bot.send_message
    calls = 0

    async def third_fails(*given: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            scene.telegram.script("sendMessage", BAD_GATEWAY)
        return await sending(*given, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(scene.bot), "send_message", lambda _bot, *g, **m: third_fails(*g, **m))
        scene.deliver()
        await scene.seen(lambda: len(scene.telegram.sent(CHAT)) == 4)
        await settled(scene, CHAT)
    assert "".join(after_notice(scene, CHAT)) == "一句。" * 3000


async def test_what_cannot_succeed_is_dead_and_says_nothing(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.telegram.script("sendMessage", IMPOSSIBLE)
    await say(scene, CHAT, "老板的名字")
    scene.deliver()
    await scene.seen(lambda: len(scene.telegram.sent(CHAT)) == 1)
    await settled(scene, CHAT)
    first, second = await scene.outbox(CHAT)
    assert (first.settled, first.error) == ("dead", "BadRequest")
    assert second.settled == "sent"
    assert "BadRequest" in caplog.text
    assert "12348" not in caplog.text
    assert "老板" not in caplog.text


async def test_what_is_a_day_old_is_given_up(scene: Scene) -> None:
    await say(scene, CHAT, "老话")
    yesterday = utcnow() - timedelta(hours=25)
    await scene.gateway.store.run(lambda s: s.execute(update(Message).values(created_at=yesterday)))
    scene.telegram.script("sendMessage", BAD_GATEWAY)
    scene.deliver()
    await settled(scene, CHAT)
    assert [row.settled for row in await scene.outbox(CHAT)] == ["dead", "sent"]


async def test_who_has_blocked_us_gets_nothing_more(scene: Scene) -> None:
    await scene.write(CHAT, "转人工")
    scene.telegram.script("sendMessage", BLOCKED)
    scene.deliver()
    await settled(scene, CHAT)
    assert {row.settled for row in await scene.outbox(CHAT)} == {"blocked"}
    assert scene.telegram.sent(CHAT) == []
    assert (await scene.conversation(CHAT)).state == State.closed


async def test_a_message_that_nobody_can_show_does_not_stop_the_rest(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fragile(message: dict[str, Any], site: str) -> Any:
        if message["text"] == "坏":
            raise KeyError("坏")
        return render(message, site)

    monkeypatch.setattr(delivery, "render", fragile)
    await say(scene, CHAT, "坏", "好")
    scene.deliver()
    await found(scene, CHAT, "好")
    assert [row.settled for row in (await scene.outbox(CHAT))][1] == "dead"
    assert "KeyError" in caplog.text
    assert "坏" not in caplog.text


async def test_what_was_sent_but_not_noted_is_not_sent_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failing = outbox.sent, [StoreAway("locked")] * 2

    def flaky(*given: Any) -> None:
        if failing:
            raise failing.pop()
        real(*given)

    monkeypatch.setattr(outbox, "sent", flaky)
    await say(scene, CHAT, "一")
    scene.deliver()
    await settled(scene, CHAT)
    assert after_notice(scene, CHAT) == ["一"]


async def test_what_a_process_left_is_sent_by_the_next(scene: Scene) -> None:
    await say(scene, CHAT, "一", "二")
    gone = Delivery(scene.bot, scene.gateway, scene.residents.left)
    await gone.stop(1)
    scene.deliver()
    await scene.seen(lambda: len(scene.telegram.sent(CHAT)) == 3)
    assert after_notice(scene, CHAT) == ["一", "二"]


async def test_turns_are_given_out_evenly() -> None:
    pace = Pace(200)
    begun = asyncio.get_running_loop().time()
    await asyncio.gather(*(pace.turn() for _ in range(21)))
    assert 0.09 <= asyncio.get_running_loop().time() - begun < 1
