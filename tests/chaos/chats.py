"""Residents on Telegram: they write ahead, as people do there, and what became of every update."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.channels.telegram.rendering import render
from bot.channels.telegram.tables import TelegramUpdate
from bot.gateway.states import Handled
from bot.gateway.transcript import message_shape
from bot.tables import Outbox
from bot.words import words
from tests.chaos.ledger import Book, Ledger, check_book, read_books
from tests.chaos.residents import theirs_alone
from tests.chaos.world import Broken, World
from tests.fake_telegram import FakeTelegram

FIRST_CHAT = 7001
# seconds between two messages of a chat: fewer in a minute than what counts as a crowd
THINKING = (3.0, 4.5)
DELIVERED_WITHIN = 60.0
# a chat is one conversation for ever; it must not stay in the queue for a person
ANOTHER_TROUBLE = {"tap": "do:restart"}


@dataclass(frozen=True)
class Written:
    """One update: its number, its chat, and the id by which the gateway knows its message."""

    update_id: int
    chat: int
    message_id: str


class Chats:
    """Chats that play scenario after scenario until they are told to stop."""

    def __init__(self, telegram: FakeTelegram, number: int) -> None:
        self.telegram = telegram
        self.written: list[Written] = []
        self._tasks = [
            asyncio.create_task(self._chat(FIRST_CHAT + index, index)) for index in range(number)
        ]
        self.number = number

    async def go_home(self) -> None:
        """Nobody writes any more."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def _chat(self, chat: int, index: int) -> None:
        mood = random.Random(index)
        turns = [turn for one in theirs_alone() for turn in (ANOTHER_TROUBLE, *one["turns"])]
        place = index * 3
        while True:
            self._write(chat, turns[place % len(turns)])
            place += 1
            await asyncio.sleep(mood.uniform(*THINKING))

    def _write(self, chat: int, turn: dict[str, Any]) -> None:
        if "tap" in turn:
            update = self.telegram.tap(chat, turn["tap"])
            message_id = f"c{update['callback_query']['id']}"
        else:
            content: dict[str, Any] = {"text": turn.get("say")}
            if "at" in turn:
                lat, lng = turn["at"]["lat"], turn["at"]["lng"]
                content = {"location": {"latitude": lat, "longitude": lng}}
            update = self.telegram.message(chat, **content)
            message_id = f"m{update['message']['message_id']}"
        self.written.append(Written(update["update_id"], chat, message_id))

    # ------------------------------------------------------------ what became of it

    async def all_done(self, world: World, within: float) -> None:
        """Wait until what has been written by now is answered. Raises Broken."""
        if not self.written:
            return
        numbers = {one.update_id for one in self.written}
        query = select(func.count(TelegramUpdate.update_id)).where(
            TelegramUpdate.update_id.in_(numbers), TelegramUpdate.done_at.is_not(None)
        )
        await _until_equal(world, query, len(numbers), within, "Telegram 上还有没处理的消息")

    async def all_delivered(self, world: World) -> None:
        """Wait until nothing waits in the outbox. Raises Broken."""
        query = select(func.count(Outbox.id)).where(Outbox.settled_at.is_(None))
        await _until_equal(world, query, 0, DELIVERED_WITHIN, "Telegram 上还有没送到的答复")

    def ledger(self, session: Session, kills: int) -> Ledger:
        """Every update answered once; what was sent is what was said, in order."""
        ledger = Ledger(sent=len(self.written))
        books = read_books(session, "telegram")
        done = set(
            session.scalars(
                select(TelegramUpdate.update_id).where(TelegramUpdate.done_at.is_not(None))
            )
        )
        crowd = words("telegram")["too_fast"]
        for chat in sorted({one.chat for one in self.written}):
            book = books[str(chat)]
            twice, wrong = check_book(book)
            ledger.doubled += twice
            ledger.broken += wrong
            handled = {row.channel_message_id: row.handled for row in book.inbox}
            told_so = any(message.body["text"] == crowd for message in book.messages)
            for one in self.written:
                if one.chat == chat:
                    how = handled.get(one.message_id)
                    _enter(ledger, how, one.update_id in done, told_so)
            self._check_sent(ledger, book, chat)
        if ledger.repeated > kills * self.number:
            ledger.broken.append(f"重发 {ledger.repeated} 条，多于被杀时在途的")
        return ledger

    def _check_sent(self, ledger: Ledger, book: Book, chat: int) -> None:
        """In the order in which it was said; a message that was on its way at a kill may repeat."""
        said = [
            [part.text for part in render(message_shape(message))]
            for message in book.messages
            if message.author != "resident"
        ]
        ways = [(number, part) for number, parts in enumerate(said) for part in parts]
        at = 0
        for text in self.telegram.texts(chat):
            if at < len(ways) and ways[at][1] == text:
                at += 1
                continue
            last = ways[at - 1][0] if at else -1
            again = [place for place in range(at) if ways[place] == (last, text)]
            if not again:
                ledger.broken.append(f"{chat}：送出的次序和说的不一样：{text[:30]}")
                return
            ledger.repeated += 1
            at = again[0] + 1
        if at != len(ways):
            ledger.broken.append(f"{chat}：还有 {len(ways) - at} 句没送到")


def _enter(ledger: Ledger, how: str | None, done: bool, told_so: bool) -> None:
    if not done or (how is None and not told_so):
        ledger.lost += 1
    elif how is None:
        ledger.refused += 1
    elif how == Handled.answered:
        ledger.answered += 1
    elif how == Handled.apologised:
        ledger.apologised += 1
    else:
        ledger.kept += 1


async def _until_equal(
    world: World, query: Any, wanted: int, within: float, otherwise: str
) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + within
    while await world.look(lambda session: session.scalar(query)) != wanted:
        if loop.time() > end:
            raise Broken(otherwise)
        await asyncio.sleep(0.2)
