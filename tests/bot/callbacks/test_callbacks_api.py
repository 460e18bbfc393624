"""The call-back list, and what operators do with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.roles import Role
from bot.callbacks.tables import Callback
from bot.clock import utcnow
from bot.gateway.gateway import Gateway
from bot.tables import Message, Ticket
from tests.bot.accounts.people import come_in, hire
from tests.bot.callbacks.test_in_the_chat import PHONE, booked, events, times
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import Resident, nobody_on_duty
from tests.bot.duty.office import office
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES

URL = "/api/v1/callbacks"


@pytest.fixture
def hired(any_database: Engine, gateway: Gateway) -> Engine:
    nobody_on_duty(any_database)
    hire(any_database, "ming", Role.OPERATOR, name="陈明", city_id="zhongshan")
    hire(any_database, "qing", Role.OPERATOR, name="秦青", city_id="qingyuan")
    return any_database


@pytest.fixture
async def resident(hired: Engine, gateway: Gateway, fake_engine: FakeEngine) -> Resident:
    """Has booked a call-back."""
    fake_engine.payloads = [UNDERSTOOD, said("好。")]
    arrived = await Resident.arrives(gateway)
    await arrived.say(WAGES)
    await booked(arrived)
    return arrived


async def last_said(resident: Resident) -> str:
    found: str = await resident.read(
        lambda s, c: s.scalars(select(Message).order_by(Message.seq.desc())).all()[0].body["text"]
    )
    return found


async def test_the_list_is_of_one_s_own_city_and_holds_no_number(
    hired: Engine, gateway: Gateway, resident: Resident
) -> None:
    app = office(hired, gateway)
    async with come_in(app, "ming") as ming, come_in(app, "qing") as qing:
        answer = await ming.get(URL)
        (line,) = answer.json()["callbacks"]
        ticket = await resident.ticket()
        assert line["number"] == ticket.number
        assert (line["matter_name"], line["trouble"]) == ("劳动人事", WAGES)
        assert (line["tries"], line["overdue"], line["safe"]) == (0, False, None)
        assert line["half"] in ("am", "pm")
        assert PHONE[-4:] not in answer.text  # it stands on the ticket, where looking is audited
        assert (await qing.get(URL)).json() == {"callbacks": []}
        assert (await qing.post(f"{URL}/{line['id']}/reached")).status_code == 404
        assert (await ming.post(f"{URL}/4242/reached")).status_code == 404
        day = utcnow().date() - timedelta(days=3)
        with Session(hired.execution_options(immediate=True)) as session, session.begin():
            session.execute(update(Callback).values(day=day))
        (line,) = (await ming.get(URL)).json()["callbacks"]
        assert line["overdue"] is True


async def test_who_calls_and_reaches_them_has_answered(
    hired: Engine, gateway: Gateway, resident: Resident
) -> None:
    app = office(hired, gateway)
    async with come_in(app, "ming") as ming:
        id_ = (await ming.get(URL)).json()["callbacks"][0]["id"]
        assert (await ming.post(f"{URL}/{id_}/reached")).status_code == 204
        again = await ming.post(f"{URL}/{id_}/missed")
        assert again.status_code == 409
        assert (await ming.get(URL)).json() == {"callbacks": []}
    ticket = await resident.ticket()
    assert (ticket.owner_name, ticket.responsible_name) == ("陈明", "陈明")
    assert ticket.first_reply_at is not None
    assert (await events(resident))[-1] == "callback_reached"
    with Session(hired) as session:
        assert audit.last(session, 1)[0].verb == "callback.reached"


async def test_after_the_last_try_the_resident_is_told_and_may_book_again(
    hired: Engine, gateway: Gateway, resident: Resident
) -> None:
    app, before = office(hired, gateway), await last_said(resident)
    async with come_in(app, "ming") as ming:
        id_ = (await ming.get(URL)).json()["callbacks"][0]["id"]
        for tries in (1, 2):
            await ming.post(f"{URL}/{id_}/missed")
            assert (await ming.get(URL)).json()["callbacks"][0]["tries"] == tries
        assert await last_said(resident) == before
        await ming.post(f"{URL}/{id_}/missed")
        assert (await ming.get(URL)).json() == {"callbacks": []}
    assert "没有打通" in await last_said(resident)
    assert (await events(resident)).count("callback_missed") == 3
    asked = await resident.say("转人工")
    assert "记下了" in "".join(m["text"] for m in (await resident.tap(times(asked)[0]))["messages"])


@pytest.mark.parametrize("urgent", ["none", "violence"])
async def test_a_call_that_is_called_off_is_told_unless_that_could_betray_somebody(
    hired: Engine, gateway: Gateway, resident: Resident, urgent: str
) -> None:
    before = await last_said(resident)
    with Session(hired.execution_options(immediate=True)) as session, session.begin():
        session.execute(update(Ticket).values(urgent=urgent))
    async with come_in(office(hired, gateway), "ming") as ming:
        id_ = (await ming.get(URL)).json()["callbacks"][0]["id"]
        assert (await ming.post(f"{URL}/{id_}/cancel")).status_code == 204
    assert ("回电取消了" in await last_said(resident)) is (urgent == "none")
    if urgent != "none":
        assert await last_said(resident) == before
