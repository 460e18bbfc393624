"""/api/v1/follow-ups, and what operators register for somebody on the telephone."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.accounts.tables import Audit
from bot.api.state import AppState
from bot.clock import utcnow
from bot.follow_ups.tables import FollowUp
from bot.gateway.ledger import Actor
from bot.slips.tables import Slip
from bot.tables import Rating, Ticket, TicketEvent
from tests.bot.follow_ups.conftest import Enter, actor_of, follow_up, told_by_phone

pytestmark = pytest.mark.asyncio(loop_scope="session")
API = "/api/v1"
LIST = f"{API}/follow-ups"
UNSEEN = {"text": "\u200b\u200e"}


async def told(parts: AppState, operator: Actor | None, **given: Any) -> str:
    """The number of a new ticket."""
    catalogue = parts.catalogue
    return await parts.gateway.store.run(
        lambda session: told_by_phone(session, catalogue, operator, **given)[1].number
    )


def rows(stored: Engine, what: Any, number: str) -> list[Any]:
    with Session(stored) as session:
        ticket = session.scalars(select(Ticket).where(Ticket.number == number)).one()
        return list(session.scalars(select(what).where(what.ticket_id == ticket.id)))


def rate(browser: httpx.AsyncClient, number: str, **body: Any) -> Any:
    return browser.post(f"{API}/tickets/{number}/rating", json=body)


@pytest.mark.parametrize(
    ("channel", "platform"),
    [("phone", "hotline"), ("counter", "window"), ("exchange", "network")],
)
async def test_an_operator_keeps_what_the_caller_said_once(
    enter: Enter, parts: AppState, stored: Engine, channel: str, platform: str
) -> None:
    async with enter(Role.OPERATOR, name="李莉") as browser:
        me = actor_of(browser)
        number = await told(parts, me, channel=channel)
        closed = await browser.post(
            f"{API}/tickets/{number}/close", json={"outcome": "answered", "note": None}
        )
        assert closed.status_code == 200, closed.text
        answer = await rate(browser, number, score="dissatisfied")
        assert answer.status_code == 201, answer.text
        again = await rate(browser, number, score="satisfied")
        assert (again.status_code, "已经记过" in again.json()["detail"]) == (409, True)
    (rating,) = rows(stored, Rating, number)
    assert (rating.ending, rating.platform, rating.score) == (channel, platform, "dissatisfied")
    (row,) = rows(stored, FollowUp, number)
    assert row.id == answer.json()["follow_up"]
    assert (row.platform, row.owner_id, row.rating_id) == (platform, me.id, rating.id)
    events = [(event.kind, event.text) for event in rows(stored, TicketEvent, number)]
    assert ("rated", "不满意") in events
    with Session(stored) as session:
        deed = session.scalars(select(Audit).where(Audit.verb == "rate")).all()[-1]
    assert (deed.username, deed.object_id, deed.detail) == (me.name, number, None)


async def test_who_would_rather_not_say_is_asked_and_not_counted(
    enter: Enter, parts: AppState, stored: Engine
) -> None:
    async with enter(Role.OPERATOR) as browser:
        number = await told(parts, actor_of(browser))
        assert (await rate(browser, number, score="declined")).json()["follow_up"] is None
        assert (await rate(browser, number, score="satisfied")).status_code == 409
        # the ticket can still be looked at
        shown = await browser.get(f"{API}/tickets/{number}")
        assert shown.json()["rating"] is None
    (rating,) = rows(stored, Rating, number)
    assert (rating.score, rating.rated_at is not None) == (None, True)


async def test_only_its_owner_and_only_where_there_is_no_chat(
    enter: Enter, parts: AppState, stored: Engine
) -> None:
    async with enter(Role.OPERATOR) as browser, enter(Role.OPERATOR, name="王强") as other:
        number = await told(parts, actor_of(browser))
        refused = await rate(other, number, score="satisfied")
        assert (refused.status_code, "周敏" in refused.json()["detail"]) == (409, True)
        in_danger = await told(parts, actor_of(browser), urgent="violence")
        assert (await rate(browser, in_danger, score="satisfied")).status_code == 409
        in_chat = await told(parts, actor_of(browser), channel="web")
        assert (await rate(browser, in_chat, score="satisfied")).status_code == 409
        assert (await rate(browser, "261103829175", score="satisfied")).status_code == 404
        for body in ({}, {"score": "great"}, {"score": "fair", "ending": "bot"}):
            assert (await rate(browser, number, **body)).status_code == 422
    for untouched in (number, in_danger, in_chat):
        assert rows(stored, Rating, untouched) == []


async def test_a_slip_of_a_caller_is_rated_once_its_desk_is_done(
    enter: Enter, parts: AppState, stored: Engine
) -> None:
    async with enter(Role.OPERATOR) as browser:
        number = await told(parts, actor_of(browser))
        assert (await rate(browser, number, score="fair", ending="slip")).status_code == 409
        await parts.gateway.store.run(lambda session: slip_done(session, number))
        assert (await rate(browser, number, score="satisfied")).status_code == 201
        answer = await rate(browser, number, score="fair", ending="slip")
        assert answer.status_code == 201, answer.text
        assert (await rate(browser, number, score="fair", ending="slip")).status_code == 409
    found = {(one.ending, one.platform, one.score) for one in rows(stored, Rating, number)}
    assert found == {("phone", "hotline", "satisfied"), ("slip", "window", "fair")}


def slip_done(session: Session, number: str) -> None:
    """The ticket's slip, as its desk leaves it."""
    ticket = session.scalars(select(Ticket).where(Ticket.number == number)).one()
    columns = Slip.__table__.columns
    empty = dict.fromkeys(column.name for column in columns if column.nullable)
    session.add(
        Slip(
            **empty,
            number=f"{number}-1",
            ticket_id=ticket.id,
            city_id=ticket.city_id,
            service="notary",
            place_id="x",
            place_name="公证处",
            state="done",
            request="办公证",
            passed_on={},
            sent_at=utcnow(),
            sent_by="li",
        )
    )


