"""One update of Telegram, reduced to what we need: no name, no contact, no sender of a forward.

What is not read here is never stored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from telegram import CallbackQuery, ChatMemberUpdated, Message, Update
from telegram.constants import ChatMemberStatus, ChatType

ALLOWED_UPDATES = (
    Update.MESSAGE,
    Update.EDITED_MESSAGE,
    Update.CALLBACK_QUERY,
    Update.MY_CHAT_MEMBER,
)
_MEDIA = {
    "photo": "photo",
    "live_photo": "photo",
    "voice": "voice",
    "audio": "voice",
    "video": "video",
    "video_note": "video",
    "animation": "video",
    "document": "document",
    "sticker": "sticker",
    "contact": "other",
    "poll": "other",
    "dice": "other",
    "game": "other",
    "story": "other",
    "paid_media": "other",
    "checklist": "other",
    "giveaway": "other",
    "gift": "other",
    "unique_gift": "other",
    "invoice": "other",
    "passport_data": "other",
}
_UNSENDABLE = re.compile(r"[\x00\ud800-\udfff]")


class Kind(StrEnum):
    """What an update is to us."""

    message = "message"
    edit = "edit"
    tap = "tap"
    blocked = "blocked"  # the resident has stopped the bot
    unread = "unread"  # a message of a shape that we do not know


@dataclass(frozen=True)
class Heard:
    """What one update says; `id` is the message id that the gateway tells repeats by.

    Exactly one of text, choice, location (lat, lng), media, but for blocked. `date` in Unix
    seconds. A tap has the ids of its query and of the message whose button it was.
    """

    update_id: int
    chat_id: int
    kind: Kind
    private: bool
    id: str
    date: int
    text: str | None = None
    location: tuple[float, float] | None = None
    media: str | None = None
    choice: str | None = None
    query_id: str | None = None
    message_id: int | None = None

    @property
    def edits(self) -> str | None:
        """The id of the message that this one changes."""
        return f"m{self.id[1:].partition('.')[0]}" if self.kind is Kind.edit else None

    @property
    def payload(self) -> dict[str, Any]:
        """As it is kept; the two numbers are columns of their own."""
        given = asdict(self)
        del given["update_id"], given["chat_id"]
        return {name: value for name, value in given.items() if value is not None}

    @classmethod
    def restore(cls, update_id: int, chat_id: int, payload: dict[str, Any]) -> Heard:
        """The update again, from what was kept."""
        more = dict(payload)
        location = more.pop("location", None)
        return cls(
            update_id,
            chat_id,
            Kind(more.pop("kind")),
            location=(location[0], location[1]) if location else None,
            **more,
        )


def read(raw: Mapping[str, Any]) -> Heard | None:
    """What an update says to us; None when there is nothing to answer.

    Raises ValueError when it is no update at all.
    """
    number = raw.get("update_id")
    if not isinstance(number, int):
        raise ValueError("no update")
    try:
        update = Update.de_json(dict(raw), None)
    except Exception:  # a shape of tomorrow must not stand in the way of all later updates
        return _unread(number, raw)
    if update.callback_query:
        return _tap(number, update.callback_query)
    if update.message:
        return _message(number, update.message)
    if update.edited_message:
        return _edit(number, update.edited_message)
    if update.my_chat_member:
        return _member(number, update.my_chat_member)
    return None


def _message(number: int, message: Message) -> Heard | None:
    album = message.media_group_id and not message.caption
    # the pictures of an album are told once that we cannot see them
    own_id = f"g{message.media_group_id}" if album else f"m{message.message_id}"
    return _said(number, message, Kind.message, own_id)


def _edit(number: int, message: Message) -> Heard | None:
    if message.location:  # a live location that moves, many times a minute
        return None
    edited = int(message.edit_date.timestamp()) if message.edit_date else 0
    return _said(number, message, Kind.edit, f"e{message.message_id}.{edited}")


def _said(number: int, message: Message, kind: Kind, own_id: str) -> Heard | None:
    text = _UNSENDABLE.sub("", message.text or message.caption or "").strip() or None
    place = message.venue.location if message.venue else message.location
    location = (place.latitude, place.longitude) if place and not text else None
    media = None if text or location else _media(message)
    if text is None and location is None and media is None:
        return None  # a service message: pinned, renamed, …
    return Heard(
        number,
        message.chat.id,
        kind,
        message.chat.type == ChatType.PRIVATE,
        own_id,
        int(message.date.timestamp()),
        text,
        location,
        media,
    )


def _media(message: Message) -> str | None:
    for attribute, kind in _MEDIA.items():
        if getattr(message, attribute, None):
            return kind
    return "other" if message.text or message.caption else None  # nothing that could be shown


def _tap(number: int, query: CallbackQuery) -> Heard | None:
    message = query.message
    if message is None:
        return None
    return Heard(
        number,
        message.chat.id,
        Kind.tap,
        message.chat.type == ChatType.PRIVATE,
        f"c{query.id}",
        0,
        choice=_UNSENDABLE.sub("", query.data or ""),
        query_id=query.id,
        message_id=message.message_id,
    )


def _member(number: int, change: ChatMemberUpdated) -> Heard | None:
    private = change.chat.type == ChatType.PRIVATE
    if not private or change.new_chat_member.status != ChatMemberStatus.BANNED:
        return None
    date = int(change.date.timestamp())
    return Heard(number, change.chat.id, Kind.blocked, private, f"b{number}", date)


def _unread(number: int, raw: Mapping[str, Any]) -> Heard | None:
    for kind in ("message", "edited_message"):
        message = raw.get(kind)
        chat = message.get("chat") if isinstance(message, dict) else None
        if isinstance(chat, dict) and isinstance(chat.get("id"), int):
            private = chat.get("type") == ChatType.PRIVATE
            return Heard(number, chat["id"], Kind.unread, private, f"u{number}", 0, media="other")
    return None
