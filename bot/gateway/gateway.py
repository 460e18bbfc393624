"""The gateway: keeps what is said, answers it once and in order, relays when a person is there.

A message's way: kept in the inbox (one transaction) → our own move, or the engine → its answer,
written to the transcript and outbox with the inbox row settled (one transaction) → the channel.
A process that is killed in between leaves an unanswered inbox row; whoever lives next takes it up.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from prometheus_client import Counter
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.clock import utcnow
from bot.duty.timing import USUAL, Timing
from bot.engine_client import EngineAway, EngineClient
from bot.gateway import answers, hub, transcript
from bot.gateway.danger import endangered
from bot.gateway.hub import Hub
from bot.gateway.inbound import Inbound
from bot.gateway.inbox import (
    UNANSWERED_AT_MOST,
    HeldElsewhere,
    Job,
    TooFast,
    receive,
    take,
    take_next,
)
from bot.gateway.ledger import PUSHED, AnsweredElsewhere, Ledger, NotFound
from bot.gateway.moves import own_move
from bot.gateway.payloads import well_formed
from bot.gateway.states import Author, Handled, State
from bot.gateway.store import Store, StoreAway
from bot.slips.forgetting import forget_words
from bot.tables import Conversation, Inbox
from bot.tickets.forgetting import forget_tickets
from bot.tickets.live import LiveBoard
from bot.words import words
from knowledge.catalogue import Catalogue, LiveCatalogue

MESSAGES = Counter("wenfa_messages_total", "Messages of residents by outcome", ["outcome"])
OPEN_CONVERSATIONS = 5000
# seconds for one message, engine included: the public contract says five
PATIENCE = 4.6
# an engine call shorter than this is not worth beginning
LEAST_PATIENCE = 0.3
LOOK_AGAIN = 0.2
TOO_LATE = timedelta(minutes=10)
log = logging.getLogger(__name__)
JOINABLE = timedelta(minutes=30)
Answer = dict[str, Any]
Result = TypeVar("Result")


class UnknownSession(Exception):
    """No conversation has this token; says nothing more, on purpose."""


@dataclass(frozen=True)
class Opened:
    """A new conversation; `token` (128 bits) only for the web."""

    conversation_id: str
    token: str | None
    notice: str


@dataclass
class _Live:
    """One message at a time of one conversation, within this process; both locks are fair."""

    # kept in the order of arriving, also where several threads write
    arrival: asyncio.Lock = field(default_factory=asyncio.Lock)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    # messages that wait for their answer here
    pending: int = 0


class Gateway:
    """The one door for every channel."""

    def __init__(
        self, store: Store, engine: EngineClient, live: LiveCatalogue, timing: Timing = USUAL
    ) -> None:
        self.store = store
        self.hub = Hub()
        self.live = LiveBoard(store, self.hub)
        self.owner = uuid.uuid4().hex
        self._engine = engine
        self._catalogue = live
        self.timing = timing
        self._live: OrderedDict[str, _Live] = OrderedDict()
        self._known: OrderedDict[str, str] = OrderedDict()

    @property
    def catalogue(self) -> Catalogue:
        """The content as it is now."""
        return self._catalogue.current()

    # ------------------------------------------------------------ conversations

    async def open(
        self,
        city_id: str,
        region_id: str | None = None,
        *,
        channel: str = "web",
        address: str | None = None,
    ) -> Opened:
        """A new conversation and the notice that stands first.

        On a channel with addresses (a chat's id) the one that is there is opened again; a new one
        has the notice in its outbox. Raises StoreAway.
        """
        token = secrets.token_urlsafe(16) if channel == "web" else None
        place = _digest(token) if token else address

        def begin(session: Session) -> str:
            query = select(Conversation.id).where(Conversation.at(channel, place))
            known = session.scalar(query) if token is None else None
            if known:
                return known
            now = utcnow()
            conversation = Conversation.begun(
                uuid.uuid4().hex,
                channel=channel,
                address=place,
                city_id=city_id,
                region_id=region_id,
                state=State.bot,
                now=now,
            )
            session.add(conversation)
            session.flush()
            if channel in PUSHED:
                ledger = Ledger(session, self._catalogue.current(), conversation, now)
                ledger.say(notice(), author=Author.system)
                ledger.save()
            return conversation.id

        conversation_id = await self.store.run(begin)
        self.hub.wake(hub.outbox(channel))
        return Opened(conversation_id, token, notice())

    async def find(self, token: str) -> str:
        """The conversation of a web session's token. Raises UnknownSession, StoreAway."""
        digest = _digest(token)
        known = self._known.get(digest)
        if known is None:
            query = select(Conversation.id).where(Conversation.at("web", digest))
            known = await self.store.look(lambda session: session.scalar(query))
            if known is None:
                raise UnknownSession
            self._known[digest] = known
            while len(self._known) > OPEN_CONVERSATIONS:
                self._known.popitem(last=False)
        return known

    async def joinable(self, token: str) -> str | None:
        """The city of a conversation that a second tab may show; None: a new one begins there.

        Only for half an hour, and never when somebody was in danger: the next person at a shared
        telephone must not read it by opening the page. Raises StoreAway.
        """
        query = select(Conversation).where(Conversation.at("web", _digest(token)))

        def read(session: Session) -> str | None:
            found = session.scalar(query)
            if found is None or found.last_at < utcnow() - JOINABLE:
                return None
            return None if endangered(found.understood) else found.city_id

        return await self.store.look(read)

    async def leave(self, token: str) -> None:
        """Quick exit: the token opens nothing any more; a ticket stays. Raises UnknownSession."""
        conversation_id = await self.find(token)
        self._known.pop(_digest(token), None)

        def go(ledger: Ledger) -> None:
            ledger.conversation.address = None
            answers.leave(ledger)

        await self.write(conversation_id, go)

    async def write(self, conversation_id: str, work: Callable[[Ledger], Result]) -> Result:
        """Do something with a conversation in one transaction, then tell who listens.

        Raises NotFound, StoreAway, and whatever `work` raises.
        """
        catalogue = self._catalogue.current()
        topics: set[str] = set()

        def held(session: Session) -> Result:
            ledger = Ledger.hold(session, catalogue, conversation_id, utcnow(), self.timing)
            result = work(ledger)
            ledger.save()
            topics.update(ledger.topics)
            return result

        result = await self.store.run(held)
        self.hub.wake(*topics)
        return result

    async def look(self, work: Callable[[Session], Result]) -> Result:
        """Read something. Raises StoreAway."""
        return await self.store.look(work)

    def status(self, session: Session, conversation: Conversation) -> dict[str, Any]:
        """state and ticket of a conversation, for reading."""
        ledger = Ledger(session, self._catalogue.current(), conversation, utcnow())
        return transcript.status(ledger)

    # ------------------------------------------------------------ messages

    async def handle(self, conversation_id: str, inbound: Inbound) -> Answer:
        """The answer of POST /chat; the same id again gets the first answer.

        Raises TooFast, UnknownSession (the conversation has been deleted), StoreAway.
        """
        live = self._alive(conversation_id)
        # decided before anything is written: others must not wait for one who never stops
        if live.pending >= UNANSWERED_AT_MOST:
            raise TooFast
        live.pending += 1
        try:
            return await self._handle(live, conversation_id, inbound)
        finally:
            live.pending -= 1

    async def _handle(self, live: _Live, conversation_id: str, inbound: Inbound) -> Answer:
        until = asyncio.get_running_loop().time() + PATIENCE
        try:
            async with live.arrival:
                received = await self.write(
                    conversation_id, lambda ledger: receive(ledger, inbound, self.owner)
                )
        except NotFound:
            raise UnknownSession from None
        if received.repeated:
            MESSAGES.labels("repeated").inc()
        if received.answered:
            return await self._answer_of(conversation_id, received.inbox_id)
        async with live.turn:
            answer = await self._drain(conversation_id, received.job, received.inbox_id, until)
        return answer or await self._answer_of(conversation_id, received.inbox_id)

    async def recover(self, conversation_id: str) -> None:
        """Answer what a process that is gone has left unanswered. Raises StoreAway."""
        until = asyncio.get_running_loop().time() + PATIENCE
        async with self._alive(conversation_id).turn:
            await self._drain(conversation_id, None, None, until)

    async def _drain(
        self, conversation_id: str, job: Job | None, wanted: int | None, until: float
    ) -> Answer | None:
        """Answer in order up to the wanted inbox row (None: all); its answer if it was ours."""
        while True:
            try:
                job = job or await self.write(
                    conversation_id, lambda ledger: take_next(ledger, self.owner)
                )
            except HeldElsewhere:
                if wanted is None or not await self._wait_for_others(conversation_id, until):
                    return None  # what is said later comes by the events
                continue
            if job is None:
                return None
            answer = await self._answer(job, until)
            if job.inbox_id == wanted:
                return answer
            if wanted is None:
                until = asyncio.get_running_loop().time() + PATIENCE
            job = None

    async def _wait_for_others(self, conversation_id: str, until: float) -> bool:
        """Until there is news of the conversation; False when patience has run out."""
        remaining = until - asyncio.get_running_loop().time()
        if remaining <= 0:
            return False
        with self.hub.listen(hub.conversation(conversation_id)) as listener:
            await listener.wait(min(remaining, LOOK_AGAIN))
        return True

    async def _answer(self, job: Job, until: float) -> Answer:
        """Ask the engine if it is to be asked; write the answer once."""
        payloads: list[dict[str, Any]] | None = None
        while True:
            move = own_move(job.state, job.awaiting, job.inbound)
            late = utcnow() - job.received_at > TOO_LATE
            if move is None and payloads is None and not late:
                payloads = await self._ask(job, until)
            try:
                answer = await self.write(
                    job.conversation_id, _settling(self.owner, job, payloads, late)
                )
            except AnsweredElsewhere:  # our lease had run out
                return await self._answer_of(job.conversation_id, job.inbox_id)
            except (StoreAway, NotFound):
                raise
            except Exception:  # it would fail again, and hold up all that comes after it
                log.exception("an answer could not be written; apologising instead")
                return await self.write(job.conversation_id, _apologising(job))
            if isinstance(answer, dict):
                return answer
            job = answer  # meanwhile a person came or went: look again

    async def _ask(self, job: Job, until: float) -> list[dict[str, Any]]:
        """The engine's payloads; empty when it is away."""
        remaining = until - asyncio.get_running_loop().time()
        if remaining < LEAST_PATIENCE:
            return []
        message, metadata = job.inbound.for_engine(job.city_id, job.region_id)
        try:
            async with asyncio.timeout(remaining):
                if job.untold is not None:
                    await self._engine.remember(job.conversation_id, job.untold)
                said = await self._engine.converse(job.conversation_id, message, metadata)
                return [payload for payload in said if well_formed(payload)]
        except (EngineAway, TimeoutError):
            return []

    async def engine_answers(self) -> bool:
        """Whether there is an engine."""
        try:
            await self._engine.model()
        except EngineAway:
            return False
        return True

    async def _answer_of(self, conversation_id: str, inbox_id: int) -> Answer:
        """What was answered to an inbound message; no messages when it still waits."""
        catalogue = self._catalogue.current()

        def read(session: Session) -> Answer:
            conversation = session.get(Conversation, conversation_id)
            if conversation is None:
                raise UnknownSession
            ledger = Ledger(session, catalogue, conversation, utcnow())
            return transcript.answer(ledger, transcript.answering(session, inbox_id))

        return await self.store.look(read)

    def _alive(self, conversation_id: str) -> _Live:
        live = self._live.setdefault(conversation_id, _Live())
        self._live.move_to_end(conversation_id)
        for idle in list(self._live)[: max(0, len(self._live) - OPEN_CONVERSATIONS)]:
            if not (self._live[idle].turn.locked() or self._live[idle].arrival.locked()):
                del self._live[idle]
        return live

    # ------------------------------------------------------------ time

    async def forget_older_than(self, day: datetime) -> None:
        """Delete conversations that ended before `day` (UTC, naive); tickets stay, untold."""

        def forget(session: Session) -> None:
            over = select(Conversation.id).where(Conversation.last_at < day)
            forget_tickets(session, over, utcnow())
            forget_words(session, over)
            session.execute(delete(Conversation).where(Conversation.last_at < day))

        await self.store.run(forget)


def _settling(
    owner: str, job: Job, payloads: list[dict[str, Any]] | None, late: bool
) -> Callable[[Ledger], Answer | Job]:
    """The transaction that answers a job; it gives back a job when the engine must be asked."""

    def settle(ledger: Ledger) -> Answer | Job:
        ledger.inbox_id = job.inbox_id
        move = own_move(ledger.state, ledger.conversation.awaiting, job.inbound)
        if move is None and payloads is None and not late:
            return take(ledger, ledger.session.get_one(Inbox, job.inbox_id), owner)
        if late and move is None:
            handled = answers.apologise_late(ledger, job.inbound)
        else:
            if payloads:
                ledger.conversation.untold = None
            handled = answers.answer(ledger, job.inbound, move, payloads or [])
        return _settled(ledger, handled)

    return settle


def _apologising(job: Job) -> Callable[[Ledger], Answer]:
    """The transaction that settles a job whose answer cannot be written."""

    def settle(ledger: Ledger) -> Answer:
        ledger.inbox_id = job.inbox_id
        move = own_move(ledger.state, ledger.conversation.awaiting, job.inbound)
        return _settled(ledger, answers.apologise_failed(ledger, job.inbound, move))

    return settle


def _settled(ledger: Ledger, handled: Handled) -> Answer:
    """The inbound message is done with; what was said to it. Raises AnsweredElsewhere."""
    ledger.settle(handled)
    MESSAGES.labels(handled).inc()
    return transcript.answer(ledger, ledger.said)


def notice() -> str:
    """What stands before the first message."""
    return str(words("replies")["notice"]).strip()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
