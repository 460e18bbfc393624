"""Offering what waits to who is there: the round of every second, and what it decides.

A round reads what there is in a few queries, and decides each offer again with the conversation
and the operator's row held: so several processes may run it, and nobody gets more than they have
room for. What nobody takes stays in the queue, and its resident is told so once.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from bot.accounts.tables import Account
from bot.callbacks import chat as callbacks
from bot.clock import utcnow
from bot.duty.offering import Offer, Operator, Waiting, choose, nobody_left
from bot.duty.presence import is_present, present
from bot.duty.staffing import is_operator
from bot.duty.tables import Duty
from bot.duty.timing import Timing
from bot.gateway.buttons import first_call
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import SYSTEM, Actor, Ledger
from bot.gateway.store import StoreAway
from bot.tables import Ticket, TicketEvent
from bot.tickets.states import SPOKEN, Event, TicketState
from bot.tickets.summary import NOT_URGENT
from bot.words import words
from knowledge.atlas import Atlas

AT_A_TIME = 200  # rows of the queue that are read in one go
# offers made, and taken back, in one round: residents write between them, the rest is next
A_ROUND = 10
TOLD_AT_ONCE = 50
LOOKED_AT = 2000
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Overdue:
    """An offer that was not taken in time, or whose operator is not there any more."""

    conversation_id: str
    operator_id: str


@dataclass(frozen=True)
class Plan:
    """What a round would do; each part is decided again before it is done."""

    overdue: list[Overdue]
    offers: list[tuple[str, Offer]]


class Offers:
    """The rounds, in the process that carries the web channel."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def round(self) -> None:
        """Take back what was not taken, then offer what waits to who has room."""
        gateway, now = self._gateway, utcnow()
        atlas = gateway.catalogue.atlas
        found = await gateway.look(lambda session: plan(session, atlas, gateway.timing, now))
        for late in found.overdue[:A_ROUND]:
            await self._do(late.conversation_id, partial(take_back, operator_id=late.operator_id))
        for conversation_id, one in found.offers[:A_ROUND]:
            await self._do(conversation_id, partial(give, operator_id=one.operator_id))

    async def tell(self) -> None:
        """Tell those whom nobody there can take, once a wait. More rarely than a round."""
        gateway, now = self._gateway, utcnow()
        atlas = gateway.catalogue.atlas
        found = await gateway.look(lambda session: untold(session, atlas, gateway.timing, now))
        for conversation_id in found:
            await self._do(conversation_id, _tell_if_nobody)

    async def _do(self, conversation_id: str, work: Callable[[Ledger], object]) -> None:
        try:
            await self._gateway.write(conversation_id, work)
        except StoreAway:
            raise
        except Exception:  # one conversation must not stand in the way of the others
            log.exception("an offer could not be decided")


def plan(session: Session, atlas: Atlas, timing: Timing, now: datetime) -> Plan:
    """What is to be taken back and given out."""
    operators = there(session, timing, now)
    here = {operator.id for operator in operators}
    offered = select(Ticket.conversation_id, Ticket.offered_to, Ticket.offered_at).where(
        Ticket.offered_to.is_not(None), Ticket.state == TicketState.waiting
    )
    overdue = [
        Overdue(conversation_id, operator_id)
        for conversation_id, operator_id, at in session.execute(offered)
        if conversation_id
        and operator_id
        and (at is None or at <= now - timing.offer or operator_id not in here)
    ]
    if not any(operator.room for operator in operators):
        return Plan(overdue, [])
    conversations: dict[int, str] = {}

    def waiting() -> Generator[Waiting, None, None]:
        query = _queue().where(
            Ticket.offered_to.is_(None),
            or_(Ticket.offered_at.is_(None), Ticket.offered_at <= now - timing.offer),
        )
        if all(operator.city_id for operator in operators):
            query = query.where(Ticket.city_id.in_({one.city_id for one in operators}))
        with session.execute(query.execution_options(yield_per=AT_A_TIME)) as rows:
            for row in rows:
                conversations[row.id] = row.conversation_id
                yield _waiting(row, atlas)

    with closing(waiting()) as queue:  # the cursor goes as soon as there is no room
        offers = list(choose(queue, operators))
    return Plan(overdue, [(conversations[one.ticket_id], one) for one in offers])


