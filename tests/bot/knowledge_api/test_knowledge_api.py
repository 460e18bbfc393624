"""/knowledge: what staff keep, read and written by a program."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from bot.accounts.roles import Role
from bot.gateway.store import StoreAway
from knowledge.china import today
from tests.bot.accounts.people import come_in, hire, stranger
from tests.bot.knowledge_api.conftest import ONE_KIND, Clerk, Hire, a_second_passes, deeds_on

pytestmark = pytest.mark.asyncio
Json = dict[str, Any]
WAGES = "/faq/labor.wages_unpaid"
XIAOLAN = "/place/point.442000118"
QINGYUAN = "/place/point.441802"
COW: Json = {
    "about": "tort",
    "title": "牛踩了菜地",
    "answer": "先到村里或者镇上的公共法律服务站问一问，说清楚是谁家的牛、什么时候的事，留好照片。",
    "ask": [f"邻居家的牛把我家菜地踩了怎么办{n}" for n in "甲乙丙丁戊己庚辛"],
    "steps": ["先拍照，记下时间", "到村里的服务站请人民调解员来说"],
    "services": ["peoples_mediation"],
    "matters": ["tort"],
    "citations": ["民法典第一千二百四十五条"],
    "effective_from": "2021-01-01",
    "review_by": "2999-01-01",
    "owner": "内容编辑组",
    "verified": False,
}


def named(problem: Json) -> dict[str, str]:
    """The messages of a problem by field."""
    return {one["field"]: one["message"] for one in problem["errors"]}


async def written(clerk: Clerk, **other: Any) -> str:
    """A new answer, published; its path."""
    made = await clerk.post("/faq", 201, fields=COW | other)
    path = f"/faq/{made['id']}"
    await clerk.post(f"{path}/publish", version=0, revision=1)
    return path


# ------------------------------------------------------------------------------ the door


@pytest.mark.parametrize(
    ("role", "reads", "publishes"),
    [
        (Role.EDITOR, 200, 403), (Role.REVIEWER, 200, 200), (Role.ADMIN, 200, 200),
        (Role.OPERATOR, 403, 403), (Role.SUPERVISOR, 403, 403), (Role.DESK, 403, 403),
    ],
)  # fmt: skip
async def test_who_is_let_in(work: Hire, role: Role, reads: int, publishes: int) -> None:
    clerk = await work(role)
    kinds = await clerk.get(status=reads)
    await clerk.get("/faq", reads, limit=1)
    await clerk.get(WAGES, reads)
    await clerk.post(f"{WAGES}/archive", publishes, version=1)
    if reads == 200:
        assert [one["id"] for one in kinds["kinds"]] == ["faq", "place", "person"]
        assert kinds["may_publish"] is (publishes == 200)


async def test_a_stranger_and_a_cookie_without_its_token_stay_outside(
    rooms: FastAPI, loaded_database: Engine
) -> None:
    draft = {"version": 1, "fields": {"fee": "不收费"}}
    async with stranger(rooms) as nobody:
        for path in ("", "/faq", WAGES, f"{WAGES}/history"):
            assert (await nobody.get(f"/api/v1/knowledge{path}")).status_code == 401
        put = await nobody.put(f"/api/v1/knowledge{WAGES}/draft", json=draft)
        assert put.status_code == 401
    hire(loaded_database, "zhou", Role.EDITOR)
    async with come_in(rooms, "zhou") as browser:
        token = browser.headers.pop("X-CSRF-Token")
        address = f"/api/v1/knowledge{WAGES}/draft"
        assert (await browser.put(address, json=draft)).status_code == 403
        given = await browser.put(address, json=draft, headers={"X-CSRF-Token": token})
        assert given.status_code == 200


# --------------------------------------------------------------------------- what there is


async def test_everything_is_listed_page_by_page(zhou: Clerk, rooms: FastAPI) -> None:
    page = await zhou.get("/faq", limit=120)
    seen = [one["id"] for one in page["entries"]]
    while page["next"]:
        page = await zhou.get("/faq", limit=120, after=page["next"])
        seen += [one["id"] for one in page["entries"]]
    assert seen == sorted(rooms.state.parts.catalogue.faq)


async def test_the_list_is_filtered_as_on_the_staff_s_site(zhou: Clerk) -> None:
    await zhou.put(f"{WAGES}/draft", version=1, fields={"fee": "不收费"})
    drafts = (await zhou.get("/faq", state="draft"))["entries"]
    assert [(one["id"], one["version"], one["draft"]["by"]) for one in drafts] == [
        ("labor.wages_unpaid", 1, "周敏")
    ]
    assert "draft" in drafts[0]["states"]
    found = (await zhou.get("/place", q="442000118", city="中山"))["entries"]
    assert "point.442000118" in [one["id"] for one in found]
    assert {one["city"] for one in found} == {"zhongshan"}
    assert (await zhou.get("/place", q="442000118", city="清远"))["entries"] == []
    shelf = (await zhou.get("/faq", about="labor", limit=300))["entries"]
    assert "labor.wages_unpaid" in [one["id"] for one in shelf]
    assert "hidden、archived" in (await zhou.get("/person", 422, state="overdue"))["detail"]
    await zhou.get("/faq", 422, city="火星")


@ONE_KIND
async def test_a_kind_tells_its_fields(zhou: Clerk) -> None:
    fields = {one["name"]: one for one in (await zhou.get("/faq/fields"))["fields"]}
    assert fields["title"] == {
        "name": "title", "title": "标题", "help": fields["title"]["help"], "type": "text",
        "needed": True, "longest": 100, "choices": None,
    }  # fmt: skip
    assert fields["city_text.zhongshan"]["title"].startswith("中山")
    types = {name: one["type"] for name, one in fields.items()}
    assert (types["ask"], types["citations"], types["services"]) == ("lines", "lines", "some")
    assert (types["about"], types["verified"], types["review_by"]) == ("one", "yes_no", "day")
    assert {"value": "legal_aid", "name": "法律援助"} in fields["services"]["choices"]
    assert [one["value"] for one in fields["verified"]["choices"]] == [True, False]
    places = {one["name"]: one["type"] for one in (await zhou.get("/place/fields"))["fields"]}
    assert (places["lat"], places["opening"], places["region_id"]) == ("number", "lines", "text")


@pytest.mark.parametrize("path", [WAGES, XIAOLAN, QINGYUAN, "/faq/administrative.fined_disagree"])
async def test_what_is_read_can_be_written_back_as_it_is(zhou: Clerk, path: str) -> None:
    entry = await zhou.get(path)
    assert (entry["draft"], entry["version"]) == (None, 1)
    after = await zhou.put(f"{path}/draft", version=1, fields=entry["fields"])
    assert after["draft"]["fields"] == entry["fields"] == after["fields"]
    assert after["draft"]["outdated"] is False


@ONE_KIND
async def test_values_are_plain_json(zhou: Clerk) -> None:
    fields = (await zhou.get(WAGES))["fields"]
    assert fields["about"] == "labor"
    assert all(isinstance(one, str) for one in fields["ask"] + fields["citations"])
    assert isinstance(fields["verified"], bool)
    place = (await zhou.get(XIAOLAN))["fields"]
    assert place["region_id"] == "442000118"
    assert isinstance(place["lat"], float | None)


@ONE_KIND
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/faq/none", 404), ("/faq/none/history", 404), ("/place/labor.wages_unpaid", 404),
        ("/house", 422), ("/faq/%E4%B8%AD", 422),
    ],
)  # fmt: skip
async def test_what_is_not_there_is_a_problem(zhou: Clerk, path: str, status: int) -> None:
    problem = await zhou.get(path, status)
    assert problem["status"] == status
    await zhou.put(f"{WAGES}x/draft", 404, version=0, fields={})


async def test_what_a_check_finds(zhou: Clerk) -> None:
    path = await written(zhou)
    quiet = await zhou.get("/check")
    shares = {one["name"]: one for one in quiet["unverified"]}
    assert 0 < shares["faq"]["unverified"] <= shares["faq"]["rows"]
    assert path.removeprefix("/faq/") not in {one["where"] for one in quiet["findings"]}
    soon = (today() + timedelta(days=10)).isoformat()
    await zhou.published(path, review_by=soon)
    due = [one for one in (await zhou.get("/check"))["findings"] if one["where"] == path[5:]]
    assert [(one["wrong"], one["what"]) for one in due] == [(False, soon)]


# ----------------------------------------------------------------------- written and published


async def test_from_nothing_to_what_residents_find(
    zhou: Clerk, resident: httpx.AsyncClient, make: Callable[[], FastAPI], loaded_database: Engine
) -> None:
    other = make()
    asked = {"q": COW["ask"][0], "city": "中山"}

    async def first(client: httpx.AsyncClient) -> str:
        found = (await client.get("/api/v1/faq/search", params=asked)).json()
        return str(found["items"][0]["title"])

    async with stranger(other) as elsewhere:
        assert await first(elsewhere) != COW["title"]
        made = await zhou.post("/faq", 201, fields=COW)
        path = f"/faq/{made['id']}"
        assert made["id"].startswith("tort.")
        assert (made["version"], made["fields"]) == (0, None)
        assert {name: made["draft"]["fields"][name] for name in COW} == COW
        assert made["problems"] == []
        assert await first(resident) != COW["title"]
        shown = await zhou.post(f"{path}/publish", version=0, revision=1)
        assert (shown["version"], shown["draft"]) == (1, None)
        assert await first(resident) == COW["title"]
        a_second_passes(other)
        assert await first(elsewhere) == COW["title"]
    assert deeds_on(loaded_database, made["id"]) == ["content.save", "content.publish"]


async def test_the_same_new_thing_twice_is_one(zhou: Clerk) -> None:
    await zhou.post("/faq", 201, fields=COW, mark="0badcafe")
    assert "周敏" in (await zhou.post("/faq", 409, fields=COW, mark="0badcafe"))["detail"]
    await zhou.post("/faq", 422, fields=COW, mark="no mark")
    found = await zhou.get("/faq", state="draft")
    assert [one["id"] for one in found["entries"]] == ["tort.0badcafe"]


async def test_every_wrong_field_is_named_in_chinese_and_nothing_is_kept(
    zhou: Clerk, loaded_database: Engine
) -> None:
    wrong = {
        "title": None,
        "citations": ["听邻居说的"],
        "answer": "<script>alert(1)</script>",
        "services": ["peoples_mediation", "魔法"],
        "review_by": "明年",
    }
    problem = await zhou.put(f"{WAGES}/draft", 422, version=1, fields=wrong)
    said = named(problem)
    assert set(said) == {f"fields.{name}" for name in wrong}
    assert said["fields.title"] == "标题：要填。"
    assert said["fields.citations"].startswith("依据：“听邻居说的”看不懂")
    assert "魔法" in said["fields.services"]
    assert problem["detail"] == problem["errors"][0]["message"]
    assert (await zhou.get(WAGES))["draft"] is None
    assert deeds_on(loaded_database, "labor.wages_unpaid") == []
    missing = named(await zhou.post("/person", 422, fields={"name": "李律师"}))
    assert missing["fields.role"] == "做什么：要填。"


@ONE_KIND
async def test_a_value_of_another_type_is_refused(zhou: Clerk) -> None:
    for name, value, said in (
        ("title", True, "标题 的值不对。"),
        ("title", 5, "标题 的值不对。"),
        ("title", ["一", "二"], "标题 的值不对。"),
        ("title", {}, "标题 的值不对。"),
        ("ask", [1], "问法 的值不对。"),
        ("ask", ["一句\n两句"], "问法 的值不对。"),
        ("verified", 1, "每句都有条文撑着 的值不对。"),
        ("verified", "也许", "每句都有条文撑着：只能写“是”或“否”。"),
        ("cities", "中山", "cities 是多余的。"),
        ("city_text.mars", "x", "city_text.mars 是多余的。"),
    ):
        problem = await zhou.put(f"{WAGES}/draft", 422, version=1, fields={name: value})
        assert named(problem) == {f"fields.{name}": said}
    lost = await zhou.put(f"{XIAOLAN}/draft", 422, version=1, fields={"lat": 200})
    assert named(lost) == {"fields.lat": "纬度：要写一个数，例如 22.66。"}


@ONE_KIND
async def test_half_a_character_breaks_nothing(zhou: Clerk) -> None:
    for body in (
        r'{"version": 1, "fields": {"fee": "\ud800"}}',
        r'{"version": 1, "fields": {"a\udc00": ""}}',
    ):
        answer = await zhou.client.put(
            f"/api/v1/knowledge{WAGES}/draft", content=body,
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        assert answer.status_code in (200, 422), answer.text


@ONE_KIND
async def test_texts_will_do_as_a_form_sends_them(zhou: Clerk) -> None:
    texts = {"verified": "否", "ask": "\n".join(COW["ask"]), "services": "人民调解\n法律援助"}
    draft = (await zhou.put(f"{WAGES}/draft", version=1, fields=texts))["draft"]["fields"]
    assert (draft["verified"], draft["ask"]) == (False, COW["ask"])
    assert draft["services"] == ["peoples_mediation", "legal_aid"]


async def test_what_may_not_be_said_stays_a_draft(zhou: Clerk, resident: httpx.AsyncClient) -> None:
    path = await written(zhou)
    bad = {"answer": "保证您能赢，十天以内就办好，放心来问。" * 2, "review_by": "2020-01-01"}
    draft = await zhou.put(f"{path}/draft", version=1, fields=bad)
    stops = {one["field"] for one in draft["problems"] if one["stops"]}
    assert stops == {"fields.answer", "fields.review_by"}
    refused = await zhou.post(
        f"{path}/publish", 422, version=1, revision=draft["draft"]["revision"]
    )
    assert set(named(refused)) == stops
    assert named(refused)["fields.review_by"] == "最晚哪天再核对：核对日期要在“从哪天起”以后。"
    after = await zhou.get(path)
    assert (after["version"], after["fields"]["answer"]) == (1, COW["answer"])
    assert after["draft"]["fields"]["answer"] == bad["answer"]


async def test_an_editor_writes_and_a_reviewer_publishes(work: Hire, zhou: Clerk) -> None:
    editor = await work(Role.EDITOR, name="吴刚")
    path = await written(zhou)
    draft = await editor.put(f"{path}/draft", version=1, fields={"fee": "不收费"})
    seen = {"revision": draft["draft"]["revision"]}
    for deed, more in (
        ("publish", seen), ("archive", {}), ("restore", {}), ("rollback", {"to": 1})
    ):  # fmt: skip
        await editor.post(f"{path}/{deed}", 403, version=1, **more)
    shown = await zhou.post(f"{path}/publish", version=1, **seen)
    assert shown["fields"]["fee"] == "不收费"


async def test_nothing_is_published_without_a_draft(zhou: Clerk) -> None:
    problem = await zhou.post(f"{WAGES}/publish", 409, version=1)
    assert problem["detail"] == "没有草稿可以发布。请先存草稿。"


# ------------------------------------------------------------------------ two at the same time


async def test_whoever_comes_second_is_told_who_was_first(work: Hire, zhou: Clerk) -> None:
    wu = await work(Role.REVIEWER, name="吴刚")
    path = await written(zhou)
    await wu.published(path, fee="不收费")
    # an older version, whatever is asked
    for deed, more in (("archive", {}), ("restore", {}), ("rollback", {"to": 1})):
        assert "吴刚" in (await zhou.post(f"{path}/{deed}", 409, version=1, **more))["detail"]
    late = await zhou.put(f"{path}/draft", 409, version=1, fields={"fee": "看情况"})
    assert "吴刚" in late["detail"]
    await wu.put(f"{path}/draft", version=2, fields={"takes": "三天"})
    # a draft that was not seen, the one before it, or one that is not yet written
    now = (await zhou.get(path))["draft"]["revision"]
    for revision in (0, now - 1, now + 1):
        await zhou.put(f"{path}/draft", 409, version=2, revision=revision, fields={})
        await zhou.post(f"{path}/publish", 409, version=2, revision=revision)
        await zhou.ask("DELETE", f"{path}/draft", 409, params={"revision": revision})
    kept = await zhou.get(path)
    assert (kept["version"], kept["fields"]["fee"]) == (2, "不收费")
    assert kept["draft"]["fields"]["takes"] == "三天"
    await zhou.post(f"{path}/publish", version=2, revision=now)


async def test_a_draft_is_told_when_it_is_overtaken(work: Hire, zhou: Clerk) -> None:
    path = await written(zhou)
    await zhou.published(path, fee="不收费")
    await zhou.put(f"{path}/draft", version=2, fields={"takes": "三天"})
    await zhou.post(f"{path}/rollback", version=2, to=1)
    entry = await zhou.get(path)
    assert (entry["version"], entry["fields"]["fee"]) == (3, None)
    assert (entry["draft"]["outdated"], entry["draft"]["fields"]["takes"]) == (True, "三天")


async def test_a_draft_is_thrown_away(zhou: Clerk, loaded_database: Engine) -> None:
    await zhou.put(f"{WAGES}/draft", version=1, fields={"fee": "不收费"})
    await zhou.ask("DELETE", f"{WAGES}/draft", 422)
    await zhou.ask("DELETE", f"{WAGES}/draft", 204, params={"revision": 1})
    assert (await zhou.get(WAGES))["draft"] is None
    await zhou.ask("DELETE", f"{WAGES}/draft", 404, params={"revision": 1})
    made = await zhou.post("/faq", 201, fields=COW)
    await zhou.ask("DELETE", f"/faq/{made['id']}/draft", 204, params={"revision": 1})
    await zhou.get(f"/faq/{made['id']}", 404)
    assert deeds_on(loaded_database, "labor.wages_unpaid") == ["content.save", "content.discard"]


# --------------------------------------------------------------------- the whole of a thing


async def test_taken_away_brought_back_rolled_back(
    zhou: Clerk, resident: httpx.AsyncClient, loaded_database: Engine
) -> None:
    path = await written(zhou)
    asked = {"q": COW["ask"][0], "limit": 20}

    async def found() -> list[Json]:
        answer = (await resident.get("/api/v1/faq/search", params=asked)).json()
        return [one for one in answer["items"] if one["id"] == path.removeprefix("/faq/")]

    await zhou.published(path, fee="不收费")
    assert [one["fee"] for one in await found()] == ["不收费"]
    back = await zhou.post(f"{path}/rollback", version=2, to=1)
    assert (back["version"], [one["fee"] for one in await found()]) == (3, [None])
    gone = await zhou.post(f"{path}/archive", version=3, note="并到别的里了")
    assert "archived" in gone["states"]
    assert await found() == []
    assert path[5:] not in str(await zhou.get("/faq", q=path[5:]))
    assert path[5:] in str(await zhou.get("/faq", q=path[5:], state="archived"))
    await zhou.post(f"{path}/restore", version=4)
    assert len(await found()) == 1
    told = (await zhou.get(f"{path}/history"))["versions"]
    assert [(one["number"], one["deed"]) for one in told] == [
        (5, "restored"), (4, "archived"), (3, "rolled_back"), (2, "published"), (1, "published"),
    ]  # fmt: skip
    assert (told[1]["note"], told[1]["by"]) == ("并到别的里了", "周敏")
    assert told[3]["changes"] == [{"title": "要不要钱", "gone": [], "come": ["不收费"]}]
    assert (told[4]["fields"]["fee"], told[3]["fields"]["fee"]) == (None, "不收费")
    await zhou.post(f"{path}/rollback", 404, version=5, to=9)
    assert deeds_on(loaded_database, path[5:])[-3:] == [
        "content.rollback", "content.archive", "content.restore",
    ]  # fmt: skip


async def test_a_draft_that_may_not_be_said_does_not_keep_away_what_may(zhou: Clerk) -> None:
    path = await written(zhou)
    await zhou.post(f"{path}/archive", version=1)
    await zhou.put(f"{path}/draft", version=2, fields={"review_by": "2020-01-01"})
    back = await zhou.post(f"{path}/restore", version=2)
    assert "archived" not in back["states"]
    assert back["fields"]["review_by"] == "2999-01-01"


async def test_what_was_never_edited_has_one_version(zhou: Clerk) -> None:
    (only,) = (await zhou.get(f"{WAGES}/history"))["versions"]
    assert (only["number"], only["deed"], only["at"]) == (1, "shipped", None)


async def test_a_verified_phone_is_said_with_who_and_when(
    zhou: Clerk, resident: httpx.AsyncClient
) -> None:
    shown = await zhou.published(
        XIAOLAN, phone="0760-88881234", verified=True, source="电话核实", as_of="2026-11-01"
    )
    assert shown["checked_by"] == "周敏"
    assert shown["checked_at"].endswith("+00:00")
    found = await resident.get("/api/v1/places/nearest", params={"q": "小榄镇"})
    mine = next(one for one in found.json()["places"] if one["id"] == "point.442000118")
    assert (mine["phone"], mine["verified"]) == ("0760-88881234", True)
    wrong = await zhou.put(f"{XIAOLAN}/draft", 422, version=2, fields={"phone": "1234567"})
    assert "不像电话号码" in named(wrong)["fields.phone"]


# -------------------------------------------------------------------------------- one city


async def test_who_keeps_one_city_keeps_only_that(work: Hire, zhou: Clerk) -> None:
    one = await work(Role.REVIEWER, city="qingyuan")
    path = await written(zhou)
    await one.get(XIAOLAN, 403)
    await one.get(f"{XIAOLAN}/history", 403)
    await one.put(f"{XIAOLAN}/draft", 403, version=1, fields={"phone": "12348"})
    assert (await one.get("/place", q="442000118"))["entries"] == []
    assert {row["city"] for row in (await one.get("/place"))["entries"]} == {"qingyuan"}
    moved = {"city_id": "zhongshan", "region_id": "442000118"}
    await one.put(f"{QINGYUAN}/draft", 403, version=1, fields=moved)
    assert (await one.published(QINGYUAN, hours="周一至周五"))["fields"]["hours"] == "周一至周五"
    # of an answer, its city's text and nothing else
    own = {
        "city_text.qingyuan": "清远的服务站也管这件事。",
        "city_basis.qingyuan": ["规划：清远：三（一）"],
    }
    whole = (await one.get(path))["fields"]
    await one.put(f"{path}/draft", 403, version=1, fields=own | {"fee": "不收费"})
    shown = await one.published(path, **(whole | own))
    assert shown["fields"] == whole | own
    await one.post("/faq", 403, fields=COW)
    person = {
        "name": "李律师", "role": "联络人", "city_id": "qingyuan", "shown": False,
        "source": "本人确认", "as_of": "2026", "verified": False,
    }  # fmt: skip
    assert (await one.post("/person", 201, fields=person))["city"] == "qingyuan"
    await one.post("/person", 403, fields=person | {"city_id": "zhongshan"})
    for deed, more in (("archive", {}), ("restore", {}), ("rollback", {"to": 1})):
        await one.post(f"{path}/{deed}", 403, version=2, **more)
    # over a colleague's draft one may go on writing, to publish it is not theirs
    theirs = await zhou.put(f"{path}/draft", version=2, fields={"fee": "不收费"})
    mine = own | {"city_text.qingyuan": "清远的服务站都管。"}
    seen = theirs["draft"]["revision"]
    written_on = await one.put(f"{path}/draft", version=2, revision=seen, fields=mine)
    seen = written_on["draft"]["revision"]
    await one.post(f"{path}/publish", 403, version=2, revision=seen)
    await one.ask("DELETE", f"{path}/draft", 403, params={"revision": seen})
    await zhou.post(f"{path}/publish", version=2, revision=seen)


async def test_a_database_that_is_away_is_a_problem(
    zhou: Clerk, rooms: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(work: Any) -> None:
        raise StoreAway("scripted")

    monkeypatch.setattr(rooms.state.parts.gateway.store, "run", away)
    problem = await zhou.put(f"{WAGES}/draft", 503, version=1, fields={"fee": "不收费"})
    assert "存不下来" in problem["detail"]
    assert (await zhou.get(WAGES))["draft"] is None
