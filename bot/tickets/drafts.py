"""What operators have begun to write, kept on the server: another desk, the same words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from bot.clock import iso
from bot.tables import Ticket
from bot.tickets.tables import ReplyDraft

KEPT = timedelta(days=30)


def keep(session: Session, ticket: Ticket, account_id: str, text: str, now: datetime) -> None:
    """The draft of one operator on one ticket; an empty one is deleted, and what is too old."""
    session.execute(delete(ReplyDraft).where(ReplyDraft.at < now - KEPT))
    if text.strip():
        draft = ReplyDraft(account_id=account_id, ticket_id=ticket.id, text=text, at=now)
        session.merge(draft)
    else:
        drop(session, ticket, account_id)


def of(session: Session, ticket: Ticket, account_id: str | None) -> dict[str, Any] | None:
    """{text, at} of an operator's own draft; nobody sees another's."""
    found = session.get(ReplyDraft, (account_id, ticket.id)) if account_id else None
    return {"text": found.text, "at": iso(found.at)} if found else None


def drop(session: Session, ticket: Ticket, account_id: str) -> None:
    """It has been said, or given up."""
    theirs = ReplyDraft.account_id == account_id, ReplyDraft.ticket_id == ticket.id
    session.execute(delete(ReplyDraft).where(*theirs))


def drop_all(session: Session, ticket: Ticket) -> None:
    """Everybody's, of a ticket that is closed."""
    session.execute(delete(ReplyDraft).where(ReplyDraft.ticket_id == ticket.id))
