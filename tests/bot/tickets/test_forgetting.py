"""When a conversation's time is over nothing that was said of it is left, in whatever table."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.accounts.tables import Account
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Ledger
from bot.tables import Base, Ticket
from bot.tickets import aside, desk, drafts
from tests.bot.accounts.people import hire
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import LI, Resident
from tests.bot.gateway.test_moves import UNDERSTOOD

FOREVER = datetime(2100, 1, 1)  # noqa: DTZ001 (naive UTC)
MARK = "欧阳锤子"


def everything(database: Engine) -> str:
    """Every row of every table, as text."""
    with Session(database) as session:
        return "\n".join(
            f"{table.name}: {tuple(row)!r}"
            for table in Base.metadata.sorted_tables
            for row in session.execute(select(table))
        )


async def test_no_word_of_a_resident_outlives_the_conversation(
    gateway: Gateway, any_database: Engine, fake_engine: FakeEngine
) -> None:
    """Written down in the chat, noted by an operator, joined, begun to write, against whom."""
    trouble = f"{MARK}拖欠我的工资"
    fake_engine.payloads = [{**UNDERSTOOD, "trouble": trouble}, said("按下面的次序去找。")]
    hire(any_database, "zhou", Role.OPERATOR, name="周芳")
    with Session(any_database) as session:
        zhou = session.scalars(select(Account.id).where(Account.username == "zhou")).one()
    first, other = await Resident.arrives(gateway), await Resident.arrives(gateway)
    for resident in (first, other):
        await resident.say(trouble)
        await resident.say("转人工")
    await first.tap("do:write_down")
    await first.say(f"合同在{MARK}手里")
    await other.operator(desk.note, LI, f"她说{MARK}不认账")
    await first.operator(desk.claim, LI)
    await first.operator(aside.merge, LI, (await other.ticket()).number, None)
    await other.operator(desk.claim, LI)
    await other.operator(desk.close, LI, "answered", f"{MARK}已经还钱")

    def beside(ledger: Ledger, ticket: Ticket) -> None:
        ticket.opponent, ticket.screening = MARK, {"facts": {"who": MARK}}
        drafts.keep(ledger.session, ticket, zhou, f"请{MARK}", ledger.now)

    await other.operator(beside)
    assert MARK in everything(any_database)
    await gateway.forget_older_than(FOREVER)
    left = [line for line in everything(any_database).splitlines() if MARK in line]
    assert left == []


async def test_a_ticket_that_is_forgotten_has_ended_for_everybody(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    resident = await Resident.arrives(gateway)
    await resident.say("老板拖欠工资")
    await resident.say("转人工")

    def offered(ledger: Ledger, ticket: Ticket) -> None:
        ticket.offered_to, ticket.offered_at = LI.id, ledger.now
        ticket.second_id, ticket.second_name = LI.id, LI.display

    await resident.operator(offered)
    await gateway.forget_older_than(FOREVER)
    ticket = await gateway.look(lambda session: session.scalars(select(Ticket)).one())
    assert (ticket.state, ticket.outcome, ticket.waiting_since) == ("closed", "no_reply", None)
    assert (ticket.offered_to, ticket.second_id, ticket.conversation_id) == (None, None, None)
    assert ticket.owner_desk or ticket.owner_id
    assert ticket.responsible_desk or ticket.responsible_id
