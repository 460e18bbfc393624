"""What staff write: listed, edited, tried, published, taken away, rolled back, and never lost."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.accounts.tables import Audit
from bot.admin.listing import WORDS
from bot.admin.site import PAGES
from bot.api.state import AppState
from bot.gateway.store import StoreAway
from knowledge.database import connect
from knowledge.tables import ContentVersion
from tests.bot.accounts.people import come_in, hire
from tests.bot.conftest import FakeEngine, parsed

pytestmark = pytest.mark.asyncio(loop_scope="session")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ANSWER = "先到村里或者镇上的公共法律服务站问一问，说清楚是谁家的牛、什么时候的事，留好照片。"


class Clerk:
    """A browser that is logged in, and what its forms send."""

    def __init__(self, browser: httpx.AsyncClient) -> None:
        self.browser = browser

    async def see(self, path: str, status: int = 200) -> str:
        answer = await self.browser.get(f"/admin/{path}")
        assert answer.status_code == status, answer.text[:400]
        return answer.text

    async def send(self, path: str, status: int = 303, **fields: Any) -> httpx.Response:
        answer = await self.browser.post(f"/admin/{path}", data=fields)
        assert answer.status_code == status, answer.text[:2000]
        return answer

    async def form(self, path: str) -> dict[str, Any]:
        """The fields of an entry's form as the page shows them."""
        return fields_of(await self.see(path))


