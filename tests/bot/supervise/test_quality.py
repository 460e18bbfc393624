"""/supervise/quality: a random sample, read and judged once, never by who has had the ticket."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import unquote

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.reports.tables import QualityCheck
from bot.supervise import quality
from bot.tables import Ticket
from tests.bot.supervise.conftest import Enter, Office

QUALITY = "/supervise/quality"
CRITERIA = list(quality.WORDS.words["criteria"])
ALL_RIGHT = {f"mark-{key}": "yes" for key in CRITERIA}


def checks(office: Office) -> list[tuple[QualityCheck, Ticket]]:
    with Session(office.database) as session:
        query = select(QualityCheck, Ticket).join(Ticket, Ticket.id == QualityCheck.ticket_id)
        return [(one, ticket) for one, ticket in session.execute(query.order_by(QualityCheck.id))]


async def draw(browser: httpx.AsyncClient, **fields: object) -> httpx.Response:
    given = {"count": "10", "cap": "3"} | {key: str(value) for key, value in fields.items()}
    return await browser.post(f"{QUALITY}/draw", data=given)


async def test_a_sample_of_what_people_have_closed(enter: Enter, office: Office) -> None:
    li, wang = office.hire("李莉"), office.hire("王强")
    for _ in range(6):
        office.closed(li)
        office.closed(wang)
    office.ticket(owner=li)  # not closed
    office.ticket(state="closed", closed_at=office.now)  # by nobody in person
    office.closed(li, conversation_id=None)  # nothing left to read
    office.closed(li, closed_at=office.now - timedelta(days=400))
    async with enter(username="banzhang") as browser:
        assert (await draw(browser, count=5, cap=2)).status_code == 303
        owners = [ticket.owner_name or "" for _, ticket in checks(office)]
        assert sorted(owners) == ["李莉", "李莉", "王强", "王强"]
        await draw(browser, count=100, cap=100)
        drawn = [ticket.id for _, ticket in checks(office)]
        assert len(drawn) == len(set(drawn)) == 12  # each is drawn once
        nothing = await draw(browser)
        assert nothing.status_code == 422
        assert "没有可以抽的工单" in nothing.text
    first, second = office.audited("quality.draw")
    assert (first.username, first.detail) == (
        "banzhang", {"drawn": 4, "of": 12, "cap": 2, "city": None},
    )  # fmt: skip
    assert second.detail
    assert second.detail["drawn"] == 8


async def test_it_is_read_and_judged_once(enter: Enter, office: Office) -> None:
    li = office.hire("李莉")
    ticket = office.closed(
        li,
        said=("老板<b>欠薪</b>，劳动法第五十条",),
        summary=["依据：民法典第七条"],
        contact="13800138000",
    )
    async with enter(username="banzhang", name="周敏") as browser:
        await draw(browser)
        page = (await browser.get(QUALITY)).text
        found = re.search(rf'href="({QUALITY}/\d+)"', page)
        assert found
        address = found[1]
        one = await browser.get(address)
        assert "老板&lt;b&gt;欠薪&lt;/b&gt;" in one.text
        links = re.findall(
            r'<a href="(/law/.*?)" target="_blank" rel="noopener">(.*?)</a>', one.text
        )
        assert [(unquote(url), text) for url, text in links] == [
            ("/law/民法典/第七条", "民法典第七条"), ("/law/劳动法/第五十条", "劳动法第五十条"),
        ]  # fmt: skip
        assert "13800138000" not in one.text
        (look,) = office.audited("view")
        assert (look.object_id, look.detail) == (ticket.number, {"for": "quality"})
        missing = await browser.post(address, data=ALL_RIGHT | {f"mark-{CRITERIA[0]}": ""})
        assert missing.status_code == 422
        assert "每一项都要选" in missing.text
        assert "checked" in missing.text  # what was chosen is still there
        marks = ALL_RIGHT | {"mark-tone": "no", "mark-basis": "na", "text": "话有点急"}
        assert (await browser.post(address, data=marks)).status_code == 303
        assert (await browser.post(address, data=ALL_RIGHT)).status_code == 409
        again = (await browser.get(address)).text
        assert "周敏 评于" in again
        assert "话有点急" in again
        results = (await browser.get(QUALITY)).text
    ((check, _),) = checks(office)
    assert (check.marks["tone"], check.marks["basis"], check.text) == ("no", "na", "话有点急")
    assert check.checked_by == "banzhang"
    assert "0%（0/1）" in results
    assert "100%（1/1）" in results
    assert len(office.audited("quality.check")) == 1


@pytest.mark.parametrize("how", ["closed", "claimed", "responsible"])
async def test_nobody_judges_a_ticket_they_have_had(enter: Enter, office: Office, how: str) -> None:
    li, ban = office.hire("李莉"), office.hire("周敏", Role.SUPERVISOR)
    ticket = office.closed(ban if how == "closed" else li)
    if how == "claimed":
        office.event(ticket, "claimed", ban)
    if how == "responsible":
        with Session(office.database) as session, session.begin():
            session.get_one(Ticket, ticket.id).responsible_id = ban.id
    office.add(
        QualityCheck(
            ticket_id=ticket.id, drawn_at=office.now, drawn_by="x", marks={}, text=None,
            checked_at=None, checked_by=None,
        )
    )  # fmt: skip
    ((check, _),) = checks(office)
    from tests.bot.accounts.people import come_in

    async with enter(name="别人") as other:
        app = other._transport.app  # type: ignore[attr-defined]
        async with come_in(app, ban.name) as browser:
            listed = (await browser.get(QUALITY)).text
            assert "自己办过" in listed
            assert f"{QUALITY}/{check.id}" not in listed
            assert (await browser.post(f"{QUALITY}/{check.id}", data=ALL_RIGHT)).status_code == 403
            assert checks(office)[0][0].checked_at is None
        assert (await other.post(f"{QUALITY}/{check.id}", data=ALL_RIGHT)).status_code == 303


async def test_one_city_only(enter: Enter, office: Office) -> None:
    li = office.hire("李莉")
    office.closed(li, city="qingyuan")
    async with enter(city="zhongshan") as browser:
        assert (await draw(browser)).status_code == 422
    async with enter(city="qingyuan") as browser:
        assert (await draw(browser)).status_code == 303
    ((check, ticket),) = checks(office)
    async with enter(city="zhongshan") as browser:
        assert ticket.number[:4] not in (await browser.get(QUALITY)).text
        assert (await browser.get(f"{QUALITY}/{check.id}")).status_code == 404
        assert (await browser.post(f"{QUALITY}/{check.id}", data=ALL_RIGHT)).status_code == 404
    assert checks(office)[0][0].checked_at is None
    assert office.audited("view") == []


@pytest.mark.parametrize("number", [0, 101, "三", "", "²"])
async def test_so_many_are_not_drawn(enter: Enter, office: Office, number: object) -> None:
    office.closed(office.hire("李莉"))
    async with enter() as browser:
        for field in ("count", "cap"):
            answer = await draw(browser, **{field: number})
            assert answer.status_code == 422
            assert "1 到 100" in answer.text
    assert checks(office) == []


async def test_for_supervisors_only(enter: Enter, office: Office) -> None:
    async with enter(Role.OPERATOR) as browser:
        assert (await browser.get(QUALITY)).status_code == 403
        assert (await draw(browser)).status_code == 403
        assert (await browser.get(f"{QUALITY}/1")).status_code == 403
