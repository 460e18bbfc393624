"""The live board: what waits, who is there, what is late; no names of residents, one's own city."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.accounts.roles import Role
from bot.callbacks.tables import Callback
from bot.clock import china_day
from bot.follow_ups.tables import FollowUp
from bot.slips.tables import Slip
from tests.bot.supervise.conftest import Enter, Office

NOBODY_ON_DUTY: dict[str, Any] = {"weekly": [], "holidays": None}


def counts(board: dict[str, Any]) -> dict[str, int]:
    return {one["id"]: one["n"] for one in board["counts"]}


async def seen(browser: httpx.AsyncClient) -> dict[str, Any]:
    answer = await browser.get("/api/v1/board")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_who_waits_and_how_their_clocks_stand(enter: Enter, office: Office) -> None:
    office.waiting(10)
    office.waiting(200, region_id="442000118")
    late = office.waiting(400)
    office.waiting(70, urgent="violence", matter="marriage_family")
    office.ticket(state="open")
    async with enter() as browser:
        board = await seen(browser)
        page = await browser.get("/supervise")
    assert counts(board) | {"longest": 0} == dict.fromkeys(counts(board), 0) | {
        "waiting": 4, "urgent": 1, "soon": 1, "broken": 2,
    }  # fmt: skip
    assert counts(board)["longest"] >= 400
    first, second, third, fourth = board["waits"]
    assert (first["urgent_name"], first["standing"]) == ("有人受伤害", "broken")
    assert (second["number"], second["standing_name"]) == (late.number, "超过时限")
    assert (third["standing"], third["place"]) == ("soon", "中山市小榄镇")
    assert fourth["standing"] == "ok"
    assert page.status_code == 200
    for text in (second["number_shown"], "超过时限", "快到时限", f"/console?ticket={late.number}"):
        assert text in page.text


async def test_the_clocks_stand_still_out_of_duty_hours(enter: Enter, office: Office) -> None:
    office.hours("zhongshan", NOBODY_ON_DUTY)
    office.waiting(4000)
    office.waiting(4000, city="qingyuan")  # nobody has said when that one is staffed
    async with enter() as browser:
        found = counts(await seen(browser))
    assert (found["waiting"], found["broken"]) == (2, 1)


async def test_by_operator(enter: Enter, office: Office) -> None:
    li, wang, gone = office.hire("李莉"), office.hire("王强"), office.hire("赵远")
    office.hire("编辑", Role.EDITOR)
    office.on_duty(li)
    office.on_duty(wang, seen=600)
    office.on_duty(gone, state="off")
    now = office.now
    office.ticket(owner=li, state="taken", taken_at=now)
    office.closed(li, queued_at=now, taken_at=now, first_reply_at=now + timedelta(seconds=20))
    office.closed(li, queued_at=now, taken_at=now, first_reply_at=now + timedelta(seconds=31))
    office.closed(li, opened_at=now - timedelta(days=3), closed_at=now - timedelta(days=2))
    async with enter() as browser:
        board = await seen(browser)
    assert [(one["name"], one["presence_name"]) for one in board["operators"]] == [
        ("李莉", "在岗"), ("王强", "话务台断线"), ("赵远", "不在岗"),
    ]  # fmt: skip
    first = board["operators"][0]
    assert (first["talking"], first["closed_today"]) == (1, 2)
    assert first["first_reply_text"] == "50%（1/2）"
    assert board["operators"][1]["first_reply_text"] == "—"
    assert counts(board)["present"] == 1


async def test_what_somebody_must_look_at(enter: Enter, office: Office) -> None:
    li = office.hire("李莉")
    now, today = office.now, china_day(office.now)
    escalated = office.ticket(owner=li, state="taken", escalated_at=now)
    office.ticket(owner=li, state="taken", second_id="x", second_name="王强")
    office.closed(li, escalated_at=now)
    sent: dict[str, Any] = {
        "city_id": "zhongshan", "service": "legal_aid", "place_id": "p", "place_name": "站",
        "request": "请接待", "passed_on": {}, "rule": None, "sent_by": "li", "received_at": None,
        "said_at": None, "done_at": None, "handler_id": None, "handler_name": None,
        "first_desk": None, "first_id": None, "first_name": None, "reason": None, "result": None,
        "ticket_id": escalated.id,
    }  # fmt: skip
    booked: dict[str, Any] = {
        "city_id": "zhongshan", "half": "pm", "state": "booked", "booked_at": now, "tries": 0,
        "settled_at": None, "settled_by": None, "ticket_id": escalated.id,
    }  # fmt: skip
    follow_up: dict[str, Any] = {
        "kind": "complaint", "city_id": "zhongshan", "ticket_id": escalated.id, "rating_id": None,
        "platform": "network", "provider": None, "text": "态度不好", "opened_at": now,
        "owner_id": None, "owner_name": None, "endangered": False, "result": None,
        "answered_at": None, "answered_by": None, "upheld": None, "closed_at": None,
        "closed_by": None, "reason": None, "reopened_by": None,
    }  # fmt: skip
    yesterday = today - timedelta(days=1)
    office.add(
        Slip(number="1-1", state="returned", sent_at=now, **sent),
        Slip(number="1-2", state="sent", sent_at=now - timedelta(days=30), **sent),
        Slip(number="1-3", state="sent", sent_at=now, **sent),
        Callback(day=yesterday, **booked),
        Callback(day=today + timedelta(days=1), **booked),
        FollowUp(state="open", due_on=yesterday, **follow_up),
        FollowUp(state="closed", due_on=yesterday, **follow_up),
        FollowUp(state="answered", due_on=today, **follow_up),
    )
    async with enter() as browser:
        board = await seen(browser)
    found = counts(board)
    assert (found["escalated"], found["second"]) == (1, 1)
    assert (found["slips_returned"], found["slips_overdue"]) == (1, 1)
    assert (found["callbacks_today"], found["callbacks_overdue"]) == (0, 1)
    assert found["follow_ups"] == 1
    assert [(one["kind_name"], one["owner"], one["asked"]) for one in board["asked"]] == [
        ("升级给班长", "李莉", ""), ("等同事意见", "李莉", "王强"),
    ]  # fmt: skip
    marks = {one["id"]: one["mark"] for one in board["counts"]}
    assert (marks["callbacks_overdue"], marks["escalated"], marks["waiting"]) == (
        "bad",
        "look",
        "ok",
    )


async def test_a_ticket_that_nobody_answers_for_is_seen(enter: Enter, office: Office) -> None:
    office.ticket()
    async with enter() as browser:
        assert counts(await seen(browser))["unowned"] == 0
        office.ticket(owner_desk=None)
        office.ticket(responsible_desk=None)
        assert counts(await seen(browser))["unowned"] == 2
        assert "没有人负责的工单" in (await browser.get("/supervise")).text


async def test_many_against_one_opponent(enter: Enter, office: Office) -> None:
    for town in ("442000118", "442000105", "442000118"):
        office.ticket(opponent="某某电子厂", region_id=town, trouble="张三被欠薪")
    office.ticket(opponent="某某电子厂", matter="social_security")
    twice = office.ticket(opponent="房东甲")
    office.ticket(opponent="房东甲", conversation_id=twice.conversation_id)
    office.ticket(opponent="房东甲")
    for _ in range(3):
        office.ticket(opponent="旧厂", opened_at=office.now - timedelta(days=31))
    for city in ("zhongshan", "qingyuan", "lianyungang"):
        office.ticket(opponent="各城都有", city=city)
    async with enter() as browser:
        board = await seen(browser)
        page = (await browser.get("/supervise")).text
    (one,) = board["opponents"]
    assert (one["opponent"], one["count"]) == ("某某电子厂", 4)
    assert "劳动" in one["matters"]
    assert one["towns"] == "中山市小榄镇、中山市古镇镇"
    assert "张三" not in page


async def test_one_city_only(enter: Enter, office: Office) -> None:
    office.waiting(400)
    office.waiting(400, city="qingyuan")
    for _ in range(3):
        office.ticket(opponent="某厂", city="qingyuan")
    office.on_duty(office.hire("清远的", city="qingyuan"))
    async with enter(city="zhongshan") as browser:
        board = await seen(browser)
    assert counts(board)["waiting"] == 1
    assert board["opponents"] == []
    assert board["operators"] == []


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.DESK, Role.ADMIN, Role.REVIEWER])
async def test_for_supervisors_only(enter: Enter, role: Role) -> None:
    async with enter(role) as browser:
        assert (await browser.get("/supervise")).status_code == 403
        assert (await browser.get("/api/v1/board")).status_code == 403


async def test_it_is_read_in_a_few_queries_however_many_wait(enter: Enter, office: Office) -> None:
    """Twenty supervisors look every few seconds: no query may be asked for each ticket."""
    from sqlalchemy import event

    async def asked() -> int:
        statements: list[str] = []

        def note(*said: Any) -> None:
            statements.append(said[2])

        event.listen(office.database, "before_cursor_execute", note)
        try:
            await seen(browser)
        finally:
            event.remove(office.database, "before_cursor_execute", note)
        return len(statements)

    async with enter() as browser:
        few = await asked()
        for n in range(40):
            office.waiting(n * 10, opponent="某厂")
        assert await asked() == few