def untold(session: Session, atlas: Atlas, timing: Timing, now: datetime) -> list[str]:
    """Conversations that nobody there can take, and that have not been told so in this wait."""
    operators = there(session, timing, now)
    since = now - timing.offer
    query = _queue().where(
        Ticket.offered_to.is_(None),
        Ticket.waiting_since <= since,
        or_(Ticket.taken_at.is_(None), Ticket.taken_at <= since),
        ~_told(),
    )
    rows = session.execute(query.limit(LOOKED_AT)).all()
    found = [row.conversation_id for row in rows if nobody_left(_waiting(row, atlas), operators)]
    return found[:TOLD_AT_ONCE]


def there(session: Session, timing: Timing, now: datetime) -> list[Operator]:
    """Everybody who is on duty with an open console, and how much they have."""
    query = (
        select(Duty, Account.city_id, Account.roles)
        .join(Account, Account.id == Duty.account_id)
        .where(present(now, timing.present), Account.disabled_at.is_(None))
        .order_by(Duty.account_id)
    )
    rows = [row for row in session.execute(query) if is_operator(row.roles)]
    busy = load(session, [row.Duty.account_id for row in rows])
    return [
        Operator(
            row.Duty.account_id,
            row.city_id,
            busy[row.Duty.account_id],
            row.Duty.at_once,
            frozenset(row.Duty.skills),
            frozenset(row.Duty.regions),
            row.Duty.last_offer_at,
        )
        for row in rows
    ]


def load(session: Session, account_ids: list[str]) -> Counter[str]:
    """Conversations that each of these has taken, and tickets that are offered to them."""
    if not account_ids:
        return Counter()
    found = talking(session, account_ids)
    offered = (
        select(Ticket.offered_to, func.count())
        .where(Ticket.offered_to.in_(account_ids), Ticket.state == TicketState.waiting)
        .group_by(Ticket.offered_to)
    )
    found.update({owner: n for owner, n in session.execute(offered) if owner})
    return found


def talking(session: Session, account_ids: list[str]) -> Counter[str]:
    """Conversations that each of these has taken."""
    taken = (
        select(Ticket.owner_id, func.count())
        .where(
            Ticket.state == TicketState.taken,
            Ticket.owner_id.in_(account_ids),
            Ticket.channel.not_in(SPOKEN),  # a call that is over waits for its end, not for words
        )
        .group_by(Ticket.owner_id)
    )
    return Counter({owner: n for owner, n in session.execute(taken) if owner})


def give(ledger: Ledger, operator_id: str) -> bool:
    """Offer the conversation's ticket to an operator, if it still waits and they have room."""
    ticket, session = ledger.open_ticket, ledger.session
    if ticket is None or ticket.state != TicketState.waiting or ticket.offered_to is not None:
        return False
    if operator_id in ticket.passed_by:
        return False
    # held: two processes must not both find the last place free
    duty = session.get(Duty, operator_id, with_for_update=True)
    if duty is None or not is_present(duty, ledger.now, ledger.timing.present):
        return False
    if load(session, [operator_id])[operator_id] >= duty.at_once:
        return False
    ticket.offered_to, ticket.offered_at = operator_id, ledger.now
    duty.last_offer_at = ledger.now
    ledger.note(ticket, Event.offered, SYSTEM, session.get_one(Account, operator_id).name)
    return True


def pass_on(ledger: Ledger, ticket: Ticket, operator: Actor) -> None:
    """Not taken, or declined: to the next; when everybody has let it pass, the resident is told.

    Then it begins anew with all of them, after a while: `offered_at` without an operator is since
    when it rests.
    """
    ticket.offered_to = ticket.offered_at = None
    ticket.passed_by = [*ticket.passed_by, *([operator.id] if operator.id else [])]
    ledger.note(ticket, Event.not_taken, operator)
    operators = there(ledger.session, ledger.timing, ledger.now)
    if nobody_left(_waiting_of(ticket, ledger.catalogue.atlas), operators):
        ticket.passed_by, ticket.offered_at = [], ledger.now
        tell_once(ledger, ticket)


