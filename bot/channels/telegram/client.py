"""The Bot API as we call it: one bot, quiet logs, and getUpdates as Telegram sent it."""

from __future__ import annotations

import logging
import os
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from telegram import Bot
from telegram.request import HTTPXRequest

from bot.channels.telegram.heard import ALLOWED_UPDATES

TOKEN = re.compile(r"\d{3,20}:[\w-]{10,100}", re.ASCII)
LOOPBACK = ("127.0.0.1", "::1", "localhost")
CONNECTIONS = 64
READ_WITHIN = 15.0
CONNECT_WITHIN = 10.0
# they log addresses with the token in them, and what residents wrote
TALKATIVE = ("telegram", "httpx", "httpcore")


class TelegramBot(Bot):
    """python-telegram-bot's own, with updates as they came.

    `Bot.get_updates` reads a whole batch or raises: one update of a new shape would come again for
    ever, and keep back everything behind it.
    """

    async def raw_updates(self, offset: int | None, wait: int) -> list[Any]:
        """Unconfirmed updates; waits `wait` seconds for the first. Confirms those below `offset`.

        Raises TelegramError.
        """
        data = {"offset": offset, "timeout": wait, "allowed_updates": list(ALLOWED_UPDATES)}
        result = await self._post("getUpdates", data, read_timeout=wait + READ_WITHIN)
        return result if isinstance(result, list) else []


def make_bot(token: str, api: str) -> TelegramBot:
    """A bot that is not connected yet; `api` is the address before `/bot<token>`."""
    # the form that this attribute of an error will have: a timedelta, and no warning about it
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    here = urlsplit(api).hostname in LOOPBACK
    # a proxy variable leads to Telegram where that is needed, but never loopback calls away
    options = {"trust_env": not here}
    return TelegramBot(
        token,
        base_url=f"{api.rstrip('/')}/bot",
        request=HTTPXRequest(
            connection_pool_size=CONNECTIONS,
            read_timeout=READ_WITHIN,
            write_timeout=READ_WITHIN,
            connect_timeout=CONNECT_WITHIN,
            pool_timeout=READ_WITHIN,
            httpx_kwargs=options,
        ),
        get_updates_request=HTTPXRequest(
            connection_pool_size=1,
            connect_timeout=CONNECT_WITHIN,
            pool_timeout=READ_WITHIN,
            httpx_kwargs=options,
        ),
    )


def seconds(wait: timedelta | float) -> float:
    """A pause that Telegram asks for, in seconds, whichever form it has."""
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


class _Redacting(logging.Formatter):
    """The last line of defence: whoever logs it, the token is not written."""

    def __init__(self, secrets: list[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secrets = [secret for secret in secrets if secret]

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, "…")
        return line


def quiet_logs(*secrets: str) -> None:
    """Log to standard error, without tokens and without anybody's words."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Redacting(list(secrets)))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # says what an exception said
