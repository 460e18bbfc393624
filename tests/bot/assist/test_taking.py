"""One id, one ticket, on every database, however many ask at once."""

from __future__ import annotations

import asyncio
from datetime import date

from sqlalchemy import func, select

from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.assist.panel import Told, panel
from bot.assist.taking import Taken, Taking, already_taken, take
from bot.clock import utcnow
from bot.gateway.gateway import Gateway
from bot.gateway.store import StoreAway
from bot.tables import Message, Ticket
from knowledge.catalogue import Catalogue
from tests.bot.assist.test_assist_api import LABOUR, WAGES

LI = StaffMember(
    "account-li", "li", "李莉", frozenset({Role.OPERATOR}), None, None, None, None, "key"
)


async def test_of_many_at_once_one_makes_the_ticket(gateway: Gateway, catalogue: Catalogue) -> None:
    told = Told(WAGES, catalogue.atlas.cities["zhongshan"])
    beside = panel(catalogue, told, LABOUR, away=False, day=date(2026, 11, 27))

    async def once(id_: str) -> Taken | StoreAway:
        taking = Taking(id=id_, contact="13800138000", contact_safe=True, consent=True)
        try:
            return await gateway.store.run(
                lambda s: take(s, catalogue, LI, told, beside, taking, utcnow())
            )
        except StoreAway as away:
            return away

    results = await asyncio.gather(*(once("a") for _ in range(6)), once("b"))
    made = [one for one in results if isinstance(one, Taken) and not one.repeated]
    assert len(made) == 2
    numbers = await gateway.look(lambda s: list(s.scalars(select(Ticket.number))))
    assert len(numbers) == 2
    assert await gateway.look(lambda s: s.scalar(select(func.count()).select_from(Message))) == 2
    known = await gateway.look(lambda s: already_taken(s, LI, "a"))
    assert known is not None
    again = await once("a")
    assert isinstance(again, Taken)
    assert again.repeated
    assert again.ticket.number == known.number
