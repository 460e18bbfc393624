"""What colleagues do with a ticket among themselves, and what the resident hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.accounts.tables import Account
from bot.clock import utcnow
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Actor, Ledger
from bot.tables import Message, Ticket, TicketEvent
from bot.tickets import aside, board, colleagues, corrections, desk, drafts
from bot.tickets.corrections import Axis, one_spelling
from bot.tickets.desk import NoSuchTicket, Refused
from bot.tickets.number import shown
from bot.tickets.tables import Correction
from bot.tickets.taken_down import take_down
from knowledge.catalogue import Catalogue
from tests.bot.accounts.people import hire
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import LI, WANG, Resident, texts
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES

Staff = dict[str, Actor]
Arrives = Callable[[], Awaitable[Resident]]
LATER = timedelta(days=2)


@pytest.fixture
def staff(any_database: Engine, gateway: Gateway) -> Staff:
    """Accounts of Zhongshan, of Qingyuan, one without the role, one that is disabled."""
    hire(any_database, "wu", Role.OPERATOR, name="吴刚", city_id="zhongshan")
    hire(any_database, "zheng", Role.SUPERVISOR, name="郑一")
    hire(any_database, "qing", Role.OPERATOR, name="秦青", city_id="qingyuan")
    hire(any_database, "bian", Role.EDITOR, name="卞辑")
    hire(any_database, "old", Role.OPERATOR, name="走了")
    with Session(any_database) as session, session.begin():
        accounts = session.scalars(select(Account)).all()
        next(one for one in accounts if one.username == "old").disabled_at = utcnow()
        return {one.username: Actor(one.username, one.id, one.name) for one in accounts}


@pytest.fixture
def arrives(gateway: Gateway, fake_engine: FakeEngine) -> Arrives:
    """Somebody who has told a trouble and waits for a person."""

    async def come() -> Resident:
        fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
        resident = await Resident.arrives(gateway)
        await resident.say(WAGES)
        await resident.say("转人工")
        return resident

    return come


@pytest.fixture
async def waiting(arrives: Arrives) -> Resident:
    return await arrives()


async def reason(resident: Resident, deed: Callable[..., Any], *more: Any) -> str:
    """Why it is refused."""
    with pytest.raises(Refused) as refused:
        await resident.operator(deed, *more)
    return refused.value.reason


async def events(resident: Resident) -> list[tuple[str, str | None, str]]:
    ticket = await resident.ticket()
    query = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
    found: list[tuple[str, str | None, str]] = await resident.read(
        lambda s, c: [(e.kind, e.text, e.actor) for e in s.scalars(query)]
    )
    return found


async def heard(resident: Resident) -> int:
    """How much has been said in the conversation."""
    count: int = await resident.read(lambda s, c: c.seq)
    return count


async def last_words(resident: Resident) -> str:
    query = select(Message).order_by(Message.id.desc()).limit(1)
    theirs = query.where(Message.conversation_id == resident.id)
    words: str = await resident.read(lambda s, c: s.scalars(theirs).one().body["text"])
    return words


async def line_of(resident: Resident, operator: Actor) -> dict[str, Any]:
    ticket = await resident.ticket()
    catalogue = resident.gateway._catalogue.current()
    found = await resident.gateway.look(
        lambda s: board.page(s, catalogue, operator, None, None).lines
    )
    return next(line for line in found if line["number"] == ticket.number)


async def detail_of(resident: Resident, operator: Actor) -> dict[str, Any]:
    ticket = await resident.ticket()
    catalogue = resident.gateway._catalogue.current()
    return await resident.gateway.look(
        lambda s: board.detail(s, catalogue, s.get_one(Ticket, ticket.id), operator)
    )


# ---------------------------------------------------------------- a second opinion


async def test_a_colleague_reads_along_and_the_resident_notices_nothing(
    waiting: Resident, staff: Staff
) -> None:
    await waiting.operator(desk.claim, LI)
    before = await heard(waiting)
    await waiting.operator(colleagues.second, LI, "wu", "算不算劳务？")
    assert (await line_of(waiting, staff["wu"]))["second"] == {"name": "吴刚", "mine": True}
    assert (await line_of(waiting, WANG))["second"] == {"name": "吴刚", "mine": False}
    assert (await waiting.ticket()).owner_id == LI.id
    assert await reason(waiting, colleagues.second_done, WANG, "我看") == "second_not_asked"
    await waiting.operator(colleagues.second_done, staff["wu"], "算劳动关系")
    assert (await line_of(waiting, staff["wu"]))["second"] is None
    assert await heard(waiting) == before
    assert (await events(waiting))[-2:] == [
        ("second_asked", "吴刚：算不算劳务？", "li"),
        ("second_given", "算劳动关系", "wu"),
    ]


async def test_only_a_colleague_who_serves_the_city_can_be_asked(
    waiting: Resident, staff: Staff
) -> None:
    for username in ("qing", "bian", "old", "nobody"):
        assert await reason(waiting, colleagues.second, LI, username, None) == "unknown_colleague"
    assert await reason(waiting, colleagues.second, staff["wu"], "wu", None) == "second_yourself"
    await waiting.operator(desk.claim, LI)
    assert await reason(waiting, colleagues.second, WANG, "wu", None) == "ticket_taken"
    found = await waiting.gateway.look(lambda s: colleagues.operators_of(s, "zhongshan"))
    assert [(one["username"], one["on_duty"]) for one in found] == [
        ("zhiban", True),  # whoever is there comes first
        ("wu", False),
        ("zheng", False),
    ]


# ---------------------------------------------------------------- up, and to somebody else


async def test_an_escalated_ticket_stays_with_its_owner_until_a_supervisor_has_looked(
    waiting: Resident, staff: Staff
) -> None:
    assert await reason(waiting, colleagues.settle, staff["zheng"], "好") == "not_escalated"
    await waiting.operator(desk.claim, LI)
    await waiting.operator(colleagues.escalate, LI, "说要去跳楼")
    line = await line_of(waiting, staff["zheng"])
    assert line["escalated_at"]
    assert line["owner"]["name"] == "李莉"
    assert await reason(waiting, colleagues.escalate, WANG, "也升级") == "ticket_taken"
    await waiting.operator(colleagues.settle, staff["zheng"], "我陪着")
    assert (await line_of(waiting, LI))["escalated_at"] is None
    assert (await events(waiting))[-1] == ("noted", "班长看过：我陪着", "zheng")


@pytest.mark.parametrize("taken", [False, True])
async def test_a_supervisor_gives_a_ticket_to_somebody_who_goes_on_at_once(
    waiting: Resident, staff: Staff, taken: bool
) -> None:
    if taken:
        await waiting.operator(desk.claim, LI)
    await waiting.operator(colleagues.escalate, LI, "请看")
    await waiting.operator(colleagues.reassign, staff["zheng"], "wu", "他懂劳动")
    ticket = await waiting.ticket()
    assert (ticket.state, ticket.owner_name, ticket.escalated_at) == ("taken", "吴刚", None)
    assert ticket.responsible_name == ("李莉" if taken else "吴刚")  # 首问负责
    assert (await line_of(waiting, staff["wu"]))["unread"] > 0
    assert await last_words(waiting) == "吴刚接着帮您，刚才说的都看得到，不用再讲一遍。"
    assert await reason(waiting, desk.reply, LI, "c1", "我还在") == "ticket_taken"
    await waiting.operator(desk.reply, staff["wu"], "c1", "您好")
    again = await reason(waiting, colleagues.reassign, staff["zheng"], "wu", None)
    assert again == "reassign_same"
    await waiting.operator(desk.close, staff["wu"], "answered", None)
    again = await reason(waiting, colleagues.reassign, staff["zheng"], "zheng", None)
    assert again == "ticket_closed"


async def test_an_open_ticket_changes_its_owner_without_a_word(
    waiting: Resident, staff: Staff
) -> None:
    await waiting.operator(desk.claim, LI)
    await waiting.operator(desk.handback, LI, None)
    before = await heard(waiting)
    await waiting.operator(colleagues.reassign, staff["zheng"], "wu", None)
    ticket = await waiting.ticket()
    assert (ticket.state, ticket.owner_name) == ("open", "吴刚")
    assert await heard(waiting) == before


# ---------------------------------------------------------------- aside


async def test_nothing_is_put_aside_until_after_its_conversation_is_deleted(
    waiting: Resident,
) -> None:
    """It would end with it, and nobody would ever see it come back."""
    await waiting.operator(desk.claim, LI)
    kept = waiting.gateway.timing.kept
    too_late = utcnow() + kept - timedelta(days=2)
    assert await reason(waiting, aside.suspend, LI, too_late, None) == "suspend_when"
    await waiting.operator(aside.suspend, LI, utcnow() + kept - timedelta(days=4), None)
    assert (await waiting.ticket()).suspended_until is not None


async def test_who_is_put_aside_goes_on_with_the_bot_which_knows_what_was_said(
    waiting: Resident, fake_engine: FakeEngine
) -> None:
    until = utcnow() + LATER
    assert await reason(waiting, aside.suspend, LI, until, None) == "suspend_waiting"
    await waiting.operator(desk.claim, LI)
    await waiting.say("押金也没退")
    for wrong in (utcnow() - timedelta(minutes=1), utcnow() + timedelta(days=91)):
        assert await reason(waiting, aside.suspend, LI, wrong, None) == "suspend_when"
    assert await reason(waiting, aside.suspend, WANG, until, None) == "ticket_taken"
    await waiting.operator(aside.suspend, LI, until, "等他找合同")
    ticket = await waiting.ticket()
    assert (ticket.state, ticket.owner_name, ticket.suspended_until) == ("open", "李莉", until)
    assert "接线员先忙到这里" in await last_words(waiting)
    answer = await waiting.say("最近的在哪里")
    assert answer["state"] == "bot"
    assert "押金也没退" in fake_engine.told[-1][1]["trouble"]
    kind, text, _ = (await events(waiting))[-1]
    assert kind == "suspended"
    assert text
    assert text.endswith("：等他找合同")
    await waiting.operator(aside.resume, LI)
    assert (await waiting.ticket()).suspended_until is None
    assert await reason(waiting, aside.resume, LI) == "not_suspended"


async def test_taking_a_ticket_ends_its_rest_and_its_offer(waiting: Resident) -> None:
    await waiting.operator(desk.claim, LI)
    await waiting.operator(aside.suspend, LI, utcnow() + LATER, None)
    await waiting.say("转人工")

    def offered(ledger: Ledger) -> None:
        assert ledger.ticket is not None
        ledger.ticket.offered_to, ledger.ticket.offered_at = WANG.id, ledger.now

    await waiting.gateway.write(waiting.id, offered)
    assert (await line_of(waiting, WANG))["offered_to_me"]
    line = await line_of(waiting, LI)
    assert (line["offered"], line["offered_to_me"]) == (True, False)
    await waiting.operator(desk.claim, WANG)
    ticket = await waiting.ticket()
    assert (ticket.offered_to, ticket.offered_at, ticket.suspended_until) == (None, None, None)
    await waiting.operator(desk.transfer, WANG, None)
    assert (await waiting.ticket()).passed_by == [WANG.id]  # not offered straight back


# ---------------------------------------------------------------- the same trouble twice


async def test_of_two_tickets_of_one_trouble_one_goes_on(arrives: Arrives) -> None:
    first, second = await arrives(), await arrives()
    old, new = await first.ticket(), await second.ticket()
    merged = (aside.merge, LI, new.number, "zhongshan")
    await first.operator(desk.claim, LI)
    await first.operator(*merged)
    closed = await first.ticket()
    assert (closed.state, closed.outcome, closed.merged_into) == ("closed", "duplicate", new.id)
    assert shown(new.number) in await last_words(first)
    kind, text, _ = (await events(second))[-1]
    assert kind == "merged"
    assert text
    assert text.startswith(f"工单 {shown(old.number)} 并进来了")
    assert WAGES[:10] in text
    # whoever asks for the old number hears of the one that goes on, and no rating is asked for
    asker = await Resident.arrives(first.gateway)
    assert f"工单 {shown(new.number)}：正在等接线员" in texts(await asker.say(old.number))
    assert f"工单 {shown(new.number)}：正在等接线员" in texts(await first.say("查进度"))
    assert (await detail_of(first, LI))["merged_into"] == new.number
    assert await reason(first, *merged) == "ticket_closed"


async def test_what_cannot_be_joined(arrives: Arrives) -> None:
    first, second = await arrives(), await arrives()
    one, other = await first.ticket(), await second.ticket()
    assert await reason(first, aside.merge, LI, one.number, None) == "merge_itself"
    with pytest.raises(NoSuchTicket):
        await first.operator(aside.merge, LI, "261100000000", None)
    with pytest.raises(NoSuchTicket):
        await first.operator(aside.merge, LI, other.number, "qingyuan")
    await second.say("先不等了")  # nobody would come any more
    assert await reason(first, aside.merge, LI, other.number, None) == "merge_waiting"
    await second.operator(desk.claim, WANG)
    assert await reason(second, aside.merge, LI, one.number, None) == "ticket_taken"
    await second.operator(desk.close, WANG, "answered", None)
    assert await reason(first, aside.merge, LI, other.number, None) == "merge_closed"
    elsewhere = await Resident.arrives(first.gateway, "qingyuan")
    await elsewhere.say(WAGES)
    await elsewhere.say("转人工")
    far = await elsewhere.ticket()
    assert await reason(first, aside.merge, LI, far.number, None) == "merge_elsewhere"


async def test_the_older_ticket_of_a_conversation_joins_the_one_talked_about(
    waiting: Resident,
) -> None:
    old = await waiting.ticket()
    await waiting.say("先不等了")
    await waiting.say("换一件事")
    await waiting.say(WAGES)
    await waiting.say("转人工")
    new = await waiting.ticket()
    await waiting.operator(desk.claim, LI)
    assert await reason(waiting, aside.merge, LI, old.number, None) == "merge_other_way"

    def join(ledger: Ledger) -> None:
        aside.merge(ledger, ledger.session.get_one(Ticket, old.id), LI, new.number, None)

    before = await heard(waiting)
    await waiting.gateway.write(waiting.id, join)
    assert await heard(waiting) == before
    assert (await waiting.ticket()).state == "taken"


async def test_of_two_who_join_them_to_each_other_one_is_told_no(arrives: Arrives) -> None:
    first, second = await arrives(), await arrives()
    one, other = await first.ticket(), await second.ticket()
    results = await asyncio.gather(
        first.operator(aside.merge, LI, other.number, None),
        second.operator(aside.merge, WANG, one.number, None),
        return_exceptions=True,
    )
    refused = [result for result in results if result is not None]
    assert [type(result) for result in refused] == [Refused]
    states = sorted([(await first.ticket()).state, (await second.ticket()).state])
    assert states == ["closed", "waiting"]


async def test_an_old_number_leads_to_the_last_of_a_chain(arrives: Arrives) -> None:
    first, second, third = [await arrives() for _ in range(3)]
    numbers = [(await one.ticket()).number for one in (first, second, third)]
    await first.operator(aside.merge, LI, numbers[1], None)
    await second.operator(aside.merge, LI, numbers[2], None)
    asker = await Resident.arrives(first.gateway)
    assert shown(numbers[2]) in texts(await asker.say(numbers[0]))


# ---------------------------------------------------------------- what it is about


async def test_a_corrected_category_is_what_everybody_goes_on_with(
    waiting: Resident, fake_engine: FakeEngine
) -> None:
    before = await waiting.ticket()
    assert before.matter == "labor"
    await waiting.operator(corrections.correct, LI, {Axis.matter: "marriage_family"})
    ticket = await waiting.ticket()
    assert ticket.matter == "marriage_family"
    assert "婚姻" in ticket.summary[0]
    assert "可能是" not in ticket.summary[0]
    same = {Axis.matter: "marriage_family"}
    assert await reason(waiting, corrections.correct, LI, same) == "correct_same"
    await waiting.say("先不等了")
    fake_engine.payloads = [said("要带身份证。")]
    await waiting.say("要带什么")
    assert fake_engine.told[-1][1]["matter"] == "marriage_family"
    kept = await waiting.read(lambda s, c: s.scalars(select(Correction)).one())
    assert (kept.axis, kept.before, kept.after, kept.state) == (
        "matter",
        "labor",
        "marriage_family",
        "candidate",
    )
    # who changes their mind back has corrected nothing
    await waiting.operator(corrections.correct, LI, {Axis.matter: "labor"})
    assert await waiting.read(lambda s, c: s.scalars(select(Correction)).all()) == []
    assert [kind for kind, *_ in await events(waiting)].count("corrected") == 2


async def test_an_older_ticket_is_corrected_without_the_trouble_of_now(waiting: Resident) -> None:
    old = await waiting.ticket()
    await waiting.say("先不等了")
    await waiting.say("换一件事")
    await waiting.say(WAGES)

    def correct(ledger: Ledger) -> None:
        ticket = ledger.session.get_one(Ticket, old.id)
        corrections.correct(ledger, ticket, LI, {Axis.matter: "marriage_family"})

    await waiting.gateway.write(waiting.id, correct)
    after = await waiting.read(lambda s, c: s.get_one(Ticket, old.id))
    assert "婚姻" in after.summary[0]
    assert after.summary[1:] == old.summary[1:]
    assert await waiting.read(lambda s, c: (c.understood or {})["matter"]) == "labor"


async def test_an_example_names_nobody(waiting: Resident) -> None:
    def tells(ledger: Ledger) -> None:
        assert ledger.ticket is not None
        ledger.ticket.trouble = "我叫张伟，电话13800138000，老板欠我工资"
        ledger.conversation.understood = {
            **(ledger.conversation.understood or {}),
            "trouble": ledger.ticket.trouble,
        }

    await waiting.gateway.write(waiting.id, tells)
    await waiting.operator(corrections.correct, LI, {Axis.matter: "marriage_family"})
    text = await waiting.read(lambda s, c: s.scalars(select(Correction)).one().text)
    assert "工资" in text
    assert "13800138000" not in text
    assert "张伟" not in text


async def test_of_somebody_in_danger_no_word_is_kept(waiting: Resident) -> None:
    def in_danger(ledger: Ledger) -> None:
        known = ledger.conversation.understood or {}
        ledger.conversation.understood = {**known, "endangered": True}

    await waiting.gateway.write(waiting.id, in_danger)
    await waiting.operator(corrections.correct, LI, {Axis.matter: "marriage_family"})
    assert (await waiting.ticket()).matter == "marriage_family"
    assert await waiting.read(lambda s, c: s.scalars(select(Correction)).all()) == []


async def test_whom_it_is_against_is_kept_in_one_spelling(waiting: Resident) -> None:
    await waiting.operator(corrections.against, LI, " 华兴（中山） 电子，有限公司 ")
    assert (await waiting.ticket()).opponent == "华兴(中山)电子有限公司"
    await waiting.operator(desk.claim, LI)
    assert await reason(waiting, corrections.against, WANG, "别人") == "ticket_taken"
    await waiting.operator(corrections.against, LI, "")
    assert (await waiting.ticket()).opponent is None


@given(st.text(max_size=120))
def test_a_spelling_is_its_own_spelling(name: str) -> None:
    once = one_spelling(name)
    assert one_spelling(once) == once
    assert len(once) <= corrections.LONGEST_NAME
    assert one_spelling(f"  {name} 。") == once


# ---------------------------------------------------------------- drafts


async def test_a_draft_is_its_writer_s_until_it_is_said(waiting: Resident) -> None:
    await waiting.operator(desk.claim, LI)
    ticket = await waiting.ticket()
    run = waiting.gateway.store.run
    accounts = {"account-li": "李", "account-wang": "王"}

    def both(session: Session) -> None:
        for id_ in accounts:
            session.merge(
                Account(
                    id=id_, username=id_, name=id_, roles=[], city_id=None, place_id=None,
                    password_hash="", created_at=utcnow(), password_changed_at=utcnow(),
                    disabled_at=None,
                )
            )  # fmt: skip
        session.flush()
        for id_, text in accounts.items():
            drafts.keep(session, ticket, id_, text, utcnow())

    await run(both)
    assert (await detail_of(waiting, LI))["draft"]["text"] == "李"
    assert (await detail_of(waiting, WANG))["draft"]["text"] == "王"
    await waiting.operator(desk.reply, LI, "c1", "您好")
    assert (await detail_of(waiting, LI))["draft"] is None
    await run(lambda s: drafts.keep(s, ticket, "account-wang", " ", utcnow()))
    assert (await detail_of(waiting, WANG))["draft"] is None
    await run(lambda s: drafts.keep(s, ticket, "account-li", "又写了", utcnow()))
    await waiting.operator(desk.close, LI, "answered", None)
    assert (await detail_of(waiting, LI))["draft"] is None


# ---------------------------------------------------------------- told to an operator


async def test_a_ticket_without_a_chat_is_worked_on_and_never_written_to(
    gateway: Gateway, catalogue: Catalogue
) -> None:
    def told(session: Session) -> tuple[str, str]:
        ledger, ticket = take_down(
            session, catalogue, channel="phone", city_id="zhongshan",
            understood={"matter": "labor", "trouble": WAGES}, said=WAGES, operator=LI, now=utcnow(),
        )  # fmt: skip
        ledger.save()
        return str(ticket.conversation_id), ticket.number

    conversation, number = await gateway.store.run(told)
    caller = Resident(gateway, conversation, None)
    assert await reason(caller, desk.reply, LI, "c1", "您好") == "not_in_chat"
    assert await reason(caller, desk.handback, LI, None) == "not_in_chat"
    before = await heard(caller)
    await caller.operator(desk.transfer, LI, "请懂劳动的看")
    await caller.operator(desk.claim, WANG)
    await caller.operator(aside.suspend, WANG, utcnow() + LATER, None)
    assert (await caller.ticket()).state == "open"
    await caller.operator(desk.claim, LI)
    await caller.operator(desk.close, LI, "answered", None)
    assert await heard(caller) == before
    ticket = await caller.ticket()
    assert (ticket.state, ticket.number) == ("closed", number)
