"""/knowledge: odd numbers, odd bodies, drafts beside which something has gone, many at once."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from knowledge.editing.kinds import Kind
from knowledge.tables import ContentDraft, ServicePoint
from tests.bot.knowledge_api.conftest import ONE_KIND, Clerk, Hire, deeds_on
from tests.bot.knowledge_api.test_knowledge_api import COW, QINGYUAN, WAGES, XIAOLAN, named, written

pytestmark = pytest.mark.asyncio
LAWYER: dict[str, Any] = {
    "name": "李律师", "role": "联络人", "city_id": "zhongshan", "point_id": "point.442000118",
    "shown": False, "source": "本人确认", "as_of": "2026", "verified": False,
}  # fmt: skip


def spoil(database: Engine, path: str, **gone: Any) -> None:
    """A draft of an earlier edition: it names what this one does not have."""
    _, kind, object_id = path.split("/")
    with Session(database) as session, session.begin():
        draft = session.get_one(ContentDraft, (Kind(kind), object_id))
        draft.body = {**draft.body, **gone}


@ONE_KIND
async def test_a_version_is_a_number(zhou: Clerk) -> None:
    for number in (True, "1", 1.5, "一", None, [1], -1, 10**9 + 1):
        await zhou.put(f"{WAGES}/draft", 422, version=number, fields={"fee": "不收费"})
        await zhou.put(f"{WAGES}/draft", 422, version=1, revision=number, fields={"fee": "不收费"})
        await zhou.post(f"{WAGES}/rollback", 422, version=1, to=number)
        await zhou.post(f"{WAGES}/archive", 422, version=number)
    found = await zhou.get(WAGES)
    assert (found["version"], found["draft"]) == (1, None)


@ONE_KIND
async def test_odd_json_is_a_problem(zhou: Clerk) -> None:
    for fields, status in (
        ('{"lat": NaN, "lng": 1}', 422),
        ('{"lat": 1e999, "lng": 1}', 422),
        (f'{{"lat": {"9" * 5000}, "lng": 1}}', 400),
        (f'{{"phone": {"[" * 9000}{"]" * 9000}}}', 400),
        (r'{"name": "a\u202eb"}', 422),
        ('{"region_id": "{x}", "{0.y}": "{z}"}', 422),
        ("[]", 422),
    ):
        answer = await zhou.client.put(
            f"/api/v1/knowledge{XIAOLAN}/draft",
            content=f'{{"version": 1, "fields": {fields}}}',
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == status, (fields[:50], answer.text[:500])
    assert (await zhou.get(XIAOLAN))["draft"] is None


@ONE_KIND
async def test_thousands_of_fields_are_not_named_one_by_one(zhou: Clerk) -> None:
    many = {f"x{n}": "" for n in range(5000)}
    problem = await zhou.put(f"{WAGES}/draft", 422, version=1, fields=many)
    assert named(problem) == {"fields": "fields 太多，最多 300 条。"}
    assert len(json.dumps(await zhou.post("/faq", 422, fields=many))) < 500


@ONE_KIND
async def test_what_has_only_a_draft_has_no_history(zhou: Clerk) -> None:
    for path, fields in (("/faq", COW), ("/person", LAWYER)):
        made = await zhou.post(path, 201, fields=fields)
        assert (await zhou.get(f"{path}/{made['id']}/history")) == {"versions": []}


async def test_what_is_so_already_makes_no_version(zhou: Clerk, loaded_database: Engine) -> None:
    path = await written(zhou)
    assert (await zhou.post(f"{path}/restore", version=1))["version"] == 1
    assert (await zhou.post(f"{path}/archive", version=1))["version"] == 2
    assert (await zhou.post(f"{path}/archive", version=2, note="又一次"))["version"] == 2
    await zhou.post(f"{path}/archive", 409, version=1)
    assert (await zhou.post(f"{path}/restore", version=2))["version"] == 3
    await zhou.post(f"{path}/restore", 409, version=2)
    told = (await zhou.get(f"{path}/history"))["versions"]
    assert [one["deed"] for one in told] == ["restored", "archived", "published"]
    assert deeds_on(loaded_database, path[5:])[2:] == ["content.archive", "content.restore"]
    # what was never published can be neither
    made = await zhou.post("/person", 201, fields=LAWYER)
    await zhou.post(f"/person/{made['id']}/restore", 404, version=0)
    await zhou.post(f"/person/{made['id']}/archive", 404, version=0)


@ONE_KIND
async def test_a_draft_that_names_what_is_gone_is_read_and_not_published(
    zhou: Clerk, loaded_database: Engine
) -> None:
    made = await zhou.post("/person", 201, fields=LAWYER)
    person = f"/person/{made['id']}"
    await zhou.put(f"{XIAOLAN}/draft", version=1, fields={"hours": "周一"})
    await zhou.put(f"{WAGES}/draft", version=1, fields={"fee": "不收费"})
    mars = {
        "text": "火星上也一样。",
        "citations": [{"type": "plan", "city": "mars", "place": "三"}],
    }
    local = [
        {"type": "local", "fact": "gone"},
        {"type": "law", "law": "没有法", "article": "第一条"},
    ]
    spoil(loaded_database, person, point_id="gone", role="gone", city_id="mars")
    spoil(loaded_database, XIAOLAN, region_id="999", city_id="mars", services=["gone"], kind="gone")
    spoil(
        loaded_database, WAGES, about="gone", services=["gone"], matters=["gone"], limits=["gone"],
        cities={"mars": mars}, citations=local,
    )  # fmt: skip
    for path, version, field in (
        (person, 0, "city_id"), (XIAOLAN, 1, "region_id"), (WAGES, 1, "citations")
    ):  # fmt: skip
        found = await zhou.get(path)
        assert any(one["stops"] for one in found["problems"])
        assert found["id"] in str(await zhou.get(f"/{found['kind']}", state="draft"))
        await zhou.post(f"{path}/publish", 422, version=version, revision=1)
        kept = await zhou.put(
            f"{path}/draft", 422, version=version, revision=1, fields={"verified": False}
        )
        assert f"fields.{field}" in named(kept)
        await zhou.ask("DELETE", f"{path}/draft", 204, params={"revision": 1})


@ONE_KIND
async def test_a_draft_whose_place_is_gone_is_published_as_a_new_one(
    zhou: Clerk, loaded_database: Engine
) -> None:
    await zhou.put(f"{QINGYUAN}/draft", version=1, fields={"hours": "周一至周五"})
    with Session(loaded_database) as session, session.begin():
        session.delete(session.get_one(ServicePoint, QINGYUAN.removeprefix("/place/")))
    gone = await zhou.get(QINGYUAN)
    assert (gone["version"], gone["fields"], gone["draft"]["outdated"]) == (0, None, True)
    assert (await zhou.get(f"{QINGYUAN}/history")) == {"versions": []}
    await zhou.post(f"{QINGYUAN}/publish", 409, version=1, revision=1)
    await zhou.post(f"{QINGYUAN}/archive", 404, version=0)
    await zhou.post(f"{QINGYUAN}/rollback", 404, version=0, to=1)
    back = await zhou.post(f"{QINGYUAN}/publish", version=0, revision=1)
    assert (back["version"], back["fields"]["hours"]) == (1, "周一至周五")


async def test_of_many_at_once_one_is_first(work: Hire, zhou: Clerk) -> None:
    wu = await work(Role.REVIEWER, name="吴刚")

    async def at_once(method: str, path: str, *bodies: dict[str, Any]) -> list[int]:
        answers = await asyncio.gather(
            *(
                clerk.client.request(method, f"/api/v1/knowledge{path}", json=body)
                for body in bodies
                for clerk in (zhou, wu)
            )
        )
        return sorted(answer.status_code for answer in answers)

    assert await at_once("POST", "/faq", *[{"fields": COW, "mark": "0badcafe"}] * 2) == [
        201, 409, 409, 409,
    ]  # fmt: skip
    path = "/faq/tort.0badcafe"
    texts = [{"version": 0, "revision": 1, "fields": {"fee": fee}} for fee in ("不收费", "看情况")]
    assert await at_once("PUT", f"{path}/draft", *texts) == [200, 409, 409, 409]
    seen = {"version": 0, "revision": 2}
    assert await at_once("POST", f"{path}/publish", seen, seen) == [200, 409, 409, 409]
    assert await at_once("POST", f"{path}/rollback", *[{"version": 1, "to": 1}] * 2) == [
        200, 409, 409, 409,
    ]  # fmt: skip
    told = (await zhou.get(f"{path}/history"))["versions"]
    assert [(one["number"], one["deed"]) for one in told] == [(2, "rolled_back"), (1, "published")]


async def test_a_place_that_a_draft_moves_away_stays_its_city_s(work: Hire, zhou: Clerk) -> None:
    one = await work(Role.EDITOR, city="qingyuan")
    region = (await zhou.get(XIAOLAN))["fields"]["region_id"]
    moved = {"city_id": "zhongshan", "region_id": region}
    await zhou.put(f"{QINGYUAN}/draft", version=1, fields=moved)
    assert (await one.get(QINGYUAN))["city"] == "qingyuan"
    back = {"city_id": "qingyuan", "region_id": "441802"}
    await one.put(f"{QINGYUAN}/draft", 403, version=1, revision=1, fields=back)
    # one that is only a draft is where the draft puts it
    made = await zhou.post("/person", 201, fields=LAWYER)
    theirs = {"city_id": "qingyuan", "point_id": None}
    await one.get(f"/person/{made['id']}", 403)
    await one.put(f"/person/{made['id']}/draft", 403, version=0, revision=1, fields=theirs)
    await zhou.put(f"/person/{made['id']}/draft", version=0, revision=1, fields=theirs)
    assert (await one.get(f"/person/{made['id']}"))["city"] == "qingyuan"


async def test_a_note_may_hold_anything_that_can_be_sent(zhou: Clerk) -> None:
    path = await written(zhou)
    answer = await zhou.client.post(
        f"/api/v1/knowledge{path}/archive",
        content=r'{"version": 1, "note": " 并\u0000到<b>别的\u202e里\n "}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 200, answer.text[:500]
    last = (await zhou.get(f"{path}/history"))["versions"][0]
    assert last["note"].startswith("并")
    assert "<b>别的" in last["note"]
    assert "\0" not in last["note"]
    await zhou.post(f"{path}/archive", 422, version=2, note="长" * 201)
