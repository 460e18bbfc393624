"""GET /tickets: every ticket can be come to, page by page, once."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.clock import utcnow
from bot.gateway.gateway import Gateway
from bot.tables import Ticket
from bot.tickets import board, desk
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import LI, Resident
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES
from tests.bot.slips.conftest import Hire, Worker, rooms, work

__all__ = ["rooms", "work"]


@pytest_asyncio.fixture
async def many(gateway: Gateway, fake_engine: FakeEngine, any_database: Engine) -> list[Resident]:
    """Some wait, some stand open, some are closed; all of them of the same moment."""
    fake_engine.payloads = [UNDERSTOOD, said("好。")]
    residents = []
    for n in range(12):
        resident = await Resident.arrives(gateway)
        await resident.say(WAGES)
        await resident.say("转人工")
        if n % 3:
            await resident.tap("do:back")
        if n % 3 == 2:
            await resident.operator(desk.close, LI, "answered", None)
        residents.append(resident)
    now = utcnow()
    with Session(any_database.execution_options(immediate=True)) as session, session.begin():
        session.execute(update(Ticket).values(opened_at=now))
        session.execute(update(Ticket).where(Ticket.id % 4 == 0).values(urgent="violence"))
        for state, when in (("waiting", "waiting_since"), ("closed", "closed_at")):
            session.execute(update(Ticket).where(Ticket.state == state).values(**{when: now}))
    return residents


@pytest_asyncio.fixture
async def li(work: Hire) -> Worker:
    return await work(Role.OPERATOR)


async def walked(worker: Worker, limit: int, **asked: Any) -> list[str]:
    """The numbers of all pages, one after the other."""
    numbers: list[str] = []
    after: dict[str, str] = {}
    while True:
        params = asked | {"limit": limit} | after
        answer = await worker.client.get("/api/v1/tickets", params=params)
        assert answer.status_code == 200
        page = answer.json()
        assert len(page["tickets"]) <= limit
        numbers += [line["number"] for line in page["tickets"]]
        if page["next"] is None:
            return numbers
        after = {"after": page["next"]}


@pytest.mark.parametrize("scope", ["", "waiting", "open", "closed"])
@pytest.mark.parametrize("order", ["queue", "newest"])
async def test_the_pages_are_the_whole_once_and_in_order(
    many: list[Resident], li: Worker, scope: str, order: str
) -> None:
    asked = {"order": order} | ({"scope": scope} if scope else {})
    whole = await walked(li, board.AT_MOST, **asked)
    assert len(whole) == len(set(whole)) == (4 if scope else 8)
    for limit in (1, 3, 4):
        assert await walked(li, limit, **asked) == whole


async def test_urgent_ones_come_first_and_the_newest_when_they_are_asked_for(
    many: list[Resident], li: Worker
) -> None:
    lines = (await li.get("/tickets", scope="open"))["tickets"]
    pressing = [line["urgent"] == "violence" for line in lines]
    assert pressing == sorted(pressing, reverse=True)
    newest = [(await one.ticket()).number for one in many[1::3]][::-1]
    assert await walked(li, 2, scope="open", order="newest") == newest


async def test_a_cursor_of_nobody_or_of_another_order_is_refused(
    many: list[Resident], li: Worker
) -> None:
    first = (await li.get("/tickets", scope="open", limit=1))["next"]
    wrong: list[dict[str, Any]] = [
        {"after": "x"}, {"after": ""},
        {"after": first, "order": "newest"}, {"after": first, "scope": "closed"},
    ]  # fmt: skip
    for asked in wrong:
        answer = await li.get("/tickets", 422, **asked)
        assert answer["errors"][0]["field"] == "after"
    for asked in ({"limit": 0}, {"limit": 301}, {"order": "oldest"}):
        await li.get("/tickets", 422, **asked)


async def test_pages_are_of_one_s_own_city(many: list[Resident], work: Hire) -> None:
    elsewhere = await work(Role.OPERATOR, city="qingyuan")
    assert await walked(elsewhere, 2) == []


@given(cursor=st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.hex()))
def test_no_cursor_breaks_the_reading(cursor: str) -> None:
    for order in board.Order:
        with pytest.raises(board.WrongCursor):
            board._read_cursor(order, cursor)
