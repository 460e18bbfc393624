"""POST /exchange/{system}: signed, fresh, once; a ticket at the duty desk; else nothing at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, inspect, select, text

from bot.accounts.roles import Role
from bot.accounts.tables import Audit
from bot.api.hooks import CASES
from bot.app import create_app
from bot.clock import utcnow
from bot.gateway.gateway import Gateway
from bot.hooks import signing
from bot.hooks.receiving import LARGEST, NotSigned, sender
from bot.hooks.systems import ExchangeSystem
from bot.hooks.tables import HookReceipt
from bot.settings import Settings
from bot.tables import Message, Ticket, TicketEvent
from bot.tickets.number import is_number
from bot.tickets.states import duty_desk
from knowledge.catalogue import Catalogue
from tests.bot.accounts.people import come_in, hire, stranger
from tests.bot.conftest import FakeEngine, parsed
from tests.bot.hooks.desks import Desk
from tests.bot.hooks.other import secret_of
from tests.bot.test_closed_routes import doors_of

ROUTE = "/api/v1/exchange/12345"
CASE = {
    "version": 1,
    "text": "老板拖欠我三个月工资，我在小榄打工",
    "consent": True,
    "city": "中山",
    "region": "小榄镇",
    "contact": "13800138000",
    "contact_safe": True,
    "number": "ZS-2026-0001",
    "note": "已告知可以申请仲裁",
}


def seconds() -> int:
    return int(utcnow().replace(tzinfo=UTC).timestamp())


def signed(
    body: bytes, seed: str = "all", delivery: str = "case_1", off: int = 0
) -> dict[str, str]:
    key = signing.key_of(secret_of(seed))
    return {
        "content-type": "application/json",
        **signing.headers([key], delivery, seconds() + off, body),
    }


def written(**changes: Any) -> bytes:
    case = {name: value for name, value in {**CASE, **changes}.items() if value is not ...}
    return json.dumps(case, ensure_ascii=False).encode()


@pytest_asyncio.fixture
async def street(exchanging: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with stranger(exchanging, "192.0.2.45") as client:
        yield client


async def send(
    client: httpx.AsyncClient, body: bytes, route: str = ROUTE, **more: Any
) -> httpx.Response:
    return await client.post(route, content=body, headers=signed(body, **more))


async def tickets(gateway: Gateway) -> list[Ticket]:
    return list(await gateway.look(lambda session: session.scalars(select(Ticket)).all()))


def rows(database: Engine) -> dict[str, int]:
    """How many rows each table has."""
    with database.connect() as connection:
        names = inspect(connection).get_table_names()
        return {
            name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()
            for name in names
        }


async def test_a_case_becomes_a_ticket_at_the_duty_desk(
    street: httpx.AsyncClient, gateway: Gateway, fake_engine: FakeEngine, catalogue: Catalogue
) -> None:
    fake_engine.parse_answer = parsed(
        {"find_place": 0.5, "labor_arbitration": 0.4}, {"labor": 0.9}, "deadline", ["三个月"],
        party="workmate",
    )  # fmt: skip
    answer = await send(street, written())
    assert answer.status_code == 201
    (ticket,) = await tickets(gateway)
    assert answer.json() == {"number": ticket.number}
    assert is_number(ticket.number)
    assert (ticket.channel, ticket.city_id, ticket.state) == ("exchange", "zhongshan", "open")
    assert (ticket.owner_desk, ticket.owner_id) == (duty_desk(), None)
    assert ticket.responsible_desk == duty_desk()
    # a request of ours is no service
    assert (ticket.service, ticket.matter) == ("labor_arbitration", "labor")
    assert (ticket.urgent, ticket.party) == ("deadline", "workmate")
    assert catalogue.atlas.regions[str(ticket.region_id)].name == "小榄镇"
    assert (ticket.contact, ticket.contact_safe) == ("138 0013 8000", True)
    assert ticket.trouble == CASE["text"]
    assert len(ticket.summary) == 5
    assert "三个月" in "\n".join(ticket.summary)
    said = select(Message.author, Message.body)
    (message,) = await gateway.look(lambda session: session.execute(said).all())
    assert (message[0], message[1]["text"]) == ("resident", CASE["text"])
    events = select(TicketEvent.kind, TicketEvent.text).order_by(TicketEvent.id)
    told = dict(await gateway.look(lambda s: [(r[0], r[1]) for r in s.execute(events)]))
    assert told["came_in"] == (
        "12345 政务服务便民热线转来；对方编号 ZS-2026-0001；对方写的地方：小榄镇；"
        "对方备注：已告知可以申请仲裁"
    )
    assert "contact_kept" in told
    audited = select(Audit).where(Audit.verb == "exchange.receive")
    (row,) = await gateway.look(lambda session: session.scalars(audited).all())
    assert (row.username, row.address) == ("12345 政务服务便民热线", "192.0.2.45")
    assert (row.object_id, row.detail) == (
        ticket.number,
        {"system": "12345", "delivery": "case_1"},
    )


async def test_operators_find_it_among_the_open_ones(
    exchanging: FastAPI, street: httpx.AsyncClient, desk: Desk
) -> None:
    number = (await send(street, written())).json()["number"]
    async with come_in(exchanging, "li") as li:
        listed = (await li.get("/api/v1/tickets", params={"scope": "open"})).json()["tickets"]
        assert [line["number"] for line in listed] == [number]
        assert listed[0]["channel_name"] == "外部转来"
        shown = (await li.get(f"/api/v1/tickets/{number}")).json()
        claimed = (await li.post(f"/api/v1/tickets/{number}/claim")).json()
    assert "138 0013 8000" in str(shown["contact"])
    assert shown["transcript"][0]["text"] == CASE["text"]
    assert (claimed["state"], claimed["owner"]["name"]) == ("taken", "李莉")


async def test_without_the_engine_it_is_taken_all_the_same(
    street: httpx.AsyncClient, gateway: Gateway, fake_engine: FakeEngine
) -> None:
    fake_engine.away = True
    assert (await send(street, written())).status_code == 201
    (ticket,) = await tickets(gateway)
    assert (ticket.service, ticket.matter, ticket.urgent) == (None, None, "none")
    assert ticket.trouble == CASE["text"]
    assert ticket.region_id


async def test_the_least_that_can_be_said(street: httpx.AsyncClient, gateway: Gateway) -> None:
    body = json.dumps({"version": 1, "text": "想离婚", "consent": True}).encode()
    assert (await send(street, body)).status_code == 201
    (ticket,) = await tickets(gateway)
    assert (ticket.city_id, ticket.region_id, ticket.contact) == ("zhongshan", None, None)


async def test_a_place_that_nobody_knows_is_told_as_it_was_written(
    street: httpx.AsyncClient, gateway: Gateway
) -> None:
    body = written(text="想离婚", region="某某路口往北")
    assert (await send(street, body)).status_code == 201
    (ticket,) = await tickets(gateway)
    assert ticket.region_id is None
    events = select(TicketEvent.text).where(TicketEvent.kind == "came_in")
    assert "对方写的地方：某某路口往北" in str(
        await gateway.look(lambda session: session.scalar(events))
    )


async def test_the_secret_says_whose_it_is(street: httpx.AsyncClient, gateway: Gateway) -> None:
    """Qingyuan's own 12345 sends for Qingyuan alone, and need not say so."""
    answer = await send(street, written(city=..., region=...), seed="qingyuan")
    assert answer.status_code == 201
    answer = await send(street, written(city="清远"), seed="qingyuan", delivery="case_2")
    assert answer.status_code == 201
    assert {ticket.city_id for ticket in await tickets(gateway)} == {"qingyuan"}
    answer = await send(street, written(city="中山"), seed="qingyuan", delivery="case_3")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "city"
    # the police's secret opens the police's door only
    assert (await send(street, written(), seed="110")).status_code == 401
    answer = await send(street, written(), "/api/v1/exchange/110", seed="110", delivery="case_4")
    assert answer.status_code == 201


