"""The routes of the deeds: who may, in which city, what is refused, what is written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.roles import Role
from bot.clock import utcnow
from bot.duty import staffing
from bot.gateway.gateway import Gateway
from bot.slips.tables import Slip
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import Resident
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES
from tests.bot.slips.conftest import Hire, Worker, rooms, work

__all__ = ["rooms", "work"]


@pytest.fixture
def told(fake_engine: FakeEngine) -> None:
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]


@pytest_asyncio.fixture
async def number(gateway: Gateway, told: None) -> str:
    """Of a resident who waits."""
    return await waits(gateway)


async def waits(gateway: Gateway) -> str:
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    answer = await resident.say("转人工")
    found: str = answer["ticket"]["number"]
    return found


@pytest_asyncio.fixture
async def li(work: Hire) -> Worker:
    return await work(Role.OPERATOR)


def later(**much: float) -> str:
    return (datetime.now(UTC) + timedelta(**much)).isoformat()


async def refused(worker: Worker, path: str, status: int, **body: Any) -> str:
    """The Chinese sentence."""
    answer = await worker.post(path, status, **body)
    detail: str = answer["detail"]
    return detail


async def test_every_deed_shows_the_ticket_as_it_is_then_and_is_written_down(
    number: str, gateway: Gateway, work: Hire, li: Worker, any_database: Engine
) -> None:
    wu = await work(Role.OPERATOR, name="吴刚")
    ban = await work(Role.SUPERVISOR, name="班长")
    at = f"/tickets/{number}"
    asked = await li.post(f"{at}/second", username=wu.actor.name, note="看看")
    assert asked["second"] == {"name": "吴刚", "mine": False}
    assert (await wu.get(at))["second"]["mine"]
    given = await wu.post(f"{at}/second/done", note="是劳动关系")
    assert given["second"] is None
    event = given["events"][-1]
    assert (event["kind"], event["text"], event["actor"]) == ("second_given", "是劳动关系", "吴刚")
    assert (await li.post(f"{at}/escalate", note="请班长看"))["escalated_at"]
    assert (await ban.post(f"{at}/escalate/done", note="看过"))["escalated_at"] is None
    corrected = await li.post(f"{at}/correct", matter="debt", service="legal_aid")
    assert (corrected["matter"], corrected["service"]) == ("debt", "legal_aid")
    assert (await li.post(f"{at}/opponent", name="华兴公司"))["opponent"] == "华兴公司"
    await li.post(f"{at}/claim")
    assert (await ban.post(f"{at}/reassign", username=wu.actor.name))["owner"]["name"] == "吴刚"
    put = await wu.post(f"{at}/suspend", until=later(days=1), note="等材料")
    assert put["state"] == "open"
    assert put["suspended_until"]
    assert (await wu.post(f"{at}/resume"))["suspended_until"] is None
    other = await waits(gateway)
    merged = await wu.post(f"{at}/merge", into=f"{other[:4]} {other[4:]}")
    assert (merged["state"], merged["merged_into"]) == ("closed", other)
    with Session(any_database) as session:
        rows = [row.verb for row in audit.last(session, 100) if row.object_id == number]
    assert rows == [
        "second", "view", "second.done", "escalate", "escalate.done", "correct", "opponent",
        "claim", "reassign", "suspend", "resume", "merge",
    ]  # fmt: skip


async def test_what_is_not_for_everybody(number: str, work: Hire, li: Worker) -> None:
    elsewhere = await work(Role.OPERATOR, city="qingyuan")
    editor = await work(Role.EDITOR)
    at = f"/tickets/{number}"
    bodies: dict[str, dict[str, Any]] = {
        "second": {"username": "x"}, "second/done": {"note": "x"}, "escalate": {"note": "x"},
        "suspend": {"until": later(days=1)}, "resume": {}, "merge": {"into": number},
        "correct": {"matter": "debt"}, "opponent": {"name": "x"},
    }  # fmt: skip
    for deed, body in bodies.items():
        assert await refused(elsewhere, f"{at}/{deed}", 404, **body) == "没有这个工单。"
        await editor.post(f"{at}/{deed}", 403, **body)
    for deed, body in {"reassign": {"username": "x"}, "escalate/done": {"note": "x"}}.items():
        await li.post(f"{at}/{deed}", 403, **body)  # supervisors only
    assert (await elsewhere.client.put(f"/api/v1{at}/draft", json={"text": "x"})).status_code == 404
    await elsewhere.get(f"{at}/colleagues", 404)


async def test_what_is_asked_wrongly_is_said_in_chinese(number: str, li: Worker) -> None:
    at = f"/tickets/{number}"
    assert "没有这类事由" in await refused(li, f"{at}/correct", 422, matter="x")
    assert "没有这项服务" in await refused(li, f"{at}/correct", 422, service="x")
    assert "至少写一个" in await refused(li, f"{at}/correct", 422)
    assert await refused(li, f"{at}/resume", 409) == "这张工单没有挂起。"
    assert "没有这位同事" in await refused(li, f"{at}/second", 409, username="nobody")
    await li.post(f"{at}/suspend", 422, until="2026-11-27T10:00:00")  # without its offset
    assert "以后的时间" in await refused(
        li, f"{at}/suspend", 422, until="9999-12-31T23:59:59-12:00"
    )
    await li.post(f"{at}/merge", 422, into="12")
    await li.post(f"{at}/escalate", 422, note=" ")
    unseen = "\u200b\u200f"
    await li.post(f"{at}/claim", 200)
    assert "不能为空" in await refused(li, f"{at}/reply", 422, id="r1", text=unseen)
    assert "不能为空" in await refused(li, f"{at}/note", 422, text=unseen)


async def test_what_can_be_chosen_from(number: str, work: Hire, li: Worker) -> None:
    wu = await work(Role.OPERATOR, name="吴刚")
    await work(Role.OPERATOR, name="远方", city="qingyuan")
    found = (await li.get(f"/tickets/{number}/colleagues"))["colleagues"]
    names = {one["username"]: one["name"] for one in found}
    assert names[wu.actor.name] == "吴刚"
    assert li.actor.name not in names
    assert "远方" not in names.values()
    labels = await li.get("/tickets/labels")
    assert {"id": "labor", "name": "劳动人事"} in labels["matters"]
    assert {"id": "legal_aid", "name": "法律援助"} in labels["services"]


async def test_a_draft_waits_at_every_desk(number: str, work: Hire, li: Worker) -> None:
    at = f"/tickets/{number}"
    put = await li.client.put(f"/api/v1{at}/draft", json={"text": "写了一半 "})
    assert put.status_code == 204
    assert (await li.get(at))["draft"]["text"] == "写了一半 "
    wu = await work(Role.OPERATOR, name="吴刚")
    assert (await wu.get(at))["draft"] is None
    await li.post(f"{at}/claim")
    await li.post(f"{at}/reply", id="c1", text="写完了")
    assert (await li.get(at))["draft"] is None
    too_long = await li.client.put(f"/api/v1{at}/draft", json={"text": "长" * 4001})
    assert too_long.status_code == 422


async def test_a_line_says_when_a_wait_gets_long_and_how_its_slip_stands(
    number: str, li: Worker, any_database: Engine
) -> None:
    def line(found: dict[str, Any]) -> dict[str, Any]:
        lines: list[dict[str, Any]] = found["tickets"]
        return next(one for one in lines if one["number"] == number)

    first = line(await li.get("/tickets"))
    assert first["slip"] is None
    since, soon, broken = (
        datetime.fromisoformat(moment)
        for moment in (first["waiting_since"], first["sla"]["soon_at"], first["sla"]["broken_at"])
    )
    assert since < soon < broken
    # a console that is staffed for one minute a week lets nobody's clock run
    never = {"days": [1], "from": "03:00", "to": "03:01"}
    with Session(any_database) as session, session.begin():
        weekly = {"weekly": [never], "holidays": "closed"}
        staffing.set_hours(session, "zhongshan", weekly, None, "test", utcnow())
    slow = line(await li.get("/tickets"))["sla"]
    assert slow["soon_at"] is None or datetime.fromisoformat(slow["soon_at"]) > soon
    await li.post(f"/tickets/{number}/claim")
    assert line(await li.get("/tickets"))["sla"] is None
    slip = await li.post(
        f"/tickets/{number}/slips", 201,
        service="legal_aid", place="point.442000118", request="想申请法律援助", consent=True,
    )  # fmt: skip
    assert slip["state"] == "sent"
    assert line(await li.get("/tickets"))["slip"] == "sent"
    with Session(any_database) as session, session.begin():
        session.query(Slip).one().state = "returned"
    assert line(await li.get("/tickets"))["slip"] == "returned"


async def test_a_danger_is_written_down_by_who_reads_of_it(li: Worker, number: str) -> None:
    labels = await li.get("/tickets/labels")
    assert labels["urgent"][0] == {"id": "none", "name": "没有"}
    assert "有人受伤害" in [one["name"] for one in labels["urgent"]]
    assert "urgent" in await refused(li, f"/tickets/{number}/judge", 422, urgent="very")
    shown = await li.post(f"/tickets/{number}/judge", urgent="violence")
    assert (shown["urgent"], shown["urgent_name"]) == ("violence", "有人受伤害")
    assert shown["events"][-1]["name"] == "判断急不急"
    assert "接入" in await refused(li, f"/tickets/{number}/judge", 409, urgent="none")
    await li.post(f"/tickets/{number}/claim")
    assert (await li.post(f"/tickets/{number}/judge", urgent="none"))["urgent_name"] is None
