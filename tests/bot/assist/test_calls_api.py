"""POST /calls: a call becomes one ticket, with what was told, chosen, screened and agreed to."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import func, select

from bot.accounts.logins import Accounts
from bot.accounts.roles import Role
from bot.accounts.tables import Audit
from bot.api.state import AppState
from bot.tables import Conversation, Message, Ticket, TicketEvent
from bot.tickets import number
from bot.tickets.tables import Correction
from tests.bot.accounts.people import come_in, hire
from tests.bot.assist.test_assist_api import LABOUR, VIOLENCE, WAGES
from tests.bot.conftest import FakeEngine
from tests.bot.test_api import V1, problem_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
Json = dict[str, Any]


@pytest.fixture(scope="session")
def staffed(app: FastAPI) -> FastAPI:
    accounts: Accounts = app.state.accounts
    hire(accounts._database, "calls-li", Role.OPERATOR, name="李莉")
    hire(accounts._database, "calls-wang", Role.OPERATOR, name="王强")
    hire(accounts._database, "calls-qing", Role.OPERATOR, city_id="qingyuan")
    return app


@pytest_asyncio.fixture(loop_scope="session")
async def operator(staffed: FastAPI, engine: FakeEngine) -> AsyncIterator[httpx.AsyncClient]:
    engine.parse_answer = LABOUR
    async with come_in(staffed, "calls-li") as browser:
        yield browser


def call(**more: Any) -> Json:
    return {"id": uuid.uuid4().hex, "channel": "phone", "city": "中山", "text": WAGES} | more


async def make(browser: httpx.AsyncClient, status: int = 201, **more: Any) -> Json:
    answer = await browser.post(f"{V1}/calls", json=call(**more))
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found


async def ticket_of(parts: AppState, made: Json) -> Ticket:
    return await parts.gateway.look(
        lambda s: s.scalars(select(Ticket).where(Ticket.number == made["number"])).one()
    )


async def events_of(parts: AppState, ticket: Ticket) -> dict[str, str | None]:
    return await parts.gateway.look(
        lambda s: {
            event.kind: event.text
            for event in s.scalars(select(TicketEvent).where(TicketEvent.ticket_id == ticket.id))
        }
    )


async def test_a_call_is_a_ticket_of_the_operator_who_took_it(
    operator: httpx.AsyncClient, parts: AppState
) -> None:
    made = await make(operator, party="self", note="声音很小")
    assert number.shown(made["number"]) == made["number_shown"]
    assert made["url"] == f"/console?ticket={made['number']}"
    assert made["repeated"] is False
    assert made["may_rate"] is True
    ticket = await ticket_of(parts, made)
    assert (ticket.channel, ticket.city_id, ticket.state) == ("phone", "zhongshan", "taken")
    assert (ticket.service, ticket.matter, ticket.urgent) == ("labor_arbitration", "labor", "none")
    assert ticket.owner_name == ticket.responsible_name == "李莉"
    assert (ticket.trouble, ticket.party, ticket.screening) == (WAGES, "self", None)
    assert ticket.contact is None
    assert ticket.consent_at is None
    assert len(ticket.summary) == 5
    assert "小榄" in ticket.summary[1]
    seen = (await operator.get(f"{V1}/tickets/{made['number']}")).json()
    assert [(m["author"], m["text"]) for m in seen["transcript"]] == [("resident", WAGES)]
    assert seen["channel"] == "phone"
    assert (await events_of(parts, ticket))["noted"] == "声音很小"
    rows = await parts.gateway.look(
        lambda s: list(s.scalars(select(Audit.verb).where(Audit.object_id == made["number"])))
    )
    assert rows[0] == "take_down"
    waiting = (await operator.get(f"{V1}/tickets", params={"scope": "mine"})).json()["tickets"]
    assert made["number"] in [line["number"] for line in waiting]


async def test_the_same_id_again_makes_no_second_ticket(
    operator: httpx.AsyncClient, staffed: FastAPI, parts: AppState
) -> None:
    first = call()
    answers = [await operator.post(f"{V1}/calls", json=first) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert [answer.json()["repeated"] for answer in answers] == [False, True]
    assert len({answer.json()["number"] for answer in answers}) == 1
    at_once = call()
    answers = await asyncio.gather(*(operator.post(f"{V1}/calls", json=at_once) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert len({answer.json()["number"] for answer in answers}) == 1
    tickets = await parts.gateway.look(
        lambda s: s.scalar(
            select(func.count()).select_from(Message).join(
                Conversation, Message.conversation_id == Conversation.id
            ).where(Conversation.ticket_id == select(Ticket.id).where(
                Ticket.number == answers[0].json()["number"]).scalar_subquery())
        )
    )  # fmt: skip
    assert tickets == 1
    # another operator's page may come by the same id: it is another call
    async with come_in(staffed, "calls-wang") as wang:
        other = await wang.post(f"{V1}/calls", json=first)
        assert other.status_code == 201
        assert other.json()["number"] != answers[0].json()["number"]


async def test_the_screening_is_kept_and_summed_up(
    operator: httpx.AsyncClient, parts: AppState
) -> None:
    facts = {"has_lawyer": "no", "special_status": "migrant_worker"}
    made = await make(operator, facts=facts, told=["劳动人事争议仲裁", "小榄站"])
    ticket = await ticket_of(parts, made)
    assert ticket.screening is not None
    assert ticket.screening["outcome"] == "likely"
    assert {one["fact"] for one in ticket.screening["facts"]} == {"claim", *facts}
    assert ticket.screening["articles"]
    assert len(made["summary"]) == 6
    assert "可能符合" in made["summary"][5]
    assert ["".join(part["text"] for part in line) for line in made["summary_cited"]] == made[
        "summary"
    ]
    pages = [part["url"] for part in made["summary_cited"][5] if part["url"]]
    assert pages
    assert all(page.startswith("/law/") for page in pages)
    assert made["summary"][4].endswith("劳动人事争议仲裁、小榄站")


async def test_what_the_operator_corrected_is_a_correction(
    operator: httpx.AsyncClient, parts: AppState
) -> None:
    made = await make(operator, service="legal_aid", matter="labor")
    ticket = await ticket_of(parts, made)
    assert (ticket.service, ticket.matter) == ("legal_aid", "labor")
    assert "法律援助" in made["summary"][0]
    assert "corrected" in await events_of(parts, ticket)
    found = await parts.gateway.look(
        lambda s: list(
            s.execute(
                select(Correction.axis, Correction.before, Correction.after).where(
                    Correction.ticket_number == made["number"]
                )
            )
        )
    )
    assert [tuple(row) for row in found] == [("service", "labor_arbitration", "legal_aid")]


async def test_a_number_is_kept_only_after_a_yes(
    operator: httpx.AsyncClient, parts: AppState
) -> None:
    answer = await operator.post(f"{V1}/calls", json=call(contact="13800138000"))
    problem_of(answer, 422)
    assert answer.json()["errors"][0]["field"] == "consent"
    answer = await operator.post(f"{V1}/calls", json=call(contact="不知道", consent=True))
    problem_of(answer, 422)
    assert answer.json()["errors"][0]["field"] == "contact"
    made = await make(operator, contact=" 138 0013 8000 ", contact_safe=False, consent=True)
    ticket = await ticket_of(parts, made)
    assert ticket.contact is not None
    assert ticket.contact.replace(" ", "") == "13800138000"
    assert ticket.contact_safe is False
    assert ticket.contact_at == ticket.consent_at == ticket.opened_at
    assert "contact_kept" in await events_of(parts, ticket)
    # agreed to be passed on, without a number; and nothing is known of a number that is not there
    made = await make(operator, consent=True, contact_safe=True)
    ticket = await ticket_of(parts, made)
    assert (ticket.contact, ticket.contact_safe) == (None, None)
    assert ticket.consent_at is not None


async def test_danger_stays_on_the_ticket(
    operator: httpx.AsyncClient, engine: FakeEngine, parts: AppState
) -> None:
    engine.parse_answer = VIOLENCE
    made = await make(operator, text="我老公正在打我，我躲在房间里")
    ticket = await ticket_of(parts, made)
    assert ticket.urgent == "violence"
    assert "打我" in made["summary"][2]
    assert made["may_rate"] is False
    # an operator's word that it is not urgent holds, and still nobody is asked for a rating
    made = await make(operator, text="我老公正在打我", urgent="none")
    ticket = await ticket_of(parts, made)
    assert ticket.urgent == "none"
    known = await parts.gateway.look(
        lambda s: s.get_one(Conversation, ticket.conversation_id).understood
    )
    assert known is not None
    assert known["endangered"] is True
    rated = await operator.post(
        f"{V1}/tickets/{made['number']}/rating", json={"score": "satisfied"}
    )
    assert rated.status_code == 409


async def test_the_ticket_is_made_while_the_engine_is_away(
    operator: httpx.AsyncClient, engine: FakeEngine, parts: AppState
) -> None:
    engine.away = True
    made = await make(
        operator, channel="counter", service="labor_arbitration", matter="labor", urgent="deadline"
    )
    ticket = await ticket_of(parts, made)
    assert (ticket.channel, ticket.service, ticket.matter) == (
        "counter", "labor_arbitration", "labor",
    )  # fmt: skip
    assert ticket.urgent == "deadline"
    assert "小榄" in made["summary"][1]
    bare = await ticket_of(parts, await make(operator))
    assert (bare.service, bare.matter) == (None, None)


async def test_it_can_be_closed_and_rated(operator: httpx.AsyncClient) -> None:
    made = await make(operator)
    rated = await operator.post(
        f"{V1}/tickets/{made['number']}/rating", json={"score": "satisfied"}
    )
    assert rated.status_code == 201
    assert rated.json()["platform"] == "hotline"
    outcome = made["outcomes"][0]["id"]
    closed = await operator.post(f"{V1}/tickets/{made['number']}/close", json={"outcome": outcome})
    assert closed.status_code == 200
    assert closed.json()["state"] == "closed"


async def test_an_operator_of_a_city_makes_tickets_of_that_city_only(
    staffed: FastAPI, engine: FakeEngine, parts: AppState
) -> None:
    engine.parse_answer = LABOUR
    async with come_in(staffed, "calls-qing") as browser:
        problem_of(await browser.post(f"{V1}/calls", json=call(city="中山")), 403)
        answer = await browser.post(f"{V1}/calls", json=call(city=None, text="公司不给工资"))
        assert answer.status_code == 201
        ticket = await ticket_of(parts, answer.json())
        assert ticket.city_id == "qingyuan"


async def test_a_place_of_another_city_is_not_the_tickets(
    operator: httpx.AsyncClient, parts: AppState
) -> None:
    made = await make(operator, city="连云港")
    ticket = await ticket_of(parts, made)
    assert (ticket.city_id, ticket.region_id) == ("lianyungang", None)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": " \n "}, "text"),
        ({"id": ""}, "id"),
        ({"id": "x" * 65}, "id"),
        ({"channel": "exchange"}, "channel"),
        ({"told": ["长" * 81]}, "told.0"),
        ({"note": "长" * 2001}, "note"),
        ({"facts": {"household_size": 0}}, "facts.household_size"),
    ],
)
async def test_what_is_wrong_makes_no_ticket(
    operator: httpx.AsyncClient, parts: AppState, wrong: Json, field: str
) -> None:
    count = select(func.count()).select_from(Ticket)
    before = await parts.gateway.look(lambda s: s.scalar(count))
    answer = await operator.post(f"{V1}/calls", json=call(**wrong))
    problem_of(answer, 422)
    assert answer.json()["errors"][0]["field"] == field
    assert await parts.gateway.look(lambda s: s.scalar(count)) == before
