"""What happens in one conversation, as it happens: for every page that has it open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.gateway import hub, transcript
from bot.gateway.gateway import Gateway
from bot.gateway.states import Author, State
from bot.tables import Conversation

# a look without a wake-up, should one have been lost
LOOK_AGAIN = 20.0
# far back in the queue a place is told anew when it has moved by a tenth, near the front always
COARSE = 10


@dataclass(frozen=True)
class Event:
    """One event: message, state or typing; only messages have an id to resume after."""

    kind: str
    data: dict[str, Any]
    id: str | None = None


class Stream:
    """The events of a conversation after a message; ends when the conversation is gone."""

    def __init__(self, gateway: Gateway, conversation_id: str, after: str | None) -> None:
        """`after`: id of the last message that the page has; anything else: from the start."""
        self._gateway = gateway
        self._id = conversation_id
        self._seq = transcript.seq_of(conversation_id, after)
        self._status: dict[str, Any] | None = None
        # there may be more than one look gives
        self._more = False

    async def events(self) -> AsyncIterator[Event]:
        """Until the reader goes away."""
        typing = hub.typing(self._id, "operator")
        topics = (hub.conversation(self._id), typing, hub.QUEUE)
        with self._gateway.hub.listen(*topics) as listener:
            news: set[str] = {topics[0]}
            while True:
                if typing in news:
                    yield Event("typing", {"author": Author.operator})
                if hub.QUEUE in news and self._moved_up():
                    yield Event("state", dict(self._status or {}))
                if news != {hub.QUEUE}:
                    found = await self._gateway.look(self._read)
                    if found is None:
                        return
                    for event in found:
                        yield event
                news = {topics[0]}
                if not self._more:
                    news = await listener.wait(LOOK_AGAIN) or news

    def _moved_up(self) -> bool:
        """Whether who waits has another place now; two thousand of them read no database for it."""
        status = self._status
        if status is None or status["state"] != State.waiting or not status["ticket"]:
            return False
        ahead = self._gateway.live.ahead_of(status["ticket"]["number"])
        told = status["ticket"]["queue_position"]
        if ahead is None or told is None or abs(ahead - told) <= ahead // COARSE:
            return False
        self._status = status | {"ticket": status["ticket"] | {"queue_position": ahead}}
        return True

    def _read(self, session: Session) -> list[Event] | None:
        conversation = session.get(Conversation, self._id)
        if conversation is None or conversation.address is None:
            return None
        messages = transcript.since(session, self._id, self._seq)
        self._more = len(messages) == transcript.SHOWN_AGAIN
        own_ids = transcript.client_ids(session, messages)
        events = []
        for message in messages:
            self._seq = message.seq
            shape = transcript.residents_shape(message)
            client_id = own_ids.get(message.inbox_id or 0)
            if message.author == Author.resident:
                shape["client_id"] = client_id
            events.append(Event("message", shape, shape["id"]))
        status = self._gateway.status(session, conversation)
        if status != self._status:
            self._status = status
            events.append(Event("state", status))
        return events
