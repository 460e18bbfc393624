"""/supervise/follow-ups: worked through by plain forms, by supervisors and by operators."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.accounts.tables import Audit
from bot.api.state import AppState
from bot.clock import utcnow
from bot.follow_ups.tables import FollowUp
from bot.supervise import follow_ups
from knowledge.china import today
from tests.bot.follow_ups.conftest import Enter, actor_of, follow_up, told_by_phone
from tests.bot.test_page import HAN, without_comments

pytestmark = pytest.mark.asyncio(loop_scope="session")
WORDS = follow_ups.WORDS.words
PAGE = follow_ups.ADDRESS
OVERDUE = date(2026, 1, 5)


def keep(stored: Engine, **given: Any) -> int:
    row = follow_up(**given)
    with Session(stored.execution_options(immediate=True)) as session, session.begin():
        session.add(row)
        session.flush()
        return row.id


def look(stored: Engine, id_: int) -> FollowUp:
    with Session(stored) as session:
        return session.get_one(FollowUp, id_)


def section(text: str, id_: int) -> str:
    """One follow-up of the page."""
    return text.partition(f'id="f{id_}"')[2].partition("</section>")[0]


async def send(browser: httpx.AsyncClient, id_: int, move: str, **fields: str) -> httpx.Response:
    """The form as a browser without scripts sends it."""
    text = (await browser.get(PAGE)).text
    token = re.search(r'name="csrf" value="([^"]+)"', text)
    assert token
    body = {"csrf": token[1]} | fields
    headers = {name: browser.headers.pop(name) for name in ("X-CSRF-Token",)}
    answer = await browser.post(f"{PAGE}/{id_}/{move}", data=body)
    browser.headers.update(headers)
    return answer


async def test_a_supervisor_closes_what_is_late(
    enter: Enter, stored: Engine, parts: AppState
) -> None:
    catalogue = parts.catalogue
    ticket_id, number = await parts.gateway.store.run(
        lambda s: (lambda ticket: (ticket.id, ticket.number))(told_by_phone(s, catalogue)[1])
    )
    late = keep(
        stored, due_on=today() - timedelta(days=3), text="等了一天", ticket_id=ticket_id,
        platform="hotline", owner_name="李莉", owner_id="account-li",
    )  # fmt: skip
    keep(stored, due_on=today())
    async with enter(Role.SUPERVISOR, name="何班长") as ban:
        text = (await ban.get(PAGE)).text
        one = section(text, late)
        for said in ("超期 3 天", "等了一天", "热线", "负责：李莉", "待处理"):
            assert said in one
        assert f'href="/console?ticket={number}"' in one
        assert "今天到期" in text
        assert "已办结 0 条，共 2 条（0.0%）" in text
        assert "超期还没有办结的 1 条" in text
        done = await send(ban, late, "close", seen="open", result="已道歉", query="state=open")
        assert done.status_code == 303
        address = done.headers["location"]
        assert address == f"{PAGE}?state=open&done=close"
        text = (await ban.get(address)).text
        assert WORDS["done"]["close"] in text
        assert f'id="f{late}"' not in text  # the filter stays
        text = section((await ban.get(PAGE)).text, late)
        assert "已道歉" in text
        assert "何班长 办结于" in text
        username = actor_of(ban).name
    assert look(stored, late).state == "closed"
    with Session(stored) as session:
        deeds = [a.verb for a in session.scalars(select(Audit).where(Audit.username == username))]
    assert "follow_up.close" in deeds
    assert deeds.count("view") == 4


async def test_a_complaint_is_right_or_not(enter: Enter, stored: Engine) -> None:
    id_ = keep(stored, kind="complaint", provider="lawyer", text="收钱不办事", due_on=OVERDUE)
    async with enter(Role.SUPERVISOR) as ban:
        answer = await send(ban, id_, "close", seen="open", result="问过律所了")
        assert answer.status_code == 422
        one = section(answer.text, id_)
        assert WORDS["errors"]["upheld"] in one
        assert "问过律所了" in one  # what was written is still there
        assert (
            await send(ban, id_, "close", seen="open", result="问过律所了", upheld="yes")
        ).status_code == 303
        text = (await ban.get(PAGE)).text
        assert WORDS["decided"]["yes"] in section(text, id_)
        table = text.partition("<tbody>")[2].partition("</tbody>")[0]
        assert [int(n) for n in re.findall(r'class="n">(\d+)<', table)] == [1, 1, 0, 0]
    assert look(stored, id_).upheld is True


async def test_of_two_supervisors_the_second_reads_who_was_first(
    enter: Enter, stored: Engine
) -> None:
    id_ = keep(stored)
    async with enter(Role.SUPERVISOR, name="何班长") as he, enter(Role.SUPERVISOR) as ban:
        await send(he, id_, "close", seen="open", result="何的结果")
        answer = await send(ban, id_, "close", seen="open", result="我的结果")
        assert answer.status_code == 409
        assert "何班长已经办结了" in answer.text
        assert "我的结果" in answer.text  # to be copied, not in the place of the other one
        assert "我的结果" not in section(answer.text, id_)
    assert look(stored, id_).result == "何的结果"


async def test_an_operator_answers_their_own_and_closes_nothing(
    enter: Enter, stored: Engine
) -> None:
    async with enter(Role.OPERATOR, name="李莉") as li, enter(Role.SUPERVISOR) as ban:
        own = keep(stored, owner_id=actor_of(li).id, owner_name="李莉")
        other = keep(stored, owner_id="account-wang", owner_name="王强")
        complaint = keep(stored, kind="complaint", provider="hotline", text="态度差")
        text = (await li.get(PAGE)).text
        assert f'id="f{own}"' in text
        assert f'id="f{other}"' not in text
        assert f'id="f{complaint}"' not in text
        assert "/supervise/reports" not in text  # no page that is shut to them is named
        assert "/close" not in text
        assert (await send(li, own, "close", result="好")).status_code == 403
        assert (await send(li, other, "answer", result="好")).status_code == 404
        assert (await send(li, own, "answer", seen="open", result="")).status_code == 422
        done = await send(li, own, "answer", seen="open", result="回电说明了")
        assert done.status_code == 303
        assert WORDS["done"]["answer"] in (await li.get(done.headers["location"])).text
        one = section((await ban.get(PAGE)).text, own)
        assert "回电说明了</textarea>" in one  # for the supervisor to agree with, or to change
        assert "李莉 写于" in one
        sent_back = await send(ban, own, "reopen", seen="answered", reason="没有问居民")
        assert sent_back.status_code == 303
        assert "没有问居民" in section((await li.get(PAGE)).text, own)
    assert look(stored, own).state == "open"


async def test_whoever_may_be_in_danger_is_not_to_be_called(enter: Enter, stored: Engine) -> None:
    id_, other = keep(stored, endangered=True), keep(stored)
    async with enter(Role.SUPERVISOR) as ban:
        text = (await ban.get(PAGE)).text
    assert WORDS["endangered"] in section(text, id_)
    assert WORDS["endangered"] not in section(text, other)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("kind=complaint", "c"), ("state=closed", "z"), ("platform=window", "w"),
        ("provider=notary", "c"), ("mine=true", ""), ("kind=x&state=&platform=mars", "cwz"),
    ],
)  # fmt: skip
async def test_filters(enter: Enter, stored: Engine, query: str, shown: str) -> None:
    ids = {
        "c": keep(stored, kind="complaint", provider="notary"),
        "w": keep(stored, platform="window"),
        "z": keep(stored, state="closed", closed_at=utcnow(), result="好"),
    }
    async with enter(Role.SUPERVISOR) as ban:
        text = (await ban.get(f"{PAGE}?{query}")).text
    assert "".join(key for key, id_ in ids.items() if f'id="f{id_}"' in text) == shown
    assert (WORDS["nothing"] in text) == (shown == "")


async def test_what_residents_write_is_only_text(enter: Enter, stored: Engine) -> None:
    keep(stored, text='<script>alert("x")</script>', result="</textarea><b>", state="answered")
    async with enter(Role.SUPERVISOR) as ban:
        text = (await ban.get(PAGE)).text
    assert "<script>alert" not in text
    assert "</textarea><b>" not in text


async def test_it_is_shut_to_everybody_else(enter: Enter, stored: Engine) -> None:
    id_ = keep(stored)
    for role in (Role.EDITOR, Role.DESK, Role.ADMIN):
        async with enter(role) as browser:
            assert (await browser.get(PAGE)).status_code == 403
            answer = await browser.post(f"{PAGE}/{id_}/answer", data={"result": "好"})
            assert answer.status_code == 403
    async with enter(Role.SUPERVISOR) as ban:
        del ban.headers["X-CSRF-Token"]
        forged = await ban.post(f"{PAGE}/{id_}/close", data={"result": "好", "csrf": "x"})
        assert forged.status_code == 403
    assert look(stored, id_).state == "open"


async def test_another_city_is_not_there(enter: Enter, stored: Engine) -> None:
    id_ = keep(stored, city_id="qingyuan")
    async with enter(Role.SUPERVISOR, city="zhongshan") as ban:
        assert WORDS["nothing"] in (await ban.get(PAGE)).text
        answer = await send(ban, id_, "close", result="好")
        assert answer.status_code == 404
        assert WORDS["errors"]["unknown"] in answer.text
    assert look(stored, id_).state == "open"


async def test_every_word_is_used_and_none_stands_in_the_template() -> None:
    folder = Path(follow_ups.__file__).parent
    template = without_comments(folder / "templates" / "follow_ups.html")
    source = (folder / "follow_ups.py").read_text(encoding="utf-8") + template
    content = yaml.safe_load((folder / "content" / "follow_ups.yml").read_text(encoding="utf-8"))
    through = {"done", "errors", "kinds", "states", "platforms", "endings", "standing", "decided"}
    for key, value in content.items():
        assert re.search(rf'\bw\.{key}\b|words\["{key}"\]', source), key
        if isinstance(value, dict) and key not in through | {"figures", "filter"}:
            raise AssertionError(key)
        for inner in value if key in ("figures", "filter") else ():
            known = re.search(
                rf"w\.{key}\.{inner}\b|choose\(\"{inner}\"|w\.figures\.{inner}", source
            )
            assert known, (key, inner)
    assert not HAN.search(template)
