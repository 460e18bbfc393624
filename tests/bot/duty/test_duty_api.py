"""GET and PUT /duty, what a supervisor gives each to do, and declining an offer."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.roles import Role
from bot.accounts.tables import Account
from bot.clock import utcnow
from bot.duty import presence
from bot.duty.offers import Offers
from bot.gateway.gateway import Gateway
from tests.bot.accounts.people import come_in, hire
from tests.bot.conftest import FakeEngine
from tests.bot.conversing import nobody_on_duty
from tests.bot.duty.office import office
from tests.bot.duty.test_offers import waits


@pytest.fixture
def hired(any_database: Engine, gateway: Gateway) -> Engine:
    """Ming and his supervisor in Zhongshan, Qing elsewhere; nobody has a console open."""
    nobody_on_duty(any_database)
    hire(any_database, "ming", Role.OPERATOR, name="陈明", city_id="zhongshan")
    hire(any_database, "zhou", Role.SUPERVISOR, name="周敏", city_id="zhongshan")
    hire(any_database, "qing", Role.OPERATOR, name="秦青", city_id="qingyuan")
    hire(any_database, "lan", Role.EDITOR, name="何兰", city_id="zhongshan")
    return any_database


def look(hired: Engine, username: str) -> None:
    """The console of an operator is heard of."""
    with Session(hired.execution_options(immediate=True)) as session, session.begin():
        id_ = session.scalars(select(Account.id).where(Account.username == username)).one()
        presence.seen(session, id_, utcnow())


async def test_oneself_and_the_colleagues_of_one_s_city(hired: Engine, gateway: Gateway) -> None:
    app = office(hired, gateway)
    async with come_in(app, "ming") as ming:
        before = (await ming.get("/api/v1/duty")).json()
        assert (before["me"]["state"], before["me"]["present"]) == ("off", False)
        assert before["staffed"] == {"zhongshan": False}
        look(hired, "ming")
        now = (await ming.get("/api/v1/duty")).json()
        assert (now["me"]["state"], now["me"]["present"], now["me"]["at_once"]) == ("on", True, 3)
        assert now["staffed"] == {"zhongshan": True}
        # who serves every city is a colleague too; another city's operator and an editor are not
        assert {one["username"] for one in now["colleagues"]} == {"zhou", "zhiban"}
        away = (await ming.put("/api/v1/duty", json={"state": "away", "at_once": 5})).json()
        assert (away["me"]["state"], away["me"]["at_once"]) == ("away", 5)
        assert away["staffed"] == {"zhongshan": False}
        look(hired, "ming")
        assert (await ming.get("/api/v1/duty")).json()["me"]["state"] == "away"
        assert (await ming.put("/api/v1/duty", json={"state": "asleep"})).status_code == 422
        assert (await ming.put("/api/v1/duty", json={"at_once": 0})).status_code == 422
        await ming.put("/api/v1/duty", json={"state": "on"})
        await ming.post("/api/v1/logout")
    async with come_in(app, "ming") as ming:
        assert (await ming.get("/api/v1/duty")).json()["me"]["state"] == "off"
    with Session(hired) as session:
        verbs = [row.verb for row in audit.last(session, 50)]
    assert verbs.count("duty.say") == 2


async def test_a_supervisor_gives_work_in_their_own_city_only(
    hired: Engine, gateway: Gateway
) -> None:
    app = office(hired, gateway)
    given: dict[str, Any] = {"skills": ["notarization"], "regions": ["442000118"], "at_once": 2}
    async with come_in(app, "zhou") as zhou:
        answer = await zhou.put("/api/v1/duty/ming", json=given)
        assert answer.status_code == 200, answer.text
        shown = answer.json()
        assert {name: shown[name] for name in given} == given
        for username in ("qing", "lan", "zhiban", "nobody"):
            assert (await zhou.put(f"/api/v1/duty/{username}", json=given)).status_code == 404
        for wrong in ({"skills": ["magic"]}, {"regions": ["441800"]}, {"regions": ["442000"]}):
            answer = await zhou.put("/api/v1/duty/ming", json=given | wrong)
            assert answer.status_code == 422
    async with come_in(app, "ming") as ming:
        assert (await ming.put("/api/v1/duty/ming", json=given)).status_code == 403


async def test_an_offer_is_declined_by_whom_it_was_made_to(
    hired: Engine, gateway: Gateway, fake_engine: FakeEngine
) -> None:
    app = office(hired, gateway)
    look(hired, "ming")
    resident = await waits(gateway, fake_engine)
    await Offers(gateway).round()
    number = (await resident.ticket()).number
    async with come_in(app, "ming") as ming, come_in(app, "qing") as qing:
        assert (await qing.post(f"/api/v1/tickets/{number}/decline")).status_code == 404
        lines = (await ming.get("/api/v1/tickets?scope=waiting")).json()["tickets"]
        assert [one["number"] for one in lines] == [number]
        assert (await ming.post(f"/api/v1/tickets/{number}/decline")).status_code == 204
        again = await ming.post(f"/api/v1/tickets/{number}/decline")
        assert again.status_code == 409
        assert "没有派给您" in again.json()["detail"]
        # what was declined can still be claimed by hand
        assert (await ming.post(f"/api/v1/tickets/{number}/claim")).status_code == 200
        assert (await ming.get("/api/v1/duty")).json()["me"]["talking"] == 1
