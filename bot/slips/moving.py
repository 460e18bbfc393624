"""What a desk does with a slip: receive, work on it, say how it goes, finish it, send it back.

The slip is held, and the conversation too while there is one, so of two colleagues who do the same
at once the first one has done it and the second is told who.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.logins import StaffMember
from bot.accounts.tables import Account
from bot.api.problems import Problem
from bot.clock import utcnow
from bot.gateway import hub
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Ledger, NotFound
from bot.gateway.states import Author
from bot.slips.board import find, last_event, moved_by, names_of
from bot.slips.sending import may_be_told
from bot.slips.states import ACCEPTED, LEADS_TO, Deed, Reason, SlipState, WrongDeed, moved
from bot.slips.tables import RuleFlag, Slip, SlipEvent
from bot.slips.words import WORDS, number_shown, reason_line, state_name
from bot.tables import Ticket, TicketEvent
from bot.tickets.desk import Refused
from bot.tickets.states import Event, TicketState, duty_desk
from knowledge.text import visible

_EVENTS = {
    Deed.receive: Event.slip_received,
    Deed.work: Event.slip_working,
    Deed.say: Event.slip_working,
    Deed.finish: Event.slip_done,
    Deed.send_back: Event.slip_returned,
}
TEXT_NEEDED = frozenset({Deed.say, Deed.finish})


@dataclass(frozen=True)
class Move:
    """A deed with its words; `seen`: the state that the member saw when they decided."""

    deed: Deed
    text: str | None = None
    reason: Reason | None = None
    seen: SlipState | None = None


@dataclass(frozen=True)
class _Hand:
    """One slip, held, with its ticket; `ledger` while its conversation is there."""

    session: Session
    member: StaffMember
    slip: Slip
    ticket: Ticket
    now: datetime
    ledger: Ledger | None


async def act(gateway: Gateway, member: StaffMember, number: str, move: Move) -> None:
    """Do it. The same by the same member twice is done once.

    Raises NoSuchSlip, Refused (somebody was first), Problem (422) naming the field, StoreAway.
    """
    _complete(move)

    def conversation_of(session: Session) -> str | None:
        slip = find(session, number, moved_by(member))
        return session.get_one(Ticket, slip.ticket_id).conversation_id

    def with_conversation(ledger: Ledger) -> None:
        _do(_hand(ledger.session, member, number, ledger.now, ledger), move)

    def alone(session: Session) -> None:
        _do(_hand(session, member, number, utcnow(), None), move)

    conversation_id = await gateway.look(conversation_of)
    if conversation_id is not None:
        try:
            await gateway.write(conversation_id, with_conversation)
            return
        except NotFound:  # it has just been deleted
            pass
    await gateway.store.run(alone)
    gateway.hub.wake(hub.TICKETS)


def _complete(move: Move) -> None:
    """What must be said is said. Raises Problem."""
    if move.deed in TEXT_NEEDED and not visible(move.text or ""):
        raise Problem(422, "slip_text", "text")
    if move.deed is Deed.send_back and move.reason is None:
        raise Problem(422, "slip_reason", "reason")
    if move.reason is Reason.other and not visible(move.text or ""):
        raise Problem(422, "slip_other", "text")


def _hand(
    session: Session, member: StaffMember, number: str, now: datetime, ledger: Ledger | None
) -> _Hand:
    slip = find(session, number, moved_by(member), lock=True)
    ticket = session.get_one(Ticket, slip.ticket_id)
    theirs = ledger if ledger and ledger.conversation.id == ticket.conversation_id else None
    return _Hand(session, member, slip, ticket, now, theirs)


def _do(hand: _Hand, move: Move) -> None:
    slip, member = hand.slip, hand.member
    before = SlipState(slip.state)
    last = last_event(hand.session, slip)
    if _again(last, before, member, move):
        return
    if move.seen is not None and move.seen is not before:
        raise _was_first(hand, last)
    try:
        after = moved(before, move.deed)
    except WrongDeed:
        if last is not None and last.actor != member.username and before is not SlipState.sent:
            raise _was_first(hand, last) from None
        raise Refused("slip_wrong_state", value=state_name(before)) from None
    slip.state = after
    slip.said_at = hand.now
    slip.handler_id, slip.handler_name = member.account_id, member.name
    hand.session.add(
        SlipEvent(
            slip_id=slip.id, at=hand.now, before=before, after=after, text=move.text,
            actor=member.username,
        )
    )  # fmt: skip
    _note(hand, _EVENTS[move.deed], _line(slip, move))
    detail = {"reason": move.reason} if move.reason else None
    audit.record(hand.session, member, f"slip.{move.deed}", "slip", slip.number, detail)
    match move.deed:
        case Deed.receive:
            _received(hand)
        case Deed.finish:
            _finished(hand, move)
        case Deed.send_back:
            _sent_back(hand, move)


def _again(last: SlipEvent | None, state: SlipState, member: StaffMember, move: Move) -> bool:
    """The second click of the same person; other words are no second click."""
    if last is None or last.actor != member.username or state is not LEADS_TO[move.deed]:
        return False
    return move.text is None or last.text == move.text


def _was_first(hand: _Hand, last: SlipEvent | None) -> Refused:
    actor = last.actor if last else ""
    name = names_of(hand.session, [actor]).get(actor, actor)
    return Refused("slip_moved", owner=name, value=state_name(hand.slip.state))


def _line(slip: Slip, move: Move) -> str:
    """What the ticket's history says: which desk, and its words."""
    text = reason_line(move.reason, move.text) if move.reason else move.text
    return f"{slip.place_name}：{text}" if text else slip.place_name


