"""What happens by itself: messages left unanswered, residents who have gone quiet, old words."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.callbacks import booking
from bot.callbacks import chat as callbacks
from bot.clock import utcnow
from bot.duty.offers import Offers
from bot.duty.tables import Duty
from bot.follow_ups.forgetting import forget_words
from bot.gateway import answers
from bot.gateway.buttons import hotline
from bot.gateway.danger import endangered
from bot.gateway.gateway import Gateway
from bot.gateway.inbox import inherit, left_alone
from bot.gateway.ledger import SYSTEM, Ledger
from bot.gateway.states import Cause, State
from bot.gateway.store import StoreAway
from bot.settings import Settings
from bot.tables import Conversation, Ticket
from bot.tickets.number import shown
from bot.tickets.states import Event, TicketState
from bot.unanswered.asked import forget_old
from bot.words import words

RECOVER_EVERY = 1.0
RECOVER_AT_ONCE = 8
ENGINE_STARTS_WITHIN = 30.0
QUIET_EVERY = 15.0
OFFER_EVERY = 1.0
WEB = "web"
FORGET_EVERY = 6 * 3600.0
AT_ONCE = 100
log = logging.getLogger(__name__)


class Sweep:
    """The gateway's clockwork, for the channels that live in this process."""

    def __init__(self, gateway: Gateway, settings: Settings, channels: frozenset[str]) -> None:
        self._gateway = gateway
        self._channels = channels
        self._offers = Offers(gateway)
        self._days = timedelta(days=settings.session_days)
        self._idle = {
            State.bot: timedelta(seconds=settings.quiet_bot),
            State.waiting: timedelta(seconds=settings.wait_at_most),
            State.operator: timedelta(seconds=settings.quiet_operator),
        }

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._take_up())
            tasks.create_task(_every(QUIET_EVERY, self.end_quiet))
            if WEB in self._channels:  # one process for all channels: consoles are there
                tasks.create_task(_every(OFFER_EVERY, self._offers.round))
                tasks.create_task(_every(QUIET_EVERY, self._offers.tell))
            tasks.create_task(_every(FORGET_EVERY, self.forget))

    async def _take_up(self) -> None:
        """When everything starts at once the engine is last: an answer is worth the wait."""
        until = asyncio.get_running_loop().time() + ENGINE_STARTS_WITHIN
        while asyncio.get_running_loop().time() < until:
            if await self._gateway.engine_answers():
                break
            await asyncio.sleep(RECOVER_EVERY)
        await self.inherit()
        await _every(RECOVER_EVERY, self.recover)

    async def recover(self) -> None:
        """Answer what a process that is gone has left in the inbox."""
        found = await self._gateway.store.look(
            lambda session: left_alone(session, self._channels, utcnow())
        )
        await self._answer_all(found)

    async def inherit(self) -> None:
        """At the start, where nobody else can be at it: take up at once what was left."""
        if not self._gateway.store.alone:
            return
        try:
            found = await self._gateway.store.run(
                lambda session: inherit(session, self._channels, self._gateway.owner)
            )
            await self._answer_all(found)
        except StoreAway as error:  # their leases run out by themselves
            log.warning("what was left could not be taken up: %s", error)

    async def _answer_all(self, conversation_ids: list[str]) -> None:
        """A few at a time: an engine that has just come back would leave the last ones waiting."""
        turns = asyncio.Semaphore(RECOVER_AT_ONCE)

        async def answer(conversation_id: str) -> None:
            async with turns:
                await self._gateway.recover(conversation_id)

        found = await asyncio.gather(*map(answer, conversation_ids), return_exceptions=True)
        for error in found:
            if isinstance(error, BaseException):
                log.warning("a conversation could not be taken up: %r", error)

    async def end_quiet(self) -> None:
        """End, or take out of the queue, what nobody has written in for too long.

        Who has written to an operator whose console is gone waits for another one.
        """
        now = utcnow()
        for conversation_id in await self._gateway.store.look(lambda s: self._lost(s, now)):
            try:
                await self._gateway.write(conversation_id, _for_another)
            except Exception:  # one conversation must not stand in the way of the others
                log.exception("a conversation without its operator could not be passed on")
        for conversation_id in await self._gateway.store.look(lambda s: self._quiet(s, now)):
            try:
                await self._gateway.write(conversation_id, lambda ledger: self._end(ledger, now))
            except Exception:  # one conversation must not stand in the way of the others
                log.exception("a quiet conversation could not be ended")

    async def forget(self) -> None:
        """Delete conversations whose time is over, and questions that nobody has answered."""
        await self._gateway.forget_older_than(utcnow() - self._days)
        await self._gateway.store.run(forget_old)
        await self._gateway.store.run(booking.forget_old)
        until = utcnow() - self._days
        await self._gateway.store.run(lambda session: forget_words(session, until))

    def _quiet(self, session: Session, now: datetime) -> list[str]:
        found: list[str] = []
        for state in (State.bot, State.operator):
            query = select(Conversation.id).where(
                Conversation.channel.in_(self._channels),
                Conversation.state == state,
                Conversation.last_at < now - self._idle[state],
            )
            found += session.scalars(query.limit(AT_ONCE))
        waiting = (
            select(Conversation.id)
            .join(Ticket, Conversation.ticket_id == Ticket.id)
            .where(
                Conversation.channel.in_(self._channels),
                Conversation.state == State.waiting,
                Ticket.waiting_since < now - self._idle[State.waiting],
                # who was passed on waits anew, in the old place of the queue
                func.coalesce(Ticket.taken_at, Ticket.waiting_since)
                < now - self._idle[State.waiting],
            )
        )
        return found + list(session.scalars(waiting.limit(AT_ONCE)))

    def _lost(self, session: Session, now: datetime) -> list[str]:
        """Conversations of an operator whose console has not been heard of for too long.

        Who works without a console, by a program, has no row of duty and is never lost.
        """
        query = (
            select(Conversation.id)
            .join(Ticket, Conversation.ticket_id == Ticket.id)
            .join(Duty, Duty.account_id == Ticket.owner_id)
            .where(
                Conversation.channel.in_(self._channels),
                Conversation.state == State.operator,
                Ticket.state == TicketState.taken,
                Conversation.last_at >= Ticket.taken_at,
                Duty.seen_at < now - self._gateway.timing.lost,
            )
        )
        return list(session.scalars(query.order_by(Conversation.last_at).limit(AT_ONCE)))

    def _end(self, ledger: Ledger, now: datetime) -> None:
        """Decided again with the conversation held: the resident may just have written."""
        conversation, state, ticket = ledger.conversation, ledger.state, ledger.open_ticket
        text = words("replies")["handoff"]
        if state is State.waiting and ticket and ticket.waiting_since:
            since = max(ticket.waiting_since, ticket.taken_at or ticket.waiting_since)
            if since < now - self._idle[state]:
                ledger.move(Cause.waited_too_long, SYSTEM)
                answers.leave_queue(ledger, ticket, Event.waited_too_long, SYSTEM)
                number = shown(ticket.number)
                ledger.say(
                    text["waited_too_long"].format(number=number),
                    [*answers.person_button(), *callbacks.choices(ledger)],
                    [hotline()],
                )
            return
        if state not in self._idle or conversation.last_at >= now - self._idle[state]:
            return
        ledger.move(Cause.went_quiet, SYSTEM)
        if state is State.operator and ticket:
            ticket.state = TicketState.open
            ledger.note(ticket, Event.went_quiet, SYSTEM)
            if endangered(conversation.understood):
                return
            ledger.say(text["quiet"].format(number=shown(ticket.number)))
            ledger.offer_rating("person", ticket)
        elif state is State.bot:
            answers.offer_rating_once(ledger)


def _for_another(ledger: Ledger) -> None:
    """Decided again with the conversation held: the console may be back, or has answered."""
    ticket = ledger.open_ticket
    if ledger.state is not State.operator or ticket is None or ticket.state != TicketState.taken:
        return
    duty = ledger.session.get(Duty, ticket.owner_id) if ticket.owner_id else None
    gone = duty is not None and duty.seen_at < ledger.now - ledger.timing.lost
    if gone and answers.unanswered_since(ledger, ticket) is not None:
        answers.to_the_front(ledger, ticket)


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except StoreAway as error:
            log.warning("%s: the database is away: %s", work, error)
        except Exception:  # one conversation must not end the clockwork for all others
            log.exception("%s failed", work)
        await asyncio.sleep(seconds)
