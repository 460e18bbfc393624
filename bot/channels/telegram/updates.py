"""Updates as they are kept: each once, done once, forgotten when Telegram cannot repeat it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.channels.telegram.heard import Heard
from bot.channels.telegram.tables import TelegramUpdate

# Telegram keeps an unconfirmed update for one day
REMEMBERED = timedelta(days=3)


def keep(session: Session, heard: Sequence[Heard], now: datetime) -> list[Heard]:
    """Keep what is new, in the order given; returns that."""
    by_number = {one.update_id: one for one in reversed(heard)}
    known = set(
        session.scalars(
            select(TelegramUpdate.update_id).where(TelegramUpdate.update_id.in_(by_number))
        )
    )
    new = [one for one in heard if by_number[one.update_id] is one and one.update_id not in known]
    session.add_all(
        TelegramUpdate(
            update_id=one.update_id,
            chat_id=one.chat_id,
            payload=one.payload,
            received_at=now,
            done_at=None,
        )
        for one in new
    )
    return new


def waiting(session: Session) -> list[Heard]:
    """What is kept and not done, in Telegram's order."""
    query = (
        select(TelegramUpdate)
        .where(TelegramUpdate.done_at.is_(None))
        .order_by(TelegramUpdate.update_id)
    )
    return [
        Heard.restore(row.update_id, row.chat_id, row.payload) for row in session.scalars(query)
    ]


def done(session: Session, update_id: int, now: datetime) -> bool:
    """It needs nothing more; False when that was so before."""
    row = session.get(TelegramUpdate, update_id)
    if row is None or row.done_at is not None:
        return False
    row.done_at, row.payload = now, {}
    return True


def forget(session: Session, now: datetime) -> None:
    """Delete what was done so long ago that it cannot come again."""
    session.execute(delete(TelegramUpdate).where(TelegramUpdate.done_at < now - REMEMBERED))
