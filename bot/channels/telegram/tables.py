"""The one table of this channel: updates, kept before Telegram is told that we have them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables import Base, BigId


class TelegramUpdate(Base):
    """An update, reduced to what we need of it (bot.channels.telegram.heard.Heard)."""

    __tablename__ = "telegram_update"
    __table_args__ = (
        Index(
            "ix_telegram_update_open",
            "update_id",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    # Telegram's own number of it
    update_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    chat_id: Mapped[int] = mapped_column(BigInteger)
    # empty once it is done: the words are in the inbox then, with their own time to live
    payload: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None] = mapped_column(index=True)
