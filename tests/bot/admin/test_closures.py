"""/admin/closures: written down by a form, seen by residents, taken back; slips keep the form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.roles import Role
from bot.admin import closures
from bot.api.state import AppState
from bot.clock import utcnow
from knowledge import tables
from knowledge.catalogue import ServicePoint
from knowledge.china import CHINA
from knowledge.freshness import CLOSURES, count_change
from tests.bot.admin.conftest import Enter

pytestmark = pytest.mark.asyncio(loop_scope="session")
WORDS = closures.WORDS.words
ERRORS: dict[str, str] = WORDS["errors"]
PAGE = "/admin/closures"


@pytest.fixture(autouse=True)
def _open_again(stored: Engine, parts: AppState) -> Iterator[None]:
    """What a test closed is over afterwards."""
    yield
    with Session(stored.execution_options(immediate=True)) as session, session.begin():
        session.execute(update(tables.Closure).values(lifted_at=utcnow()))
        count_change(session, CLOSURES)
    parts.live.refresh()


def now_closed(parts: AppState) -> list[tuple[str, Any]]:
    parts.live.refresh()
    return list(parts.catalogue.closures.items())


async def send(browser: httpx.AsyncClient, status: int = 303, **fields: str) -> str:
    form = {name.rstrip("_"): value for name, value in fields.items()}
    answer = await browser.post(PAGE, data={"city": "zhongshan"} | form)
    assert answer.status_code == status, answer.text
    return answer.text if status != 303 else (await browser.get(answer.headers["location"])).text


def alone_of(parts: AppState, level: str, city: str = "zhongshan") -> ServicePoint:
    """A point whose name no other has."""
    points = [one for points in parts.catalogue.points.values() for one in points]
    names = [one.name for one in points]
    return next(
        one
        for one in points
        if one.level == level and one.city_id == city and names.count(one.name) == 1
    )


async def test_closed_for_today_and_taken_back(
    enter: Enter, parts: AppState, stored: Engine
) -> None:
    point = alone_of(parts, "town")
    async with enter(Role.DESK, city="zhongshan") as browser:
        empty = (await browser.get(PAGE)).text
        assert WORDS["nothing"] in empty
        assert 'name="city"' not in empty
        told = await send(browser, place=point.name, reason="全所培训")
        ((point_id, (closure,)),) = now_closed(parts)
        assert point_id == point.id
        assert closure.reason == "全所培训"
        assert closure.ends.hour == closure.ends.minute == 0
        for said in (point.name, "全所培训", "今天 24:00", closure_by(stored), WORDS["running"]):
            assert said in told
        assert f"/admin/place/{point.id}" not in told  # a page that a desk may not open
        lifted = await browser.post(f"{PAGE}/{closure.id}/lift")
        assert lifted.status_code == 303
        assert WORDS["nothing"] in (await browser.get(lifted.headers["location"])).text
        assert now_closed(parts) == []
        assert (await browser.post(f"{PAGE}/{closure.id}/lift")).status_code == 404
    with Session(stored) as session:
        deeds = [(row.verb, row.object_id) for row in audit.last(session, 2)]
    assert deeds == [("place.close", point.id), ("place.open", point.id)]


def closure_by(stored: Engine) -> str:
    with Session(stored) as session:
        return session.query(tables.Closure).order_by(tables.Closure.id.desc()).first().entered_by  # type: ignore[union-attr]


async def test_some_hours_to_come(enter: Enter, parts: AppState) -> None:
    day = (datetime.now(CHINA) + timedelta(days=3)).date().isoformat()
    point = alone_of(parts, "village")
    async with enter(Role.EDITOR) as browser:
        told = await send(browser, place=point.id, from_=f"{day}T09:00", until=f"{day} 12:00:00")
    ((point_id, (closure,)),) = now_closed(parts)
    assert point_id == point.id
    assert (closure.starts.hour, closure.ends.hour) == (9, 12)
    assert closure.reason is None
    assert WORDS["running"] not in told
    assert f'href="/admin/place/{point.id}"' in told


async def test_of_several_one_is_chosen(enter: Enter, parts: AppState) -> None:
    async with enter(Role.EDITOR) as browser:
        asked = await send(browser, 422, city="qingyuan", place="太平镇", reason="培训")
        assert ERRORS["which"] in asked
        assert 'value="培训"' in asked
        choices = re.findall(r'name="point" value="([^"]+)"', asked)
        assert len(choices) == 2
        assert "清新区太平镇" in asked
        assert now_closed(parts) == []
        chosen = {"city": "qingyuan", "place": "太平镇", "point": choices[1], "reason": "培训"}
        await send(browser, **chosen)
        assert [point for point, _ in now_closed(parts)] == [choices[1]]
        # a point that the words do not mean is not taken for them
        other = alone_of(parts, "town").id
        await send(browser, 422, **(chosen | {"point": other}))


async def test_a_word_that_stands_in_many_names(enter: Enter, parts: AppState) -> None:
    async with enter(Role.EDITOR) as browser:
        notaries = await send(browser, 422, place="公证处")
        assert "桂山公证处" in notaries
        many = await send(browser, 422, place="公共法律服务")
        assert many.count('name="point"') == closures.CHOICES
        assert ERRORS["too_many"].format(value="公共法律服务", n=closures.CHOICES) in many


@pytest.mark.parametrize(
    ("fields", "name", "key"),
    [
        ({"place": ""}, "place", "needed"),
        ({"place": "月球背面"}, "place", "no_place"),
        ({"place": "小榄", "city": "mars"}, "city", "city"),
        ({"until": "下班"}, "until", "bad_time"),
        ({"until": "2999-12-01"}, "until", "bad_time"),
        ({"until": "2999-12-01T10:00+08:00"}, "until", "bad_time"),
        ({"until": "2020-12-01T10:00"}, "until", "over"),
        ({"from": "2999-12-02T10:00", "until": "2999-12-01T10:00"}, "until", "over"),
        ({"from": "0001-01-01T00:00"}, "until", "over"),
        ({"from": "9999-12-31T23:00"}, "until", "over"),
        ({"reason": "长" * 41}, "reason", "too_long"),
    ],
)
async def test_a_slip_is_named_and_what_was_typed_is_kept(
    enter: Enter, parts: AppState, fields: dict[str, str], name: str, key: str
) -> None:
    form = {"place": alone_of(parts, "town").name} | fields
    async with enter(Role.OPERATOR) as browser:
        text = unescape(await send(browser, 422, **form))
    # the words of the error without what fills them
    for piece in re.split(r"\{\w+\}", ERRORS[key]):
        assert piece in text
    assert f'id="{name}-wrong"' in text
    assert f'<a href="#{name}">' in text
    for value in form.values():
        assert value in text or value == "mars"
    assert now_closed(parts) == []


async def test_each_city_its_own(enter: Enter, parts: AppState) -> None:
    point = alone_of(parts, "town")
    async with (
        enter(Role.EDITOR, city="qingyuan") as elsewhere,
        enter(Role.EDITOR, city="zhongshan") as here,
    ):
        # whatever city the form names, it is the member's own that counts
        assert ERRORS["no_place"].partition("{")[0] in await send(elsewhere, 422, place=point.id)
        await send(here, place=point.id)
        ((_, (closure,)),) = now_closed(parts)
        assert point.name not in (await elsewhere.get(PAGE)).text
        assert (await elsewhere.post(f"{PAGE}/{closure.id}/lift")).status_code == 404
        assert now_closed(parts)


async def test_what_is_typed_is_only_text(enter: Enter) -> None:
    async with enter(Role.EDITOR) as browser:
        text = await send(browser, 422, place='"><script>alert(1)</script>', reason="\0'")
    assert "<script>alert" not in text


async def test_reviewers_come_in_and_admins_do_not(enter: Enter) -> None:
    async with enter(Role.REVIEWER) as browser:
        assert (await browser.get(PAGE)).status_code == 200
    async with enter(Role.ADMIN) as browser:
        assert (await browser.get(PAGE)).status_code == 403
        assert (await browser.post(PAGE, data={"place": "小榄"})).status_code == 403
