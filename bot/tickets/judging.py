"""How urgent a ticket is, said by a person: what was heard in a call, or a false alarm."""

from __future__ import annotations

from bot.gateway.danger import graver
from bot.gateway.ledger import Actor, Ledger
from bot.tables import Ticket
from bot.tickets.desk import Refused
from bot.tickets.states import Event, TicketState
from bot.tickets.summary import NOT_URGENT, urgent_name, with_urgency
from bot.words import words


def kinds() -> list[dict[str, str]]:
    """Every kind of urgency and that there is none, as people read them."""
    none = str(words("tickets")["summary"]["none"])
    return [{"id": NOT_URGENT, "name": none}] + [
        {"id": kind, "name": name} for kind, name in words("tickets")["urgent"].items()
    ]


def judge(ledger: Ledger, ticket: Ticket, operator: Actor, kind: str) -> None:
    """The queue, the summary and the list of call-backs follow. Raises Refused.

    Whoever reads of a danger says so at once. That there is none, or a smaller one, says only who
    has the ticket: they could ask. Nothing comes to light by itself all the same: a conversation in
    which a danger was told once stays one (bot.gateway.danger).
    """
    if ticket.state == TicketState.closed:
        raise Refused("ticket_closed")
    if (ticket.urgent, ticket.urgent_judged) == (kind, True):
        raise Refused("correct_same")
    calmer = kind == NOT_URGENT or graver(ticket.urgent, kind) != kind
    if calmer and ticket.owner_id != operator.id:
        raise Refused("judge_not_asked")
    before, was_judged = ticket.urgent, ticket.urgent_judged
    ticket.urgent, ticket.urgent_judged = kind, True
    talked_about = ledger.conversation.ticket_id == ticket.id
    _remember(ledger, kind, talked_about)
    if talked_about:
        ledger.refresh(ticket)
    else:
        ticket.summary = with_urgency(ticket.summary, {"urgent": kind, "judged": True})
    ledger.note(ticket, Event.judged, operator, _change(before, was_judged, kind))


def _remember(ledger: Ledger, kind: str, talked_about: bool) -> None:
    """What the bot heard of this trouble counts no more; words that raise it anew do."""
    known = dict(ledger.conversation.understood or {})
    if talked_about:
        known |= {"urgent": kind, "evidence": [], "judged": True}
    if kind != NOT_URGENT:
        known["endangered"] = True
    ledger.conversation.understood = known


def _change(before: str, was_judged: bool, after: str) -> str:
    text = words("tickets")
    none, unjudged = text["summary"]["none"], text["judged"]["unjudged"]
    first = urgent_name(before) or (none if was_judged else unjudged)
    return str(text["judged"]["line"].format(before=first, after=urgent_name(after) or none))
