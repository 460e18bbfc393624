"""What a resident gets for everything that can be sent in Telegram."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy import text as sql

from bot.channels.telegram import updates
from bot.channels.telegram.heard import Heard, Kind
from bot.channels.telegram.residents import CHANNEL
from bot.clock import utcnow
from bot.engine_client import LONGEST_TEXT
from bot.gateway import gateway as gateway_module
from bot.gateway.inbound import Inbound
from bot.gateway.states import State
from bot.gateway.store import StoreAway
from bot.tables import Conversation, Ticket
from bot.tickets import desk
from bot.words import words
from knowledge.catalogue import Catalogue
from tests.bot.channels.telegram.scene import Scene
from tests.bot.channels.telegram.test_heard import PICTURE, PLACE
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import LI, Resident

CHAT = 7


def text() -> dict[str, Any]:
    return words("telegram")


async def test_the_notice_stands_first_then_the_answer(
    scene: Scene, fake_engine: FakeEngine
) -> None:
    await scene.write(CHAT, "老板欠我工资")
    first, second = await scene.bodies(CHAT)
    assert first["text"] == words("replies")["notice"].strip()
    assert second["text"] == "好的。"
    [(_, message, metadata)] = fake_engine.calls
    assert message == "老板欠我工资"
    assert metadata["city"] == "zhongshan"
    assert await scene.open_updates() == 0


async def test_every_message_carries_the_channel_s_own_id(scene: Scene) -> None:
    update = scene.telegram.write(CHAT, "一")
    number = update["message"]["message_id"]
    edited = scene.telegram.edit(CHAT, number, text="改成二")
    await scene.get(update, edited, scene.telegram.tap(CHAT, "service:legal_aid"))
    date = edited["edited_message"]["edit_date"]
    ids = [channel_id for channel_id, _ in await scene.inbox(CHAT)]
    assert ids == [f"m{number}", f"e{number}.{date}", "c1"]


async def test_repeats_and_another_order_do_no_harm(scene: Scene, fake_engine: FakeEngine) -> None:
    written = [scene.telegram.write(CHAT, f"第{number}句欠薪") for number in range(5)]
    await scene.get(written[2], written[0])
    await scene.get(*written, *written)
    assert len(fake_engine.calls) == 5
    assert len(await scene.said(CHAT)) == 5
    # the same message under another number, as after a restart of Telegram's own numbering
    again = {**written[0], "update_id": 5}
    await scene.get(again)
    assert len(fake_engine.calls) == 5
    assert len(await scene.said(CHAT)) == 5


async def test_start_greets_and_brings_the_keys(scene: Scene, fake_engine: FakeEngine) -> None:
    await scene.write(CHAT, "/start")
    [greeting] = (await scene.bodies(CHAT))[1:]
    assert greeting["text"] == text()["start"]
    assert greeting["choices"][0]["value"] == "ask:location"
    assert fake_engine.calls == []


async def test_a_poster_s_code_says_where_the_resident_is(
    scene: Scene, catalogue: Catalogue, fake_engine: FakeEngine
) -> None:
    points = [point for some in catalogue.points.values() for point in some]
    point = next(point for point in points if point.city_id == "qingyuan" and point.level == "town")
    await scene.write(CHAT, f"/start {point.id.replace('.', '-')}")
    await scene.write(CHAT, "老板欠我工资")
    conversation = await scene.conversation(CHAT)
    assert (conversation.city_id, conversation.region_id) == ("qingyuan", point.region_id)
    assert catalogue.atlas.regions[point.region_id].name in (await scene.said(CHAT))[0]
    assert fake_engine.calls[0][2]["region"] == point.region_id
    await scene.write(CHAT, "/start nowhere")
    assert (await scene.conversation(CHAT)).region_id == point.region_id


async def test_a_poster_s_code_leaves_a_place_of_another_city_behind(
    scene: Scene, catalogue: Catalogue, fake_engine: FakeEngine
) -> None:
    points = [point for some in catalogue.points.values() for point in some]
    point = next(point for point in points if point.city_id == "qingyuan")
    known = {"kind": "understood", "region": "442000118", "trouble": "老板欠我工资"}
    fake_engine.payloads = [known, said("好。")]
    await scene.write(CHAT, "老板欠我工资")
    assert ((await scene.conversation(CHAT)).understood or {})["region"] == "442000118"
    await scene.write(CHAT, f"/start {point.id.replace('.', '-')}")
    assert ((await scene.conversation(CHAT)).understood or {})["region"] is None


async def test_who_waits_and_scans_a_poster_elsewhere_waits_there(
    scene: Scene, catalogue: Catalogue
) -> None:
    """As if they had chosen that city: nobody waits where they are not."""
    points = [point for some in catalogue.points.values() for point in some]
    point = next(point for point in points if point.city_id == "qingyuan")
    await scene.write(CHAT, "转人工")
    await scene.write(CHAT, f"/start {point.id.replace('.', '-')}")
    conversation = await scene.conversation(CHAT)
    assert conversation.state == State.waiting
    ticket = await scene.gateway.look(lambda s: s.get_one(Ticket, conversation.ticket_id))
    assert ticket.city_id == "qingyuan"
    greeting, moved = (await scene.said(CHAT))[-2:]
    assert catalogue.atlas.regions[point.region_id].name in greeting
    assert "改到清远市的队里等" in moved
    # and once more, by the same poster: nothing is said of the queue
    await scene.write(CHAT, f"/start {point.id.replace('.', '-')}")
    assert (await scene.said(CHAT))[-1] == greeting


@pytest.mark.parametrize(
    ("command", "choice"),
    [
        ("/human", "request:human_handoff"),
        ("/progress", "do:progress"),
        ("/city", "do:change_city"),
        ("/cancel", "do:cancel"),
        ("/restart", "do:restart"),
    ],
)
async def test_commands_are_taps_of_the_gateway(scene: Scene, command: str, choice: str) -> None:
    await scene.write(CHAT, command)
    [(_, body)] = await scene.inbox(CHAT)
    assert body["choice"] == choice
    assert body["title"] == text()["commands"][command[1:]]
    assert len(await scene.said(CHAT)) == 1


@pytest.mark.parametrize("command", ["/help", "/nothing", "/legal_aid"])
async def test_help_and_unknown_commands_say_what_there_is(
    scene: Scene, fake_engine: FakeEngine, command: str
) -> None:
    await scene.write(CHAT, command)
    assert await scene.said(CHAT) == [text()["help"].strip()]
    assert fake_engine.calls == []


async def test_an_intent_in_a_message_drives_nothing(scene: Scene, fake_engine: FakeEngine) -> None:
    await scene.write(CHAT, '/legal_aid{"region": "x"}')
    assert fake_engine.calls[0][1].startswith("／legal_aid")


async def test_the_menu_is_tapped_down_to_a_service(scene: Scene, fake_engine: FakeEngine) -> None:
    await scene.write(CHAT, "服务菜单")
    menu = (await scene.bodies(CHAT))[-1]
    door = next(choice for choice in menu["choices"] if choice["value"].startswith("menu:"))
    await scene.get(scene.telegram.tap(CHAT, door["value"]))
    group = (await scene.bodies(CHAT))[-1]
    service = group["choices"][0]
    await scene.get(scene.telegram.tap(CHAT, service["value"]))
    assert fake_engine.calls[0][2]["choice"] == service["value"]
    assert (await scene.inbox(CHAT))[0][1]["title"] == service["title"]


async def test_a_tap_is_acknowledged_and_its_keyboard_goes(scene: Scene) -> None:
    await scene.get(scene.telegram.tap(CHAT, "service:legal_aid", message_id=31))
    await scene.seen(lambda: bool(scene.telegram.calls("editMessageReplyMarkup")))
    [answered] = scene.telegram.calls("answerCallbackQuery")
    [edited] = scene.telegram.calls("editMessageReplyMarkup")
    assert answered.params["callback_query_id"] == "1"
    assert (edited.chat, edited.params["message_id"]) == (CHAT, "31")
    assert "reply_markup" not in edited.params


async def test_a_stale_button_gets_a_kind_word(scene: Scene, fake_engine: FakeEngine) -> None:
    foreign = ["", "service:nothing", "menu:hidden", "rate:x", "/restart", "🙂"]
    await scene.get(*(scene.telegram.tap(CHAT, data) for data in foreign))
    assert await scene.said(CHAT) == [text()["stale"]] * len(foreign)
    assert fake_engine.calls == []


async def test_a_place_is_shared(scene: Scene, fake_engine: FakeEngine) -> None:
    await scene.write(CHAT, "/place")
    [asked] = (await scene.bodies(CHAT))[1:]
    assert any(choice["value"] == "ask:location" for choice in asked["choices"])
    await scene.get(scene.telegram.message(CHAT, location=PLACE))
    assert fake_engine.calls[0][2]["location"] == {"lat": 22.6, "lng": 113.2}
    abroad = {"latitude": 48.8, "longitude": 2.3}
    await scene.get(scene.telegram.message(CHAT, location=abroad))
    assert (await scene.said(CHAT))[-1] == text()["not_in_china"]
    assert len(fake_engine.calls) == 1


async def test_media_are_answered_kindly_and_an_album_once(scene: Scene) -> None:
    album = [scene.telegram.message(CHAT, photo=PICTURE, media_group_id="5") for _ in range(3)]
    await scene.get(*album)
    assert await scene.said(CHAT) == [words("replies")["media"]]


async def test_a_shared_contact_is_not_stored(scene: Scene) -> None:
    contact = {"phone_number": "13800000000", "first_name": "联系人"}
    update = scene.telegram.message(CHAT, contact=contact)
    await scene.intake.take([update])
    rows = await scene.look(lambda s: str(_without_clocks(s.execute(_everything()).mappings())))
    assert "138" not in rows
    assert "联系人" not in rows
    await scene.chats.idle()
    assert await scene.inbox(CHAT) == [(f"m{update['message']['message_id']}", {"media": "other"})]


def _everything() -> Any:
    return sql("SELECT * FROM telegram_update")


def _without_clocks(rows: Iterable[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    """Whatever a table holds but its times: their microseconds look like anything at times."""
    return [{name: row[name] for name in row if not name.endswith("_at")} for row in rows]


async def test_a_long_text_is_asked_to_be_shortened(scene: Scene, fake_engine: FakeEngine) -> None:
    await scene.write(CHAT, "长" * LONGEST_TEXT)
    assert len(fake_engine.calls) == 1
    await scene.write(CHAT, "长" * (LONGEST_TEXT + 1))
    assert len(fake_engine.calls) == 1
    assert "2001" in (await scene.said(CHAT))[-1]


async def test_a_group_is_told_once_and_left(scene: Scene, fake_engine: FakeEngine) -> None:
    await scene.get(scene.telegram.write(-100, "/start"), scene.telegram.tap(-100, "do:cancel"))
    [told] = scene.telegram.sent(-100)
    assert told.text == text()["group"]
    assert [call.chat for call in scene.telegram.calls("leaveChat")] == [-100]
    assert fake_engine.calls == []
    assert await scene.look(lambda s: s.query(Conversation).count()) == 0
    assert await scene.open_updates() == 0


async def test_a_shape_of_tomorrow_gets_a_word(scene: Scene) -> None:
    await scene.get({"update_id": 1, "message": {"chat": {"id": CHAT, "type": "private"}}})
    assert await scene.said(CHAT) == [text()["failed"]]


async def test_too_many_in_a_second_are_answered_once_too_fast(
    scene: Scene, fake_engine: FakeEngine
) -> None:
    written = [scene.telegram.write(CHAT, f"第{number}句") for number in range(120)]
    await scene.intake.take(written)
    await scene.chats.idle()
    told = await scene.said(CHAT)
    assert told[-1] == text()["too_fast"]
    assert told.count(text()["too_fast"]) == 1
    assert len(fake_engine.calls) == len(told) - 1 <= 100
    assert await scene.open_updates() == 0


async def test_who_blocks_us_leaves_the_queue(scene: Scene) -> None:
    await scene.write(CHAT, "转人工")
    assert (await scene.conversation(CHAT)).state == State.waiting
    await scene.get(scene.telegram.block(CHAT))
    assert (await scene.conversation(CHAT)).state == State.closed
    assert {row.settled for row in await scene.outbox(CHAT)} == {"blocked"}
    await scene.get(scene.telegram.block(8))  # somebody that we do not know
    await scene.write(CHAT, "我回来了")
    assert (await scene.conversation(CHAT)).state == State.bot
    assert (await scene.outbox(CHAT))[-1].settled is None


async def test_a_person_s_words_and_the_rating(scene: Scene) -> None:
    await scene.write(CHAT, "老板欠我工资")
    await scene.write(CHAT, "转人工")
    conversation = await scene.conversation(CHAT)
    resident = Resident(scene.gateway, conversation.id, None)
    await resident.operator(desk.claim, LI)
    await resident.operator(desk.reply, LI, "1", "您好，欠了几个月？")
    await scene.write(CHAT, "三个月")
    await resident.operator(desk.close, LI, "answered", None)
    rating = (await scene.bodies(CHAT))[-1]["choices"][0]["value"]
    await scene.get(scene.telegram.tap(CHAT, rating))
    told = await scene.said(CHAT)
    assert "您好，欠了几个月？" in told
    assert told[-1] == words("replies")["rating"]["thanks"]["satisfied"]


async def test_a_deleted_conversation_begins_anew(scene: Scene) -> None:
    await scene.write(CHAT, "一")
    await scene.gateway.store.run(lambda s: s.execute(delete(Conversation)))
    await scene.write(CHAT, "二")
    await scene.gateway.store.run(lambda s: s.execute(delete(Conversation)))
    await scene.write(CHAT, "/help")
    assert await scene.said(CHAT) == [text()["help"].strip()]


async def test_a_database_that_is_away_is_waited_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.telegram.residents.pause", lambda attempts: 0.0)
    handle, failing = scene.gateway.handle, [StoreAway("full"), StoreAway("locked")]

    async def flaky(*given: Any) -> Any:
        if failing:
            raise failing.pop()
        return await handle(*given)

    monkeypatch.setattr(scene.gateway, "handle", flaky)
    await scene.write(CHAT, "老板欠我工资")
    assert await scene.said(CHAT) == ["好的。"]
    assert failing == []


async def test_a_fault_of_ours_ends_in_a_word_and_no_words_in_the_log(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_given: Any) -> Any:
        raise KeyError("老板欠我工资")

    monkeypatch.setattr(scene.gateway, "handle", broken)
    await scene.write(CHAT, "老板欠我工资")
    assert await scene.said(CHAT) == [text()["failed"]]
    assert await scene.open_updates() == 0
    assert "KeyError" in caplog.text
    assert "老板" not in caplog.text


async def test_what_was_left_is_taken_up_in_order(scene: Scene, fake_engine: FakeEngine) -> None:
    """As after a kill between fetch and handling, and after handling before it was noted."""
    written = [scene.telegram.write(CHAT, f"第{number}句欠薪") for number in range(4)]
    scene.chats.add = lambda heard: None  # type: ignore[method-assign]
    await scene.intake.take(written)
    del scene.chats.add
    first = await scene.look(_first)
    conversation = await scene.gateway.open("zhongshan", channel=CHANNEL, address=str(CHAT))
    await scene.gateway.handle(conversation.conversation_id, _inbound(first))
    assert await scene.intake.replay() == 4
    await scene.chats.idle()
    assert [message for _, message, _ in fake_engine.calls] == [
        f"第{number}句欠薪" for number in range(4)
    ]
    assert len(await scene.said(CHAT)) == 4
    assert await scene.intake.replay() == 0


def _first(session: Any) -> Heard:
    return updates.waiting(session)[0]


def _inbound(heard: Heard) -> Any:
    return Inbound(heard.id, text=heard.text)


async def test_a_word_of_ours_is_said_once_though_its_update_comes_twice(scene: Scene) -> None:
    heard = Heard(1, CHAT, Kind.message, True, "m1", 1, text="/help")
    await scene.gateway.store.run(lambda s: updates.keep(s, [heard], utcnow()))
    await scene.hand(heard)
    await scene.hand(heard)
    assert await scene.said(CHAT) == [text()["help"].strip()]


async def test_typing_is_shown_while_the_engine_thinks(
    scene: Scene, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.telegram.residents.TYPING_AFTER", 0.0)
    go = asyncio.Event()

    async def think(_sender: str, _message: str) -> None:
        await go.wait()

    fake_engine.before = think
    await scene.intake.take([scene.telegram.write(CHAT, "老板欠我工资")])
    await scene.seen(lambda: bool(scene.telegram.calls("sendChatAction")))
    go.set()
    await scene.chats.idle()
    [shown] = scene.telegram.calls("sendChatAction")
    assert (shown.chat, shown.params["action"]) == (CHAT, "typing")


async def test_an_engine_that_is_away_is_apologised_for(
    scene: Scene, fake_engine: FakeEngine
) -> None:
    assert gateway_module.PATIENCE < 5
    fake_engine.away = True
    await scene.write(CHAT, "老板欠我工资")
    assert await scene.said(CHAT) == [words("replies")["apology"]]
    fake_engine.away = False
    fake_engine.payloads = [said("在的。")]
    await scene.write(CHAT, "老板欠我工资吗")
    assert (await scene.said(CHAT))[-1] == "在的。"
