"""A complaint's words are for supervisors, why it was 不满意 for whoever follows it up as well;
the transcript is read by every operator.

Whoever reads it, also the one complained of, finds a neutral line in place of the words. The words
stand behind it for the resident's own page, which shows residents what they wrote themselves.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from bot.gateway.inbound import Inbound
from bot.gateway.ledger import Ledger
from bot.gateway.moves import Awaiting, own_move
from bot.gateway.states import Author
from bot.gateway.transcript import OWN_WORDS
from bot.tables import Inbox, Message
from bot.words import words

# who comes back later has something else to say
WAITED_FOR = timedelta(minutes=30)
ASKED = "asked"
# in a question: it has been answered, and the answer waits to be registered
KEPT = "kept"
# in a question: the message is another version of one that is withheld
EDITED = "edited"
# in a message's body: a complaint is yet to be registered with it
OWED = "owed"
Question = dict[str, Any]


class Line(StrEnum):
    """What stands in the transcript instead; its words are in content/tickets.yml."""

    writing = "writing"
    made = "made"  # a complaint has been registered with it
    danger = "danger"  # it told of a danger, and no complaint has been registered yet
    why = "why"  # why it was 不满意


def is_open(question: Question | None, now: datetime) -> bool:
    """Whether own words were asked for, a moment ago."""
    if not question or question.get("question") != Awaiting.own_words:
        return False
    return now - datetime.fromisoformat(question["at"]) <= WAITED_FOR


def is_complaint(question: Question | None) -> bool:
    """Whether the words that were asked for are a complaint of somebody."""
    return question is not None and "provider" in question


def is_why(question: Question | None) -> bool:
    """Whether the words that were asked for are why a rating was 不满意."""
    return question is not None and "rating" in question


def line_of(question: Question) -> Line:
    """What stands for words that answer a question and are not yet taken."""
    return Line.why if is_why(question) else Line.writing


def typed_into(ledger: Ledger, inbound: Inbound) -> Question | None:
    """The question for a complaint that a message seems to answer, as it comes in.

    Decided before the message stands anywhere: what is to be read by nobody is not shown for the
    moment until it is answered. (Why it was 不满意 is withheld when it is taken: a danger told
    right after it must be read.) A way out ("取消", "转人工") is none, and a message that a channel
    lets the resident change stays what it was.
    """
    if inbound.text is None:
        return None
    first = _of_the_first_version(ledger, inbound) if inbound.edits else None
    if first:
        return first
    awaiting = ledger.conversation.awaiting
    asks = _asks(awaiting, ledger.now) and own_move(ledger.state, awaiting, inbound) is None
    return awaiting if asks else None


def being_written(ledger: Ledger, question: Question | None) -> bool:
    """Whether a complaint was asked for, and nothing of it has come."""
    if not _asks(question, ledger.now):
        return False
    on_the_way = select(Inbox.body).where(
        Inbox.conversation_id == ledger.conversation.id, Inbox.answered_at.is_(None)
    )
    return not any(ASKED in body for body in ledger.session.scalars(on_the_way))


def hidden(body: dict[str, Any], line: Line = Line.writing) -> dict[str, Any]:
    """A message's body with its words behind the neutral line."""
    said = body.get(OWN_WORDS, body["text"])
    return {**body, "text": words("tickets")["withheld"][line], OWN_WORDS: said}


def hide(ledger: Ledger, line: Line, asked: Question, *, owed: bool = False) -> None:
    """The message that is being answered is read by nobody but its resident.

    `asked` is the question it answered; `owed`: a complaint is yet to be registered with it.
    """
    message = _answered(ledger)
    if message is not None:
        question = {name: asked[name] for name in ("provider", "rating", "at") if name in asked}
        more = {ASKED: question, OWED: True} if owed else {ASKED: question}
        message.body = hidden(message.body, line) | more


def owed(ledger: Ledger) -> list[Message]:
    """What is yet to be registered of one kind of provider, the last one's; the oldest first."""
    query = select(Message).where(
        Message.conversation_id == ledger.conversation.id, Message.author == Author.resident
    )
    found = [row for row in ledger.session.scalars(query.order_by(Message.seq)) if OWED in row.body]
    return [row for row in found if provider_of(row) == provider_of(found[-1])]


def owes(ledger: Ledger, question: Question) -> bool:
    """Whether an earlier answer to this question is yet to be registered."""
    return any(row.body[ASKED]["at"] == question["at"] for row in owed(ledger))


def provider_of(message: Message) -> str:
    """The kind of provider of which a withheld message complains."""
    return str(message.body[ASKED]["provider"])


def own_words(messages: list[Message]) -> str:
    """What the resident wrote in withheld messages."""
    return "\n".join(str(row.body[OWN_WORDS]) for row in messages)


def settle(messages: list[Message]) -> None:
    """A complaint has been registered with them."""
    for message in messages:
        message.body = {name: value for name, value in message.body.items() if name != OWED}


def release(ledger: Ledger) -> None:
    """The message that is being answered was no complaint after all."""
    message = _answered(ledger)
    if message is not None and OWN_WORDS in message.body:
        said = message.body[OWN_WORDS]
        rest = {name: value for name, value in message.body.items() if name != OWN_WORDS}
        message.body = {**rest, "text": said}


def _asks(awaiting: Question | None, now: datetime) -> bool:
    return is_complaint(awaiting) and KEPT not in (awaiting or {}) and is_open(awaiting, now)


def _answered(ledger: Ledger) -> Message | None:
    return ledger.session.scalar(
        select(Message).where(
            Message.inbox_id == ledger.inbox_id, Message.author == Author.resident
        )
    )


def _of_the_first_version(ledger: Ledger, inbound: Inbound) -> Question | None:
    """The question that the changed message answered, if nobody reads that one: however late it
    is changed, and whoever is there, this one is not theirs to read either.
    """
    first = ledger.session.execute(
        select(Inbox.body, Message.body)
        .join(Message, Message.inbox_id == Inbox.id)
        .where(
            Inbox.conversation_id == ledger.conversation.id,
            Inbox.channel_message_id == inbound.edits,
            Message.author == Author.resident,
        )
    ).first()
    if first is None or OWN_WORDS not in first[1]:
        return None
    asked = first[0].get(ASKED) or first[1].get(ASKED)
    return {**asked, EDITED: True} if asked else None
