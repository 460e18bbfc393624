"""The resident's side of a call-back: a half-day, whether calling is safe, the number, booked.

The number goes through the two yeses of `bot.gateway.answers`; `carried` keeps the half-day until
the second one has been said.
"""

from __future__ import annotations

from typing import Any

from bot.callbacks import booking
from bot.callbacks.slots import Slot
from bot.gateway.buttons import buttons, danger, first_call, hotline
from bot.gateway.inbound import Inbound
from bot.gateway.ledger import RESIDENT, Ledger
from bot.gateway.moves import Awaiting
from bot.gateway.states import Cause, Handled, State
from bot.tables import Ticket
from bot.tickets.states import TicketState
from bot.words import words

Choice = dict[str, str]
SLOT, SAFE = "callback", "safe"


def choices(ledger: Ledger) -> list[Choice]:
    """Half-days to tap; none where it has been said that calling is not safe."""
    ticket = ledger.open_ticket
    if ticket is not None and ticket.contact_safe is False:
        return []
    city_id = ticket.city_id if ticket else ledger.conversation.city_id
    return [
        {"title": booking.in_words(slot, ledger.now), "value": slot.value}
        for slot in booking.with_room(ledger.session, city_id, ledger.now)
    ]


def chosen(ledger: Ledger, inbound: Inbound) -> Handled:
    """A half-day was tapped, which is the yes to being called."""
    text = words("replies")["callback"]
    slot = Slot.read(inbound.tap[1])
    ticket = ledger.need_ticket(RESIDENT)
    standing = booking.active(ledger.session, ticket)
    again = standing is not None and booking.slot_of(standing) == slot
    free = booking.with_room(ledger.session, ticket.city_id, ledger.now)
    if slot is None or (slot not in free and not again):
        ledger.conversation.awaiting = None
        ledger.say(text["full"], choices(ledger), [hotline()])
        return Handled.answered
    if ledger.in_danger(ticket) and ticket.contact_safe is not True:
        ledger.conversation.awaiting = {"question": Awaiting.call_safe, SLOT: inbound.tap[1]}
        ledger.say(text["is_it_safe"], buttons("call_safe", "call_unsafe"))
        return Handled.answered
    return _number(ledger, ticket, slot)


def safe(ledger: Ledger, inbound: Inbound) -> Handled:
    """Yes, call me there."""
    ticket, slot = ledger.open_ticket, _carried_slot(ledger)
    if ticket is None or slot is None:
        return _ask_again(ledger)
    if ticket.contact:
        ticket.contact_safe = True
    return _number(ledger, ticket, slot, safe=True)


def unsafe(ledger: Ledger, inbound: Inbound) -> Handled:
    """No: nobody calls, and a booking that stands is off."""
    ledger.conversation.awaiting = None
    ticket = ledger.open_ticket
    if ticket is not None:
        ticket.contact_safe = False
        booking.cancel(ledger, ticket, RESIDENT)
    ledger.say(words("replies")["callback"]["not_safe"], buttons("write_down"), [danger()])
    return Handled.answered


def cancelled(ledger: Ledger, inbound: Inbound) -> Handled:
    """取消回电."""
    ticket = ledger.open_ticket
    off = ticket is not None and booking.cancel(ledger, ticket, RESIDENT)
    if _question(ledger) in (Awaiting.call_safe, Awaiting.contact, Awaiting.contact_yes):
        ledger.conversation.awaiting = None
    text = words("replies")["callback"]
    person = buttons("person") if ledger.state is State.bot else []
    ledger.say(text["cancelled" if off else "none"], person)
    return Handled.answered


def carried(awaiting: dict[str, Any] | None) -> dict[str, Any]:
    """What a question about the number keeps of the call-back behind it."""
    return {name: value for name, value in (awaiting or {}).items() if name in (SLOT, SAFE)}


def book(ledger: Ledger, ticket: Ticket, value: str) -> Handled:
    """There is a number: into the half-day, and out of the queue."""
    text = words("replies")["callback"]
    ledger.conversation.awaiting = None
    slot = Slot.read(value)
    try:
        if slot is None:
            raise booking.Full
        booking.book(ledger, ticket, slot, RESIDENT)
    except booking.Full:
        ledger.say(text["full"], choices(ledger), [hotline()])
        return Handled.answered
    if ledger.state is State.waiting:
        ledger.move(Cause.booked_callback, RESIDENT)
        ticket.state = TicketState.open
        ticket.waiting_since = None
        ticket.offered_to = ticket.offered_at = None
    said = text["booked"].format(when=booking.in_words(slot, ledger.now), phone=ticket.contact)
    ledger.say(said, buttons("cancel_callback"), [first_call(ledger.in_danger(ticket))])
    return Handled.answered


def standing(ledger: Ledger, ticket: Ticket) -> str:
    """What is booked already, in a sentence; empty when nothing is."""
    found = booking.active(ledger.session, ticket)
    if found is None:
        return ""
    when = booking.in_words(booking.slot_of(found), ledger.now)
    return str(words("replies")["callback"]["standing"].format(when=when))


def _number(ledger: Ledger, ticket: Ticket, slot: Slot, *, safe: bool = False) -> Handled:
    """Booked at once with a number that was given before; else it is asked for."""
    value = slot.value.partition(":")[2]
    if ticket.contact:
        return book(ledger, ticket, value)
    ledger.conversation.awaiting = {"question": Awaiting.contact, SLOT: value, SAFE: safe}
    ledger.say(words("replies")["callback"]["ask_number"], buttons("contact_no"))
    return Handled.answered


def _ask_again(ledger: Ledger) -> Handled:
    """A button of long ago."""
    ledger.say(words("replies")["callback"]["choose"], choices(ledger), [hotline()])
    return Handled.answered


def _carried_slot(ledger: Ledger) -> Slot | None:
    return Slot.read(str((ledger.conversation.awaiting or {}).get(SLOT, "")))


def _question(ledger: Ledger) -> Awaiting | None:
    awaiting = ledger.conversation.awaiting
    return Awaiting(awaiting["question"]) if awaiting else None
