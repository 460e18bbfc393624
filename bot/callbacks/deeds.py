"""What operators do with a call-back: reached, nobody answered, cancelled; the resident is told."""

from __future__ import annotations

from enum import StrEnum

from bot.callbacks import booking
from bot.callbacks import chat as callbacks
from bot.callbacks.tables import Callback
from bot.gateway.buttons import buttons, hotline
from bot.gateway.ledger import Actor, Ledger
from bot.gateway.states import Author, State
from bot.tables import Ticket
from bot.words import words


class Deed(StrEnum):
    """As the address of the deed says it."""

    reached = "reached"
    missed = "missed"
    cancel = "cancel"


def do(ledger: Ledger, ticket: Ticket, callback: Callback, deed: Deed, operator: Actor) -> None:
    """With the conversation held. Raises WrongMove: somebody was first."""
    if deed is Deed.reached:
        booking.reached(ledger, ticket, callback, operator)
    elif deed is Deed.cancel:
        booking.called_off(ledger, ticket, callback, operator)
        _tell(ledger, ticket, "cancelled")
    elif booking.missed(ledger, ticket, callback, operator):
        _tell(ledger, ticket, "missed")


def _tell(ledger: Ledger, ticket: Ticket, key: str) -> None:
    """A telephone that lights up by itself could betray somebody who is hiding."""
    conversation = ledger.conversation
    if ledger.in_danger(ticket) or conversation.address is None or ledger.state is State.operator:
        return
    times = callbacks.choices(ledger) if key == "missed" else []
    text = words("replies")["callback"][key]
    ledger.say(text, [*times, *buttons("person")], [hotline()], author=Author.system)
