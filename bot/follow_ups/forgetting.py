"""A resident's own words of a follow-up, deleted in their time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.follow_ups.states import State
from bot.follow_ups.tables import FollowUp


def forget_words(session: Session, before: datetime) -> None:
    """Of what was closed before then (naive UTC); an open one needs its words, as we have said."""
    over = update(FollowUp).where(FollowUp.state == State.closed, FollowUp.closed_at < before)
    session.execute(over.where(FollowUp.text != "").values(text=""))
