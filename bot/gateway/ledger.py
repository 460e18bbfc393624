"""One conversation, held inside one transaction: everything that may be written about it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from bot.duty.timing import USUAL, Timing
from bot.gateway import hub
from bot.gateway.danger import endangered
from bot.gateway.states import Author, Cause, Handled, State, moved
from bot.tables import Conversation, Inbox, Message, Outbox, Rating, Ticket, TicketEvent, Transition
from bot.tickets.number import new_number
from bot.tickets.states import Event, TicketState, duty_desk, platform_of
from bot.tickets.summary import NOT_URGENT, judged, summarise
from bot.words import words
from knowledge.catalogue import Catalogue

_COLUMNS = (
    "conversation_id", "seq", "author", "author_name",
    "body", "inbox_id", "client_id", "created_at",
)  # fmt: skip
_MESSAGES, _INBOX, _OUTBOX = (cast(Table, row.__table__) for row in (Message, Inbox, Outbox))
_SAY = insert(_MESSAGES)
_SAY_AND_TELL = _SAY.returning(_MESSAGES.c.id, sort_by_parameter_order=True)
_SETTLE = (
    update(_INBOX)
    .where(_INBOX.c.id == bindparam("row_id"), _INBOX.c.answered_at.is_(None))
    .values(lease_owner=None, lease_until=None)
)
SERVED_AT = {"slip": "window"}  # a desk is at a window, whatever the channel
PUSHED = frozenset({"telegram"})  # channels that must be called; the web page asks by itself
# troubles that somebody has told us otherwise: nothing can be asked in a chat
WITHOUT_CHAT = frozenset({"phone", "counter", "exchange"})


@dataclass(frozen=True)
class Actor:
    """Who does something: resident, bot, system, or an operator by user name."""

    name: str
    id: str | None = None
    display: str | None = None


RESIDENT = Actor("resident")
SYSTEM = Actor("system")


class AnsweredElsewhere(Exception):
    """Somebody else has answered this inbound message: nothing of ours may be written."""


class NotFound(Exception):
    """No such conversation or ticket."""


@dataclass
class Ledger:
    """A conversation with its lock held; what is written becomes visible when the block ends."""

    session: Session
    catalogue: Catalogue
    conversation: Conversation
    now: datetime
    timing: Timing = USUAL
    # topics to wake once this is committed
    topics: set[str] = field(default_factory=set)
    said: list[Message] = field(default_factory=list)
    # row of the inbound message that is being answered
    inbox_id: int | None = None
    _unsaved: list[Message] = field(default_factory=list)

    @classmethod
    def hold(
        cls,
        session: Session,
        catalogue: Catalogue,
        conversation_id: str,
        now: datetime,
        timing: Timing = USUAL,
    ) -> Ledger:
        """Lock a conversation until the transaction ends. Raises NotFound."""
        found = session.get(Conversation, conversation_id, with_for_update=True)
        if found is None:
            raise NotFound(conversation_id)
        return cls(session, catalogue, found, now, timing)

    @property
    def state(self) -> State:
        return State(self.conversation.state)

    @property
    def ticket(self) -> Ticket | None:
        """The trouble's ticket, also when it has been closed."""
        ticket_id = self.conversation.ticket_id
        return self.session.get(Ticket, ticket_id) if ticket_id else None

    @property
    def open_ticket(self) -> Ticket | None:
        """The trouble's ticket while it is not closed."""
        ticket = self.ticket
        return ticket if ticket and ticket.state != TicketState.closed else None

    def in_danger(self, ticket: Ticket) -> bool:
        """Whether anything of this trouble or its conversation was urgent: then nothing may come
        by itself, and 110 stands before 12348."""
        return ticket.urgent != NOT_URGENT or endangered(self.conversation.understood)

    def say(
        self,
        text: str,
        choices: list[dict[str, str]] | None = None,
        cards: list[dict[str, Any]] | None = None,
        *,
        author: Author = Author.bot,
        name: str | None = None,
        client_id: str | None = None,
    ) -> Message:
        """Add to the transcript; a channel that must be called gets it into its outbox."""
        body = {"text": text, "choices": choices or [], "cards": cards or []}
        return self.write(author, body, name=name, client_id=client_id)

    def write(
        self,
        author: Author,
        body: dict[str, Any],
        *,
        name: str | None = None,
        client_id: str | None = None,
    ) -> Message:
        """Add a message of anyone, under the next number."""
        conversation = self.conversation
        conversation.seq += 1
        message = Message(
            conversation_id=conversation.id,
            seq=conversation.seq,
            author=author,
            author_name=name,
            body=body,
            inbox_id=self.inbox_id,
            client_id=client_id,
            created_at=self.now,
        )
        self._unsaved.append(message)
        self.topics.add(hub.conversation(conversation.id))
        if author is not Author.resident:
            self.said.append(message)
        if conversation.ticket_id:
            self.topics.add(hub.TICKETS)
        return message

    def move(self, cause: Cause, actor: Actor) -> None:
        """Change the state, with its audit row. Raises WrongMove."""
        before = self.state
        after = moved(before, cause)
        self.conversation.state = after
        self.session.add(
            Transition(
                conversation_id=self.conversation.id,
                at=self.now,
                before=before,
                after=after,
                cause=cause,
                actor=actor.name,
            )
        )
        self.topics |= {hub.conversation(self.conversation.id), hub.TICKETS}

    def settle(self, handled: Handled) -> None:
        """The inbound message is done with. Raises AnsweredElsewhere when it was already."""
        settled = {"handled": handled, "answered_at": self.now, "row_id": self.inbox_id}
        if not self.session.connection().execute(_SETTLE, settled).rowcount:
            raise AnsweredElsewhere

    def save(self) -> None:
        """Write what was said; the last thing in the transaction.

        Plain inserts: two transactions a message are on every resident's way, and the unit of work
        would cost as much again.
        """
        messages, self._unsaved = self._unsaved, []
        if not messages:
            return
        connection = self.session.connection()
        rows = [{name: getattr(message, name) for name in _COLUMNS} for message in messages]
        channel = self.conversation.channel
        if channel not in PUSHED:
            connection.execute(_SAY, rows)
            return
        ids = connection.execute(_SAY_AND_TELL, rows).scalars().all()
        outgoing = [
            {
                "conversation_id": self.conversation.id,
                "message_id": row_id,
                "channel": channel,
                "attempts": 0,
                "next_try_at": self.now,
            }
            for row_id, message in zip(ids, messages, strict=True)
            if message.author != Author.resident
        ]
        if outgoing:
            connection.execute(insert(_OUTBOX), outgoing)
            self.topics.add(hub.outbox(channel))

    # ------------------------------------------------------------ tickets

    def need_ticket(self, actor: Actor) -> Ticket:
        """The trouble's open ticket; made when there is none."""
        return self.open_ticket or self._new_ticket(actor)

    def note(self, ticket: Ticket, event: Event, actor: Actor, text: str | None = None) -> None:
        """An event of a ticket."""
        self.session.add(
            TicketEvent(ticket_id=ticket.id, at=self.now, kind=event, text=text, actor=actor.name)
        )
        self.topics |= {hub.conversation(self.conversation.id), hub.TICKETS}

    def refresh(self, ticket: Ticket) -> None:
        """Bring a ticket to what has been understood since; its urgency never sinks by itself."""
        understood = self.conversation.understood or {}
        ticket.service = understood.get("service") or ticket.service
        ticket.matter = understood.get("matter") or ticket.matter
        ticket.region_id = understood.get("region") or ticket.region_id
        ticket.trouble = understood.get("trouble") or ticket.trouble
        ticket.party = understood.get("party") or ticket.party
        ticket.screening = understood.get("screening") or ticket.screening
        urgent = understood.get("urgent", NOT_URGENT)
        if urgent != NOT_URGENT:
            ticket.urgent = urgent
        ticket.urgent_judged = ticket.urgent != NOT_URGENT or judged(understood)
        ticket.summary = summarise(self.catalogue, {**understood, "urgent": ticket.urgent})

    def owned_by_desk(self, ticket: Ticket) -> None:
        """Nobody in person has it: the named duty desk, until somebody takes it."""
        ticket.owner_desk, ticket.owner_id, ticket.owner_name = duty_desk(), None, None

    def owned_by(self, ticket: Ticket, actor: Actor) -> None:
        """A person has it; the first one answers for it from then on (首问负责)."""
        ticket.owner_desk, ticket.owner_id, ticket.owner_name = None, actor.id, actor.display
        if ticket.responsible_id is None and ticket.responsible_desk == duty_desk():
            ticket.responsible_desk = None
            ticket.responsible_id, ticket.responsible_name = actor.id, actor.display

    def queue_position(self, ticket: Ticket) -> int | None:
        """How many wait before this one in its city: the urgent first, then by time."""
        if ticket.state != TicketState.waiting or ticket.waiting_since is None:
            return None
        ahead = select(func.count()).where(
            Ticket.state == TicketState.waiting,
            Ticket.city_id == ticket.city_id,
            Ticket.id != ticket.id,
        )
        earlier = (Ticket.waiting_since < ticket.waiting_since) | (
            (Ticket.waiting_since == ticket.waiting_since) & (Ticket.id < ticket.id)
        )
        if ticket.urgent == NOT_URGENT:
            ahead = ahead.where((Ticket.urgent != NOT_URGENT) | earlier)
        else:
            ahead = ahead.where(Ticket.urgent != NOT_URGENT, earlier)
        return self.session.scalar(ahead) or 0

    def _new_ticket(self, actor: Actor) -> Ticket:
        conversation = self.conversation
        known = conversation.understood or {}
        if not (known.get("service") or known.get("matter")):
            # how an operator sorts it later is no judgement of how urgent it is
            conversation.understood = {"judged": False} | known
        number = new_number(self.now)
        while self.session.scalar(select(Ticket.id).where(Ticket.number == number)):
            number = new_number(self.now)
        ticket = Ticket(
            number=number,
            conversation_id=conversation.id,
            channel=conversation.channel,
            city_id=conversation.city_id,
            region_id=conversation.region_id,
            service=None,
            matter=None,
            urgent=NOT_URGENT,
            urgent_judged=False,
            trouble="",
            summary=[],
            state=TicketState.open,
            opened_at=self.now,
            waiting_since=None,
            taken_at=None,
            closed_at=None,
            owner_desk=duty_desk(),
            owner_id=None,
            owner_name=None,
            responsible_desk=duty_desk(),
            responsible_id=None,
            responsible_name=None,
            queued_at=None,
            first_reply_at=None,
            offered_to=None,
            offered_at=None,
            passed_by=[],
            second_id=None,
            second_name=None,
            escalated_at=None,
            suspended_until=None,
            merged_into=None,
            outcome=None,
            outcome_note=None,
            party=None,
            opponent=None,
            screening=None,
            contact=None,
            contact_at=None,
            contact_safe=None,
            consent_at=None,
            seen_seq=0,
        )
        self.refresh(ticket)
        self.session.add(ticket)
        self.session.flush()
        conversation.ticket_id = ticket.id
        self.note(ticket, Event.opened, actor)
        return ticket

    # ------------------------------------------------------------ endings

    def offer_rating(self, ending: str, ticket: Ticket | None) -> None:
        """一单一评 or 一事一评, by the city's own word; `ending` is bot, person or slip.

        Nobody in danger is asked, ever; where there is no chat an operator asks
        (bot.follow_ups.asking).
        """
        conversation = self.conversation
        if conversation.channel in WITHOUT_CHAT or endangered(conversation.understood):
            return
        if ticket is not None and self.session.scalar(
            select(Rating.id).where(Rating.ticket_id == ticket.id, Rating.ending == ending)
        ):
            return
        rating = Rating(
            id=uuid.uuid4().hex[:16],
            conversation_id=conversation.id,
            ticket_id=ticket.id if ticket else None,
            city_id=conversation.city_id,
            ending=ending,
            platform=SERVED_AT.get(ending) or platform_of(conversation.channel),
            offered_at=self.now,
            score=None,
            rated_at=None,
        )
        self.session.add(rating)
        text = words("replies")["rating"]
        label = self.catalogue.atlas.cities[conversation.city_id].card.get("rating_label") or ""
        choices = [
            {"title": title, "value": f"rate:{rating.id}:{score}"}
            for score, title in text["scores"].items()
        ]
        self.say(text["ask"].format(label=label), choices)
