"""What is read of an update, and above all what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.channels.telegram.heard import Heard, Kind, read
from bot.words import words
from tests.bot.channels.telegram.scene import TOKEN
from tests.fake_telegram import FakeTelegram, person

CHAT = 7
FILE = {"file_id": "secret-file", "file_unique_id": "u"}
PICTURE = [{**FILE, "width": 1, "height": 1}]
PLACE = {"latitude": 22.6, "longitude": 113.2}


def heard(**content: Any) -> Heard:
    found = read(FakeTelegram(TOKEN).message(CHAT, **content))
    assert found is not None
    return found


def test_a_text_has_the_channel_s_own_id() -> None:
    update = FakeTelegram(TOKEN).write(CHAT, " 老板欠我工资 ")
    found = read(update)
    assert found is not None
    assert found.id == f"m{update['message']['message_id']}"
    assert (found.kind, found.chat_id, found.private) == (Kind.message, CHAT, True)
    assert found.text == "老板欠我工资"


def test_an_edit_is_a_message_of_its_own() -> None:
    update = FakeTelegram(TOKEN).edit(CHAT, 5, text="改过的话")
    found = read(update)
    assert found is not None
    assert found.kind is Kind.edit
    assert found.id == f"e5.{update['edited_message']['edit_date']}"


def test_a_live_location_that_moves_says_nothing_new() -> None:
    assert read(FakeTelegram(TOKEN).edit(CHAT, 5, location=PLACE)) is None
    assert heard(location=PLACE).location == (22.6, 113.2)


def test_a_venue_is_its_place() -> None:
    venue = {"location": PLACE, "title": "某某饭店", "address": "某路"}
    found = heard(venue=venue, location=PLACE)
    assert found.location == (22.6, 113.2)
    assert "饭店" not in json.dumps(found.payload, ensure_ascii=False)


def test_a_caption_is_what_was_said() -> None:
    found = heard(photo=PICTURE, caption="这是工资条")
    assert (found.text, found.media) == ("这是工资条", None)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"photo": PICTURE}, "photo"),
        ({"voice": {**FILE, "duration": 3}}, "voice"),
        ({"video": {**FILE, "width": 1, "height": 1, "duration": 3}}, "video"),
        ({"video_note": {**FILE, "length": 1, "duration": 3}}, "video"),
        ({"document": FILE}, "document"),
        (
            {
                "sticker": {
                    **FILE,
                    "width": 1,
                    "height": 1,
                    "is_animated": False,
                    "is_video": False,
                    "type": "regular",
                }
            },
            "sticker",
        ),
        ({"contact": {"phone_number": "13800000000", "first_name": "陈"}}, "other"),
        ({"dice": {"emoji": "🎲", "value": 3}}, "other"),
        ({"text": "\x00 \ud83d"}, "other"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_media_without_words_are_a_kind(content: dict[str, Any], kind: str) -> None:
    found = heard(**content)
    assert found.media == kind
    assert kind in words("tickets")["media"]
    assert found.text is None


def test_nothing_of_a_person_is_kept() -> None:
    """Neither names nor a shared contact, the sender of a forward, or files."""
    forward = {
        "forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "原发送人"},
        "reply_to_message": FakeTelegram(TOKEN).shape(CHAT, text="被引用的话"),
        "contact": {"phone_number": "13800000000", "first_name": "联系人", "vcard": "BEGIN"},
    }
    for found in (heard(text="转来的话", **forward), heard(photo=PICTURE, **forward)):
        kept = json.dumps(found.payload, ensure_ascii=False)
        for secret in ("秘密", "secret", "原发送人", "被引用", "138", "联系人", "BEGIN"):
            assert secret not in kept


def test_the_pictures_of_an_album_are_one_message() -> None:
    first, second = (heard(photo=PICTURE, media_group_id="77") for _ in range(2))
    assert first.id == second.id == "g77"
    assert heard(photo=PICTURE, media_group_id="77", caption="看看").id.startswith("m")


def test_a_tap_knows_its_query_and_its_message() -> None:
    found = read(FakeTelegram(TOKEN).tap(CHAT, "service:legal_aid", message_id=9))
    assert found is not None
    assert found.kind is Kind.tap
    assert (found.id, found.query_id, found.message_id) == ("c1", "1", 9)
    assert found.choice == "service:legal_aid"


def test_who_stops_the_bot_is_heard() -> None:
    update = FakeTelegram(TOKEN).block(CHAT)
    found = read(update)
    assert found is not None
    assert found.kind is Kind.blocked
    update["my_chat_member"]["new_chat_member"] = {"user": person(1), "status": "member"}
    assert read(update) is None


@pytest.mark.parametrize(
    "content",
    [
        {"new_chat_title": "新名字"},
        {"delete_chat_photo": True},
        {"message_auto_delete_timer_changed": {"message_auto_delete_time": 60}},
    ],
)
def test_service_messages_need_no_answer(content: dict[str, Any]) -> None:
    assert read(FakeTelegram(TOKEN).message(CHAT, **content)) is None


def test_a_shape_of_tomorrow_is_answered_all_the_same() -> None:
    found = read({"update_id": 1, "message": {"chat": {"id": CHAT, "type": "private"}, "new": 1}})
    assert found is not None
    assert found.kind is Kind.unread
    assert read({"update_id": 1, "message": {"chat": 5}}) is None
    assert read({"update_id": 1, "something": {}}) is None


@pytest.mark.parametrize("raw", [{}, {"update_id": "1"}, {"update_id": None}])
def test_what_is_no_update_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no update"):
        read(raw)


@pytest.mark.parametrize(
    "content", [{"text": "话"}, {"location": PLACE}, {"photo": PICTURE, "media_group_id": "7"}]
)
def test_what_is_kept_is_read_again(content: dict[str, Any]) -> None:
    found = heard(**content)
    payload = json.loads(json.dumps(found.payload))
    assert Heard.restore(found.update_id, found.chat_id, payload) == found
