"""Fetching updates by long polling: a batch is confirmed only after it is kept."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram.chats import Chats
from bot.channels.telegram.client import TelegramBot, seconds
from bot.channels.telegram.faults import pause, where
from bot.channels.telegram.intake import Intake
from bot.gateway.store import StoreAway
from bot.words import words

WAIT = 25  # seconds that Telegram holds an empty answer back
CALM = 30.0  # longest pause after an error
log = logging.getLogger(__name__)


async def poll(bot: TelegramBot, intake: Intake, chats: Chats) -> None:
    """Until cancelled. Whatever fails is tried again, nothing is skipped."""
    offset: int | None = None
    failures = 0
    while True:
        await chats.room()
        try:
            batch = await bot.raw_updates(offset, WAIT)
            await intake.take(batch)
        except (TelegramError, StoreAway) as error:
            failures += 1
            if failures == 1:
                log.warning(_said(error))
            asked = seconds(error.retry_after) if isinstance(error, RetryAfter) else 0.0
            await asyncio.sleep(max(asked, min(CALM, pause(failures - 1))))
            continue
        if failures:
            log.info(words("telegram")["process"]["back"])
            failures = 0
        offset = max([*filter(None, map(_after, batch))], default=offset)


def _after(raw: Any) -> int | None:
    """The offset that confirms an update. Numbers can start anew: only this batch counts."""
    number = raw.get("update_id") if isinstance(raw, dict) else None
    return number + 1 if isinstance(number, int) else None


def _said(error: Exception) -> str:
    text = words("telegram")["process"]
    if isinstance(error, Conflict):
        return str(text["conflict"])
    if isinstance(error, InvalidToken):
        return str(text["wrong_token"])
    if isinstance(error, StoreAway):
        return str(text["store_away"])
    return str(text["away"].format(error=where(error)))