def _note(hand: _Hand, event: Event, text: str) -> None:
    hand.session.add(
        TicketEvent(
            ticket_id=hand.ticket.id, at=hand.now, kind=event, text=text, actor=hand.member.username
        )
    )
    if hand.ledger:
        hand.ledger.topics |= {hub.conversation(hand.ledger.conversation.id), hub.TICKETS}


def _received(hand: _Hand) -> None:
    """首问负责 until here; from here on the desk answers for it."""
    slip, ticket = hand.slip, hand.ticket
    slip.received_at = hand.now
    earlier = _others(hand, [*ACCEPTED, SlipState.returned])
    kept = next((one for one in earlier if one.first_desk or one.first_name), None)
    if kept is not None:
        slip.first_desk, slip.first_id, slip.first_name = (
            kept.first_desk, kept.first_id, kept.first_name,
        )  # fmt: skip
    else:
        slip.first_desk, slip.first_id, slip.first_name = (
            ticket.responsible_desk, ticket.responsible_id, ticket.responsible_name,
        )  # fmt: skip
    ticket.responsible_desk = slip.place_name
    ticket.responsible_id = ticket.responsible_name = None


def _finished(hand: _Hand, move: Move) -> None:
    slip, ledger = hand.slip, hand.ledger
    slip.done_at, slip.result = hand.now, move.text
    if ledger is not None and may_be_told(ledger, hand.ticket):
        text = str(WORDS.words["resident"]["done"])
        told = text.format(desk=slip.place_name, number=number_shown(slip.number))
        ledger.say(told, author=Author.system)
        ledger.offer_rating("slip", hand.ticket)


def _sent_back(hand: _Hand, move: Move) -> None:
    """The ticket is its owner's again, or the duty desk's; the rule that sent it is looked at."""
    slip = hand.slip
    assert move.reason is not None
    slip.reason, slip.result = move.reason, move.text
    if slip.rule is not None:
        hand.session.add(RuleFlag(rule=slip.rule, slip_id=slip.id, at=hand.now, reason=move.reason))
    _own_again(hand)
    if slip.received_at is not None:
        _answer_again(hand)


def _own_again(hand: _Hand) -> None:
    """A ticket that was closed as referred is open again; never is it nobody's."""
    ticket = hand.ticket
    ticket.suspended_until = None
    owner = hand.session.get(Account, ticket.owner_id) if ticket.owner_id else None
    gone = owner is None or owner.disabled_at is not None
    if gone and ticket.state != TicketState.taken:
        ticket.owner_desk, ticket.owner_id, ticket.owner_name = duty_desk(), None, None
    if ticket.state == TicketState.closed and ticket.conversation_id is not None:
        ticket.state = TicketState.open
        ticket.closed_at = ticket.outcome = ticket.outcome_note = None


def _answer_again(hand: _Hand) -> None:
    """Another desk that has a slip of this ticket answers for it, else who did at first."""
    ticket, slip = hand.ticket, hand.slip
    accepted = _others(hand, ACCEPTED)
    if accepted:
        ticket.responsible_desk = accepted[-1].place_name
        ticket.responsible_id = ticket.responsible_name = None
    elif slip.first_id is None and slip.first_desk == duty_desk() and ticket.owner_id:
        ticket.responsible_desk = None
        ticket.responsible_id, ticket.responsible_name = ticket.owner_id, ticket.owner_name
    else:
        ticket.responsible_desk = slip.first_desk
        ticket.responsible_id, ticket.responsible_name = slip.first_id, slip.first_name


def _others(hand: _Hand, states: list[SlipState] | tuple[SlipState, ...]) -> list[Slip]:
    """The ticket's other slips that a desk has received, in that order."""
    query = select(Slip).where(
        Slip.ticket_id == hand.ticket.id,
        Slip.id != hand.slip.id,
        Slip.received_at.is_not(None),
        Slip.state.in_(states),
    )
    return list(hand.session.scalars(query.order_by(Slip.received_at, Slip.id)))
