"""/supervise/duty and /supervise/callbacks: who is there, what each does, hours, calls to make."""

from __future__ import annotations

from datetime import date, timedelta

import httpx
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.callbacks.slots import half_days
from bot.callbacks.tables import Callback
from bot.duty.tables import Duty, DutyHours
from tests.bot.supervise.conftest import Enter, Office

URL = "/supervise/duty"


async def post(browser: httpx.AsyncClient, url: str, **fields: object) -> httpx.Response:
    return await browser.post(url, data=fields | {"csrf": browser.headers["X-CSRF-Token"]})


async def test_who_is_there_and_what_each_is_offered(enter: Enter, office: Office) -> None:
    li = office.hire("李莉", city="zhongshan")
    wang, qing = office.hire("王强", city="zhongshan"), office.hire("秦青", city="qingyuan")
    everywhere = office.hire("何广")
    office.on_duty(li)
    office.on_duty(wang, seen=300)
    async with enter(city="zhongshan") as browser:
        page = (await browser.get(URL)).text
        assert "李莉" in page
        assert "在岗，话务台没有打开" in page
        assert '<td class="on">在岗</td>' in page
        assert "秦青" not in page
        assert "现在有人" in page
        assert "没有查到，不写" in page  # the hotline's own hours, which nobody knows
        assert f"{URL}/{everywhere.name}" not in page
        form = (await browser.get(f"{URL}/{li.name}")).text
        assert "法律援助" in form
        assert "out_of_scope" not in form  # no trouble of anybody's: nobody is given it
        for name in (qing.name, everywhere.name, "nobody"):
            assert (await browser.get(f"{URL}/{name}")).status_code == 404
            assert (await post(browser, f"{URL}/{name}", at_once="2")).status_code == 404
        done = await post(
            browser, f"{URL}/{li.name}", skills=["legal_aid", "notarization"], at_once="2",
            regions="小榄镇、古镇镇",
        )  # fmt: skip
        assert done.status_code == 303
        page = (await browser.get(done.headers["location"])).text
        assert "小榄镇" in page
        assert 'role="status"' in page
    with Session(office.database) as session:
        row = session.get_one(Duty, li.id)
        assert (row.at_once, row.skills) == (2, ["legal_aid", "notarization"])
        assert row.regions == ["442000105", "442000118"]
        assert row.state == "on"
    assert len(office.audited("duty.give")) == 1


async def test_a_form_that_is_wrong_comes_back_as_it_was(enter: Enter, office: Office) -> None:
    qing = office.hire("秦青", city="qingyuan")
    async with enter() as browser:
        answer = await post(
            browser, f"{URL}/{qing.name}", skills="magic", at_once="99", regions="太平镇、月球"
        )
        assert answer.status_code == 422
        for part in ("1 到 20", "不认识", "不止一个", "清新区太平镇", "太平镇、月球"):
            assert part in answer.text
        answer = await post(browser, f"{URL}/{qing.name}", at_once="3", regions="小榄镇")
        assert "没有找到" in answer.text  # of another city
    assert office.audited("duty.give") == []


async def test_hours_of_the_console_are_the_supervisor_s_to_say(
    enter: Enter, office: Office
) -> None:
    async with enter(city="zhongshan") as browser:
        given = {"city": "zhongshan", "holidays": "closed", "callbacks": "4"}
        done = await post(browser, f"{URL}/hours", weekly="周一至周日 0:00-24:00", **given)
        assert done.status_code == 303
        page = (await browser.get(URL)).text
        assert "周一至周日 00:00-24:00" in page
        wrong = await post(
            browser, f"{URL}/hours", weekly="周一 9:00-12:00\n下班",
            **given | {"callbacks": "many"},
        )  # fmt: skip
        assert wrong.status_code == 422
        assert "第 2 行" in wrong.text
        assert "下班" in wrong.text
        other = await post(browser, f"{URL}/hours", weekly="", **given | {"city": "qingyuan"})
        assert other.status_code == 404
    with Session(office.database) as session:
        row = session.get_one(DutyHours, "zhongshan")
        assert (row.callbacks, row.weekly is not None) == (4, True)
        assert session.get(DutyHours, "qingyuan") is None
    assert len(office.audited("duty.hours")) == 1


async def test_call_backs_stand_by_half_day(enter: Enter, office: Office) -> None:
    slot = half_days(office.now, None)[-1]
    last_week = date.today() - timedelta(days=7)  # noqa: DTZ011
    for city, day, trouble, urgent in (
        ("zhongshan", slot.day, "老板欠工资", "none"),
        ("zhongshan", last_week, "很久没打通", "violence"),
        ("qingyuan", slot.day, "别处的事", "none"),
    ):
        ticket = office.ticket(city=city, trouble=trouble, urgent=urgent, contact="138 0013 8000")
        office.add(
            Callback(
                ticket_id=ticket.id, city_id=city, day=day, half=slot.half, state="booked",
                booked_at=office.now, tries=1, settled_at=None, settled_by=None,
            )
        )  # fmt: skip
    async with enter(city="zhongshan") as browser:
        page = (await browser.get("/supervise/callbacks")).text
        assert "老板欠工资" in page
        assert "别处的事" not in page
        assert "8000" not in page
        assert page.index("很久没打通") < page.index("老板欠工资")
        assert "过了时间还没打通" in page
        assert "约了 1 个，最多 12 个" in page
        assert "打过 1 次" in page
        # told of danger, and nobody has asked whether calling is safe
        assert page.count("没有问过打电话安不安全") == 1
        # once, above every half-day, with the reason in words
        assert page.count("很久没打通") == page.count("说到有人受伤害，排在最前") == 1
        assert page.index("先打这几个") < page.index("约了 1 个，最多 12 个")
    async with enter(Role.OPERATOR, city="zhongshan") as browser:
        assert (await browser.get("/supervise/callbacks")).status_code == 403
        assert (await browser.get(URL)).status_code == 403
