"""Tables owned by `bot`: a conversation for now; inbox, outbox and tickets come later."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from knowledge.tables import NAMING


class Base(DeclarativeBase):
    """Tables owned by `bot`."""

    metadata = MetaData(naming_convention=NAMING)


class Conversation(Base):
    """One resident's conversation. Only a digest of the session token is kept."""

    __tablename__ = "conversation"

    id: Mapped[str] = mapped_column(primary_key=True)
    token_digest: Mapped[str] = mapped_column(unique=True)
    city_id: Mapped[str]
    # the place whose code the resident scanned, if any
    region_id: Mapped[str | None]
    created_at: Mapped[datetime]
