"""What one inbound message leads to, written in one transaction: the bot's answer or our own.

`answer` is called with the conversation held; the engine has been asked before, outside of any
transaction. Every function here only writes through the ledger.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.callbacks import alarm, booking
from bot.callbacks import chat as callbacks
from bot.clock import iso
from bot.duty import staffing
from bot.follow_ups import complaining, opening, withheld
from bot.gateway import transcript
from bot.gateway.buttons import buttons as _buttons
from bot.gateway.buttons import danger, first_call, hotline
from bot.gateway.danger import endangered, graver
from bot.gateway.inbound import Inbound
from bot.gateway.ledger import RESIDENT, SYSTEM, Actor, Ledger
from bot.gateway.moves import Awaiting, Move, phone_in
from bot.gateway.phrases import Phrase, recognise
from bot.gateway.states import Author, Cause, Handled, State
from bot.slips import progress as slips
from bot.slips.forgetting import forget_contact
from bot.tables import FaqVote, Message, Rating, Ticket
from bot.tickets import cities
from bot.tickets.aside import goes_on
from bot.tickets.number import LENGTH, find_number, is_number, shown
from bot.tickets.states import Event, TicketState
from bot.tickets.summary import NOT_URGENT
from bot.unanswered.asked import Door, record
from bot.words import words

Payload = dict[str, Any]
log = logging.getLogger(__name__)
SLOTS = (
    "region_id", "shown", "service", "matter", "party", "pending", "aid", "faq", "alarm", "trouble",
)  # fmt: skip
MISUNDERSTOOD_TWICE = 2
MISSES = 5
HELPFUL = "yes"
ANSWERED_WITHIN = timedelta(minutes=10)


def answer(ledger: Ledger, inbound: Inbound, move: Move | None, payloads: list[Payload]) -> Handled:
    """Say what is to be said and move what moves.

    `payloads` are the engine's, empty when it was not asked or did not answer.
    """
    if move is Move.relay and inbound.asked:
        return _relay_but_a_complaint(ledger, inbound, payloads)
    return _OWN[move](ledger, inbound) if move else _from_engine(ledger, inbound, payloads)


# ---------------------------------------------------------------- the engine's answer


def _from_engine(ledger: Ledger, inbound: Inbound, payloads: list[Payload]) -> Handled:
    conversation = ledger.conversation
    asked, conversation.awaiting = conversation.awaiting, None
    if inbound.text is not None:
        _looked_at(ledger, by_the_engine=bool(payloads))
    taken = complaining.take(ledger, inbound, payloads, asked)
    if taken:
        return taken
    theirs = complaining.is_theirs(ledger, inbound, asked)
    kinds = {item["kind"] for item in payloads}
    messages = [item for item in payloads if item["kind"] == "message"]
    unclear, handoff = "misunderstood" in kinds, "handoff" in kinds
    for item in payloads:
        if item["kind"] == "understood":
            if theirs:
                item = {"urgent": item.get("urgent", NOT_URGENT)}
            # words that were not understood are no new trouble
            new = {**item, "trouble": None, "sureness": {}} if unclear else item
            _understand(ledger, new)
    more = complaining.buttons(ledger, inbound, payloads, asked, theirs=theirs)
    # who waits and taps wants an answer; what they write is for the person who will come
    if ledger.state is not State.bot and inbound.text is not None:
        return _kept(ledger, messages, more if theirs else [])
    if asked and asked["question"] == Awaiting.message and inbound.text is not None:
        return _written(ledger, messages)
    if not messages and not handoff:
        conversation.misunderstood = 0
        return _kept(ledger, messages, more) if theirs and more else apologise(ledger)
    if unclear:
        conversation.misunderstood += 1
        if conversation.misunderstood >= MISUNDERSTOOD_TWICE:
            return _offer_person(ledger, _urgent_cards(messages))
    else:
        conversation.misunderstood = 0
    for item in messages:
        choices = [*(item.get("choices") or ()), *(more if item is messages[-1] else ())]
        ledger.say(item["text"], choices, item.get("cards"))
    conversation.understood = {**(conversation.understood or {}), "answered": True}
    if "asking" in kinds:
        conversation.awaiting = {"question": Awaiting.interview}
    elif not handoff:
        callbacks.ask_if_safe(ledger)
    if "unanswered" in kinds:
        _keep_question(ledger, inbound, payloads)
    return _queue(ledger) if handoff and ledger.state is State.bot else Handled.answered


def _looked_at(ledger: Ledger, *, by_the_engine: bool) -> None:
    """Words that the engine has not seen: from here on nobody knows that nothing is urgent."""
    conversation = ledger.conversation
    known = conversation.understood or {}
    ticket = ledger.open_ticket
    # by its number, so that who has read that message has judged for themselves
    unheard = int(known.get("unheard") or 0)
    if ticket is not None and ticket.owner_id and ticket.seen_seq >= unheard:
        unheard = 0
    if not by_the_engine:
        unheard = conversation.seq
    now = {"judged": not unheard, "unheard": unheard}
    if known | now == known:
        return
    conversation.understood = known | now
    if ticket is not None:
        ledger.refresh(ticket)


def _keep_question(ledger: Ledger, inbound: Inbound, payloads: list[Payload]) -> None:
    """For those who write the answers; of a conversation with danger in it nothing is kept."""
    if inbound.text is None or endangered(ledger.conversation.understood):
        return
    about = next((item for item in payloads if item["kind"] == "understood"), {})
    record(
        ledger.session,
        ledger.conversation.city_id,
        inbound.text,
        matter=about.get("matter"),
        service=about.get("service"),
        door=Door.chat,
    )


def _understand(ledger: Ledger, item: Payload) -> None:
    """What the actions understood of this trouble; what they do not know stays as it was."""
    known = dict(ledger.conversation.understood or {})
    known |= {
        name: item[name]
        for name in ("service", "matter", "region", "trouble", "ranking", "party", "screening")
        if item.get(name)
    }
    if item.get("urgent", NOT_URGENT) != NOT_URGENT:
        before = known.get("urgent", NOT_URGENT)
        known["urgent"] = graver(before, item["urgent"])
        if known["urgent"] != before:
            known["evidence"] = item.get("evidence") or []
        known["endangered"] = True
        alarm.danger_heard(ledger, item["urgent"], item.get("evidence") or [])
    if any((item.get("sureness") or {}).values()):
        known["sureness"] = item["sureness"]
    if item.get("told"):
        known["told"] = item["told"]
    ledger.conversation.understood = known
    ticket = ledger.open_ticket
    if ticket:
        ledger.refresh(ticket)


def _kept(ledger: Ledger, messages: list[Payload], theirs: list[dict[str, str]]) -> Handled:
    """Waiting for a person: the bot is silent, but never about somebody's safety.

    The first message of a wait is acknowledged, so that the silence after it frightens nobody.
    `theirs`: what can be tapped after words that the person who comes will not see.
    """
    text = words("replies")["handoff"]
    urgent = _urgent_cards(messages)
    if urgent or theirs:
        ledger.say(text["safe"], theirs, urgent)
        return Handled.answered
    understood, ticket = ledger.conversation.understood or {}, ledger.open_ticket
    if ledger.state is State.waiting and ticket and understood.get("kept_for") != ticket.id:
        ledger.conversation.understood = {**understood, "kept_for": ticket.id}
        ledger.say(text["kept"])
    return Handled.kept


def _urgent_cards(messages: list[Payload]) -> list[Payload]:
    cards = [card for item in messages for card in item.get("cards") or ()]
    return [card for card in cards if card.get("tone") == "urgent"]


def apologise(ledger: Ledger) -> Handled:
    """No answer could be had, or written: 12348, and the way to a person."""
    ledger.say(words("replies")["apology"], _buttons("person"))
    return Handled.apologised


def apologise_failed(ledger: Ledger, inbound: Inbound, move: Move | None) -> Handled:
    """For a message whose answer could not be written: nobody has looked at it."""
    if move is None and inbound.text is not None:
        try:
            _looked_at(ledger, by_the_engine=False)
        except Exception:  # what has failed before may fail again, and the message must be settled
            log.exception("that nobody has looked at a message could not be said")
    return apologise(ledger)


def apologise_late(ledger: Ledger, inbound: Inbound) -> Handled:
    """For a message that was found unanswered too long after it came.

    A complaint is registered all the same: nobody else reads its words.
    """
    _looked_at(ledger, by_the_engine=False)
    if inbound.asked:
        awaiting = ledger.conversation.awaiting
        if withheld.is_complaint(awaiting):
            ledger.conversation.awaiting = None
        taken = complaining.take(ledger, inbound, [], inbound.asked)
        if taken:
            return taken
        if complaining.is_theirs(ledger, inbound, inbound.asked):
            more = complaining.buttons(ledger, inbound, [], inbound.asked, theirs=True)
            return _kept(ledger, [], more)
    if ledger.state in (State.bot, State.closed):
        ledger.say(words("replies")["late"], _buttons("person"))
    return Handled.apologised


def _offer_person(ledger: Ledger, urgent: list[Payload]) -> Handled:
    """Misunderstood twice: offered, not decided for them."""
    ledger.conversation.misunderstood = 0
    ledger.conversation.awaiting = {"question": Awaiting.person}
    if endangered(ledger.conversation.understood):
        return _stay_with(ledger, urgent)
    ledger.say(words("replies")["misunderstood"]["second"], _buttons("person"), urgent)
    return Handled.answered


def _stay_with(ledger: Ledger, urgent: list[Payload] | None = None) -> Handled:
    """Who was in danger is never sent off with a cheerful or a shrugging word."""
    ledger.say(words("replies")["endangered"], _buttons("person"), urgent)
    return Handled.answered


# ---------------------------------------------------------------- a person


def _person(ledger: Ledger, inbound: Inbound) -> Handled:
    if ledger.state is State.waiting:
        ticket = ledger.need_ticket(RESIDENT)
        text = words("replies")["handoff"]["already"].format(number=shown(ticket.number))
        card = first_call(ledger.in_danger(ticket))
        ledger.say(f"{text}{_position(ledger, ticket)}", cards=[card])
        return Handled.answered
    return _queue(ledger)


def _queue(ledger: Ledger) -> Handled:
    """Into the queue, with a ticket; asking for it was the yes. Nobody there: other ways to one."""
    ledger.conversation.awaiting = None
    ledger.conversation.misunderstood = 0
    ticket = ledger.need_ticket(RESIDENT)
    if ticket.city_id != ledger.conversation.city_id:
        _off_there(ledger, kept=cities.follow(ledger, ticket))
    if not _staffed(ledger, ticket):
        return _nobody_there(ledger, ticket)
    ledger.move(Cause.asked_for_person, RESIDENT)
    ticket.state = TicketState.waiting
    ticket.waiting_since = ledger.now
    ticket.queued_at = ticket.queued_at or ledger.now
    ledger.note(ticket, Event.queued, RESIDENT)
    ledger.session.flush()
    text = words("replies")["handoff"]
    lines = [text["asked"], _position(ledger, ticket) + text["while_waiting"]]
    # who is in danger has 110 before their eyes while they wait
    before = [danger()] if ledger.in_danger(ticket) else []
    ledger.say("\n".join(lines), _buttons("contact", "back"), [*before, _ticket_card(ledger)])
    return Handled.answered


def _staffed(ledger: Ledger, ticket: Ticket) -> bool:
    within = ledger.timing.present
    return staffing.staffed(ledger.session, ticket.city_id, ledger.now, within)


def _off_there(ledger: Ledger, *, kept: bool) -> None:
    if not kept:
        times = callbacks.choices(ledger)
        key = "callback_off_again" if times else "callback_off"
        ledger.say(words("replies")["city"][key], times)


def _nobody_there(ledger: Ledger, ticket: Ticket) -> Handled:
    """The ticket stands at the duty desk; the hotline first, then a call-back or a message."""
    text = words("replies")["handoff"]
    times = callbacks.choices(ledger)
    lines = [
        text["not_staffed"].format(number=shown(ticket.number), owner=_owner(ticket)),
        callbacks.standing(ledger, ticket)
        or text["not_staffed_call" if times else "not_staffed_write"],
    ]
    booked = booking.active(ledger.session, ticket) is not None
    ledger.say(
        "\n".join(lines),
        [*times, *_buttons(*(["cancel_callback"] if booked else []), "write_down")],
        [first_call(ledger.in_danger(ticket)), _ticket_card(ledger)],
    )
    return Handled.answered


def _write_down(ledger: Ledger, inbound: Inbound) -> Handled:
    """What is written next is for the operators, not for the bot to answer."""
    ledger.need_ticket(RESIDENT)
    ledger.conversation.awaiting = {"question": Awaiting.message}
    ledger.say(words("replies")["handoff"]["write"])
    return Handled.answered


def _written(ledger: Ledger, messages: list[Payload]) -> Handled:
    """Kept for them, with or without the engine; danger in it is answered at once."""
    ticket = ledger.need_ticket(RESIDENT)
    text = words("replies")["handoff"]
    ledger.conversation.awaiting = {"question": Awaiting.message}
    ledger.note(ticket, Event.noted, RESIDENT, words("tickets")["message_left"])
    urgent = _urgent_cards(messages)
    if urgent:
        ledger.say(text["safe"], cards=urgent)
        return Handled.answered
    more = [] if ticket.contact or ticket.contact_safe is False else ["contact"]
    ledger.say(text["written"] if more else text["kept"], _buttons(*more, "person"))
    return Handled.answered


def _position(ledger: Ledger, ticket: Ticket) -> str:
    text = words("replies")["handoff"]
    ahead = ledger.queue_position(ticket)
    return str(text["queue"].format(n=ahead) if ahead else text["queue_next"])


def _back(ledger: Ledger, inbound: Inbound) -> Handled:
    ticket = ledger.open_ticket
    if ledger.state is not State.waiting or ticket is None:
        return _cancel(ledger, inbound)
    ledger.conversation.awaiting = None
    ledger.move(Cause.went_back, RESIDENT)
    leave_queue(ledger, ticket, Event.went_back, RESIDENT)
    number = shown(ticket.number)
    ledger.say(words("replies")["handoff"]["back"].format(number=number), _buttons("person"))
    return Handled.answered


def leave_queue(ledger: Ledger, ticket: Ticket, event: Event, actor: Actor) -> None:
    """Nobody waits any more; the ticket stays with whoever owns it."""
    ticket.state = TicketState.open
    ticket.waiting_since = None
    ticket.offered_to = ticket.offered_at = None
    ticket.passed_by = []
    ledger.note(ticket, event, actor)


def _relay(ledger: Ledger, inbound: Inbound) -> Handled:
    """To the person; if that person has been silent for long, to whoever is there."""
    ticket = ledger.open_ticket
    if ticket is None or ticket.state != TicketState.taken or not _left_alone(ledger, ticket):
        return Handled.relayed
    to_the_front(ledger, ticket)
    return Handled.answered


def _relay_but_a_complaint(ledger: Ledger, inbound: Inbound, payloads: list[Payload]) -> Handled:
    """A person came while a complaint was being written: it is not theirs to read."""
    _looked_at(ledger, by_the_engine=bool(payloads))
    taken = complaining.take(ledger, inbound, payloads, inbound.asked)
    if taken:
        return taken
    theirs = complaining.is_theirs(ledger, inbound, inbound.asked)
    for item in payloads:
        if item["kind"] == "understood":
            _understand(ledger, {"urgent": item.get("urgent", NOT_URGENT)})
    if theirs:  # the person does not see what it was about
        more = complaining.buttons(ledger, inbound, payloads, inbound.asked, theirs=True)
        ledger.say(words("replies")["handoff"]["safe"], more, [danger()])
    return _relay(ledger, inbound)


def to_the_front(ledger: Ledger, ticket: Ticket) -> None:
    """Who has it does not answer: to the front of the queue, for somebody else."""
    ledger.move(Cause.transferred, SYSTEM)
    ticket.state = TicketState.waiting
    ticket.waiting_since, ticket.taken_at = ticket.opened_at, ledger.now
    ticket.offered_to = ticket.offered_at = None
    ticket.passed_by = [ticket.owner_id] if ticket.owner_id else []
    ledger.owned_by_desk(ticket)
    ledger.note(ticket, Event.transferred, SYSTEM)
    ledger.say(words("replies")["handoff"]["nobody_answers"])


def _left_alone(ledger: Ledger, ticket: Ticket) -> bool:
    """Whether the resident has written, and nobody has answered for ten minutes."""
    since = unanswered_since(ledger, ticket)
    return since is not None and ledger.now - since > ANSWERED_WITHIN


def unanswered_since(ledger: Ledger, ticket: Ticket) -> datetime | None:
    """Since when the resident waits for the person's next answer; None: nothing is open."""
    said = select(Message.author, Message.created_at).where(
        Message.conversation_id == ledger.conversation.id,
        Message.author.in_((Author.resident, Author.operator)),
        Message.created_at >= (ticket.taken_at or ticket.opened_at),
    )
    since: datetime | None = None
    for author, at in ledger.session.execute(said.order_by(Message.seq)):
        if author == Author.operator:
            since = None
        elif since is None:
            since = at
    return since


