"""The resident's side of a call-back: a half-day, whether calling is safe, the number, booked.

The number goes through the two yeses of `bot.gateway.answers`; `carried` keeps the half-day until
the second one has been said.
"""

from __future__ import annotations

from typing import Any

from bot.callbacks import booking
from bot.callbacks.slots import Slot
from bot.gateway.buttons import buttons, danger, first_call, hotline
from bot.gateway.danger import grave
from bot.gateway.inbound import Inbound
from bot.gateway.ledger import RESIDENT, Ledger
from bot.gateway.moves import Awaiting
from bot.gateway.states import Cause, Handled, State
from bot.tables import Ticket
from bot.tickets.states import TicketState
from bot.words import words

Choice = dict[str, str]
SLOT, SAFE, PHONE = "callback", "safe", "phone"
# a call-back is wanted, and its half-day has filled up
WANTED = "wanted"
# of a question about a call-back that stood when it was asked
STILL = "still"


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
    slot = Slot.read(inbound.tap[1])
    ticket = ledger.need_ticket(RESIDENT)
    written = _written(ledger)
    if slot is None or not _fits(ledger, ticket, slot):
        return _full(ledger, ticket, written)
    asked = ticket.contact_safe is True or written.get(SAFE) is True
    if ledger.in_danger(ticket) and not asked:
        phone = {PHONE: written[PHONE]} if PHONE in written else {}
        question = {"question": Awaiting.call_safe, SLOT: inbound.tap[1]}
        ledger.conversation.awaiting = question | phone
        said = words("replies")["callback"]["is_it_safe"]
        ledger.say(said, buttons("call_safe", "call_unsafe"))
        return Handled.answered
    return _number(ledger, ticket, slot, written)


def safe(ledger: Ledger, inbound: Inbound) -> Handled:
    """Yes, call me there."""
    ticket, slot = ledger.open_ticket, _carried_slot(ledger)
    if ticket is None or slot is None:
        return _ask_again(ledger)
    if ticket.contact:
        ticket.contact_safe = True
    if (ledger.conversation.awaiting or {}).get(STILL) and not _stands(ledger, ticket):
        return _noted_safe(ledger, ticket)
    return _number(ledger, ticket, slot, _written(ledger) | {SAFE: True})


def ask_if_safe(ledger: Ledger) -> None:
    """A danger was told after the booking: it was not asked then whether they can be called.

    Asked once a booking, as soon as no other question is open.
    """
    conversation, ticket = ledger.conversation, ledger.open_ticket
    if conversation.awaiting is not None or ticket is None or not grave(ticket.urgent):
        return
    standing, known = booking.active(ledger.session, ticket), conversation.understood or {}
    if standing is None or ticket.contact_safe is not None:
        return
    if known.get("asked_if_safe") == standing.id:
        return
    conversation.understood = {**known, "asked_if_safe": standing.id}
    slot = booking.slot_of(standing).value.partition(":")[2]
    conversation.awaiting = {"question": Awaiting.call_safe, SLOT: slot, STILL: True}
    text = words("replies")["callback"]["still_safe"]
    ledger.say(text, buttons("call_safe", "call_unsafe"))


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


def taken_meanwhile(ledger: Ledger, phone: str) -> Handled | None:
    """The half-day that a number is written for has filled up: another one, to the same number."""
    ticket, asked = ledger.open_ticket, carried(ledger.conversation.awaiting)
    slot = Slot.read(str(asked.get(SLOT, "")))
    if ticket is None or slot is None or _fits(ledger, ticket, slot):
        return None
    return _full(ledger, ticket, {PHONE: phone, SAFE: asked.get(SAFE)})


def carried(awaiting: dict[str, Any] | None) -> dict[str, Any]:
    """What a question about the number keeps of the call-back behind it."""
    return {name: value for name, value in (awaiting or {}).items() if name in (SLOT, SAFE, WANTED)}


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
        return _full(ledger, ticket, {})
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


def _number(ledger: Ledger, ticket: Ticket, slot: Slot, written: dict[str, Any]) -> Handled:
    """Booked at once with a number that was given before; else it is asked for, or, where it was
    `written` for another half-day, read back.
    """
    value = slot.value.partition(":")[2]
    if ticket.contact:
        return book(ledger, ticket, value)
    if not _fits(ledger, ticket, slot):
        return _full(ledger, ticket, written)
    kept = {SLOT: value, SAFE: bool(written.get(SAFE))}
    if phone := written.get(PHONE):
        ledger.conversation.awaiting = kept | {"question": Awaiting.contact_yes, PHONE: phone}
        said = words("replies")["contact"]["confirm"].format(phone=phone)
        ledger.say(said, buttons("contact_yes", "contact_no"))
        return Handled.answered
    ledger.conversation.awaiting = kept | {"question": Awaiting.contact}
    ledger.say(words("replies")["callback"]["ask_number"], buttons("contact_no"))
    return Handled.answered


def _fits(ledger: Ledger, ticket: Ticket, slot: Slot) -> bool:
    """Whether it can be chosen; the half-day that is booked already can."""
    standing = booking.active(ledger.session, ticket)
    if standing is not None and booking.slot_of(standing) == slot:
        return True
    return slot in booking.with_room(ledger.session, ticket.city_id, ledger.now)


def _full(ledger: Ledger, ticket: Ticket, written: dict[str, Any]) -> Handled:
    """The half-days that are left; a number that was written is not asked for again."""
    text = words("replies")["callback"]
    others = choices(ledger)
    phone = written.get(PHONE)
    ledger.conversation.awaiting = (
        {"question": Awaiting.contact, PHONE: phone, SAFE: bool(written.get(SAFE)), WANTED: True}
        if phone and others
        else None
    )
    if not others:
        ledger.say(text["all_full"], buttons("write_down"), [hotline()])
        return Handled.answered
    said = text["full_number_kept" if phone or ticket.contact else "full"]
    ledger.say(said.format(phone=phone or ticket.contact), others, [hotline()])
    return Handled.answered


def _written(ledger: Ledger) -> dict[str, Any]:
    """A number that was written for a half-day, not yet confirmed, and whether calling is safe."""
    awaiting = ledger.conversation.awaiting or {}
    return {name: awaiting[name] for name in (PHONE, SAFE) if awaiting.get(name)}


def number_kept(ledger: Ledger, ticket: Ticket) -> Handled:
    """The number is there, and the half-day for it is yet to be chosen."""
    times = choices(ledger)
    said = words("replies")["callback"]["number_kept" if times else "number_kept_only"]
    ledger.say(
        said.format(phone=ticket.contact),
        times or buttons("write_down"),
        [first_call(ledger.in_danger(ticket))],
    )
    return Handled.answered


def _stands(ledger: Ledger, ticket: Ticket) -> bool:
    return booking.active(ledger.session, ticket) is not None


def _noted_safe(ledger: Ledger, ticket: Ticket) -> Handled:
    """They can be called, and nobody is to call any more: a new one only if they choose it."""
    ledger.conversation.awaiting = None
    times = choices(ledger)
    said = words("replies")["callback"]["noted_safe" if times else "noted_safe_only"]
    ledger.say(said, times, [first_call(ledger.in_danger(ticket))])
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
