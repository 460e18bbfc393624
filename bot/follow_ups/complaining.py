"""What a resident says of a service in the chat: a complaint, or what was not good.

A tap opens it, and only the next message in own words is taken. The engine reads that message
first: who tells of a danger is answered like anybody else, and may then still have it registered.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.follow_ups import opening
from bot.follow_ups.providers import providers
from bot.follow_ups.states import Kind
from bot.follow_ups.states import State as Settled
from bot.follow_ups.tables import FollowUp
from bot.gateway import transcript
from bot.gateway.buttons import buttons as buttons_named
from bot.gateway.buttons import hotline
from bot.gateway.danger import endangered
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
# who comes back later has something else to say
WAITED_FOR = timedelta(minutes=30)
BEGIN, KEEP, WHY = "begin", "keep", "why"
# urgent, and yet nobody is being hurt: a complaint may well be about a deadline
NO_DANGER = frozenset({NOT_URGENT, "deadline"})
# what the engine still wanted to know: the message that was taken is no answer to it
FORGOTTEN = dict.fromkeys(("pending", "aid", "faq"))
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
    ledger: Ledger, inbound: Inbound, payloads: list[Payload], asked: dict[str, Any] | None
) -> Handled | None:
    """Keep a message as the own words that were asked for; None: it is a message like any other.

    `asked` is the question that was open, `payloads` the engine's (empty: it did not answer).
    """
    if inbound.text is None or not asked or not _asked(ledger, asked):
        return None
    if "kept" in asked or _danger(payloads):
        return None
    ledger.conversation.untold = (ledger.conversation.untold or {}) | FORGOTTEN
    if len(inbound.text) > LONGEST:
        ledger.conversation.awaiting = asked
        text = words("replies")["complaint"]
        too_long = text["too_long"].format(n=len(inbound.text), length=LONGEST)
        ledger.say(too_long, [_cancel(text["not_now"])])
        return Handled.answered
    _taken(ledger, asked, inbound.text, None if payloads else words("replies")["handoff"]["safe"])
    return Handled.answered


def buttons(
    ledger: Ledger, inbound: Inbound, payloads: list[Payload], asked: dict[str, Any] | None
) -> list[Choice]:
    """What goes with the engine's answer: the way to a complaint, or back to one."""
    text = words("replies")["complaint"]
    if inbound.text and asked and _asked(ledger, asked) and _danger(payloads):
        _await(ledger, {**asked, "kept": inbound.text[:LONGEST]})
        return [_choice(text["keep"], KEEP)]
    about = any(
        item["kind"] == "understood" and item.get("service") == SERVICE for item in payloads
    )
    if about and ledger.state is State.bot and not _danger(payloads):
        return [_choice(text["begin"], BEGIN)]
    return []


def _asked(ledger: Ledger, asked: dict[str, Any]) -> bool:
    """Whether own words were asked for, a moment ago."""
    if asked.get("question") != Awaiting.own_words:
        return False
    return ledger.now - datetime.fromisoformat(asked["at"]) <= WAITED_FOR


def _danger(payloads: list[Payload]) -> bool:
    return any(
        item["kind"] == "understood" and item.get("urgent", NOT_URGENT) not in NO_DANGER
        for item in payloads
    )


def _await(ledger: Ledger, what: dict[str, Any]) -> None:
    at = ledger.now.isoformat()
    ledger.conversation.awaiting = {**what, "question": Awaiting.own_words, "at": at}


def _keep(ledger: Ledger) -> None:
    """The words that told of a danger are to be registered all the same."""
    asked = ledger.conversation.awaiting
    text = words("replies")["complaint"]
    if not asked or "kept" not in asked or not _asked(ledger, asked):
        ledger.say(text["gone"], [_choice(text["begin"], BEGIN)])
        return
    ledger.conversation.awaiting = None
    _taken(ledger, asked, asked["kept"], None)


def _ask_why(ledger: Ledger, rating_id: str) -> None:
    text = words("replies")["complaint"]
    row = _theirs(ledger, rating_id)
    if row is None or row.text:
        ledger.conversation.awaiting = None
        ledger.say(text["why_done"])
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
    if "rating" in asked:
        _why_said(ledger, asked["rating"], said, safe)
    else:
        _registered(ledger, asked["provider"], said, safe)


def _why_said(ledger: Ledger, rating_id: str, said: str, safe: str | None) -> None:
    text = words("replies")["complaint"]
    row = _theirs(ledger, rating_id)
    if row is not None and not row.text:
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


def _lines(*lines: str | None) -> str:
    return "\n".join(filter(None, lines))


def _choice(title: str, value: str) -> Choice:
    return {"title": title, "value": f"complain:{value}"}


def _cancel(title: str) -> Choice:
    return {"title": title, "value": "do:cancel"}


def _person(ledger: Ledger) -> list[Choice]:
    return buttons_named("person") if ledger.state is State.bot else []