# ---------------------------------------------------------------- tickets


def _ticket(ledger: Ledger, inbound: Inbound) -> Handled:
    text = words("replies")["ticket"]
    if not (ledger.conversation.understood or {}).get("trouble") and ledger.open_ticket is None:
        ledger.say(text["nothing_yet"])
        return Handled.answered
    ticket = ledger.need_ticket(RESIDENT)
    made = text["made"].format(number=shown(ticket.number), owner=_owner(ticket))
    ledger.say(made, _buttons("contact", "person"), [_ticket_card(ledger)])
    return Handled.answered


def _progress(ledger: Ledger, inbound: Inbound) -> Handled:
    ticket = ledger.ticket
    if ticket is not None:
        ours, ticket = not ticket.merged_into, goes_on(ledger.session, ticket)
        ledger.say(_progress_of(ledger, ticket, ours=ours), _next_steps(ledger))
        return Handled.answered
    ledger.conversation.awaiting = {"question": Awaiting.number}
    ledger.say(words("replies")["ticket"]["ask_number"].format(length=LENGTH))
    return Handled.answered


def _lookup(ledger: Ledger, inbound: Inbound) -> Handled:
    """业务进展查询: whoever has the number learns the state, and nothing of what was said."""
    text = words("replies")["ticket"]
    conversation = ledger.conversation
    known = dict(conversation.understood or {})
    if known.get("misses", 0) >= MISSES:
        ledger.say(text["too_many"])
        return Handled.answered
    number = find_number(inbound.text or "") or ""
    ticket = (
        ledger.session.scalar(select(Ticket).where(Ticket.number == number))
        if is_number(number)
        else None
    )
    if ticket is None:
        conversation.understood = known | {"misses": known.get("misses", 0) + 1}
        conversation.awaiting = {"question": Awaiting.number}
        ledger.say(text["unknown"].format(length=LENGTH))
        return Handled.answered
    conversation.awaiting = None
    ticket = goes_on(ledger.session, ticket)
    ours = ticket.conversation_id == conversation.id
    ledger.say(_progress_of(ledger, ticket, ours=ours), _next_steps(ledger))
    return Handled.answered