def tell_once(ledger: Ledger, ticket: Ticket) -> None:
    """It takes a moment; who would rather not wait may call, or be called. Once a wait."""
    told = select(TicketEvent.id).join(Ticket, Ticket.id == TicketEvent.ticket_id)
    if ledger.session.scalar(told.where(Ticket.id == ticket.id, _this_wait())):
        return
    ledger.note(ticket, Event.not_taken, SYSTEM, words("tickets")["nobody_took"])
    text, times = words("replies")["handoff"], callbacks.choices(ledger)
    card = first_call(ledger.in_danger(ticket))
    ledger.say(text["slow" if times else "slow_no_call"], times, [card])


def take_back(ledger: Ledger, operator_id: str) -> None:
    """Decided again: they may just have taken it, or come back."""
    ticket = ledger.open_ticket
    if ticket is None or ticket.state != TicketState.waiting or ticket.offered_to != operator_id:
        return
    duty = ledger.session.get(Duty, operator_id)
    in_time = ticket.offered_at is not None and ticket.offered_at > ledger.now - ledger.timing.offer
    if in_time and duty is not None and is_present(duty, ledger.now, ledger.timing.present):
        return
    account = ledger.session.get(Account, operator_id)
    pass_on(ledger, ticket, Actor(account.username if account else operator_id, operator_id))


def _tell_if_nobody(ledger: Ledger) -> None:
    ticket = ledger.open_ticket
    if ticket is None or ticket.state != TicketState.waiting or ticket.offered_to is not None:
        return
    operators = there(ledger.session, ledger.timing, ledger.now)
    if nobody_left(_waiting_of(ticket, ledger.catalogue.atlas), operators):
        ticket.passed_by = []
        tell_once(ledger, ticket)


def _queue() -> Select[*tuple[Any, ...]]:
    """What waits in a conversation: danger first, then who has waited longest."""
    return (
        select(
            Ticket.id,
            Ticket.conversation_id,
            Ticket.city_id,
            Ticket.service,
            Ticket.region_id,
            Ticket.urgent,
            Ticket.waiting_since,
            Ticket.passed_by,
        )
        .where(Ticket.state == TicketState.waiting, Ticket.conversation_id.is_not(None))
        .order_by(Ticket.urgent == NOT_URGENT, Ticket.waiting_since, Ticket.id)
    )


def _this_wait() -> ColumnElement[bool]:
    """The event that says that the resident has been told, since this wait began."""
    return and_(
        TicketEvent.ticket_id == Ticket.id,
        TicketEvent.kind == Event.not_taken,
        TicketEvent.actor == SYSTEM.name,
        TicketEvent.at >= Ticket.waiting_since,
        or_(Ticket.taken_at.is_(None), TicketEvent.at >= Ticket.taken_at),
    )


def _told() -> ColumnElement[bool]:
    return exists().where(_this_wait())


def _waiting(row: Row[*tuple[Any, ...]], atlas: Atlas) -> Waiting:
    return Waiting(
        row.id,
        row.city_id,
        row.service,
        _around(atlas, row.region_id),
        row.urgent != NOT_URGENT,
        row.waiting_since,
        frozenset(row.passed_by),
    )


def _waiting_of(ticket: Ticket, atlas: Atlas) -> Waiting:
    return Waiting(
        ticket.id,
        ticket.city_id,
        ticket.service,
        _around(atlas, ticket.region_id),
        ticket.urgent != NOT_URGENT,
        ticket.waiting_since or ticket.opened_at,
        frozenset(ticket.passed_by),
    )


def _around(atlas: Atlas, region_id: str | None) -> frozenset[str]:
    """A place and what it lies in, up to its county; a city's name alone says nothing."""
    region = atlas.regions.get(region_id) if region_id else None
    if region is None:
        return frozenset()
    return frozenset(step.id for step in atlas.chain(region) if step.level != "city")
