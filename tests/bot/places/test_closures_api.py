"""/places/closures: who may enter 今天无人, what residents see, and slips."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.api.state import AppState
from bot.clock import utcnow
from knowledge import tables
from knowledge.database import connect
from tests.bot.accounts.people import hire, token_for
from tests.bot.test_api import V1, problem_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
DOOR = f"{V1}/places/closures"
XIAOLAN = "point.442000118"
Json = dict[str, Any]


@pytest.fixture
def written(parts: AppState) -> Iterator[Engine]:
    """The app's own; what a test closed is over afterwards."""
    engine = connect(parts.settings.database_url)
    yield engine
    with Session(engine) as session, session.begin():
        session.execute(update(tables.Closure).values(lifted_at=utcnow()))
        session.execute(
            update(tables.Edition)
            .where(tables.Edition.id == 2)
            .values(version=tables.Edition.version + 1)
        )
    engine.dispose()
    parts.live.refresh()


@pytest.fixture
def as_member(app: FastAPI, written: Engine, request: pytest.FixtureRequest) -> Any:
    """as_member(Role…, city=None) → the header of somebody who holds them."""
    count = iter(range(99))

    def header(*roles: Role, city: str | None = None) -> dict[str, str]:
        name = f"keeper-{abs(hash(request.node.name))}-{next(count)}"
        hire(written, name, *roles, city_id=city)
        return {"Authorization": f"Bearer {token_for(written, name)}"}

    return header


async def nearest(client: httpx.AsyncClient, parts: AppState, q: str = "小榄镇") -> Json:
    parts.live.refresh()
    answer: Json = (await client.get(f"{V1}/places/nearest", params={"q": q})).json()["places"][0]
    return answer


async def test_nobody_there_today(
    client: httpx.AsyncClient, parts: AppState, as_member: Any
) -> None:
    desk = as_member(Role.DESK)
    body = {"point": XIAOLAN, "reason": "全所培训"}
    made = await client.post(DOOR, json=body, headers=desk)
    assert made.status_code == 201
    assert made.json()["name"] == "小榄镇公共法律服务站"
    place = await nearest(client, parts)
    assert place["id"] == XIAOLAN
    assert place["open_now"] is False
    assert place["hours_exceptions"] == "今天 24:00前没有人值班（全所培训）"
    listed = (await client.get(DOOR, headers=desk)).json()["closures"]
    assert [item["id"] for item in listed] == [made.json()["id"]]
    gone = await client.delete(f"{DOOR}/{made.json()['id']}", headers=desk)
    assert gone.status_code == 204
    place = await nearest(client, parts)
    assert place["open_now"] is None
    assert place["hours_exceptions"] is None


async def test_a_part_of_a_day_to_come(
    client: httpx.AsyncClient, parts: AppState, as_member: Any
) -> None:
    starts = datetime.now(UTC) + timedelta(days=2)
    body = {
        "point": XIAOLAN,
        "from": starts.isoformat(),
        "until": (starts + timedelta(hours=3)).isoformat(),
    }
    made = await client.post(DOOR, json=body, headers=as_member(Role.EDITOR))
    assert made.status_code == 201
    assert (await nearest(client, parts))["open_now"] is None


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"until": "2020-01-01T00:00:00+08:00"}, "until"),
        ({"until": "2026-12-01T00:00:00"}, "until"),  # without its offset
        ({"until": "明天"}, "until"),
        ({"reason": "长" * 41}, "reason"),
        ({"from": "2030-01-02T00:00:00+08:00", "until": "2030-01-01T00:00:00+08:00"}, "until"),
        ({"poem": "x"}, "poem"),
    ],
)
async def test_a_slip_names_its_field(
    client: httpx.AsyncClient, as_member: Any, more: Json, field: str
) -> None:
    body = {"point": XIAOLAN, **more}
    answer = await client.post(DOOR, json=body, headers=as_member(Role.OPERATOR))
    problem_of(answer, 422, field)


async def test_only_who_keeps_places_of_that_city(
    client: httpx.AsyncClient, as_member: Any
) -> None:
    body = {"point": XIAOLAN}
    assert (await client.post(DOOR, json=body)).status_code == 401
    admin = await client.post(DOOR, json=body, headers=as_member(Role.ADMIN))
    assert admin.status_code == 403
    elsewhere = as_member(Role.EDITOR, city="qingyuan")
    problem_of(await client.post(DOOR, json=body, headers=elsewhere), 404)
    made = await client.post(DOOR, json=body, headers=as_member(Role.EDITOR, city="zhongshan"))
    assert made.status_code == 201
    assert (await client.get(DOOR, headers=elsewhere)).json() == {"closures": []}
    problem_of(await client.delete(f"{DOOR}/{made.json()['id']}", headers=elsewhere), 404)


async def test_what_does_not_exist(client: httpx.AsyncClient, as_member: Any) -> None:
    operator = as_member(Role.SUPERVISOR)
    problem_of(await client.post(DOOR, json={"point": "point.1"}, headers=operator), 404)
    problem_of(await client.delete(f"{DOOR}/424242", headers=operator), 404)
    problem_of(await client.delete(f"{DOOR}/{2**31}", headers=operator), 422, "closure")