def _progress_of(ledger: Ledger, ticket: Ticket, *, ours: bool) -> str:
    text = words("replies")["ticket"]
    outcomes = words("tickets")["outcomes"]
    owner = _owner(ticket) if ours else ticket.owner_desk or ""
    hidden = ticket.state == TicketState.closed and not ours
    state = text["states"]["closed_for_others" if hidden else ticket.state].format(
        owner=owner, outcome=outcomes.get(ticket.outcome, ticket.outcome)
    )
    if not ours:
        state = slips.told_to_others(ledger.session, ticket) or state
    opened = iso(ticket.opened_at)[:10]
    told = text["progress"].format(number=shown(ticket.number), state=state, opened=opened)
    if not ours:
        return str(told)
    more = (slips.told_of(ledger.session, ticket), complaining.told_of(ledger, ticket))
    return "".join([told, *filter(None, more)])


def _next_steps(ledger: Ledger) -> list[dict[str, str]]:
    return _buttons("person") if ledger.state is State.bot else []


def _owner(ticket: Ticket) -> str:
    return ticket.owner_name or ticket.owner_desk or ""


# ---------------------------------------------------------------- contact details


def _contact(ledger: Ledger, inbound: Inbound) -> Handled:
    """The first yes: asked for a number. The second one comes after it has been read back."""
    if ledger.open_ticket is None:
        ledger.say(words("replies")["contact"]["no_ticket"], _buttons("person"))
        return Handled.answered
    ledger.conversation.awaiting = {"question": Awaiting.contact}
    ledger.say(words("replies")["contact"]["ask"], _buttons("contact_no"))
    return Handled.answered


