"""One message from a channel, as every channel hands it over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.engine_client import harmless
from knowledge.text import storable

PERSON = "request:human_handoff"
# the intent that a tap is to the engine, where the tap does not name one
_INTENTS = {
    "region": "find_place",
    "matter": "legal_consultation",
    "aid": "legal_aid",
    "faq": "legal_consultation",
}


@dataclass(frozen=True)
class Inbound:
    """Exactly one of text, choice, location (lat, lng), media.

    `id` is the channel's own: the same id again is the same message. `title` is what stood on the
    button of a choice; `media` a kind (photo, voice, video, document, sticker, other) without text.
    `edits` is the id of the message that this one changes; `asked` the question for a complaint
    into which it was typed (bot.follow_ups.withheld).
    """

    id: str
    text: str | None = None
    choice: str | None = None
    location: tuple[float, float] | None = None
    media: str | None = None
    title: str | None = None
    edits: str | None = None
    asked: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        for name in ("id", "text", "choice", "title"):
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, storable(given))

    @property
    def body(self) -> dict[str, Any]:
        """As it is kept."""
        given = {
            "text": self.text,
            "choice": self.choice,
            "location": list(self.location) if self.location else None,
            "media": self.media,
            "title": self.title,
            "asked": self.asked,
        }
        return {name: value for name, value in given.items() if value is not None}

    @classmethod
    def read(cls, message_id: str, body: dict[str, Any]) -> Inbound:
        """The message again, from what was kept."""
        location = body.get("location")
        return cls(
            message_id,
            body.get("text"),
            body.get("choice"),
            (location[0], location[1]) if location else None,
            body.get("media"),
            body.get("title"),
            asked=body.get("asked"),
        )

    @property
    def tap(self) -> tuple[str, str]:
        """Kind and value of a choice; two empty strings when nothing was tapped."""
        kind, _, value = (self.choice or "").partition(":")
        return kind, value

    def for_engine(self, city_id: str, region_id: str | None) -> tuple[str, dict[str, Any]]:
        """The engine's message: the resident's words, or an intent of ours, the tap in metadata."""
        metadata: dict[str, Any] = {"city": city_id, "region": region_id}
        if self.location:
            lat, lng = self.location
            return "/find_place", metadata | {"location": {"lat": lat, "lng": lng}}
        if self.choice:
            kind, value = self.tap
            intent = _INTENTS.get(kind, value)
            return f"/{intent}", metadata | {"choice": self.choice}
        # words of which nothing can be seen are not understood, as a lone sign is not
        return harmless(self.text or "") or "?", metadata
