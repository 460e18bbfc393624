"""What a resident says of a service in the chat: a complaint, or what was not good.

A tap opens it, and only the next message in own words is taken. The engine reads that message
first: who tells of a danger is answered like anybody else, and may then still have it registered.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.follow_ups import opening, withheld
from bot.follow_ups.providers import providers
from bot.follow_ups.states import Kind
from bot.follow_ups.states import State as Settled
from bot.follow_ups.tables import FollowUp
from bot.follow_ups.withheld import KEPT, Line, Question
from bot.gateway import transcript
from bot.gateway.buttons import buttons as buttons_named
from bot.gateway.buttons import hotline
from bot.gateway.danger import endangered, grave
from bot.gateway.inbound import Inbound
from bot.gateway.ledger import RESIDENT, Ledger
from bot.gateway.moves import Awaiting
from bot.gateway.states import Handled, State
from bot.tables import Rating, Ticket
from bot.tickets.number import shown
from bot.tickets.summary import NOT_URGENT
from bot.words import words

SERVICE = "complaint"
LONGEST = 500  # characters that are kept
BEGIN, KEEP, WHY = "begin", "keep", "why"
# what the engine still wanted to know: the message that was taken is no answer to it
FORGOTTEN = dict.fromkeys(("pending", "aid", "faq"))
# and what it took to be the trouble is what it was before
_TROUBLE = ("trouble", "service", "matter")
_WHY = re.compile(rf"{WHY}:[0-9a-f]{{16}}", re.ASCII)
Choice = dict[str, str]
Payload = dict[str, Any]


def is_tap(value: str) -> bool:
    """What may stand behind complain: on a button of ours."""
    return value in (BEGIN, KEEP) or value in providers() or _WHY.fullmatch(value) is not None


def answer(ledger: Ledger, inbound: Inbound) -> Handled:
    """A tap: which kind of provider, then one message in own words."""
    _, value = inbound.tap
    text = words("replies")["complaint"]
    if value == BEGIN:
        ledger.conversation.awaiting = None
        choices = [_choice(name, key) for key, name in providers().items()]
        ledger.say(text["which"], [*choices, _cancel(text["not_now"])])
    elif value == KEEP:
        _keep(ledger)
    elif value.startswith(WHY):
        _ask_why(ledger, value.partition(":")[2])
    else:
        _await(ledger, {"provider": value})
        ledger.say(text["write"].format(length=LONGEST), [_cancel(text["not_now"])])
    return Handled.answered


def why_button(ledger: Ledger, rating: Rating) -> list[Choice]:
    """After 不满意: a few words, for who wants to. Nobody in danger is asked for anything."""
    here = ledger.state in (State.bot, State.closed)
    if not here or endangered(ledger.conversation.understood):
        return []
    return [_choice(words("replies")["complaint"]["why"], f"{WHY}:{rating.id}")]


def told_of(ledger: Ledger, ticket: Ticket) -> str | None:
    """How far a complaint is, for who has made it; what came of it a person says."""
    query = select(FollowUp.state).where(
        FollowUp.ticket_id == ticket.id, FollowUp.kind == Kind.complaint
    )
    state = ledger.session.scalar(query.order_by(FollowUp.id.desc()).limit(1))
    if state is None:
        return None
    text = words("replies")["complaint"]
    return str(text["settled" if state == Settled.closed else "in_hand"])


def take(
    ledger: Ledger, inbound: Inbound, payloads: list[Payload], asked: Question | None
) -> Handled | None:
    """Keep a message as the own words that were asked for; None: it is a message like any other.

    `asked` is the question that was open, `payloads` the engine's (empty: it did not answer).
    """
    if inbound.text is None or _danger(payloads):
        return None
    safe = None if payloads else words("replies")["handoff"]["safe"]
    if inbound.asked and withheld.is_why(inbound.asked):
        return _changed_why(ledger, inbound.asked, inbound.text, asked, safe)
    edited = inbound.asked if inbound.asked and withheld.EDITED in inbound.asked else None
    if edited and asked and asked.get("at") != edited["at"]:
        ledger.conversation.awaiting = asked  # another question, which is still open
    earlier = _made_of(ledger, inbound.asked)
    if earlier is not None and earlier.state != Settled.closed:
        _forget(ledger)
        return _added(ledger, earlier, inbound, safe)
    if inbound.asked and withheld.owes(ledger, inbound.asked):
        return None
    if edited and earlier is not None:
        return _too_late(ledger)
    question = edited or asked
    if not question or not _in_time(ledger, inbound, question) or KEPT in question:
        return None
    _forget(ledger)
    if len(inbound.text) > LONGEST:
        return _too_long(ledger, inbound.text, question)
    _taken(ledger, question, inbound.text, safe)
    return Handled.answered


def is_theirs(ledger: Ledger, inbound: Inbound, asked: Question | None) -> bool:
    """Whether a message that was not taken is still words of a complaint: it told of a danger, or
    came while one that did was being answered. Only how urgent it is may be read of it.
    """
    if inbound.text is None:
        return False
    if withheld.is_why(inbound.asked):  # who comes needs the words, more than they are private
        withheld.release(ledger)
        return False
    earlier, question = _made_of(ledger, inbound.asked), inbound.asked or asked
    if inbound.asked and earlier is not None and earlier.state != Settled.closed:
        earlier.text, earlier.endangered = f"{earlier.text}\n{inbound.text}", True
        withheld.hide(ledger, Line.danger, inbound.asked)
    elif question and _typed_into(ledger, inbound, asked):
        withheld.hide(ledger, Line.danger, question, owed=True)
    else:
        if inbound.asked is not None:
            withheld.release(ledger)
        return False
    _forget(ledger)
    return True


def buttons(
    ledger: Ledger,
    inbound: Inbound,
    payloads: list[Payload],
    asked: Question | None,
    *,
    theirs: bool,
) -> list[Choice]:
    """What goes with the engine's answer: the way to a complaint, or back to one.

    `theirs`: the message is words of one that is not registered (`is_theirs`).
    """
    text = words("replies")["complaint"]
    owed = withheld.owed(ledger) if theirs else []
    if owed:
        if ledger.state is not State.operator:
            _await(ledger, {"provider": withheld.provider_of(owed[-1]), KEPT: True})
        return [_choice(text["keep"], KEEP)]
    why = asked if withheld.is_open(asked, ledger.now) and "rating" in (asked or {}) else None
    if inbound.text and why and _danger(payloads):
        _await(ledger, {**why, KEPT: inbound.text[:LONGEST]})
        return [_choice(text["keep"], KEEP)]
    about = any(
        item["kind"] == "understood" and item.get("service") == SERVICE for item in payloads
    )
    if about and ledger.state is State.bot and not _danger(payloads):
        return [_choice(text["begin"], BEGIN)]
    return []


def _danger(payloads: list[Payload]) -> bool:
    return any(
        item["kind"] == "understood" and grave(item.get("urgent", NOT_URGENT)) for item in payloads
    )


def _await(ledger: Ledger, what: dict[str, Any]) -> None:
    at = ledger.now.isoformat()
    ledger.conversation.awaiting = {**what, "question": Awaiting.own_words, "at": at}


def _keep(ledger: Ledger) -> None:
    """The words that told of a danger are to be registered all the same."""
    asked = ledger.conversation.awaiting
    kept = asked if asked and KEPT in asked else None
    if kept:
        ledger.conversation.awaiting = None
    if kept and "rating" in kept and withheld.is_open(kept, ledger.now):
        _taken(ledger, kept, kept[KEPT], None)
        return
    owed = withheld.owed(ledger)
    if not owed:
        text = words("replies")["complaint"]
        ledger.say(text["gone"], [_choice(text["begin"], BEGIN)])
        return
    question = {"provider": withheld.provider_of(owed[-1]), KEPT: True}
    _taken(ledger, question, withheld.own_words(owed), None)
    withheld.settle(owed)


def _ask_why(ledger: Ledger, rating_id: str) -> None:
    text = words("replies")["complaint"]
    row = _theirs(ledger, rating_id)
    if row is None or row.text or row.state == Settled.closed:
        ledger.conversation.awaiting = None
        ledger.say(text["why_done" if row is None or row.text else "why_late"])
        return
    _await(ledger, {"rating": rating_id})
    ledger.say(text["ask_why"].format(length=LONGEST), [_cancel(text["no_words"])])


def _theirs(ledger: Ledger, rating_id: str) -> FollowUp | None:
    """The follow-up of a rating of this conversation."""
    rating = ledger.session.get(Rating, rating_id)
    if rating is None or rating.conversation_id != ledger.conversation.id:
        return None
    return opening.of_rating(ledger, rating)


def _taken(ledger: Ledger, asked: dict[str, Any], said: str, safe: str | None) -> None:
    """`safe` goes with it when nobody could look whether there is danger in it."""
    conversation = ledger.conversation
    # who has just said what they think is not asked again when the conversation ends
    conversation.understood = {**(conversation.understood or {}), "rating_offered": True}
    if withheld.is_why(asked):
        _why_said(ledger, asked, said, safe)
    else:
        if KEPT not in asked:
            withheld.hide(ledger, Line.made, asked)
        _registered(ledger, asked["provider"], said, safe)


def _changed_why(
    ledger: Ledger, why: Question, said: str, asked: Question | None, safe: str | None
) -> Handled:
    """The resident changes what they had said why."""
    if asked and asked.get("rating") != why["rating"]:
        ledger.conversation.awaiting = asked  # another question, which is still open
    _forget(ledger)
    if len(said) > LONGEST:
        return _too_long(ledger, said, why)
    _why_said(ledger, why, said, safe)
    return Handled.answered


def _why_said(ledger: Ledger, asked: Question, said: str, safe: str | None) -> None:
    """In place of what was said before; once it is settled, that stays."""
    text = words("replies")["complaint"]
    row = _theirs(ledger, asked["rating"])
    if KEPT not in asked:  # what told of a danger is for whoever comes, too
        withheld.hide(ledger, Line.why, asked)
    if row is None or row.state == Settled.closed:
        ledger.say(_lines(text["why_late"], safe), _person(ledger))
        return
    row.text = said
    ledger.say(_lines(text["thanks"], safe), _person(ledger))


def _registered(ledger: Ledger, provider: str, said: str, safe: str | None) -> None:
    ticket = ledger.need_ticket(RESIDENT)
    ticket.service = ticket.service or SERVICE
    # not into the ticket's trouble: every operator reads that in the list, whom it is about too
    row = opening.complaint(ledger, ticket, provider, said, RESIDENT)
    text = words("replies")["complaint"]["made"]
    made = text.format(number=shown(ticket.number), owner=row.owner_name)
    card = {"type": "ticket", **transcript.ticket_shape(ledger, ticket)}
    # a way to be called back, where there is none yet
    back = [] if ticket.contact or ticket.contact_safe is False else buttons_named("contact")
    ledger.say(_lines(made, safe), [*back, *_person(ledger)], [card, hotline()])


def _made_of(ledger: Ledger, asked: Question | None) -> FollowUp | None:
    """The complaint that has already been made of the words that this question asked for.

    A message that carries the question came while it was open, however late it is answered.
    """
    if asked is None or not withheld.is_complaint(asked):
        return None
    query = (
        select(FollowUp)
        .join(Ticket, FollowUp.ticket_id == Ticket.id)
        .where(
            Ticket.conversation_id == ledger.conversation.id,
            FollowUp.kind == Kind.complaint,
            FollowUp.provider == asked["provider"],
            FollowUp.opened_at >= datetime.fromisoformat(asked["at"]),
        )
    )
    return ledger.session.scalar(query.order_by(FollowUp.id).limit(1))


def _in_time(ledger: Ledger, inbound: Inbound, question: Question) -> bool:
    """Whether own words were asked for when the message came."""
    came_into_one = inbound.asked is not None and withheld.is_complaint(question)
    return came_into_one or withheld.is_open(question, ledger.now)


def _typed_into(ledger: Ledger, inbound: Inbound, asked: Question | None) -> bool:
    """Whether a message that was not taken was meant as a complaint."""
    if inbound.asked is None:
        fresh = withheld.is_complaint(asked) and KEPT not in (asked or {})
        return fresh and withheld.is_open(asked, ledger.now)
    edited = withheld.EDITED in inbound.asked
    return edited or withheld.is_complaint(asked) or withheld.owes(ledger, inbound.asked)


def _too_long(ledger: Ledger, said: str, asked: Question) -> Handled:
    """To be written again; beside a person that one would read it."""
    replies = words("replies")
    text = replies["complaint"]
    withheld.hide(ledger, withheld.line_of(asked), asked)
    if ledger.state is State.operator:
        long = text["too_long_beside"].format(n=len(said), length=LONGEST)
        whose = None if withheld.is_why(asked) else replies["handoff"]["complaint_open"]
        ledger.say(_lines(long, whose))
        return Handled.answered
    again = {name: value for name, value in asked.items() if name != withheld.EDITED}
    if withheld.is_open(again, ledger.now):
        ledger.conversation.awaiting = again
    else:
        _await(ledger, again)
    too_long = text["too_long"].format(n=len(said), length=LONGEST)
    ledger.say(too_long, [_cancel(text["not_now"])])
    return Handled.answered


def _too_late(ledger: Ledger) -> Handled:
    """Another version of words whose complaint is over: nobody reads it, and they are told so."""
    text = words("replies")["complaint"]
    _forget(ledger)
    again = [] if ledger.state is State.operator else [_choice(text["begin"], BEGIN)]
    ledger.say(text["edited_late"], again)
    return Handled.answered


def _added(ledger: Ledger, row: FollowUp, inbound: Inbound, safe: str | None) -> Handled:
    """Written in two messages, one right after the other: both are of the same complaint."""
    text, whole = words("replies")["complaint"], f"{row.text}\n{inbound.text}"
    asked = inbound.asked or {}
    if len(whole) > LONGEST:
        withheld.hide(ledger, Line.writing, asked)
        ledger.say(_lines(text["added_full"], safe), [_choice(text["begin"], BEGIN)])
        return Handled.answered
    row.text = whole
    withheld.hide(ledger, Line.made, asked)
    ledger.say(_lines(text["added"], safe))
    return Handled.answered


def _forget(ledger: Ledger) -> None:
    """The engine took the words for the trouble; what it says next may not hold them."""
    conversation = ledger.conversation
    known = conversation.understood or {}
    before = {name: known.get(name) for name in _TROUBLE}
    conversation.untold = (conversation.untold or {}) | FORGOTTEN | before


def _lines(*lines: str | None) -> str:
    return "\n".join(filter(None, lines))


def _choice(title: str, value: str) -> Choice:
    return {"title": title, "value": f"complain:{value}"}


def _cancel(title: str) -> Choice:
    return {"title": title, "value": "do:cancel"}


def _person(ledger: Ledger) -> list[Choice]:
    return buttons_named("person") if ledger.state is State.bot else []