def _contact_number(ledger: Ledger, inbound: Inbound) -> Handled:
    text = words("replies")["contact"]
    phone = phone_in(inbound.text or "")
    if phone is None:
        ledger.say(text["not_a_number"], _buttons("contact_no"))
        return Handled.answered
    elsewhere = callbacks.taken_meanwhile(ledger, phone)
    if elsewhere:
        return elsewhere
    kept = callbacks.carried(ledger.conversation.awaiting)
    ledger.conversation.awaiting = kept | {"question": Awaiting.contact_yes, "phone": phone}
    ledger.say(text["confirm"].format(phone=phone), _buttons("contact_yes", "contact_no"))
    return Handled.answered


def _contact_yes(ledger: Ledger, inbound: Inbound) -> Handled:
    awaiting, ticket = ledger.conversation.awaiting, ledger.open_ticket
    if not awaiting or "phone" not in awaiting or ticket is None:
        if awaiting is None and ticket is not None and ticket.contact:  # tapped twice
            ledger.say(words("replies")["contact"]["kept_already"].format(phone=ticket.contact))
            return Handled.answered
        return _contact(ledger, inbound)
    ledger.conversation.awaiting = None
    ticket.contact, ticket.contact_at = awaiting["phone"], ledger.now
    # what was said of another number says nothing of this one
    ticket.contact_safe = True if awaiting.get(callbacks.SAFE) else None
    ledger.note(ticket, Event.contact_kept, RESIDENT)
    if awaiting.get(callbacks.SLOT):
        return callbacks.book(ledger, ticket, awaiting[callbacks.SLOT])
    if awaiting.get(callbacks.WANTED):
        return callbacks.number_kept(ledger, ticket)
    ledger.say(words("replies")["contact"]["kept"])
    return Handled.answered


