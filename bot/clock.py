"""The one clock of conversations and tickets."""

from __future__ import annotations

from datetime import UTC, datetime


def utcnow() -> datetime:
    """Now, in UTC and naive: what every time column of ours holds."""
    return datetime.now(UTC).replace(tzinfo=None)


def iso(moment: datetime) -> str:
    """A stored time as ISO 8601 with its offset."""
    return moment.replace(tzinfo=UTC).isoformat(timespec="seconds")
