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
    city_changed = "city_changed"  # by the resident; the text says whether the ticket went along
    nobody_there = "nobody_there"  # in the city that they chose: they wait no more
    went_quiet = "went_quiet"
    left = "left"
    offered = "offered"  # to an operator with room for it
    not_taken = "not_taken"  # who did not take it within the time, or said no
    noted = "noted"
    second_asked = "second_asked"
    second_given = "second_given"
    escalated = "escalated"
    reassigned = "reassigned"
    suspended = "suspended"
    resumed = "resumed"
    merged = "merged"
    corrected = "corrected"
    judged = "judged"  # how urgent it is, by a person
    callback_booked = "callback_booked"
    callback_missed = "callback_missed"
    callback_reached = "callback_reached"
    callback_cancelled = "callback_cancelled"
    callback_first = "callback_first"  # a danger was told after it had been booked
    slip_sent = "slip_sent"
    slip_received = "slip_received"
    slip_working = "slip_working"
    slip_done = "slip_done"
    slip_returned = "slip_returned"
    complained = "complained"
    followed_up = "followed_up"
    passed_on = "passed_on"  # to a system of somebody else, with consent
    came_in = "came_in"  # from a system of somebody else
    contact_kept = "contact_kept"
    contact_removed = "contact_removed"
    closed = "closed"
    rated = "rated"


# told to an operator, or sent on: nobody reads what is written into such a conversation
SPOKEN = frozenset({"phone", "counter", "exchange"})
# 实体、热线、网络: where a resident was served; every rating carries it
_PLATFORMS = {"phone": "hotline", "counter": "window"}


def platform_of(channel: str) -> str:
    """window | hotline | network."""
    return _PLATFORMS.get(channel, "network")


def duty_desk() -> str:
    """The desk that answers for a ticket while no person does."""
    return str(words("tickets")["duty_desk"])