def _contact_no(ledger: Ledger, inbound: Inbound) -> Handled:
    awaiting, ledger.conversation.awaiting = ledger.conversation.awaiting, None
    if callbacks.carried(awaiting).get(callbacks.SLOT):
        ledger.say(words("replies")["callback"]["no_number"], _buttons("write_down"), [hotline()])
        return Handled.answered
    ledger.say(words("replies")["contact"]["not_kept"])
    return Handled.answered


def _forget_contact(ledger: Ledger, inbound: Inbound) -> Handled:
    theirs = select(Ticket).where(
        Ticket.conversation_id == ledger.conversation.id, Ticket.contact.is_not(None)
    )
    text, off = words("replies")["contact"], False
    for ticket in ledger.session.scalars(theirs).all():
        # a call that was booked may have gone on, with its number, to the ticket they joined
        after, phone = goes_on(ledger.session, ticket), ticket.contact
        for one in {ticket, after} if after.contact == phone else {ticket}:
            one.contact = one.contact_at = one.contact_safe = None
            ledger.note(one, Event.contact_removed, RESIDENT)
            off = booking.cancel(ledger, one, RESIDENT) or off
        forget_contact(ledger.session, ticket)
    ledger.conversation.awaiting = None
    ledger.say(text["removed_callback" if off else "removed"])
    return Handled.answered


