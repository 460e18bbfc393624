"""What an error of the Bot API means for us, and how an error may be logged: without words."""

from __future__ import annotations

import random
import traceback
from dataclasses import dataclass
from datetime import timedelta

from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.channels.telegram.client import seconds

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 300.0
GIVE_UP_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Later:
    """Try again after so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Never:
    """It cannot succeed."""


@dataclass(frozen=True)
class Blocked:
    """The resident does not want us there."""


Verdict = Later | Never | Blocked


def judge(error: TelegramError, attempts: int, age: timedelta) -> Verdict:
    """What to do with a message that did not go, `attempts` before this one, `age` since said."""
    if isinstance(error, Forbidden):
        return Blocked()
    # BadRequest is a kind of network error to this library
    if isinstance(error, BadRequest | ChatMigrated) or age > GIVE_UP_AFTER:
        return Never()
    if isinstance(error, RetryAfter):
        return Later(seconds(error.retry_after))
    return Later(pause(attempts))


def pause(attempts: int) -> float:
    """Seconds until the next attempt: doubled each time, capped, not all at the same moment."""
    longest: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempts, 20))
    return longest * random.uniform(0.75, 1.0)  # noqa: S311  (spreads load, guards nothing)


def where(error: BaseException) -> str:
    """An error's kind and place. Its message may hold a resident's words, or an address."""
    frames = traceback.extract_tb(error.__traceback__)
    last = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{last}"