# ---------------------------------------------------------------- once


async def test_the_same_delivery_again_makes_no_second_ticket(
    street: httpx.AsyncClient, gateway: Gateway, fake_engine: FakeEngine
) -> None:
    first = await send(street, written())
    again = await send(street, written(), off=1)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert len(fake_engine.texts) == 1
    assert len(await tickets(gateway)) == 1
    other = await send(street, written(), delivery="case_2")
    assert other.status_code == 201
    assert other.json() != first.json()
    # the same id of another system is another case
    other = await send(street, written(city=..., region=...), seed="qingyuan")
    assert other.status_code == 201


async def test_the_same_delivery_many_times_at_once_makes_one_ticket(
    street: httpx.AsyncClient,
    gateway: Gateway,
    fake_engine: FakeEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All of them have looked, and found nothing, before the first one writes."""
    many = 6
    barrier = asyncio.Barrier(many)
    parse = fake_engine.parse

    async def together(text: str) -> dict[str, Any]:
        await barrier.wait()
        return await parse(text)

    monkeypatch.setattr(fake_engine, "parse", together)
    async with asyncio.timeout(30):
        answers = await asyncio.gather(*(send(street, written()) for _ in range(many)))
    assert sorted(answer.status_code for answer in answers) == [200] * (many - 1) + [201]
    assert len({answer.json()["number"] for answer in answers}) == 1
    assert len(await tickets(gateway)) == 1
    count = select(func.count()).select_from(HookReceipt)
    assert await gateway.look(lambda session: session.scalar(count)) == 1


async def test_a_case_that_could_not_be_kept_can_be_sent_again(
    street: httpx.AsyncClient, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("bot.hooks.receiving._told", lambda *_: 1 / 0)
        assert (await send(street, written())).status_code == 500
    assert await tickets(gateway) == []
    assert (await send(street, written())).status_code == 201
    assert len(await tickets(gateway)) == 1


# ---------------------------------------------------------------- refused


async def refused(
    street: httpx.AsyncClient, database: Engine, body: bytes, headers: dict[str, str]
) -> httpx.Response:
    """Sent, and no row of any table has come of it."""
    before = rows(database)
    answer = await street.post(ROUTE, content=body, headers=headers)
    assert rows(database) == before
    assert answer.headers["content-type"] == "application/problem+json"
    return answer


async def test_who_has_not_signed_gets_no_hint(
    street: httpx.AsyncClient, any_database: Engine
) -> None:
    body = written()
    good = signed(body)
    wrong: list[dict[str, str]] = [
        {name: value for name, value in good.items() if name != missing}
        for missing in (signing.ID, signing.TIMESTAMP, signing.SIGNATURE)
    ]
    wrong += [
        {**good, signing.SIGNATURE: good[signing.SIGNATURE][:-3] + "AA="},
        {**good, signing.SIGNATURE: ""},
        {**good, signing.ID: "case_2"},
        {**good, signing.ID: "case.1"},
        {**good, signing.TIMESTAMP: str(int(good[signing.TIMESTAMP]) - 1)},
        {**good, signing.TIMESTAMP: "yesterday"},
        signed(body, "another"),
        signed(b"{}"),
        # a replay, and a clock of its own
        signed(body, off=-301),
        signed(body, off=360),
    ]
    said = set()
    for headers in wrong:
        answer = await refused(street, any_database, body, headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"]
        said.add(answer.text)
    assert len(said) == 1
    assert (await street.post(ROUTE, content=body, headers=good)).status_code == 201


async def test_the_signature_is_over_the_bytes_as_they_came(
    street: httpx.AsyncClient, any_database: Engine
) -> None:
    body = written()
    respaced = json.dumps(json.loads(body), ensure_ascii=False, indent=1).encode()
    assert json.loads(respaced) == json.loads(body)
    answer = await refused(street, any_database, respaced, signed(body))
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"version": 2}, "version"),
        ({"version": ...}, "version"),
        ({"text": ...}, "text"),
        ({"text": ""}, "text"),
        ({"text": " \u0000 "}, "text"),
        ({"text": "长" * 2001}, "text"),
        ({"text": 12}, "text"),
        ({"consent": False}, "consent"),
        ({"consent": ...}, "consent"),
        ({"consent": "true"}, "consent"),
        ({"city": "北京"}, "city"),
        ({"contact": "打我电话"}, "contact"),
        ({"contact_safe": "yes"}, "contact_safe"),
        ({"number": "1" * 65}, "number"),
        ({"note": "长" * 2001}, "note"),
        ({"region": "长" * 81}, "region"),
        ({"name": "张三"}, "name"),
    ],
)
async def test_what_is_wrong_is_named_in_chinese(
    street: httpx.AsyncClient, any_database: Engine, changes: dict[str, Any], field: str
) -> None:
    body = written(**changes)
    answer = await refused(street, any_database, body, signed(body))
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert any("\u4e00" <= sign <= "\u9fff" for sign in error["message"])


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"text": NaN}', b'{"text": "\\ud800"}'])
async def test_what_is_no_json(
    street: httpx.AsyncClient, any_database: Engine, body: bytes
) -> None:
    assert (await refused(street, any_database, body, signed(body))).status_code in (400, 422)


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"null", b"1"])
async def test_what_is_no_object(
    street: httpx.AsyncClient, any_database: Engine, body: bytes
) -> None:
    assert (await refused(street, any_database, body, signed(body))).status_code == 422


async def test_a_case_of_any_size_is_not_read(
    street: httpx.AsyncClient, any_database: Engine
) -> None:
    body = written(note="x" * LARGEST)
    assert (await refused(street, any_database, body, signed(body))).status_code == 413
    body = written(note="x" * 300 * 1024)
    assert (await refused(street, any_database, body, signed(body))).status_code == 413


@pytest.mark.parametrize("system", ["12348", "12346", "12345_qingyuan", "x", "１２３４５"])
async def test_a_system_that_is_not_there(
    street: httpx.AsyncClient, any_database: Engine, system: str
) -> None:
    body = written()
    before = rows(any_database)
    answer = await street.post(f"/api/v1/exchange/{system}", content=body, headers=signed(body))
    assert (answer.status_code, answer.json()["detail"]) == (404, "没有这个地址。")
    assert rows(any_database) == before


async def test_a_refused_request_is_counted_and_nothing_else(street: httpx.AsyncClient) -> None:
    def counted(outcome: str) -> float:
        return float(CASES.labels(outcome)._value.get())

    names = ("taken", "repeated", "not_signed", "malformed", "unknown")
    before = {name: counted(name) for name in names}
    body, bad = written(), written(version=2)
    await street.post(ROUTE, content=body, headers=signed(body))
    await street.post(ROUTE, content=body, headers=signed(body))
    await street.post(ROUTE, content=body, headers=signed(body, "another"))
    await street.post(ROUTE, content=bad, headers=signed(bad, delivery="case_2"))
    await street.post("/api/v1/exchange/12348", content=body, headers=signed(body))
    assert {name: counted(name) - before[name] for name in names} == dict.fromkeys(names, 1.0)


async def test_it_is_one_door_more_and_no_login_opens_it(
    exchanging: FastAPI, any_database: Engine, desk: Desk
) -> None:
    def names(app: FastAPI) -> set[str]:
        return {door.name for door in doors_of(list(app.routes))}

    assert names(exchanging) - names(create_app(Settings())) == {"POST /api/v1/exchange/{system}"}
    hire(any_database, "boss", *Role)
    async with come_in(exchanging, "boss") as boss:
        assert (await boss.post(ROUTE, content=written())).status_code == 401


# ---------------------------------------------------------------- pure


SYSTEM = ExchangeSystem(secret=secret_of("all"))


@given(st.binary(max_size=200), st.text(max_size=20), st.text(max_size=20), st.text(max_size=60))
def test_no_headers_but_the_right_ones_let_anybody_in(
    body: bytes, delivery: str, time: str, signature: str
) -> None:
    headers = {signing.ID: delivery, signing.TIMESTAMP: time, signing.SIGNATURE: signature}
    with pytest.raises(NotSigned):
        sender({"12345": SYSTEM}, "12345", headers, body, utcnow())


@given(st.binary(max_size=200), st.from_regex(r"[A-Za-z0-9_-]{1,128}", fullmatch=True))
def test_the_right_ones_do(body: bytes, delivery: str) -> None:
    headers = signing.headers(SYSTEM.keys, delivery, seconds(), body)
    assert sender({"12345": SYSTEM}, "12345", headers, body, utcnow()) == ("12345", delivery)
    with pytest.raises(NotSigned):
        sender({"12348": SYSTEM}, "12345", headers, body, utcnow())


async def test_who_sees_one_city_does_not_see_the_others(
    exchanging: FastAPI, street: httpx.AsyncClient, desk: Desk
) -> None:
    answer = await send(street, written(city=..., region=...), seed="qingyuan")
    async with come_in(exchanging, "li") as li:
        number = answer.json()["number"]
        assert (await li.get(f"/api/v1/tickets/{number}")).status_code == 404
        assert (await li.get("/api/v1/tickets")).json()["tickets"] == []