# ---------------------------------------------------------------- ways out


def _cancel(ledger: Ledger, inbound: Inbound) -> Handled:
    ledger.conversation.awaiting = None
    if endangered(ledger.conversation.understood):
        return _stay_with(ledger)
    ledger.say(words("replies")["cancelled"])
    return Handled.answered


def _restart(ledger: Ledger, inbound: Inbound) -> Handled:
    """Another trouble: nothing of the last one colours it; its ticket stays with its owner."""
    conversation = ledger.conversation
    if ledger.state is State.waiting:
        return _back(ledger, inbound)
    conversation.awaiting = None
    conversation.misunderstood = 0
    before = conversation.understood or {}
    conversation.understood = {
        "misses": before.get("misses", 0),
        "endangered": endangered(before),
    }
    conversation.ticket_id = None
    conversation.untold = dict.fromkeys(SLOTS)
    ledger.say(words("replies")["restarted"])
    return Handled.answered


def _not_this(ledger: Ledger, inbound: Inbound) -> Handled:
    conversation = ledger.conversation
    if ledger.state is State.waiting:
        return Handled.kept
    conversation.misunderstood += 1
    if conversation.misunderstood >= MISUNDERSTOOD_TWICE:
        return _offer_person(ledger, [])
    text = words("replies")["misunderstood"]
    others = list((conversation.understood or {}).get("ranking") or ())
    if others:
        ledger.say(text["first"], [*others, *_buttons("person")])
    else:
        ledger.say(text["first_bare"], _buttons("person"))
    return Handled.answered