def fields_of(text: str) -> dict[str, Any]:
    form = text[text.index('class="entry"') :]
    form = form[: form.index("</form>")]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        named = dict(re.findall(r'(name|value)="([^"]*)"', tag))
        found[named["name"]] = html.unescape(named.get("value", ""))
    for name, value in re.findall(
        r'<textarea [^>]*?name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL
    ):
        found[name] = html.unescape(value)
    for name, body in re.findall(
        r'<select [^>]*?name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.findall(r"<option selected>([^<]*)</option>", body)
        found.setdefault(name, [])
        found[name] += [html.unescape(one) for one in chosen]
    return found


@pytest.fixture
def people(app: FastAPI, parts: AppState, engine: FakeEngine) -> Any:
    """people(Role…, city=None) → a Clerk with an account of their own."""
    database = connect(parts.settings.database_url)

    @asynccontextmanager
    async def come(
        *roles: Role, city: str | None = None, name: str = "周敏"
    ) -> AsyncIterator[Clerk]:
        username = f"c{secrets.token_hex(4)}"
        hire(database, username, *roles, name=name, city_id=city)
        async with come_in(app, username) as browser:
            yield Clerk(browser)

    yield come
    database.dispose()


async def written(clerk: Clerk, **other: Any) -> str:
    """A new answer, published; its address below /admin."""
    form = await clerk.form("faq/new?matter=tort") | {
        "title": f"牛踩了菜地 {secrets.token_hex(2)}",
        "ask": "\n".join(f"{secrets.token_hex(6)} 邻居家的牛" for _ in range(8)),
        "answer": ANSWER,
        "steps": "先拍照，记下时间\n到村里的服务站请人民调解员来说",
        "services": ["人民调解"],
        "citations": "民法典第一千二百四十五条",
        "effective_from": "2021-01-01",
        "verified": "否",
    }
    answer = await clerk.send("faq/new", **(form | {"deed": "publish"} | other))
    return answer.headers["location"].removeprefix("/admin/").partition("?")[0]


async def test_from_an_empty_form_to_the_residents_page(
    people: Any, client: httpx.AsyncClient
) -> None:
    async with people(Role.REVIEWER) as clerk:
        path = await written(clerk)
        item = path.removeprefix("faq/")
        page = (await client.get(f"/faq/item/{item}")).text
        assert ANSWER in page
        listed = await clerk.see("faq?q=" + item)
        assert item in listed
        assert WORDS.words["marks"]["unread"] in listed


async def test_a_draft_is_seen_by_nobody_else_and_can_be_tried(
    people: Any, client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    async with people(Role.REVIEWER) as clerk:
        path = await written(clerk)
        changed = ANSWER.replace("留好照片", "照片要留好")
        form = await clerk.form(path) | {"answer": changed, "deed": "save"}
        saved = await clerk.send(path, **form)
        assert saved.headers["location"].endswith("?done=saved")
        public = f"/faq/item/{path.removeprefix('faq/')}"
        assert ANSWER in (await client.get(public)).text
        assert changed in await clerk.see(f"{path}/preview?city=qingyuan")
        page = await clerk.see(path)
        assert PAGES.words["menu"]["faq"]["name"] in page
        assert f"<ins>{changed}</ins>" in page
        engine.parse_answer = parsed(matters={"tort": 0.9})
        title = form["title"]
        tried = (await clerk.send(f"{path}/try", 200, q=title)).text
        assert WORDS.words["own"] in tried
        engine.parse_answer = parsed(urgent="violence")
        danger = (await clerk.send(f"{path}/try", 200, q=title)).text
        assert WORDS.words["in_danger"] in danger
        assert WORDS.words["own"] not in danger
        gone = await clerk.send(f"{path}/discard", **await hidden(clerk, path))
        assert gone.headers["location"].endswith("?done=discarded")
        assert changed not in await clerk.see(path)


async def hidden(clerk: Clerk, path: str) -> dict[str, str]:
    form = await clerk.form(path)
    return {name: form[name] for name in ("seen", "revision")}


async def test_what_is_wrong_is_named_beside_its_field_and_nothing_is_lost(
    people: Any, client: httpx.AsyncClient
) -> None:
    async with people(Role.REVIEWER) as clerk:
        path = await written(clerk)
        spoilt = {
            "answer": "保证您能赢，十天以内就办好，放心来问。" * 2,
            "citations": "民法典第九千条",
            "review_by": "2020-01-01",
        }
        form = await clerk.form(path) | spoilt | {"deed": "publish"}
        refused = (await clerk.send(path, 422, **form)).text
        for name, value in spoilt.items():
            assert fields_of(refused)[name] == value
        for said in ("保证", "民法典第九千条现在查不到", "核对日期要在今天以后", "十天"):
            assert said in refused
        unreadable = await clerk.form(path) | {
            "title": "",
            "citations": "听邻居说的",
            "answer": "<script>alert(1)</script>",
            "deed": "save",
        }
        refused = (await clerk.send(path, 422, **unreadable)).text
        assert "听邻居说的”看不懂" in refused
        assert "要填。" in refused
        assert "<script>alert" not in refused
        assert fields_of(refused)["answer"] == "<script>alert(1)</script>"
        public = f"/faq/item/{path.removeprefix('faq/')}"
        assert ANSWER in (await client.get(public)).text


async def test_whoever_comes_second_is_told_and_may_insist(people: Any) -> None:
    async with (
        people(Role.REVIEWER, name="周敏") as first,
        people(Role.REVIEWER, name="吴刚") as second,
    ):
        path = await written(first)
        both = await second.form(path)
        mine = both | {"answer": ANSWER + "先问清楚。", "deed": "publish"}
        await first.send(path, **mine)
        late = await second.send(
            path, 409, **(both | {"answer": ANSWER + "我写的。", "deed": "save"})
        )
        assert "周敏" in late.text
        again = fields_of(late.text)
        assert again["answer"] == ANSWER + "我写的。"
        await second.send(path, **(again | {"deed": "publish"}))
        assert ANSWER + "我写的。" in await first.see(path)
        # a button of a page that is too old does nothing either
        stale = await first.send(f"{path}/archive", 409, seen=both["seen"])
        assert "吴刚" in stale.text


async def test_taken_away_brought_back_rolled_back(people: Any, client: httpx.AsyncClient) -> None:
    async with people(Role.REVIEWER) as clerk:
        path = await written(clerk)
        public = f"/faq/item/{path.removeprefix('faq/')}"
        await clerk.send(
            path, **(await clerk.form(path) | {"answer": ANSWER + "再问。", "deed": "publish"})
        )
        assert "再问。" in (await client.get(public)).text
        await clerk.send(f"{path}/rollback", number="1", **await hidden(clerk, path))
        assert "再问。" not in (await client.get(public)).text
        await clerk.send(f"{path}/archive", note="并到别的里了", **await hidden(clerk, path))
        assert (await client.get(public)).status_code == 404
        assert f'"/admin/{path}"' not in await clerk.see("faq?q=" + path[4:])
        assert f'"/admin/{path}"' in await clerk.see("faq?mark=archived&q=" + path[4:])
        await clerk.send(f"{path}/restore", **await hidden(clerk, path))
        assert (await client.get(public)).status_code == 200
        told = await clerk.see(f"{path}/history")
        deeds = WORDS.words["deeds"]
        for deed in ("published", "rolled_back", "archived", "restored"):
            assert deeds[deed] in told
        assert "并到别的里了" in told


async def test_what_is_written_of_what_was_taken_away_is_found_and_comes_back_knowingly(
    people: Any, client: httpx.AsyncClient
) -> None:
    async with people(Role.REVIEWER) as clerk:
        path = await written(clerk)
        public = f"/faq/item/{path.removeprefix('faq/')}"
        back, usual = WORDS.words["publish_back"], WORDS.words["publish"]
        assert f">{usual}</button>" in await clerk.see(path)
        await clerk.send(f"{path}/archive", **await hidden(clerk, path))
        await clerk.send(path, **(await clerk.form(path) | {"fee": "不收费", "deed": "save"}))
        assert f'"/admin/{path}"' in await clerk.see("faq?mark=draft&q=" + path[4:])
        assert (await client.get(public)).status_code == 404
        page = await clerk.see(path)
        assert f">{back}</button>" in page
        assert f">{usual}</button>" not in page
        await clerk.send(path, **(await clerk.form(path) | {"deed": "publish"}))
        assert "不收费" in (await client.get(public)).text


async def test_a_draft_that_was_looked_at_is_not_taken_for_the_next(people: Any) -> None:
    async with people(Role.REVIEWER) as clerk, people(Role.EDITOR, name="吴刚") as editor:
        path = await written(clerk)
        await clerk.send(path, **(await clerk.form(path) | {"fee": "不收费", "deed": "save"}))
        looked_at = await clerk.form(path)
        await clerk.send(f"{path}/discard", **await hidden(clerk, path))
        await editor.send(path, **(await editor.form(path) | {"fee": "看情况", "deed": "save"}))
        late = await clerk.send(path, 409, **(looked_at | {"deed": "publish"}))
        assert "吴刚" in late.text
        assert (await editor.form(path))["fee"] == "看情况"


async def test_a_version_that_may_not_be_said_any_more_does_not_come_back(
    people: Any, parts: AppState
) -> None:
    async with people(Role.REVIEWER) as clerk:
        path = await written(clerk, review_by="2999-01-01")
        database = connect(parts.settings.database_url)
        spoil_version(database, path.removeprefix("faq/"))
        await clerk.send(path, **(await clerk.form(path) | {"deed": "publish"}))
        refused = await clerk.send(f"{path}/rollback", 422, number="1", **await hidden(clerk, path))
        assert "核对日期要在今天以后" in refused.text
        database.dispose()


def spoil_version(database: Engine, object_id: str, **other: Any) -> None:
    """As if its first version were years old."""
    with Session(database.execution_options(immediate=True)) as session, session.begin():
        row = session.scalars(
            select(ContentVersion).where(ContentVersion.object_id == object_id)
        ).one()
        row.body = {**row.body, **(other or {"review_by": "2022-01-01"})}


async def test_a_colleague_s_draft_outlives_what_is_done_beside_it(people: Any) -> None:
    async with people(Role.REVIEWER) as clerk, people(Role.EDITOR, name="吴刚") as editor:
        path = await written(clerk)
        await clerk.send(path, **(await clerk.form(path) | {"deed": "publish"}))
        draft = await editor.form(path) | {"answer": ANSWER + "写到一半。", "deed": "save"}
        await editor.send(path, **draft)
        await clerk.send(f"{path}/rollback", number="1", **await hidden(clerk, path))
        page = await editor.see(path)
        assert fields_of(page)["answer"] == ANSWER + "写到一半。"
        assert WORDS.words["outdated"] in page
        # who goes on writing is still told
        await editor.send(path, **(fields_of(page) | {"deed": "save"}))
        assert WORDS.words["outdated"] in await editor.see(path)


async def test_a_new_form_sent_twice_makes_one_thing(people: Any) -> None:
    async with people(Role.REVIEWER) as clerk:
        form = await clerk.form("person/new") | {
            "name": f"双击{secrets.token_hex(2)}",
            "role": "联络人",
            "source": "本人确认",
            "deed": "save",
        }
        first = await clerk.send("person/new", **form)
        again = await clerk.send("person/new", 409, **form)
        path = first.headers["location"].removeprefix("/admin/").partition("?")[0]
        assert f'action="/admin/{path}"' in again.text
        await clerk.send(f"{path}/discard", **await hidden(clerk, path))
        assert form["name"] not in await clerk.see("person")


async def test_an_editor_writes_and_a_reviewer_publishes(people: Any) -> None:
    async with people(Role.EDITOR) as editor, people(Role.REVIEWER) as reviewer:
        path = await written(reviewer)
        page = await editor.see(path)
        assert 'value="publish"' not in page
        form = fields_of(page) | {"answer": ANSWER + "编辑写的。"}
        await editor.send(path, 403, **(form | {"deed": "publish"}))
        await editor.send(path, **(form | {"deed": "save"}))
        for deed in ("archive", "restore", "rollback"):
            await editor.send(f"{path}/{deed}", 403, seen="1", number="1")
        await reviewer.send(path, **(await reviewer.form(path) | {"deed": "publish"}))
        assert "编辑写的。" in await reviewer.see(path)


async def test_who_keeps_one_city_keeps_only_that(people: Any) -> None:
    async with people(Role.REVIEWER) as everywhere, people(Role.REVIEWER, city="qingyuan") as one:
        path = await written(everywhere)
        page = await one.see(path)
        assert set(fields_of(page)) >= {"city_text.qingyuan", "city_basis.qingyuan"}
        assert "answer" not in fields_of(page)
        form = fields_of(page) | {
            "city_text.qingyuan": "清远的服务站也管这件事。",
            "city_basis.qingyuan": "规划：清远：三（一）",
            # a form of their own making
            "answer": "别的城市也改了",
            "deed": "publish",
        }
        await one.send(path, **form)
        after = await everywhere.see(path)
        assert "清远的服务站也管这件事。" in after
        assert "别的城市也改了" not in after
        await one.send(f"{path}/archive", 403, **await hidden(everywhere, path))
        await one.see("faq/new", 403)
        await one.see("place/point.442000118", 403)
        assert "/admin/place/point.442000118" not in await one.see("place?q=小榄")
        assert "/admin/place/point.441802" in await one.see("place?q=441802")


async def test_a_verified_phone_clears_the_mark_with_who_and_when(
    people: Any, client: httpx.AsyncClient
) -> None:
    async with people(Role.REVIEWER, name="周敏") as clerk:
        form = await clerk.form("place/new") | {
            "name": f"牛栏调解室{secrets.token_hex(2)}",
            "region_id": "小榄镇（442000118）",
            "kind": "人民调解委员会",
            "services": ["人民调解"],
            "source": "电话核实",
            "verified": "是",
        }
        wrong = await clerk.send(
            "place/new", 422, **(form | {"phone": "1234567", "deed": "publish"})
        )
        assert "不像电话号码" in wrong.text
        made = await clerk.send(
            "place/new", **(form | {"phone": "0760-88881234", "deed": "publish"})
        )
        path = made.headers["location"].removeprefix("/admin/").partition("?")[0]
        page = await clerk.see(path)
        assert re.search(r"周敏 在 20\d\d-\d\d-\d\d \d\d:\d\d 核实", page)
        assert form["name"] in await clerk.see(f"{path}/try")
        found = await client.get(
            "/api/v1/places/nearest", params={"q": "小榄镇", "service": "peoples_mediation"}
        )
        mine = next(one for one in found.json()["places"] if one["name"] == form["name"])
        assert (mine["phone"], mine["verified"], mine["source"]) == (
            "0760-88881234",
            True,
            "电话核实",
        )
        await clerk.send(f"{path}/archive", **await hidden(clerk, path))
        found = await client.get(
            "/api/v1/places/nearest", params={"q": "小榄镇", "service": "peoples_mediation"}
        )
        assert form["name"] not in found.text


async def test_a_person_is_shown_when_they_agreed(people: Any, client: httpx.AsyncClient) -> None:
    async with people(Role.REVIEWER) as clerk:
        form = await clerk.form("person/new") | {
            "name": "李律师",
            "role": "村（社区）法律顾问",
            "point_id": "point.442000118",
            "organisation": "牛栏律师事务所",
            "source": "聘书",
        }
        made = await clerk.send("person/new", **(form | {"deed": "publish"}))
        path = made.headers["location"].removeprefix("/admin/").partition("?")[0]
        asked = {"q": "小榄镇"}
        assert "李律师" not in (await client.get("/api/v1/places/nearest", params=asked)).text
        await clerk.send(path, **(await clerk.form(path) | {"shown": "是", "deed": "publish"}))
        assert "李律师" in (await client.get("/api/v1/places/nearest", params=asked)).text
        assert "李律师" in await clerk.see(f"{path}/try")
        await clerk.send(f"{path}/archive", **await hidden(clerk, path))
        assert "李律师" not in (await client.get("/api/v1/places/nearest", params=asked)).text
        # the place went meanwhile: nobody is brought back to a place that is not there
        place = f"place/{form['point_id']}"
        await clerk.send(f"{place}/archive", **await hidden(clerk, place))
        stopped = await clerk.send(f"{path}/restore", 422, **await hidden(clerk, path))
        assert "还不能恢复" in stopped.text
        await clerk.send(f"{place}/restore", **await hidden(clerk, place))
        await clerk.send(f"{path}/restore", **await hidden(clerk, path))
        assert "李律师" in (await client.get("/api/v1/places/nearest", params=asked)).text
        await clerk.send(f"{path}/archive", **await hidden(clerk, path))


async def test_every_deed_is_in_the_audit(people: Any, parts: AppState) -> None:
    async with people(Role.REVIEWER) as clerk:
        path = await written(clerk)
        await clerk.send(path, **(await clerk.form(path) | {"deed": "save"}))
        await clerk.send(f"{path}/discard", **await hidden(clerk, path))
        await clerk.send(f"{path}/archive", **await hidden(clerk, path))
        await clerk.send(f"{path}/restore", **await hidden(clerk, path))
        await clerk.send(f"{path}/rollback", number="1", **await hidden(clerk, path))
    database = connect(parts.settings.database_url)
    with Session(database) as session:
        verbs = session.scalars(
            select(Audit.verb).where(Audit.object_id == path[4:]).order_by(Audit.id)
        ).all()
    database.dispose()
    assert verbs == [
        "content.publish", "content.save", "content.discard", "content.archive",
        "content.restore", "content.rollback",
    ]  # fmt: skip


async def test_what_is_only_a_draft_has_a_history_without_a_version(people: Any) -> None:
    async with people(Role.REVIEWER) as clerk:
        path = await written(clerk, deed="save")
        assert "牛踩了菜地" in await clerk.see(f"{path}/history")


@pytest.mark.parametrize(
    "path", ["faq/none", "faq/none/history", "faq/none/try", "house", "house/1", "place/1"]
)
async def test_what_is_not_there_is_said_in_the_site_s_own_frame(people: Any, path: str) -> None:
    async with people(Role.EDITOR) as clerk:
        page = await clerk.see(path, 404)
        assert PAGES.words["refused"]["not_there"] in page


async def test_a_database_that_is_away_is_said_and_nothing_is_half_done(
    people: Any, parts: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with people(Role.REVIEWER) as clerk:
        path = await written(clerk)
        form = await clerk.form(path)

        async def away(work: object) -> None:
            raise StoreAway("scripted")

        monkeypatch.setattr(parts.gateway.store, "run", away)
        refused = await clerk.send(
            path, 503, **(form | {"answer": ANSWER + "再问。", "deed": "publish"})
        )
        assert WORDS.words["alerts"]["away"] in refused.text
        assert fields_of(refused.text)["answer"] == ANSWER + "再问。"
        gone = await clerk.send(f"{path}/archive", 503, seen=form["seen"])
        assert PAGES.words["refused"]["away"] in gone.text
        monkeypatch.undo()
        assert "再问。" not in await clerk.see(path)


async def test_a_page_for_staff_leads_through_the_login_and_back(client: httpx.AsyncClient) -> None:
    answer = await client.get("/admin/place/point.442000118")
    assert answer.status_code == 303
    assert answer.headers["location"] == ("/console/login?next=%2Fadmin%2Fplace%2Fpoint.442000118")
    for elsewhere in ("/admin/../console", "/admin//evil.example", "//evil.example", "/adminx"):
        page = (await client.get("/console/login", params={"next": elsewhere})).text
        assert 'name="next" value="/console"' in page


async def test_an_operator_has_no_key_to_it(people: Any) -> None:
    async with people(Role.OPERATOR, name="李莉") as clerk:
        page = await clerk.see("faq", 403)
        assert "李莉" in page


async def test_a_roll_back_takes_nothing_from_another_city(people: Any) -> None:
    async with people(Role.REVIEWER) as everywhere, people(Role.REVIEWER, city="qingyuan") as one:
        form = await everywhere.form("person/new") | {
            "name": f"调解员{secrets.token_hex(2)}",
            "city_id": "中山",
            "role": "人民调解员",
            "source": "聘书",
        }
        made = await everywhere.send("person/new", **(form | {"deed": "publish"}))
        path = made.headers["location"].removeprefix("/admin/").partition("?")[0]
        moved = await everywhere.form(path) | {"city_id": "清远", "deed": "publish"}
        await everywhere.send(path, **moved)
        await one.send(f"{path}/rollback", 403, number="1", **await hidden(one, path))
        await one.send(f"{path}/archive", **await hidden(one, path))


async def test_a_city_s_words_are_kept_beside_a_colleague_s_draft(people: Any) -> None:
    async with people(Role.REVIEWER) as everywhere, people(Role.REVIEWER, city="qingyuan") as one:
        path = await written(everywhere)
        draft = await everywhere.form(path) | {"answer": ANSWER + "写到一半。", "deed": "save"}
        await everywhere.send(path, **draft)
        form = await one.form(path) | {
            "city_text.qingyuan": "清远的服务站也管这件事。",
            "city_basis.qingyuan": "规划：清远：三（一）",
        }
        # publishing would publish the colleague's words too
        refused = await one.send(path, 403, **(form | {"deed": "publish"}))
        assert fields_of(refused.text)["city_text.qingyuan"] == form["city_text.qingyuan"]
        await one.send(path, **(form | {"deed": "save"}))
        after = await everywhere.form(path)
        assert after["answer"] == ANSWER + "写到一半。"
        assert after["city_text.qingyuan"] == form["city_text.qingyuan"]


@pytest.mark.parametrize(
    "gone", [{"limits": ["gone.limit"]}, {"services": ["gone"]}, {"matters": ["gone"]}]
)
async def test_an_old_version_with_a_name_that_is_gone_stays_away(
    people: Any, parts: AppState, gone: dict[str, Any]
) -> None:
    async with people(Role.REVIEWER) as clerk:
        path = await written(clerk)
        database = connect(parts.settings.database_url)
        spoil_version(database, path.removeprefix("faq/"), **gone)
        database.dispose()
        await clerk.send(path, **(await clerk.form(path) | {"deed": "publish"}))
        refused = await clerk.send(f"{path}/rollback", 422, number="1", **await hidden(clerk, path))
        assert "gone" in refused.text
