"""Residents before the channel, without its process: updates go in, what is said comes out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.channels.telegram.chats import Chats
from bot.channels.telegram.client import TelegramBot
from bot.channels.telegram.delivery import Delivery
from bot.channels.telegram.heard import Heard
from bot.channels.telegram.intake import Intake
from bot.channels.telegram.residents import Residents
from bot.channels.telegram.tables import TelegramUpdate
from bot.gateway.gateway import Gateway
from bot.gateway.states import Author
from bot.tables import Conversation, Inbox, Message, Outbox
from knowledge.catalogue import LiveCatalogue
from tests.fake_telegram import FakeTelegram

TOKEN = "123456789:" + "x" * 20


class Scene:
    """The parts as the process puts them together; delivery only when asked for."""

    def __init__(
        self, telegram: FakeTelegram, bot: TelegramBot, gateway: Gateway, live: LiveCatalogue
    ) -> None:
        self.telegram = telegram
        self.bot = bot
        self.gateway = gateway
        self.residents = Residents(bot, gateway, live, "zhongshan")
        self.chats = Chats(self.residents.handle)
        self.intake = Intake(gateway.store, self.chats, self.residents.acknowledge)
        self.delivery = Delivery(bot, gateway, self.residents.left)
        self._delivering: asyncio.Task[None] | None = None

    def deliver(self) -> None:
        """Begin to send what is in the outbox."""
        self._delivering = asyncio.create_task(self.delivery.run())

    async def stop(self) -> None:
        if self._delivering:
            self._delivering.cancel()
            await asyncio.gather(self._delivering, return_exceptions=True)
        await self.chats.stop(1)
        await self.delivery.stop(1)
        await self.residents.stop()

    async def get(self, *updates: dict[str, Any]) -> None:
        """These updates come in, and are done with."""
        await self.intake.take(updates)
        await self.chats.idle()

    async def hand(self, heard: Heard) -> None:
        """One update, past the intake."""
        await self.residents.handle(heard, False)

    async def write(self, chat: int, text: str) -> None:
        await self.get(self.telegram.write(chat, text))

    async def seen(self, condition: Callable[[], bool]) -> None:
        """Wait until Telegram has got this."""
        await asyncio.to_thread(self.telegram.wait, condition)

    async def look(self, work: Callable[[Session], Any]) -> Any:
        return await self.gateway.look(work)

    async def conversation(self, chat: int) -> Conversation:
        query = select(Conversation).where(Conversation.address == str(chat))
        found: Conversation = await self.look(lambda s: s.scalars(query).one())
        return found

    async def said(self, chat: int) -> list[str]:
        """What a chat was told, without the notice that stands first."""
        return [str(body["text"]) for body in (await self.bodies(chat))[1:]]

    async def bodies(self, chat: int) -> list[dict[str, Any]]:
        """What a chat was told, with choices and cards."""
        query = (
            select(Message.body)
            .join(Conversation)
            .where(Conversation.address == str(chat), Message.author != Author.resident)
            .order_by(Message.seq)
        )
        found: list[dict[str, Any]] = await self.look(lambda s: list(s.scalars(query)))
        return found

    async def inbox(self, chat: int) -> list[tuple[str, dict[str, Any]]]:
        """What of a chat came to the gateway: the channel's id and the body."""
        query = (
            select(Inbox.channel_message_id, Inbox.body)
            .join(Conversation)
            .where(Conversation.address == str(chat))
            .order_by(Inbox.id)
        )
        found: list[tuple[str, dict[str, Any]]] = await self.look(
            lambda s: [tuple(row) for row in s.execute(query)]
        )
        return found

    async def outbox(self, chat: int) -> list[Outbox]:
        query = (
            select(Outbox)
            .join(Conversation)
            .where(Conversation.address == str(chat))
            .order_by(Outbox.id)
        )
        found: list[Outbox] = await self.look(lambda s: list(s.scalars(query)))
        return found

    async def open_updates(self) -> int:
        query = select(func.count()).where(TelegramUpdate.done_at.is_(None))
        found: int = await self.look(lambda s: s.scalar(query))
        return found
