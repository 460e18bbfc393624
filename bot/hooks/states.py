"""How a delivery can have ended, and when the next try is. Pure."""

from __future__ import annotations

import random
from datetime import timedelta
from enum import StrEnum

FIRST_PAUSE = 10.0
LONGEST_PAUSE = 3600.0
GIVE_UP_AFTER = timedelta(days=1)
# answers of 4xx after which the same request may yet succeed
LATER = (408, 429)


class Settled(StrEnum):
    """A delivery's end, once and for all."""

    taken = "taken"
    refused = "refused"  # the other system says that it will never take it
    given_up = "given_up"  # it could not be reached for a day, or has been switched off


def settled_by(status: int) -> Settled | None:
    """What an HTTP status says; None: try again."""
    if 200 <= status < 300:
        return Settled.taken
    if 400 <= status < 500 and status not in LATER:
        return Settled.refused
    return None


def pause(attempts: int, asked: float | None = None) -> float:
    """Seconds until the next try after `attempts` (1 or more) of them: doubled each time, capped,
    never the same for all; not shorter than what the other side has asked for, up to the cap."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempts - 1, 20))
    own = longest * random.uniform(0.75, 1.0)  # noqa: S311  (spreads load, guards nothing)
    return max(own, min(asked or 0.0, LONGEST_PAUSE))


def waits(retry_after: str | None) -> float | None:
    """The seconds of a `Retry-After` header; a date in it is not read."""
    return float(retry_after) if retry_after and retry_after.strip().isdecimal() else None
