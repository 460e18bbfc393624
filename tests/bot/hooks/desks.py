"""An operator with tickets that were told to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import utcnow
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Actor, Ledger
from bot.hooks.passing import pass_on
from bot.hooks.tables import HookDelivery
from bot.tables import Ticket, TicketEvent
from bot.tickets.taken_down import take_down

WAGES = "老板拖欠我三个月工资共12000元，打我手机13800138000"
UNDERSTOOD = {
    "service": "labor_arbitration",
    "matter": "labor",
    "urgent": "none",
    "trouble": WAGES,
    "told": ["中山市劳动人事争议仲裁院"],
    "screening": {
        "outcome": "likely",
        "facts": [{"fact": "income", "name": "月收入", "value": "1800元"}],
        "articles": [],
        "missing": [],
        "rules_version": "x",
        "day": "2026-01-01",
    },
}


@dataclass
class Desk:
    """One operator's side of the tickets."""

    gateway: Gateway
    li: Actor

    async def ticket(self, city: str = "zhongshan", **columns: Any) -> Ticket:
        """A new one, taken by Li; `columns` as they are to be."""
        catalogue = self.gateway._catalogue.current()

        def write(session: Session) -> Ticket:
            ledger, ticket = take_down(
                session,
                catalogue,
                channel="phone",
                city_id=city,
                understood=UNDERSTOOD,
                said=WAGES,
                operator=self.li,
                now=utcnow(),
            )
            for name, value in columns.items():
                setattr(ticket, name, value)
            ledger.save()
            return ticket

        return await self.gateway.store.run(write)

    async def passes_on(self, ticket: Ticket, key: str = "12345", note: str | None = None) -> int:
        """Put down for delivery; the row's id."""

        def deed(ledger: Ledger) -> int:
            held = ledger.session.get_one(Ticket, ticket.id)
            delivery = pass_on(ledger, held, self.li, key, note)
            ledger.session.flush()
            return delivery.id

        return await self.gateway.write(str(ticket.conversation_id), deed)

    async def delivery(self, row_id: int) -> HookDelivery:
        return await self.gateway.look(lambda session: session.get_one(HookDelivery, row_id))

    async def told(self, ticket: Ticket) -> list[str]:
        """What the ticket's events say, oldest first."""
        query = select(TicketEvent.text).where(TicketEvent.ticket_id == ticket.id)
        found = await self.gateway.look(
            lambda session: session.scalars(query.order_by(TicketEvent.id)).all()
        )
        return [text or "" for text in found]
