"""What a 话务工单 can be, and who may own it."""

from __future__ import annotations

from enum import StrEnum

from bot.words import words


class TicketState(StrEnum):
    """waiting: the resident waits for a person; taken: one is talking; open: neither."""

    waiting = "waiting"
    taken = "taken"
    open = "open"
    closed = "closed"


class Event(StrEnum):
    """What can happen to a ticket; the names people see are in content/tickets.yml."""

    opened = "opened"
    queued = "queued"
    claimed = "claimed"
    transferred = "transferred"
    handed_back = "handed_back"
    went_back = "went_back"
    waited_too_long = "waited_too_long"
    went_quiet = "went_quiet"
    left = "left"
    noted = "noted"
    contact_kept = "contact_kept"
    contact_removed = "contact_removed"
    closed = "closed"
    rated = "rated"


def duty_desk() -> str:
    """The desk that answers for a ticket while no person does."""
    return str(words("tickets")["duty_desk"])
