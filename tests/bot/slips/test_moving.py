"""A desk and its slips: only its own, who was first, who answers, what the resident hears."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.accounts.tables import Account, Audit
from bot.clock import utcnow
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Ledger
from bot.slips import board
from bot.slips.board import state_of
from bot.slips.flags import flagged, settle
from bot.slips.tables import RuleFlag, Slip, SlipEvent
from bot.tables import Message, Rating, Ticket, TicketEvent
from bot.tickets import aside, desk
from bot.tickets.states import duty_desk
from knowledge.catalogue import Catalogue
from tests.bot.conversing import Resident, texts
from tests.bot.slips.conftest import AID, OFFICE, XIAOLAN, Hire, Tell, Worker

PLACE = "小榄镇公共法律服务站"


async def rows(gateway: Gateway, table: Any) -> list[Any]:
    return await gateway.look(lambda s: list(s.scalars(select(table).order_by(table.id))))


async def said_last(resident: Resident) -> list[str]:
    messages = await resident.read(
        lambda s, c: list(s.scalars(select(Message).order_by(Message.seq)))
    )
    return [message.body["text"] for message in messages]


async def begun(chen: Worker, slip: str) -> None:
    await chen.post(f"/slips/{slip}/receive")
    await chen.post(f"/slips/{slip}/work")


async def test_from_sent_to_done(
    gateway: Gateway, resident: Resident, li: Worker, chen: Worker, slip: str
) -> None:
    await resident.operator(desk.handback, li.actor, None)
    (new,) = (await chen.get("/slips", state="sent"))["slips"]
    assert (new["number"], new["overdue"]) == (slip, False)
    assert new["due"]
    received = await chen.post(f"/slips/{slip}/receive")
    assert (received["state"], received["handler"]) == ("received", "陈站长")
    assert received["deeds"] == ["work", "return"]
    ticket = await resident.ticket()
    assert (ticket.responsible_desk, ticket.responsible_id) == (PLACE, None)
    assert ticket.owner_name == "李莉"
    await chen.post(f"/slips/{slip}/work")
    await chen.post(f"/slips/{slip}/say", text="已约下周一来签字")
    before = len(await said_last(resident))
    done = await chen.post(f"/slips/{slip}/finish", text="已受理，指派律师")
    assert (done["state"], done["result"], done["due"]) == ("done", "已受理，指派律师", None)
    told = (await said_last(resident))[before:]
    assert PLACE in told[0]
    assert "律师" not in told[0]  # what the desk wrote is the staff's
    (rating,) = [one for one in await rows(gateway, Rating) if one.ending == "slip"]
    assert (rating.platform, rating.ticket_id) == ("window", ticket.id)
    events = [(e.before, e.after, e.actor) for e in await rows(gateway, SlipEvent)]
    me = chen.actor.name
    assert events == [
        (None, "sent", li.actor.name), ("sent", "received", me), ("received", "working", me),
        ("working", "working", me), ("working", "done", me),
    ]  # fmt: skip
    kinds = [event.kind for event in await rows(gateway, TicketEvent)]
    assert [kind for kind in kinds if kind.startswith("slip_")] == [
        "slip_sent", "slip_received", "slip_working", "slip_working", "slip_done",
    ]  # fmt: skip
    verbs = [row.verb for row in await rows(gateway, Audit) if row.object_id == slip]
    assert verbs == [
        "slip.send", "slip.receive", "slip.work", "slip.say", "slip.finish",
    ]  # fmt: skip


async def test_a_desk_has_its_own_slips_only(
    work: Hire, li: Worker, number: str, chen: Worker, slip: str
) -> None:
    other = await work(Role.DESK, name="孙主任", place=OFFICE)
    assert (await other.get("/slips"))["slips"] == []
    await other.get(f"/slips/{slip}", 404)
    for deed, body in (
        ("receive", {}), ("work", {}), ("say", {"text": "好"}), ("finish", {"text": "好"}),
        ("return", {"reason": "not_ours"}),
    ):  # fmt: skip
        await other.post(f"/slips/{slip}/{deed}", 404, **body)
        await li.post(f"/slips/{slip}/{deed}", 403, **body)
    assert (await chen.get(f"/slips/{slip}"))["state"] == "sent"
    assert (await li.get(f"/slips/{slip}"))["deeds"] == []
    await chen.get(f"/slips/{number}-9", 404)
    await chen.get(f"/slips/{slip[:4]} {slip[4:8]} {slip[8:]}")  # as people write it


async def test_a_desk_without_a_place_sees_none_and_hears_why(work: Hire, slip: str) -> None:
    nowhere = await work(Role.DESK)
    found = await nowhere.get("/slips")
    assert found["slips"] == []
    assert "管理员" in found["notice"]
    await nowhere.get(f"/slips/{slip}", 404)
    await nowhere.post(f"/slips/{slip}/receive", 404)


async def test_operators_see_their_city_s(work: Hire, li: Worker, slip: str) -> None:
    found = await li.get("/slips", ticket=slip[:12])
    assert [line["number"] for line in found["slips"]] == [slip]
    assert found["notice"] is None
    assert (await li.get("/slips", ticket="260000000000"))["slips"] == []
    assert (await li.get("/slips", state="done"))["slips"] == []
    elsewhere = await work(Role.OPERATOR, city="qingyuan")
    assert (await elsewhere.get("/slips"))["slips"] == []
    await elsewhere.get(f"/slips/{slip}", 404)
    everywhere = await work(Role.SUPERVISOR, city=None)
    assert len((await everywhere.get("/slips"))["slips"]) == 1
    await (await work(Role.EDITOR)).get("/slips", 403)


async def test_looking_at_a_slip_is_written_down(gateway: Gateway, chen: Worker, slip: str) -> None:
    await chen.get(f"/slips/{slip}")
    (row,) = [row for row in await rows(gateway, Audit) if row.verb == "view"]
    assert (row.username, row.object_kind, row.object_id) == (chen.actor.name, "slip", slip)


async def test_of_two_colleagues_one_receives_and_the_other_is_told_who(
    work: Hire, chen: Worker, gateway: Gateway, slip: str
) -> None:
    huang = await work(Role.DESK, name="黄干事", place=XIAOLAN)
    answers = await asyncio.gather(
        *(
            worker.client.post(f"/api/v1/slips/{slip}/receive", json={"seen": "sent"})
            for worker in (chen, huang)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    slips = await rows(gateway, Slip)
    assert slips[0].handler_name in refused.json()["detail"]
    assert len(await rows(gateway, SlipEvent)) == 2


async def test_a_second_click_is_harmless(gateway: Gateway, chen: Worker, slip: str) -> None:
    deeds: list[tuple[str, dict[str, Any]]] = [
        ("receive", {"seen": "sent"}),
        ("work", {"seen": "received"}),
        ("say", {"text": "在等材料", "seen": "working"}),
        ("return", {"reason": "materials", "text": "少合同", "seen": "working"}),
    ]
    for deed, body in deeds:
        for _ in range(2):
            await chen.post(f"/slips/{slip}/{deed}", **body)
    assert len(await rows(gateway, SlipEvent)) == 5
    assert len(await rows(gateway, RuleFlag)) == 1


async def test_other_words_after_the_end_are_refused_and_not_lost_in_silence(
    gateway: Gateway, chen: Worker, slip: str
) -> None:
    await begun(chen, slip)
    await chen.post(f"/slips/{slip}/finish", text="已受理")
    await chen.post(f"/slips/{slip}/finish", text="已受理")
    late = await chen.post(f"/slips/{slip}/finish", 409, text="已受理，指派律师")
    assert "已办结" in late["detail"]
    (row,) = await rows(gateway, Slip)
    assert row.result == "已受理"


async def test_what_a_colleague_did_meanwhile_is_not_undone(
    work: Hire, chen: Worker, slip: str
) -> None:
    await chen.post(f"/slips/{slip}/receive")
    huang = await work(Role.DESK, name="黄干事", place=XIAOLAN)
    await huang.post(f"/slips/{slip}/work", seen="received")
    refused = await chen.post(f"/slips/{slip}/return", 409, reason="duplicate", seen="received")
    assert "黄干事" in refused["detail"]
    assert "办理中" in refused["detail"]
    refused = await chen.post(f"/slips/{slip}/receive", 409)
    assert "黄干事" in refused["detail"]


@pytest.mark.parametrize(
    ("deed", "body"), [("work", {}), ("say", {"text": "好"}), ("finish", {"text": "好"})]
)
async def test_nothing_is_skipped(chen: Worker, slip: str, deed: str, body: dict[str, str]) -> None:
    refused = await chen.post(f"/slips/{slip}/{deed}", 409, **body)
    assert "已发出" in refused["detail"]


@pytest.mark.parametrize(
    ("deed", "body", "field"),
    [
        ("finish", {}, "text"), ("finish", {"text": "  "}, "text"), ("say", {}, "text"),
        ("return", {}, "reason"), ("return", {"reason": "bored"}, "reason"),
        ("return", {"reason": "other"}, "text"),
    ],
)  # fmt: skip
async def test_endings_need_their_words(
    chen: Worker, slip: str, deed: str, body: dict[str, str], field: str
) -> None:
    await begun(chen, slip)
    answer = await chen.post(f"/slips/{slip}/{deed}", 422, **body)
    assert [error["field"] for error in answer["errors"]] == [field]
    assert (await chen.get(f"/slips/{slip}"))["state"] == "working"


# ------------------------------------------------------------ sent back


async def test_what_comes_back_is_the_operator_s_again_and_its_rule_is_flagged(
    gateway: Gateway, catalogue: Catalogue, resident: Resident, li: Worker, chen: Worker, slip: str
) -> None:
    await resident.operator(desk.close, li.actor, "referred", "转小榄站")
    await chen.post(f"/slips/{slip}/receive")
    assert (await resident.ticket()).responsible_desk == PLACE
    back = await chen.post(f"/slips/{slip}/return", reason="not_ours", text="是劳动仲裁的事")
    assert (back["state"], back["reason"], back["reason_text"]) == (
        "returned", "not_ours", "是劳动仲裁的事",
    )  # fmt: skip
    ticket = await resident.ticket()
    assert (ticket.state, ticket.owner_name, ticket.outcome, ticket.closed_at) == (
        "open", "李莉", None, None,
    )  # fmt: skip
    assert (ticket.responsible_name, ticket.responsible_id) == ("李莉", li.actor.id)
    assert ticket.responsible_desk is None
    event = (await rows(gateway, TicketEvent))[-1]
    assert (event.kind, event.actor) == ("slip_returned", chen.actor.name)
    assert event.text == f"{PLACE}：不归本台管：是劳动仲裁的事"
    shown = await gateway.look(lambda s: state_of(s, [ticket.id, 999]))
    assert shown == {
        ticket.id: {
            "number": slip, "place": PLACE, "state": "returned", "state_name": "已退回",
            "overdue": False, "due_text": None,
        }
    }  # fmt: skip
    (flag,) = await gateway.look(lambda s: flagged(s, catalogue, "zhongshan"))
    assert (flag.rule, flag.count, flag.reasons) == ("labor.wage_aid", 1, (("不归本台管", 1),))
    assert "法律援助机构" in flag.name
    assert await gateway.look(lambda s: flagged(s, catalogue, "qingyuan")) == []
    assert await gateway.store.run(lambda s: settle(s, flag.rule, "qingyuan", "zhou")) == 0
    assert await gateway.store.run(lambda s: settle(s, flag.rule, "zhongshan", "zhou")) == 1
    assert await gateway.look(lambda s: flagged(s, catalogue, None)) == []


async def test_a_free_choice_flags_no_rule(
    gateway: Gateway, li: Worker, chen: Worker, number: str
) -> None:
    sent = await li.post(f"/tickets/{number}/slips", 201, **(AID | {"service": "legal_education"}))
    await chen.post(f"/slips/{sent['number']}/return", reason="not_ours")
    assert await rows(gateway, RuleFlag) == []


async def test_a_talk_that_goes_on_is_not_disturbed(
    resident: Resident, li: Worker, chen: Worker, slip: str
) -> None:
    before = await resident.read(lambda s, c: (c.seq, c.state))
    await chen.post(f"/slips/{slip}/return", reason="duplicate")
    ticket = await resident.ticket()
    assert (ticket.state, ticket.owner_name) == ("taken", "李莉")
    assert await resident.read(lambda s, c: (c.seq, c.state)) == before
    assert ticket.responsible_name == "李莉"


async def test_an_owner_who_is_gone_leaves_it_to_the_duty_desk(
    any_database: Engine, resident: Resident, li: Worker, chen: Worker, slip: str
) -> None:
    await resident.operator(desk.close, li.actor, "referred", None)
    with Session(any_database.execution_options(immediate=True)) as session, session.begin():
        session.execute(
            update(Account).where(Account.id == li.actor.id).values(disabled_at=utcnow())
        )
    await chen.post(f"/slips/{slip}/return", reason="unreachable")
    ticket = await resident.ticket()
    assert (ticket.state, ticket.owner_desk, ticket.owner_id) == ("open", duty_desk(), None)


async def test_of_two_desks_the_one_that_still_has_it_answers(
    work: Hire, resident: Resident, li: Worker, chen: Worker, number: str, slip: str
) -> None:
    sun = await work(Role.DESK, name="孙主任", place=OFFICE)
    other = (await li.post(f"/tickets/{number}/slips", 201, **(AID | {"place": OFFICE})))["number"]

    async def answers() -> str | None:
        ticket = await resident.ticket()
        return ticket.responsible_name or ticket.responsible_desk

    assert await answers() == "李莉"
    await chen.post(f"/slips/{slip}/receive")
    await sun.post(f"/slips/{other}/receive")
    assert await answers() != PLACE
    await chen.post(f"/slips/{slip}/return", reason="duplicate")
    assert await answers() not in (PLACE, "李莉")
    await sun.post(f"/slips/{other}/return", reason="not_ours")
    assert await answers() == "李莉"


async def test_the_slips_of_a_ticket_that_is_joined_to_another_go_along(
    gateway: Gateway, tell: Tell, resident: Resident, li: Worker, chen: Worker, slip: str
) -> None:
    await resident.operator(desk.handback, li.actor, None)
    await chen.post(f"/slips/{slip}/receive")
    other = await tell()
    await other.operator(desk.close, li.actor, "referred", None)
    third = await tell()
    await third.operator(desk.handback, li.actor, None)
    goes_on = await third.ticket()
    await resident.operator(aside.merge, li.actor, goes_on.number, "zhongshan")
    assert (await third.ticket()).responsible_desk == PLACE
    assert f"您的事已转到{PLACE}" in texts(await third.say("查进度"))
    (line,) = (await chen.get("/slips"))["slips"]
    assert (line["number"], line["ticket"]) == (slip, goes_on.number)
    await chen.post(f"/slips/{slip}/return", reason="not_ours")
    after = await third.ticket()
    assert (after.state, after.responsible_name, after.responsible_desk) == ("open", "李莉", None)
    assert (await resident.ticket()).state == "closed"
    new = await li.post(f"/tickets/{goes_on.number}/slips", 201, **AID)
    assert new["number"] == f"{goes_on.number}-2"


async def test_a_ticket_that_was_put_aside_comes_back_with_its_slip(
    resident: Resident, li: Worker, chen: Worker, slip: str
) -> None:
    until = utcnow() + timedelta(days=5)
    await resident.operator(aside.suspend, li.actor, until, None)
    assert (await resident.ticket()).suspended_until is not None
    await chen.post(f"/slips/{slip}/return", reason="not_ours")
    ticket = await resident.ticket()
    assert (ticket.state, ticket.suspended_until) == ("open", None)


async def test_the_duty_desk_s_answer_becomes_the_owner_s(
    resident: Resident, li: Worker, chen: Worker, slip: str
) -> None:
    def nobody_yet(ledger: Ledger) -> None:
        ticket = ledger.ticket
        assert ticket is not None
        ticket.responsible_desk = duty_desk()
        ticket.responsible_id = ticket.responsible_name = None

    await resident.gateway.write(resident.id, nobody_yet)
    await chen.post(f"/slips/{slip}/receive")
    await chen.post(f"/slips/{slip}/return", reason="not_ours")
    ticket = await resident.ticket()
    assert (ticket.responsible_name, ticket.responsible_desk) == ("李莉", None)


# ------------------------------------------------------------ deadlines


async def older(gateway: Gateway, **times: Any) -> None:
    """Put a slip back in time."""
    await gateway.store.run(lambda s: s.execute(update(Slip).values(**times)))


async def test_who_is_late_stands_first_in_words(
    gateway: Gateway, li: Worker, chen: Worker, number: str, slip: str, resident: Resident
) -> None:
    await older(gateway, sent_at=utcnow() - timedelta(days=40))
    new = await li.post(f"/tickets/{number}/slips", 201, **(AID | {"service": "peoples_mediation"}))
    for worker in (li, chen):
        lines = (await worker.get("/slips"))["slips"]
        assert [line["number"] for line in lines] == [slip, new["number"]]
        assert [line["overdue"] for line in lines] == [True, False]
        assert lines[0]["due_text"].startswith("已超期")
        assert lines[1]["due_text"].startswith("最晚")
    (late,) = (await li.get("/slips", overdue=True))["slips"]
    assert late["number"] == slip
    ticket = await resident.ticket()
    other = await gateway.look(lambda s: state_of(s, [ticket.id]))
    assert other[ticket.id]["number"] == new["number"]
    seen = (await li.get(f"/tickets/{number}"))["last_slip"]
    assert (seen["state_name"], seen["due_text"]) == ("已发出", lines[1]["due_text"])
    await chen.post(f"/slips/{slip}/receive")
    assert (await li.get("/slips", overdue=True))["slips"] == []
    await older(gateway, said_at=utcnow() - timedelta(days=40))
    (late, *_) = (await li.get("/slips"))["slips"]
    assert late["overdue"]
    assert "写一次进展" in late["due_text"]


async def test_a_resident_hears_of_no_day(
    gateway: Gateway, resident: Resident, li: Worker, slip: str
) -> None:
    await resident.operator(desk.handback, li.actor, None)
    await older(gateway, sent_at=utcnow() - timedelta(days=40))
    told = texts(await resident.say("查进度"))
    assert "超期" not in told
    assert "最晚" not in told


# ------------------------------------------------------------ what residents hear


async def test_progress_of_one_s_own_and_of_a_stranger(
    gateway: Gateway, resident: Resident, li: Worker, chen: Worker, number: str, slip: str
) -> None:
    await resident.operator(desk.handback, li.actor, None)
    stranger = await Resident.arrives(gateway)

    async def own() -> str:
        return texts(await resident.say("查进度"))

    async def theirs() -> str:
        told = texts(await stranger.say(number))
        assert PLACE not in told
        assert "李莉" not in told
        return told

    assert f"您的事已转到{PLACE}，对方还没有接收" in await own()
    assert "办理中" in await theirs()
    await begun(chen, slip)
    assert f"您的事已转到{PLACE}，办理中" in await own()
    assert f"您的事已转到{PLACE}，办理中" in texts(await resident.say(number))
    await resident.operator(desk.close, li.actor, "referred", None)
    assert "办理中" in await theirs()  # whatever the hotline has closed
    await chen.post(f"/slips/{slip}/finish", text="办好了")
    assert f"您的事已转到{PLACE}，已办结" in await own()
    assert "已办结" in await theirs()


@pytest.mark.parametrize("urgent", ["violence", "none"])
async def test_the_end_is_told_unless_somebody_may_be_hiding(
    gateway: Gateway, tell: Tell, li: Worker, chen: Worker, urgent: str
) -> None:
    resident = await tell(urgent=urgent)
    number = (await resident.ticket()).number
    slip = (await li.post(f"/tickets/{number}/slips", 201, **AID))["number"]
    await resident.operator(desk.handback, li.actor, None)
    await begun(chen, slip)
    before = await resident.read(lambda s, c: c.seq)
    await chen.post(f"/slips/{slip}/finish", text="已安置")
    told = await resident.read(lambda s, c: c.seq) - before
    assert told == (0 if urgent == "violence" else 2)
    ratings = [one for one in await rows(gateway, Rating) if one.ending == "slip"]
    assert len(ratings) == (0 if urgent == "violence" else 1)


async def test_a_talk_about_something_else_is_not_broken_into(
    gateway: Gateway, resident: Resident, li: Worker, chen: Worker, number: str, slip: str
) -> None:
    await resident.operator(desk.handback, li.actor, None)
    await resident.say("换一件事")
    await resident.say("转人工")
    await resident.operator(desk.claim, li.actor)
    await begun(chen, slip)
    before = await resident.read(lambda s, c: c.seq)
    await chen.post(f"/slips/{slip}/finish", text="办好了")
    assert await resident.read(lambda s, c: c.seq) == before


# ------------------------------------------------------------ what is forgotten


async def test_a_number_that_is_taken_back_is_gone_at_the_desk_too(
    resident: Resident, li: Worker, chen: Worker, number: str
) -> None:
    def keep(ledger: Ledger) -> None:
        ticket = ledger.ticket
        assert ticket is not None
        ticket.contact = "138 0013 8000"

    await resident.gateway.write(resident.id, keep)
    slip = (await li.post(f"/tickets/{number}/slips", 201, **AID))["number"]
    assert "8000" in str(await chen.get(f"/slips/{slip}"))
    await resident.operator(desk.handback, li.actor, None)
    await resident.say("删掉电话")
    seen = await chen.get(f"/slips/{slip}")
    assert seen["passed_on"]["contact"] is None
    assert seen["passed_on"]["summary"]


async def test_with_the_conversation_goes_what_was_passed_on_and_the_desk_can_still_end_it(
    gateway: Gateway, li: Worker, chen: Worker, number: str, slip: str
) -> None:
    await begun(chen, slip)
    await gateway.forget_older_than(utcnow() + timedelta(days=1))
    seen = await chen.get(f"/slips/{slip}")
    assert seen["passed_on"] is None
    assert seen["request"] == ""
    assert [event["text"] for event in seen["events"]] == [None] * 3
    done = await chen.post(f"/slips/{slip}/finish", text="早就办好了")
    assert done["state"] == "done"
    await li.post(f"/tickets/{number}/slips", 409, **AID)


async def test_a_slip_that_comes_back_after_that_opens_nothing(
    gateway: Gateway, chen: Worker, slip: str
) -> None:
    await gateway.forget_older_than(utcnow() + timedelta(days=1))
    await chen.post(f"/slips/{slip}/return", reason="unreachable")
    (ticket,) = await rows(gateway, Ticket)
    assert ticket.state == "closed"
    assert ticket.owner_id or ticket.owner_desk


async def test_the_bounds_of_a_list(
    gateway: Gateway, chen: Worker, slip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "ENDED_SHOWN", 1)

    def more(session: Session) -> None:
        kept = session.scalars(select(Slip)).one()
        names = [column.name for column in Slip.__table__.columns if column.name != "id"]
        same = {name: getattr(kept, name) for name in names}
        for n in range(2, 5):
            said = datetime(2026, 1, n)  # noqa: DTZ001 (naive UTC)
            own = {"number": f"{kept.ticket_id}-{n}", "state": "done", "said_at": said}
            session.add(Slip(**same | own))

    await gateway.store.run(more)
    lines = (await chen.get("/slips"))["slips"]
    assert [line["state"] for line in lines] == ["sent", "done"]
    assert lines[1]["number"].endswith("-4")
