"""A member of staff does something with a ticket: found in their city, its conversation held."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bot.accounts.logins import StaffMember
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Actor, Ledger
from bot.tables import Ticket
from bot.tickets import desk

Result = TypeVar("Result")


def actor_of(member: StaffMember) -> Actor:
    """As a ticket's events name them."""
    return Actor(member.username, member.account_id, member.name)


async def on_ticket(
    gateway: Gateway, member: StaffMember, number: str, work: Callable[[Ledger, Ticket], Result]
) -> Result:
    """`work` in one transaction. Raises NoSuchTicket, Refused when the conversation is deleted,
    and whatever `work` raises.
    """
    conversation_id = await gateway.look(
        lambda session: desk.find(session, number, member.city_id).conversation_id
    )
    if conversation_id is None:
        raise desk.Refused("conversation_gone")
    return await gateway.write(
        conversation_id,
        lambda ledger: work(ledger, desk.find(ledger.session, number, member.city_id)),
    )
