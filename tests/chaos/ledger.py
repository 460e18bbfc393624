"""What was promised, counted: every message answered or apologised for once, in order."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.gateway.states import Handled
from bot.gateway.transcript import message_id, residents_shape
from bot.tables import Conversation, Inbox, Message, Ticket
from tests.chaos.residents import Conversation as Talk
from tests.chaos.residents import Sent, seq

SAID_TO = frozenset({Handled.answered, Handled.apologised})
SHOWN = 12  # broken promises printed


@dataclass
class Ledger:
    """Counts of one channel, and every promise that does not hold, in words."""

    sent: int = 0
    answered: int = 0
    apologised: int = 0
    # kept for a person, or relayed to one: nothing has to be said
    kept: int = 0
    refused: int = 0
    lost: int = 0
    doubled: int = 0
    # the channel delivered something twice (web: never)
    repeated: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def row(self) -> list[int]:
        """The numbers in the order of COLUMNS."""
        return [
            self.sent, self.answered, self.apologised, self.kept, self.refused, self.lost,
            self.doubled, self.repeated,
        ]  # fmt: skip

    @property
    def holds(self) -> bool:
        return not (self.lost or self.doubled or self.broken)


COLUMNS = ["发出", "答复", "道歉", "留给人工", "拒收", "丢失", "重答", "重发"]


@dataclass
class Book:
    """One conversation as the database has it."""

    conversation: Conversation
    inbox: list[Inbox]
    messages: list[Message]

    @property
    def name(self) -> str:
        return self.conversation.id[:12]

    def answers(self) -> dict[int, list[Message]]:
        """What was said in answer, by inbox row."""
        found: dict[int, list[Message]] = defaultdict(list)
        for message in self.messages:
            if message.inbox_id is not None and message.author != "resident":
                found[message.inbox_id].append(message)
        return found


def read_books(session: Session, channel: str) -> dict[str, Book]:
    """Every conversation of a channel, by its address."""
    books = {
        row.id: Book(row, [], [])
        for row in session.scalars(select(Conversation).where(Conversation.channel == channel))
    }
    for inbox in session.scalars(select(Inbox).order_by(Inbox.id)):
        if inbox.conversation_id in books:
            books[inbox.conversation_id].inbox.append(inbox)
    for message in session.scalars(select(Message).order_by(Message.conversation_id, Message.seq)):
        if message.conversation_id in books:
            books[message.conversation_id].messages.append(message)
    return {str(book.conversation.address): book for book in books.values()}


def tickets_made_twice(session: Session) -> list[str]:
    """Web conversations whose one trouble became two tickets (none of them begins another)."""
    query = select(Ticket.conversation_id).where(Ticket.channel == "web")
    made = Counter(session.scalars(query))
    return [f"{one}: {number} 个工单" for one, number in made.items() if number > 1]


# ---------------------------------------------------------------- one conversation


def check_book(book: Book) -> tuple[int, list[str]]:
    """How many inbound messages were answered twice, and what else is wrong."""
    wrong = []
    numbers = [message.seq for message in book.messages]
    if numbers != list(range(1, book.conversation.seq + 1)):
        wrong.append("序号有缺口")
    own = [m.inbox_id for m in book.messages if m.author == "resident"]
    if own != [row.id for row in book.inbox]:
        wrong.append("居民的话和收件箱对不上")
    answers = book.answers()
    for row in book.inbox:
        wrong += _check_row(row, answers.get(row.id, []))
    said = [m.inbox_id for m in book.messages if m.author != "resident" and m.inbox_id is not None]
    once = [inbox_id for inbox_id, _ in groupby(said)]
    if once != sorted(once):
        wrong.append("答复的次序不对")
    asked = {m.inbox_id: m.seq for m in book.messages if m.author == "resident"}
    if any(group[0].seq < asked.get(inbox_id, 0) for inbox_id, group in answers.items()):
        wrong.append("答复在问题之前")
    # one transaction answers: two would have two times, or be apart
    twice = sum(len({m.created_at for m in group}) > 1 for group in answers.values())
    twice += len(once) - len(set(once))
    return twice, [f"{book.name}：{what}" for what in wrong]


def _check_row(row: Inbox, answer: list[Message]) -> list[str]:
    if row.answered_at is None or row.handled is None:
        return [f"第 {row.id} 条没有答复"]
    if row.handled in SAID_TO and not answer:
        return [f"第 {row.id} 条记为 {row.handled}，却什么也没说"]
    if row.handled == Handled.apologised and not any("12348" in m.body["text"] for m in answer):
        return [f"第 {row.id} 条的道歉没有 12348"]
    return []


# ---------------------------------------------------------------- the web


def web_ledger(books: dict[str, Book], talks: Iterable[Talk]) -> Ledger:
    """Residents' own view against the database's."""
    ledger = Ledger()
    for talk in talks:
        book = books[hashlib.sha256(talk.token.encode()).hexdigest()]
        twice, wrong = check_book(book)
        ledger.doubled += twice
        ledger.broken += wrong + talk.broken
        rows = {row.channel_message_id: row for row in book.inbox}
        answers = book.answers()
        for sent in talk.sent:
            _enter(ledger, sent, rows.get(sent.id), answers)
        _check_events(ledger, book, talk)
    return ledger


def _enter(
    ledger: Ledger, sent: Sent, row: Inbox | None, answers: dict[int, list[Message]]
) -> None:
    ledger.sent += 1
    if sent.outcome == "refused":
        ledger.refused += 1
        if sent.status != 429:
            ledger.broken.append(f"{sent.id}：无故拒收 {sent.status}")
        if row is not None:
            ledger.broken.append(f"{sent.id}：说是拒收了，却收下了")
        return
    if row is None or row.handled is None or sent.outcome == "lost":
        ledger.lost += 1
        return
    if row.handled == Handled.answered:
        ledger.answered += 1
    elif row.handled == Handled.apologised:
        ledger.apologised += 1
    else:
        ledger.kept += 1
    ledger.doubled += sent.differed
    if sent.answer != [message_id(m) for m in answers.get(row.id, [])]:
        ledger.broken.append(f"{sent.id}：居民得到的答复和库里的不一样")


def _check_events(ledger: Ledger, book: Book, talk: Talk) -> None:
    """The events told every message, each once, in order, as the database has it for residents."""
    ids = [message["id"] for message in talk.told]
    ledger.repeated += len(ids) - len(set(ids))
    if [seq(id_) for id_ in ids] != list(range(1, len(ids) + 1)):
        ledger.broken.append(f"{book.name}：事件流的次序不对或有缺口")
    if len(ids) != len(book.messages):
        ledger.broken.append(f"{book.name}：事件流说了 {len(ids)} 句，库里 {len(book.messages)} 句")
    own = {row.id: row.channel_message_id for row in book.inbox}
    for told, message in zip(talk.told, book.messages, strict=False):
        shape: dict[str, Any] = residents_shape(message)
        if message.author == "resident":
            shape["client_id"] = own.get(message.inbox_id or 0)
        if told != shape:
            ledger.broken.append(f"{book.name}：事件流第 {message.seq} 句和库里的不一样")
            return


# ---------------------------------------------------------------- print


def print_table(rows: dict[str, Ledger]) -> None:
    """The ledger, a row for each channel; then what is broken."""
    print("\n" + "".join(_cell(title, 10) for title in ["", *COLUMNS]))
    for name, ledger in rows.items():
        print("".join(_cell(value, 10) for value in [name, *map(str, ledger.row)]))
    for name, ledger in rows.items():
        for what in ledger.broken[:SHOWN]:
            print(f"  ✗ {name}：{what}")
        if len(ledger.broken) > SHOWN:
            print(f"  ✗ {name}：……共 {len(ledger.broken)} 处")


def _cell(text: str, width: int) -> str:
    """Padded by how wide it looks: Chinese characters take two columns."""
    shown = sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)
    return text + " " * max(1, width - shown)
