"""China's one time zone, and what day it is there."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def today() -> date:
    """Today in China, whatever the machine's own zone."""
    return datetime.now(CHINA).date()
