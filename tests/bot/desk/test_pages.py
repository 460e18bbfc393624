"""/desk: what is there, what may be done, and what is said when somebody else was first."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.accounts.tables import Audit
from bot.clock import utcnow
from bot.desk.site import HERE, PAGES
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Ledger
from bot.gateway.store import StoreAway
from bot.slips.states import Deed, Reason
from bot.slips.tables import Slip, SlipEvent
from bot.slips.words import WORDS, number_shown
from tests.bot.conversing import Resident
from tests.bot.desk.conftest import Enter
from tests.bot.slips.conftest import AID, OFFICE, Worker

T = PAGES.words


async def page(browser: httpx.AsyncClient, path: str, status: int = 200) -> str:
    answer = await browser.get(f"/desk{path}")
    assert answer.status_code == status, answer.text
    return unescape(answer.text)


async def send(browser: httpx.AsyncClient, path: str, status: int = 303, **form: str) -> str:
    """A form of the page; what the page says then."""
    answer = await browser.post(f"/desk/slips/{path}", data=form)
    assert answer.status_code == status, answer.text
    if status == 303:
        answer = await browser.get(answer.headers["location"])
    return unescape(answer.text)


def section(text: str, name: str) -> str:
    found = re.search(rf'<section [^>]*aria-labelledby="{name}">(.*?)</section>', text, re.DOTALL)
    assert found, name
    return found[1]


async def test_a_day_at_the_desk(enter: Enter, slip: str) -> None:
    async with enter() as browser:
        first = await page(browser, "")
        assert number_shown(slip) in section(first, "new")
        assert T["list"]["nothing"]["going"] in section(first, "going")
        assert f'href="{T["menu"]["closures"]["url"]}"' in first
        shown = await page(browser, f"/slips/{slip}")
        assert AID["request"] in section(shown, "asked")
        assert "老板拖欠我三个月工资" in section(shown, "passed")
        assert T["deeds"]["finish"] not in section(shown, "what")
        received = await send(browser, f"{slip}/receive", seen="sent")
        assert T["done"]["receive"] in received
        assert number_shown(slip) in section(await page(browser, ""), "going")
        await send(browser, f"{slip}/work", seen="received")
        told = await send(browser, f"{slip}/say", seen="working", text="等他带合同来")
        assert "等他带合同来" in section(told, "history")
        asked = await page(browser, f"/slips/{slip}/finish")
        assert T["ending"]["finish"]["lead"] in asked
        done = await send(browser, f"{slip}/finish", seen="working", text="已受理")
        assert T["done"]["finish"] in done
        assert "已受理" in section(done, "end")
        assert 'aria-labelledby="what"' not in done
        assert number_shown(slip) in section(await page(browser, ""), "ended")


async def test_sent_back_with_a_reason(enter: Enter, slip: str, gateway: Gateway) -> None:
    async with enter() as browser:
        asked = await page(browser, f"/slips/{slip}/return")
        for reason in Reason:
            assert WORDS.words["reasons"][reason] in asked
        wrong = await send(browser, f"{slip}/return", 422, seen="sent", text="说明<b>")
        assert 'id="reason-wrong"' in wrong
        assert '<a href="#reason">' in wrong
        assert "说明<b>" in wrong
        back = await send(browser, f"{slip}/return", seen="sent", reason="materials", text="缺合同")
        assert T["done"]["return"] in back
        assert WORDS.words["reasons"]["materials"] in section(back, "end")
        assert "缺合同" in section(back, "end")
        again = await send(
            browser, f"{slip}/return", seen="sent", reason="materials", text="缺合同"
        )
        assert T["done"]["return"] in again
    events = await gateway.look(lambda s: len(list(s.scalars(select(SlipEvent)))))
    assert events == 2


async def test_an_ending_without_its_words_keeps_what_was_typed(enter: Enter, slip: str) -> None:
    async with enter() as browser:
        await send(browser, f"{slip}/receive")
        await send(browser, f"{slip}/work")
        assert 'id="text-wrong"' in await send(browser, f"{slip}/finish", 422, text=" ")
        assert 'id="text-wrong"' in await send(browser, f"{slip}/say", 422, text="")
        other = await send(browser, f"{slip}/return", 422, reason="other")
        assert 'value="other" checked' in other
        assert '<a href="#text">' in other
        long = await send(browser, f"{slip}/finish", 422, text="长" * 2001)
        assert T["too_long"].format(most=2000) in long


async def test_who_comes_second_is_told_who_was_first(enter: Enter, slip: str) -> None:
    async with enter() as chen, enter(name="黄干事") as huang:
        await send(huang, f"{slip}/receive", seen="sent")
        late = await send(chen, f"{slip}/receive", 409, seen="sent")
        assert "黄干事先办了" in late
        assert f'href="/desk/slips/{slip}"' in late
        await send(huang, f"{slip}/return", seen="received", reason="duplicate")
        late = await page(chen, f"/slips/{slip}/finish", 409)
        assert "已退回" in late
        await send(chen, f"{slip}/finish", 409, seen="received", text="办好了")


async def test_the_slips_of_others_are_not_there(enter: Enter, slip: str) -> None:
    async with enter(place=OFFICE) as browser:
        assert number_shown(slip) not in await page(browser, "")
        for path in (f"/slips/{slip}", f"/slips/{slip}/finish", "/slips/1", f"/slips/{slip}/eat"):
            assert T["refused"]["not_there"] in await page(browser, path, 404)
        for deed in ("receive", "finish", "return", "eat"):
            await send(browser, f"{slip}/{deed}", 404, text="好", reason="other")


async def test_without_a_place_the_administrator_is_named(enter: Enter, slip: str) -> None:
    async with enter(place=None) as browser:
        text = await page(browser, "")
        assert WORDS.words["no_place"] in text
        assert number_shown(slip) not in text


async def test_only_desks_come_in(enter: Enter, rooms: object, slip: str) -> None:
    async with enter(Role.OPERATOR) as browser:
        assert (await browser.get("/desk")).status_code == 403
        assert (await browser.post(f"/desk/slips/{slip}/receive")).status_code == 403
    async with enter(Role.OPERATOR, Role.DESK) as browser:
        assert 'href="/console"' in await page(browser, "")


async def test_a_form_without_the_token_does_nothing(
    enter: Enter, slip: str, gateway: Gateway
) -> None:
    async with enter() as browser:
        shown = await page(browser, f"/slips/{slip}")
        token = browser.headers.pop("X-CSRF-Token")
        assert shown.count(f'name="csrf" value="{token}"') == 2  # to receive, and to log out
        await send(browser, f"{slip}/receive", 403)
        state = await gateway.look(lambda s: s.scalars(select(Slip)).one().state)
        assert state == "sent"
        await send(browser, f"{slip}/receive", csrf=token)


async def test_each_look_is_written_down(enter: Enter, slip: str, gateway: Gateway) -> None:
    async with enter() as browser:
        await page(browser, "")
        await page(browser, f"/slips/{slip}")
        await page(browser, f"/slips/{slip}/return")

    def looks(session: Session) -> list[str]:
        return list(session.scalars(select(Audit.object_id).where(Audit.verb == "view")))

    assert await gateway.look(looks) == [slip, slip]


@pytest.mark.parametrize(("safe", "key"), [(True, "yes"), (False, "no"), (None, "unknown")])
async def test_whether_it_is_safe_to_call_stands_beside_the_number(
    enter: Enter, resident: Resident, li: Worker, number: str, safe: bool | None, key: str
) -> None:
    def keep(ledger: Ledger) -> None:
        ticket = ledger.ticket
        assert ticket is not None
        ticket.contact, ticket.contact_safe = "138 0013 8000", safe

    await resident.gateway.write(resident.id, keep)
    sent = await li.post(f"/tickets/{number}/slips", 201, **AID)
    async with enter() as browser:
        shown = section(await page(browser, f"/slips/{sent['number']}"), "passed")
    assert "138 0013 8000" in shown
    assert T["slip"]["safe"][key] in shown
    assert sum(text in shown for text in T["slip"]["safe"].values()) == 1


async def test_the_screening_stands_there_in_a_sentence(
    enter: Enter, resident: Resident, li: Worker, number: str
) -> None:
    def screened(ledger: Ledger) -> None:
        ticket = ledger.ticket
        assert ticket is not None
        ticket.screening = {
            "outcome": "likely", "day": "2026-11-27", "articles": ["法律援助法第三十一条"],
            "facts": [{"name": "请求", "value": "讨工资"}],
        }  # fmt: skip

    await resident.gateway.write(resident.id, screened)
    sent = await li.post(f"/tickets/{number}/slips", 201, **AID)
    async with enter() as browser:
        shown = section(await page(browser, f"/slips/{sent['number']}"), "passed")
    assert "可能符合" in shown
    assert "请求 讨工资" in shown
    links = re.findall(r'<a href="([^"]+)" target="_blank" rel="noopener">(.*?)</a>', shown)
    assert (f"/law/{quote('法律援助法')}/{quote('第三十一条')}", "法律援助法第三十一条") in links


async def test_the_late_ones_say_so_in_words(enter: Enter, slip: str, gateway: Gateway) -> None:
    late = update(Slip).values(sent_at=utcnow() - timedelta(days=40))
    await gateway.store.run(lambda s: s.execute(late))
    async with enter() as browser:
        text = await page(browser, "")
    assert '<li class="late">' in section(text, "new")
    assert re.search(r"已超期：最晚应在\d+月\d+日接收", section(text, "new"))


async def test_what_is_forgotten_says_so(enter: Enter, slip: str, gateway: Gateway) -> None:
    await gateway.forget_older_than(utcnow() + timedelta(days=1))
    async with enter() as browser:
        shown = await page(browser, f"/slips/{slip}")
    assert T["slip"]["forgotten"] in section(shown, "passed")
    assert "老板" not in shown


async def test_a_database_that_is_away_is_a_page_too(
    enter: Enter, slip: str, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StoreAway("scripted")

    async with enter() as browser:
        monkeypatch.setattr(gateway.store, "look", away)
        assert T["refused"]["away"] in await page(browser, "", 503)
        assert T["refused"]["away"] in await send(browser, f"{slip}/receive", 503)


async def test_what_is_typed_is_only_text(enter: Enter, li: Worker, number: str) -> None:
    request = AID | {"request": "<script>alert(1)</script>劳动法第五十条<img src=x>"}
    sent = await li.post(f"/tickets/{number}/slips", 201, **request)
    async with enter() as browser:
        answer = await browser.get(f"/desk/slips/{sent['number']}")
        await send(browser, f"{sent['number']}/return", 422, text='"><img src=x>\0', reason="x")
    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text
    assert "第五十条</a>&lt;img" in answer.text


def test_every_deed_has_its_words() -> None:
    for deed in Deed:
        assert T["deeds"][deed]
        assert T["done"][deed]
    assert set(WORDS.words["reasons"]) == set(Reason)
    for key in ("finish", "return"):
        assert set(T["ending"][key]) >= {"title", "lead", "text", "button"}


def test_every_word_of_the_templates_exists_and_is_used() -> None:
    text = "".join(file.read_text("utf-8") for file in sorted((HERE / "templates").glob("*.html")))
    asked = set(re.findall(r"\bt\.(\w+)", text)) | {"done", "refused", "too_long"}
    assert asked == set(T)
    for group, name in re.findall(r"\bt\.(\w+)\.(\w+)", text):
        if name not in ("format", "items"):
            assert name in T[group], (group, name)
    assert all(
        isinstance(key, str) for group in T.values() if isinstance(group, dict) for key in group
    )
