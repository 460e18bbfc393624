"""/admin/questions: seen in groups, settled once, each city's its own."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.roles import Role
from bot.admin import questions
from bot.clock import utcnow
from bot.tables import UnansweredQuestion
from knowledge.taxonomy import taxonomy
from tests.bot.admin.conftest import Enter, Keep

pytestmark = pytest.mark.asyncio(loop_scope="session")
WORDS = questions.WORDS.words
PAGE = "/admin/questions"
GRAVE, GRAVE_TOO, FIDDLE = "祖坟被人平了怎么办", "请问祖坟被人家平了怎么办？", "楼上天天拉二胡找谁"


def asked(text: str, city: str = "zhongshan", matter: str | None = None) -> UnansweredQuestion:
    return UnansweredQuestion(at=utcnow(), city_id=city, matter=matter, text=text, door="page")


def ids_in(text: str) -> list[str]:
    return re.findall(r'name="ids" value="([\d,]+)"', text)


def open_texts(stored: Engine) -> list[str]:
    with Session(stored) as session:
        row = UnansweredQuestion
        return sorted(session.scalars(select(row.text).where(row.settled_at.is_(None))))


async def test_groups_with_their_wordings_and_a_way_to_an_answer(enter: Enter, keep: Keep) -> None:
    keep(asked(GRAVE, matter="tort"), asked(GRAVE_TOO, matter="tort"), asked(FIDDLE))
    async with enter(Role.EDITOR) as browser:
        text = (await browser.get(PAGE)).text
    assert text.index(GRAVE) < text.index(FIDDLE)
    assert WORDS["times"].format(n=2) in text
    assert taxonomy().matters["tort"] in text
    assert WORDS["no_matter"] in text
    assert f"<summary>{WORDS['wordings']}</summary>" in text
    assert GRAVE_TOO in text
    (new, _) = re.findall(r'href="(/admin/faq/new[^"]*)"', text)
    query = parse_qs(urlsplit(unescape(new)).query)
    assert query == {"ask": [GRAVE], "matter": ["tort"]}


async def test_settled_by_the_plain_form_and_written_down(
    enter: Enter, keep: Keep, stored: Engine
) -> None:
    keep(asked(GRAVE), asked(GRAVE_TOO), asked(FIDDLE))
    async with enter(Role.REVIEWER) as browser:
        text = (await browser.get(PAGE)).text
        del browser.headers["X-CSRF-Token"]
        token = re.search(r'name="csrf" value="([^"]+)"', text)
        assert token
        fields = {"ids": ids_in(text)[0], "csrf": token[1]}
        assert (
            await browser.post(f"{PAGE}/settle", data=fields | {"csrf": "x"})
        ).status_code == 403
        done = await browser.post(f"{PAGE}/settle", data=fields)
        assert done.status_code == 303
        told = (await browser.get(done.headers["location"])).text
        assert "已标为处理过" in told
        assert GRAVE not in told
        assert open_texts(stored) == [FIDDLE]
        # a second click is no second deed
        assert (await browser.post(f"{PAGE}/settle", data=fields)).status_code == 303
    with Session(stored) as session:
        deeds = [row for row in audit.last(session, 20) if row.verb == "question.settle"]
    assert deeds[-1].detail == {"count": 2}
    assert len([row for row in deeds if row.object_id == deeds[-1].object_id]) == 1


async def test_a_city_sees_and_settles_its_own(enter: Enter, keep: Keep, stored: Engine) -> None:
    here, there = asked(FIDDLE), asked(GRAVE, city="qingyuan")
    keep(here, there)
    async with enter(Role.EDITOR, city="zhongshan") as browser:
        text = (await browser.get(PAGE)).text
        assert GRAVE not in text
        assert "/admin/faq/new" not in text
        assert WORDS["own_city"] in text
        await browser.post(f"{PAGE}/settle", data={"ids": f"{here.id},{there.id}"})
    assert open_texts(stored) == [GRAVE]


@pytest.mark.parametrize("ids", ["", "x", "1'--", "٣", "9" * 40, ",,,"])
async def test_what_is_no_number_settles_nothing(enter: Enter, ids: str) -> None:
    async with enter(Role.EDITOR) as browser:
        assert (await browser.post(f"{PAGE}/settle", data={"ids": ids})).status_code == 404


async def test_what_residents_write_is_only_text(enter: Enter, keep: Keep) -> None:
    keep(asked('<script>alert("x")</script>谁来管'))
    async with enter(Role.EDITOR) as browser:
        assert "<script>alert" not in (await browser.get(PAGE)).text


async def test_nothing_to_do(enter: Enter) -> None:
    async with enter(Role.EDITOR) as browser:
        assert WORDS["nothing"] in (await browser.get(PAGE)).text
    async with enter(Role.OPERATOR) as browser:
        assert (await browser.get(PAGE)).status_code == 403