def _small_talk(ledger: Ledger, inbound: Inbound) -> Handled:
    if ledger.state is State.waiting:
        return Handled.kept
    phrase = recognise(inbound.text or "") or Phrase.greeting
    talk = words("small_talk")[phrase]
    if phrase is Phrase.goodbye and endangered(ledger.conversation.understood):
        return _stay_with(ledger)
    ledger.say(talk["reply"], [*_buttons(*talk.get("buttons", ())), *_go_on(ledger)])
    if phrase in (Phrase.thanks, Phrase.goodbye):
        offer_rating_once(ledger)
    return Handled.answered


def offer_rating_once(ledger: Ledger) -> None:
    """After an ending without a person, if the bot has answered anything since the last one."""
    understood = ledger.conversation.understood or {}
    if endangered(understood):
        return
    if understood.get("answered") and not understood.get("rating_offered"):
        ledger.conversation.understood = {**understood, "rating_offered": True}
        ledger.offer_rating("bot", ledger.open_ticket)


def _media(ledger: Ledger, inbound: Inbound) -> Handled:
    if ledger.state is State.waiting:
        return Handled.kept
    ledger.say(words("replies")["media"], _buttons("person"))
    return Handled.answered


def _choose_city(ledger: Ledger, inbound: Inbound) -> Handled:
    """Rules and names differ by city; what was said before stays to be read."""
    conversation = ledger.conversation
    _, city_id = inbound.tap
    changed = city_id != conversation.city_id
    if changed:
        conversation.city_id, conversation.region_id = city_id, None
        conversation.untold = {**(conversation.untold or {}), "region_id": None, "shown": None}
        if (conversation.understood or {}).get("region"):
            conversation.understood = {**(conversation.understood or {}), "region": None}
    if go_along(ledger, changed=changed):
        return Handled.answered
    text = words("replies")["city"]
    name = ledger.catalogue.atlas.cities[city_id].name
    if ledger.state is State.operator:
        ledger.say(text["told"].format(city=name), author=Author.system)
        return Handled.answered
    ledger.say(text["chosen"].format(city=name), _go_on(ledger))
    return Handled.answered


def go_along(ledger: Ledger, *, changed: bool) -> bool:
    """What becomes of an open ticket of another city than the conversation's, which was `changed`.

    Whether the resident, who waits, has been told in which queue.
    """
    ticket = ledger.open_ticket
    if ticket is None or ticket.city_id == ledger.conversation.city_id:
        return False
    if ledger.state is State.waiting:
        _wait_there(ledger, ticket)
        return True
    if changed:
        cities.stay(ledger, ticket)
    return False


def _wait_there(ledger: Ledger, ticket: Ticket) -> None:
    """From one city's queue into the other's, with the time already waited; or, where nobody is,
    to the other ways to a person.
    """
    text = words("replies")["city"]
    city = ledger.catalogue.atlas.cities[ledger.conversation.city_id].name
    kept = cities.follow(ledger, ticket)
    if not _staffed(ledger, ticket):
        ledger.conversation.awaiting = None
        ledger.move(Cause.nobody_there, RESIDENT)
        leave_queue(ledger, ticket, Event.nobody_there, RESIDENT)
        ledger.say(text["chosen"].format(city=city))
        _off_there(ledger, kept=kept)
        _nobody_there(ledger, ticket)
        return
    said = text["waits_there"].format(city=city) + _position(ledger, ticket)
    before = [danger()] if ledger.in_danger(ticket) else []
    ledger.say(said, [*_buttons("contact", "back"), *_go_on(ledger)], before)
    _off_there(ledger, kept=kept)


def _change_city(ledger: Ledger, inbound: Inbound) -> Handled:
    choices = [
        {"title": city.name, "value": f"city:{city.id}"}
        for city in ledger.catalogue.atlas.cities.values()
    ]
    ledger.say(words("replies")["city"]["ask"], choices)
    return Handled.answered