async def test_an_operator_registers_a_complaint_for_a_caller(
    enter: Enter, parts: AppState, stored: Engine
) -> None:
    async with enter(Role.OPERATOR) as browser, enter(Role.SUPERVISOR, name="何班长") as ban:
        number = await told(parts, actor_of(browser))
        address = f"{API}/tickets/{number}/complaint"
        body = {"provider": "notary", "text": "排了三次队都不给办"}
        answer = await browser.post(address, json=body)
        assert answer.status_code == 201, answer.text
        id_ = answer.json()["id"]
        # whoever registered it does not settle it: it may be about a colleague
        hidden = await browser.post(f"{LIST}/{id_}/answer", json={"result": "没有的事"})
        assert hidden.status_code == 404
        assert [one["id"] for one in (await browser.get(LIST)).json()["follow_ups"]] == []
        for wrong in (
            {"provider": "bank"},
            {"text": " "},
            {"text": "长" * 501},
            {"text": "\0"},
            UNSEEN,
        ):
            assert (await browser.post(address, json=body | wrong)).status_code == 422
        (one,) = (await ban.get(LIST, params={"kind": "complaint"})).json()["follow_ups"]
        assert (one["id"], one["provider_name"], one["text"]) == (id_, "公证机构", body["text"])
        assert (one["platform"], one["ticket"]["number"]) == ("hotline", number)
        close = f"{LIST}/{id_}/close"
        missing = await ban.post(close, json={"result": "问过公证处了"})
        assert (missing.status_code, missing.json()["errors"][0]["field"]) == (422, "upheld")
        closed = await ban.post(close, json={"result": "问过公证处了", "upheld": False})
        assert (closed.status_code, closed.json()["state"]) == (200, "closed")
        assert (closed.json()["upheld"], closed.json()["closed_by"]) == (False, "何班长")
    kinds = [event.kind for event in rows(stored, TicketEvent, number)]
    assert kinds.count("complained") == 2


async def test_from_the_answer_to_the_end(enter: Enter, parts: AppState, stored: Engine) -> None:
    async with enter(Role.OPERATOR, name="李莉") as browser, enter(Role.SUPERVISOR) as ban:
        number = await told(parts, actor_of(browser))
        id_ = (await rate(browser, number, score="dissatisfied")).json()["follow_up"]
        (mine,) = (await browser.get(LIST, params={"mine": "true"})).json()["follow_ups"]
        assert (mine["id"], mine["may"], mine["owner"]["mine"]) == (id_, ["answer"], True)
        for deed, body in (("close", {"result": "好"}), ("reopen", {"reason": "再问"})):
            assert (await browser.post(f"{LIST}/{id_}/{deed}", json=body)).status_code == 403
        answered = await browser.post(f"{LIST}/{id_}/answer", json={"result": "已回电说明"})
        assert answered.json()["answered_by"] == "李莉"
        stale = await ban.post(f"{LIST}/{id_}/close", json={"result": "好", "seen": "open"})
        assert (stale.status_code, "李莉" in stale.json()["detail"]) == (409, True)
        assert (await ban.post(f"{LIST}/{id_}/close", json={})).json()["result"] == "已回电说明"
        again = await ban.post(f"{LIST}/{id_}/reopen", json={"reason": "没有问清"})
        assert (again.json()["state"], again.json()["reason"]) == ("open", "没有问清")
        assert (await ban.post(f"{LIST}/{id_}/reopen", json={"reason": " "})).status_code == 422
        unseen = await ban.post(f"{LIST}/{id_}/answer", json={"result": UNSEEN["text"]})
        assert unseen.status_code == 422


async def test_looking_is_written_down_and_a_city_is_its_own(enter: Enter, stored: Engine) -> None:
    with Session(stored.execution_options(immediate=True)) as session, session.begin():
        session.add_all([follow_up(text="太慢"), follow_up(text="没用", city_id="qingyuan")])
    async with enter(Role.SUPERVISOR, city="qingyuan") as ban:
        found = (await ban.get(LIST)).json()
        assert [one["text"] for one in found["follow_ups"]] == ["没用"]
        assert found["providers"][0] == {"id": "lawyer", "name": "律师、律师事务所"}
        username = actor_of(ban).name
        for wrong in ({"state": "gone"}, {"kind": "x"}, {"platform": "mars"}, {"provider": "bank"}):
            assert (await ban.get(LIST, params=wrong)).status_code == 422
    with Session(stored) as session:
        looked = session.scalars(select(Audit).where(Audit.username == username)).all()
    assert [
        (deed.verb, deed.object_kind, deed.detail) for deed in looked if deed.verb == "view"
    ] == [("view", "follow_up", {"count": 1})]
