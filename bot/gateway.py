"""Between the channels and the engine: sessions, order, repeats, apologies.

One message at a time per conversation; the same message id again gets the first answer; an engine
that is away or says nothing becomes an apology with 12348. Nothing is queued yet: inbox, outbox
and tickets come next, in this room.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from prometheus_client import Counter
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from bot.engine_client import EngineAway, EngineClient, harmless
from bot.tables import Conversation
from bot.words import words

MESSAGES = Counter("wenfa_messages_total", "Messages of residents by outcome", ["outcome"])
REMEMBERED_ANSWERS = 50
OPEN_CONVERSATIONS = 5000


class UnknownSession(Exception):
    """No conversation has this token; says nothing more, on purpose."""


@dataclass(frozen=True)
class Inbound:
    """One message from a channel: exactly one of text, choice, location (lat, lng)."""

    id: str
    text: str | None = None
    choice: str | None = None
    location: tuple[float, float] | None = None


@dataclass
class _Live:
    """What one conversation needs between messages: its turn, and its last answers."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    answers: OrderedDict[str, dict[str, Any]] = field(default_factory=OrderedDict)


class Gateway:
    """The one door for every channel."""

    def __init__(self, database: Engine, engine: EngineClient) -> None:
        self._database = database
        self._engine = engine
        self._live: OrderedDict[str, _Live] = OrderedDict()
        self._known: OrderedDict[str, Conversation] = OrderedDict()

    async def open(self, city_id: str, region_id: str | None) -> tuple[str, str]:
        """A new conversation: its token (128 bits) and the notice that stands first."""
        token = secrets.token_urlsafe(16)
        conversation = Conversation(
            id=uuid.uuid4().hex,
            token_digest=_digest(token),
            city_id=city_id,
            region_id=region_id,
            created_at=datetime.now(UTC).replace(tzinfo=None),
        )
        await run_in_threadpool(self._insert, conversation)
        return token, str(words("replies")["notice"]).strip()

    async def handle(self, token: str, inbound: Inbound) -> dict[str, Any]:
        """The answer of POST /chat. Raises UnknownSession."""
        conversation = await self._find(token)
        live = self._live.setdefault(conversation.id, _Live())
        self._live.move_to_end(conversation.id)
        self._forget_idle()
        async with live.turn:
            known = live.answers.get(inbound.id)
            if known is not None:
                MESSAGES.labels("repeated").inc()
                return known
            answer = {
                "messages": await self._answer(conversation, inbound),
                "state": "bot",
                "ticket": None,
            }
            live.answers[inbound.id] = answer
            while len(live.answers) > REMEMBERED_ANSWERS:
                live.answers.popitem(last=False)
            return answer

    async def _answer(self, conversation: Conversation, inbound: Inbound) -> list[dict[str, Any]]:
        message, metadata = _for_engine(conversation, inbound)
        try:
            payloads = await self._engine.converse(conversation.id, message, metadata)
        except EngineAway:
            payloads = []
        messages = [
            _message(payload["text"], payload.get("choices"), payload.get("cards"))
            for payload in payloads
            if payload.get("kind") == "message" and "text" in payload
        ]
        if not messages:
            MESSAGES.labels("apologised").inc()
            return [_message(str(words("replies")["apology"]))]
        MESSAGES.labels("answered").inc()
        return messages

    async def _find(self, token: str) -> Conversation:
        digest = _digest(token)
        known = self._known.get(digest)
        if known is None:
            known = await run_in_threadpool(self._select, digest)
            if known is None:
                raise UnknownSession
            self._known[digest] = known
            while len(self._known) > OPEN_CONVERSATIONS:
                self._known.popitem(last=False)
        return known

    def _forget_idle(self) -> None:
        """Drop the oldest conversations' memory, never one that is being answered."""
        while len(self._live) > OPEN_CONVERSATIONS:
            oldest = next(iter(self._live))
            if self._live[oldest].turn.locked():
                return
            del self._live[oldest]

    def _insert(self, conversation: Conversation) -> None:
        with Session(self._database, expire_on_commit=False) as session, session.begin():
            session.add(conversation)

    def _select(self, digest: str) -> Conversation | None:
        with Session(self._database, expire_on_commit=False) as session:
            query = select(Conversation).where(Conversation.token_digest == digest)
            found: Conversation | None = session.scalar(query)
            return found

    def forget_older_than(self, day: datetime) -> None:
        """Delete conversations begun before `day` (UTC, naive)."""
        with Session(self._database) as session, session.begin():
            session.execute(delete(Conversation).where(Conversation.created_at < day))


def _for_engine(conversation: Conversation, inbound: Inbound) -> tuple[str, dict[str, Any]]:
    """The engine's message: the resident's words, or an intent of ours with the tap as metadata."""
    metadata: dict[str, Any] = {"city": conversation.city_id, "region": conversation.region_id}
    if inbound.location:
        lat, lng = inbound.location
        return "/find_place", metadata | {"location": {"lat": lat, "lng": lng}}
    if inbound.choice:
        kind, _, value = inbound.choice.partition(":")
        intent = "find_place" if kind == "region" else value
        return f"/{intent}", metadata | {"choice": inbound.choice}
    return harmless(inbound.text or ""), metadata


def _message(
    text: str,
    choices: list[dict[str, str]] | None = None,
    cards: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    return {"id": uuid.uuid4().hex, "text": text, "choices": choices or [], "cards": cards or []}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