def leave(ledger: Ledger) -> None:
    """The resident has gone, or has blocked us: nothing is sent any more."""
    if ledger.state is State.closed:
        return
    ticket = ledger.open_ticket
    ledger.conversation.awaiting = None
    ledger.move(Cause.left, RESIDENT)
    if ticket is None:
        return
    if ticket.state == TicketState.waiting:
        leave_queue(ledger, ticket, Event.left, RESIDENT)
    else:
        if ticket.state == TicketState.taken:
            ticket.state = TicketState.open
        ledger.note(ticket, Event.left, RESIDENT)


# ---------------------------------------------------------------- rating


def _rate(ledger: Ledger, inbound: Inbound) -> Handled:
    text = words("replies")["rating"]
    _, value = inbound.tap
    rating_id, _, score = value.partition(":")
    rating = ledger.session.get(Rating, rating_id)
    if rating is None or rating.conversation_id != ledger.conversation.id or rating.score:
        ledger.say(text["done"])
        return Handled.answered
    rating.score, rating.rated_at = score, ledger.now
    if rating.ticket_id:
        ticket = ledger.session.get_one(Ticket, rating.ticket_id)
        ledger.note(ticket, Event.rated, RESIDENT, text["scores"][score])
    choices = []
    if score == "dissatisfied":
        opening.after_rating(ledger, rating)
        person = _buttons("person") if ledger.state is State.bot else []
        choices = [*complaining.why_button(ledger, rating), *person]
    ledger.say(text["thanks"][score], choices)
    return Handled.answered


def _complain(ledger: Ledger, inbound: Inbound) -> Handled:
    return complaining.answer(ledger, inbound)


def _helpful(ledger: Ledger, inbound: Inbound) -> Handled:
    """有帮助 / 没帮助: one vote a conversation and answer, the last one counts."""
    item, _, score = inbound.tap[1].rpartition(":")
    mine = select(FaqVote).where(
        FaqVote.conversation_id == ledger.conversation.id, FaqVote.item_id == item
    )
    vote = ledger.session.scalar(mine)
    if vote is None:
        vote = FaqVote(conversation_id=ledger.conversation.id, item_id=item)
        ledger.session.add(vote)
    vote.helpful, vote.at = score == HELPFUL, ledger.now
    person = _buttons("person") if not vote.helpful and ledger.state is State.bot else []
    ledger.say(words("replies")["helpful"][score], [*person, *_go_on(ledger)])
    return Handled.answered


# ---------------------------------------------------------------- pieces


def person_button() -> list[dict[str, str]]:
    """The way to a person."""
    return _buttons("person")


def _go_on(ledger: Ledger) -> list[dict[str, str]]:
    """The way back to a question of the interview that is still open."""
    awaiting = ledger.conversation.awaiting
    asked = awaiting is not None and awaiting.get("question") == Awaiting.interview
    return _buttons("interview") if asked else []


def _ticket_card(ledger: Ledger) -> dict[str, Any]:
    ticket = ledger.ticket
    assert ticket is not None
    return {"type": "ticket", **transcript.ticket_shape(ledger, ticket)}


_OWN: dict[Move, Callable[[Ledger, Inbound], Handled]] = {
    Move.person: _person,
    Move.back: _back,
    Move.cancel: _cancel,
    Move.restart: _restart,
    Move.not_this: _not_this,
    Move.ticket: _ticket,
    Move.progress: _progress,
    Move.lookup: _lookup,
    Move.contact: _contact,
    Move.contact_number: _contact_number,
    Move.contact_yes: _contact_yes,
    Move.contact_no: _contact_no,
    Move.forget_contact: _forget_contact,
    Move.callback: callbacks.chosen,
    Move.call_safe: callbacks.safe,
    Move.call_unsafe: callbacks.unsafe,
    Move.cancel_callback: callbacks.cancelled,
    Move.write_down: _write_down,
    Move.rate: _rate,
    Move.helpful: _helpful,
    Move.complain: _complain,
    Move.choose_city: _choose_city,
    Move.change_city: _change_city,
    Move.media: _media,
    Move.small_talk: _small_talk,
    Move.relay: _relay,
}
