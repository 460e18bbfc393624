"""The ledger would notice: a promise that is broken by hand shows in it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import pytest

from bot.gateway.transcript import OWN_WORDS, message_id, residents_shape
from bot.tables import Conversation, Inbox, Message
from tests.chaos.ledger import Book, Ledger, web_ledger
from tests.chaos.residents import Conversation as Talk
from tests.chaos.residents import Sent

NOON = datetime(2026, 11, 22, 12)  # noqa: DTZ001  (stored naive, in UTC)
ID = "0123456789abcdef"


def message(seq: int, author: str, inbox_id: int | None, text: str = "字") -> Message:
    at = NOON + timedelta(seconds=inbox_id or 0)
    body = {"text": text, "choices": [], "cards": []}
    return Message(
        id=seq, conversation_id=ID, seq=seq, author=author, author_name=None, body=body,
        inbox_id=inbox_id, created_at=at,
    )  # fmt: skip


def book() -> Book:
    """Two messages, each answered once."""
    inbox = [
        Inbox(id=number, channel_message_id=f"n{number}", handled="answered", answered_at=NOON)
        for number in (1, 2)
    ]
    said = [("resident", 1), ("bot", 1), ("bot", 1), ("resident", 2), ("bot", 2)]
    messages = [message(seq, author, one) for seq, (author, one) in enumerate(said, 1)]
    return Book(Conversation(id=ID, seq=len(messages)), inbox, messages)


def audited(kept: Book, change: Callable[[Talk], None] = lambda _: None) -> Ledger:
    """The ledger of somebody who saw what was kept, but for a change."""
    talk = Talk(httpx.AsyncClient(), "", "zhongshan")
    talk.token = "x"
    own = {row.id: row.channel_message_id for row in kept.inbox}
    for row in kept.inbox:
        answer = [message_id(one) for one in kept.answers().get(row.id, [])]
        talk.sent.append(Sent(row.channel_message_id, 0, "answered", answer))
    for one in kept.messages:
        shape = residents_shape(one)
        if one.author == "resident":
            shape["client_id"] = own.get(one.inbox_id or 0)
        talk.told.append(shape)
    change(talk)
    return web_ledger({hashlib.sha256(b"x").hexdigest(): kept}, [talk])


def test_what_holds_holds() -> None:
    ledger = audited(book())
    assert ledger.holds
    assert ledger.row == [2, 2, 0, 0, 0, 0, 0, 0]


def test_residents_read_their_own_words_where_others_read_a_neutral_line() -> None:
    kept = book()
    neutral = {"text": "中性的一行", OWN_WORDS: "投诉的原话"}
    kept.messages[3].body = {**kept.messages[3].body, **neutral}
    assert audited(kept).holds

    def shown_the_line(talk: Talk) -> None:
        talk.told[3]["text"] = "中性的一行"

    assert audited(kept, shown_the_line).broken


def unanswered(kept: Book) -> None:
    kept.inbox[1].handled = kept.inbox[1].answered_at = None
    del kept.messages[4:]
    kept.conversation.seq = 4


def silent(kept: Book) -> None:
    del kept.messages[4:]
    kept.conversation.seq = 4


def twice(kept: Book) -> None:
    """By two transactions, one right after the other."""
    kept.messages[2].created_at += timedelta(seconds=1)


def out_of_order(kept: Book) -> None:
    kept.messages[1].inbox_id, kept.messages[4].inbox_id = 2, 1


def a_gap(kept: Book) -> None:
    del kept.messages[2]


def no_row(kept: Book) -> None:
    del kept.inbox[1]


def no_hotline(kept: Book) -> None:
    kept.inbox[1].handled = "apologised"


@pytest.mark.parametrize(
    "breaks", [unanswered, silent, twice, out_of_order, a_gap, no_row, no_hotline]
)
def test_a_database_that_broke_a_promise(breaks: Callable[[Book], None]) -> None:
    kept = book()
    breaks(kept)
    assert not audited(kept).holds


def lost(talk: Talk) -> None:
    talk.sent[1].outcome = "lost"


def never_kept(talk: Talk) -> None:
    talk.sent.append(Sent("n3", 0, "answered", []))


def another_answer(talk: Talk) -> None:
    talk.sent[0].answer = talk.sent[1].answer


def two_answers(talk: Talk) -> None:
    talk.sent[0].differed = True


def refused_and_kept(talk: Talk) -> None:
    talk.sent[0].outcome, talk.sent[0].status = "refused", 429


def refused_for_nothing(talk: Talk) -> None:
    talk.sent.append(Sent("n3", 0, "refused", [], 404))


def an_event_missing(talk: Talk) -> None:
    del talk.told[2]


def an_event_twice(talk: Talk) -> None:
    talk.told.append(talk.told[-1])


def an_event_changed(talk: Talk) -> None:
    talk.told[2]["text"] = "别的"


def no_apology(talk: Talk) -> None:
    talk.broken.append("500 没有道歉")


@pytest.mark.parametrize(
    "sees",
    [
        lost,
        never_kept,
        another_answer,
        two_answers,
        refused_and_kept,
        refused_for_nothing,
        an_event_missing,
        an_event_twice,
        an_event_changed,
        no_apology,
    ],
)
def test_a_resident_who_saw_something_else(sees: Callable[[Talk], None]) -> None:
    assert not audited(book(), sees).holds


def test_a_flood_that_was_refused_is_no_loss() -> None:
    ledger = audited(book(), lambda talk: talk.sent.append(Sent("n3", 0, "refused", [], 429)))
    assert ledger.holds
    assert ledger.refused == 1


async def test_words_kept_for_a_person_are_waited_for_though_nothing_answers_them() -> None:
    talk = Talk(httpx.AsyncClient(), "", "zhongshan")
    talk.sent.append(Sent("n1", 0, "answered", []))
    waiting = asyncio.create_task(talk.caught_up())
    await asyncio.sleep(0)
    assert not waiting.done()
    talk.hear({"id": f"{ID}.1", "author": "resident", "client_id": "n1"})
    await waiting
