"""The one clock of conversations and tickets, and how a stored time reads in China."""

from __future__ import annotations

from datetime import UTC, date, datetime

from knowledge.china import CHINA


def utcnow() -> datetime:
    """Now, in UTC and naive: what every time column of ours holds."""
    return datetime.now(UTC).replace(tzinfo=None)


def iso(moment: datetime) -> str:
    """A stored time as ISO 8601 with its offset."""
    return moment.replace(tzinfo=UTC).isoformat(timespec="seconds")


def in_china(moment: datetime) -> datetime:
    """A stored time (naive UTC) on China's clock."""
    return moment.replace(tzinfo=UTC).astimezone(CHINA)


def china_day(moment: datetime) -> date:
    """The day in China of a stored time."""
    return in_china(moment).date()


def when(moment: datetime | None) -> str:
    """A stored time as staff read it: 2026-11-27 15:04; nothing for none."""
    return in_china(moment).strftime("%Y-%m-%d %H:%M") if moment else ""
