"""/admin: the referral rules whose slips came back, and that somebody has looked at them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.accounts.tables import Audit
from bot.admin import home
from bot.clock import utcnow
from bot.slips.tables import RuleFlag, Slip
from bot.tables import Ticket
from bot.tickets.number import new_number
from tests.bot.admin.conftest import Enter, _swept, enter, stored

__all__ = ["_swept", "enter", "stored"]
pytestmark = pytest.mark.asyncio(loop_scope="session")
WORDS = home.WORDS.words["rules"]
RULE = "labor.wage_aid"


@pytest.fixture
def sent_back(stored: Engine) -> Iterator[None]:
    """Two slips of Zhongshan and one of Qingyuan came back by the same rule."""
    writing = stored.execution_options(immediate=True)
    with Session(writing) as session, session.begin():
        for city, reason in (
            ("zhongshan", "not_ours"), ("zhongshan", "materials"), ("qingyuan", "not_ours"),
        ):  # fmt: skip
            slip = _slip(session, city)
            session.add(RuleFlag(rule=RULE, slip_id=slip.id, at=utcnow(), reason=reason))
    yield
    with Session(writing) as session, session.begin():
        for table in (RuleFlag, Slip, Ticket):
            session.execute(delete(table))


def _slip(session: Session, city: str) -> Slip:
    now = utcnow()
    ticket = Ticket(
        number=new_number(now), channel="phone", city_id=city, urgent="none", trouble="",
        summary=[], state="open", opened_at=now, owner_desk="台", passed_by=[], seen_seq=0,
    )  # fmt: skip
    session.add(ticket)
    session.flush()
    slip = Slip(
        number=f"{ticket.number}-1", ticket_id=ticket.id, city_id=city, service="legal_aid",
        place_id="p", place_name="某站", state="returned", request="", passed_on={}, rule=RULE,
        sent_at=now, sent_by="li",
    )  # fmt: skip
    session.add(slip)
    session.flush()
    return slip


def panel(text: str) -> str:
    found = re.search(r'<section [^>]*aria-labelledby="rules">(.*?)</section>', text, re.DOTALL)
    assert found
    return " ".join(found[1].split())


async def test_each_city_sees_and_settles_its_own(
    enter: Enter, sent_back: None, stored: Engine
) -> None:
    async with enter(Role.EDITOR, city="zhongshan") as here, enter(Role.REVIEWER) as everywhere:
        text = panel((await here.get("/admin")).text)
        assert "法律援助机构（讨工资" in text
        assert RULE in text
        assert "退回 2 次：不归本台管 1 次、材料不够 1 次" in text
        assert "退回 3 次" in panel((await everywhere.get("/admin")).text)
        settled = await here.post("/admin/rules/settle", data={"rule": RULE})
        assert settled.status_code == 303
        after = (await here.get(settled.headers["location"])).text
        assert WORDS["nothing"] in panel(after)
        assert 'class="done"' in after
        assert "退回 1 次：不归本台管 1 次" in panel((await everywhere.get("/admin")).text)
        again = await here.post("/admin/rules/settle", data={"rule": RULE})
        assert again.status_code == 303  # a second click is harmless
        assert (await here.post("/admin/rules/settle", data={"rule": "x"})).status_code == 404
    with Session(stored) as session:
        (row,) = session.scalars(select(Audit).where(Audit.verb == "rule.settle"))
        assert (row.object_kind, row.object_id, row.detail) == ("rule", RULE, {"count": 2})


async def test_a_desk_keeps_no_rules(enter: Enter) -> None:
    async with enter(Role.DESK) as browser:
        assert (await browser.post("/admin/rules/settle", data={"rule": RULE})).status_code == 403


async def test_a_desk_finds_the_way_back_to_its_slips(enter: Enter) -> None:
    async with enter(Role.DESK) as desk, enter(Role.OPERATOR) as operator:
        assert 'href="/desk"' in (await desk.get("/admin/closures")).text
        assert 'href="/desk"' not in (await operator.get("/admin/closures")).text


async def test_nothing_came_back(enter: Enter) -> None:
    async with enter(Role.EDITOR) as browser:
        assert WORDS["nothing"] in panel((await browser.get("/admin")).text)
