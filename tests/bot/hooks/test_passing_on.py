"""POST /tickets/{number}/pass-on: who may, when, and what exactly goes along."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import Engine, delete, func, select

from bot.accounts.roles import Role
from bot.accounts.tables import Account, Audit
from bot.gateway.gateway import Gateway
from bot.hooks.tables import HookDelivery
from bot.settings import Settings
from bot.tables import Conversation, Ticket, TicketEvent
from knowledge.catalogue import Catalogue
from tests.bot.accounts.people import come_in, hire, stranger
from tests.bot.conftest import FakeEngine
from tests.bot.hooks.conftest import app_over
from tests.bot.hooks.desks import Desk
from tests.bot.hooks.other import Other, secret_of

YES = {"system": "12345", "consent": True}


@pytest_asyncio.fixture
async def li(exchanging: FastAPI, desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with come_in(exchanging, "li") as browser:
        yield browser


def path(ticket: Ticket) -> str:
    return f"/api/v1/tickets/{ticket.number}/pass-on"


async def deliveries(gateway: Gateway) -> list[HookDelivery]:
    return list(await gateway.look(lambda session: session.scalars(select(HookDelivery)).all()))


def fields(answer: httpx.Response) -> list[str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return [error["field"] for error in answer.json()["errors"]]


async def test_exactly_what_was_agreed_goes_along(
    li: httpx.AsyncClient, desk: Desk, catalogue: Catalogue
) -> None:
    town = next(r for r in catalogue.atlas.regions.values() if r.name == "小榄镇")
    ticket = await desk.ticket(
        contact="138 0013 8000",
        contact_safe=True,
        region_id=town.id,
        opponent="某某制衣厂",
        outcome_note="只给同事看",
    )
    answer = await li.post(path(ticket), json={**YES, "note": "  居民想先问 12345  "})
    assert answer.status_code == 202
    said = answer.json()
    assert (said["system"], said["system_name"]) == ("12345", "12345 政务服务便民热线")
    assert said["notice"] is None
    body = said["passed_on"]
    assert set(body) == {
        "version", "system", "number", "number_shown", "city", "region", "service", "matter",
        "urgent", "summary", "contact", "consent_at", "note",
    }  # fmt: skip
    assert body["version"] == 1
    assert body["number"] == ticket.number
    assert body["city"] == {"id": "zhongshan", "name": "中山市"}
    assert body["region"] == {
        "id": town.id, "name": "中山市小榄镇",
        "city": "中山市", "county": None, "town": "小榄镇", "village": None,
    }  # fmt: skip
    assert body["service"] == {"id": "labor_arbitration", "name": "劳动人事争议仲裁"}
    assert body["matter"]["id"] == "labor"
    assert body["matter"]["name"]
    assert body["urgent"] == {"id": "none", "name": "没有听出紧急的情况"}
    assert body["contact"] == {"phone": "13800138000"}
    assert body["consent_at"].endswith("+00:00")
    assert body["note"] == "居民想先问 12345"
    summary = "\n".join(body["summary"])
    assert len(body["summary"]) == 5
    assert "拖欠我三个月工资共12000元" in summary
    # a number stands where the resident has agreed to it, and nowhere else
    assert "13800138000" not in summary
    everything = json.dumps(body, ensure_ascii=False)
    for kept_here in ("制衣厂", "同事", "1800元", "法援初判"):
        assert kept_here not in everything
    (row,) = await deliveries(desk.gateway)
    assert (row.delivery, row.body, row.made_by) == (said["delivery"], body, "li")


@pytest.mark.parametrize(
    ("contact", "safe"), [("138 0013 8000", None), ("138 0013 8000", False), (None, None)]
)
async def test_a_number_that_may_not_be_called_stays_here(
    li: httpx.AsyncClient, desk: Desk, contact: str | None, safe: bool | None
) -> None:
    ticket = await desk.ticket(contact=contact, contact_safe=safe)
    answer = await li.post(path(ticket), json=YES)
    assert answer.json()["passed_on"]["contact"] is None
    assert "13800138000" not in answer.text.replace(" ", "")


async def test_it_is_an_event_and_stands_in_the_audit_without_words(
    li: httpx.AsyncClient, desk: Desk
) -> None:
    ticket = await desk.ticket(contact="138 0013 8000", contact_safe=True)
    made = (await li.post(path(ticket), json={**YES, "note": "备注"})).json()["delivery"]
    kinds = select(TicketEvent.kind).where(TicketEvent.ticket_id == ticket.id)
    assert "passed_on" in await desk.gateway.look(lambda s: s.scalars(kinds).all())
    query = select(Audit).where(Audit.verb == "pass_on")
    (row,) = await desk.gateway.look(lambda s: s.scalars(query).all())
    assert (row.username, row.object_kind, row.object_id) == ("li", "ticket", ticket.number)
    assert row.detail is not None
    assert (row.detail["system"], row.detail["delivery"]) == ("12345", made)
    assert {"summary", "contact", "note", "consent_at"} <= set(row.detail["passed"])
    assert "region" not in row.detail["passed"]
    for word in ("工资", "138", "备注"):
        assert word not in json.dumps(row.detail, ensure_ascii=False)


async def test_to_the_police_it_is_a_record_and_no_alarm(li: httpx.AsyncClient, desk: Desk) -> None:
    ticket = await desk.ticket()
    answer = await li.post(path(ticket), json={"system": "110", "consent": True})
    assert answer.status_code == 202
    assert "请他本人现在就拨 110" in answer.json()["notice"]
    assert answer.json()["passed_on"]["system"] == "110"


@pytest.mark.parametrize("consent", [{}, {"consent": False}])
async def test_not_without_consent(
    li: httpx.AsyncClient, desk: Desk, consent: dict[str, Any]
) -> None:
    answer = await li.post(path(await desk.ticket()), json={"system": "12345", **consent})
    assert (answer.status_code, fields(answer)) == (422, ["consent"])
    assert "居民没有同意" in answer.json()["detail"]
    assert await deliveries(desk.gateway) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"system": "12346"}, "system"),
        ({"system": None}, "system"),
        ({"consent": "yes"}, "consent"),
        ({"consent": 1}, "consent"),
        ({"note": "长" * 2001}, "note"),
        ({"contact": "13800138000"}, "contact"),
    ],
)
async def test_what_is_wrong_is_named(
    li: httpx.AsyncClient, desk: Desk, wrong: dict[str, Any], field: str
) -> None:
    answer = await li.post(path(await desk.ticket()), json={**YES, **wrong})
    assert (answer.status_code, fields(answer)) == (422, [field])


async def test_a_system_that_is_not_there(li: httpx.AsyncClient, desk: Desk) -> None:
    answer = await li.post(path(await desk.ticket()), json={**YES, "system": "12348"})
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("还没有和 12348 的系统对接")


async def test_another_city_s_police_is_not_asked(
    exchanging: FastAPI, any_database: Engine, desk: Desk
) -> None:
    hire(any_database, "wang", Role.OPERATOR)  # sees every city
    ticket = await desk.ticket("qingyuan", owner_id=await account(desk.gateway, "wang"))
    async with come_in(exchanging, "wang") as wang:
        answer = await wang.post(path(ticket), json={"system": "110", "consent": True})
        assert answer.status_code == 409
        # the 12345 that is there for all takes it: Qingyuan's own one only sends
        answer = await wang.post(path(ticket), json=YES)
        assert answer.status_code == 202
    (row,) = await deliveries(desk.gateway)
    assert row.system == "12345"


async def account(gateway: Gateway, username: str) -> str:
    query = select(Account.id).where(Account.username == username)
    found = await gateway.look(lambda session: session.scalar(query))
    assert found
    return found


async def test_nothing_is_on_by_itself(
    any_database: Engine, gateway: Gateway, fake_engine: FakeEngine, desk: Desk
) -> None:
    app = app_over(any_database, gateway, fake_engine, Settings())
    async with come_in(app, "li") as browser:
        answer = await browser.post(path(await desk.ticket()), json=YES)
        assert answer.status_code == 409
        nowhere = await browser.post("/api/v1/nowhere/12345", content=b"{}")
        for method in ("GET", "POST", "PUT"):
            answer = await browser.request(method, "/api/v1/exchange/12345", content=b"{}")
            assert answer.status_code == 404
            assert answer.json() == nowhere.json()
        assert "exchange" not in (await browser.get("/openapi.json")).text
    assert await deliveries(gateway) == []


async def test_a_closed_ticket_stays(li: httpx.AsyncClient, desk: Desk) -> None:
    answer = await li.post(path(await desk.ticket(state="closed")), json=YES)
    assert (answer.status_code, answer.json()["detail"]) == (409, "这个工单已经办结了。")


async def test_only_whose_it_is_passes_it_on(li: httpx.AsyncClient, desk: Desk) -> None:
    nobody_s = await desk.ticket(owner_id=None, owner_name=None, owner_desk="值班台", state="open")
    answer = await li.post(path(nobody_s), json=YES)
    assert (answer.status_code, "请先接入" in answer.json()["detail"]) == (409, True)
    wang_s = await desk.ticket(owner_id="wang", owner_name="王强")
    answer = await li.post(path(wang_s), json=YES)
    assert (answer.status_code, "王强" in answer.json()["detail"]) == (409, True)
    # whoever owns it need not be talking
    mine = await desk.ticket(state="open")
    assert (await li.post(path(mine), json=YES)).status_code == 202


async def test_another_city_s_ticket_is_not_there(li: httpx.AsyncClient, desk: Desk) -> None:
    answer = await li.post(path(await desk.ticket("qingyuan")), json=YES)
    assert (answer.status_code, answer.json()["detail"]) == (404, "没有这个工单。")
    assert (await li.post("/api/v1/tickets/000000000000/pass-on", json=YES)).status_code == 404


async def test_a_conversation_that_is_gone_is_not_passed_on(
    li: httpx.AsyncClient, desk: Desk
) -> None:
    ticket = await desk.ticket()
    gone = delete(Conversation).where(Conversation.id == ticket.conversation_id)
    await desk.gateway.store.run(lambda session: session.execute(gone) and None)
    assert (await li.post(path(ticket), json=YES)).status_code == 409


async def test_once_to_each_system_also_when_it_is_clicked_twice(
    li: httpx.AsyncClient, desk: Desk
) -> None:
    ticket = await desk.ticket()
    answers = await asyncio.gather(*(li.post(path(ticket), json=YES) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    assert len(await deliveries(desk.gateway)) == 1
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["detail"] == "这张工单已经转给12345 政务服务便民热线，不用再转。"
    answer = await li.post(path(ticket), json={"system": "110", "consent": True})
    assert answer.status_code == 202


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
async def test_only_operators(
    exchanging: FastAPI, any_database: Engine, desk: Desk, role: Role
) -> None:
    hire(any_database, "someone", role)
    ticket = await desk.ticket(owner_id=await account(desk.gateway, "someone"))
    async with come_in(exchanging, "someone") as browser:
        answer = await browser.post(path(ticket), json=YES)
    assert answer.status_code == (202 if role is Role.SUPERVISOR else 403)


async def test_nobody_comes_in_from_the_street(exchanging: FastAPI, desk: Desk) -> None:
    ticket = await desk.ticket()
    async with stranger(exchanging) as browser:
        assert (await browser.post(path(ticket), json=YES)).status_code == 401
    async with come_in(exchanging, "li") as browser:
        del browser.headers["X-CSRF-Token"]
        assert (await browser.post(path(ticket), json=YES)).status_code == 403
    count = select(func.count()).select_from(HookDelivery)
    assert await desk.gateway.look(lambda session: session.scalar(count)) == 0


async def test_an_answer_and_a_page_hold_no_secret(
    li: httpx.AsyncClient, desk: Desk, other: Other
) -> None:
    answer = await li.post(path(await desk.ticket()), json=YES)
    for said in (
        answer.text,
        (await li.get("/openapi.json")).text,
        (await li.get("/metrics")).text,
    ):
        assert secret_of("all") not in said
        assert other.url not in said
