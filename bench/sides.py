"""How each side is talked to: through the gateway's door, or through Rasa's REST channel."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from bench.load import NoAnswer, Turn
from bot.gateway.inbound import Inbound
from bot.words import words
from tests.scenario import message_of


@dataclass(frozen=True)
class Door:
    """POST /api/v1/chat, as a browser does. The bare echo has the same routes."""

    url: str
    city: str

    async def begin(self, client: httpx.AsyncClient) -> str:
        opened = await client.post("/api/v1/chat/sessions", json={"city": self.city})
        opened.raise_for_status()
        return str(opened.json()["session"])

    async def say(self, client: httpx.AsyncClient, conversation: str, turn: Turn) -> None:
        body = {"session": conversation, "message": message_of(turn)}
        answer = await client.post("/api/v1/chat", json=body)
        answer.raise_for_status()
        said = [item["text"] for item in answer.json()["messages"]]
        if not said or _apology() in said:
            raise NoAnswer


@dataclass(frozen=True)
class Rest:
    """Rasa's own REST channel with the messages that the gateway would send it."""

    url: str
    city: str

    async def begin(self, client: httpx.AsyncClient) -> str:
        return uuid.uuid4().hex

    async def say(self, client: httpx.AsyncClient, conversation: str, turn: Turn) -> None:
        message, metadata = inbound(turn).for_engine(self.city, None)
        body = {"sender": conversation, "message": message, "metadata": metadata}
        answer = await client.post("/webhooks/rest/webhook", json=body)
        answer.raise_for_status()
        if not any(item.get("custom") for item in answer.json()):
            raise NoAnswer  # Rasa answers 200 with an empty list when an action failed


def inbound(turn: Turn) -> Inbound:
    """The turn as the gateway's own type."""
    message: dict[str, Any] = message_of(turn)
    place = message.get("location")
    location = (place["lat"], place["lng"]) if place else None
    return Inbound(message["id"], message.get("text"), message.get("choice"), location)


def _apology() -> str:
    return str(words("replies")["apology"]).strip()
