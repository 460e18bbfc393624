"""The staff's door: take a workbook, send it back, see what would happen, apply it."""

from __future__ import annotations

import io
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from openpyxl import load_workbook
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from bot.accounts.roles import Role
from bot.accounts.tables import Audit
from bot.admin import excel
from bot.api.state import AppState
from bot.clock import utcnow
from bot.words import words
from bot.workbook import jobs, judging
from bot.workbook.jobs import Imports
from bot.workbook.tables import ContentImport
from knowledge import tables
from knowledge.database import connect
from knowledge.editing import versions
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Kind
from tests.bot.accounts.people import come_in, hire, stranger
from tests.bot.workbook.books import PERSON, WAGES, XIAOLAN, Formula, book_of, row_of, saved

pytestmark = pytest.mark.asyncio(loop_scope="session")
HOME = excel.HOME
SAID = excel.WORDS.words
JOINED = iter(range(10_000))


@pytest.fixture
def parts(office: FastAPI) -> AppState:
    state: AppState = office.state.parts
    return state


@pytest.fixture
def base(parts: AppState) -> Iterator[Engine]:
    """The app's own database."""
    engine = connect(parts.settings.database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def member(office: FastAPI, base: Engine) -> Any:
    """member(Role…, city=None) → a browser that is logged in."""

    @asynccontextmanager
    async def entered(*roles: Role, city: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
        name = f"clerk-{next(JOINED)}"
        await run_in_threadpool(lambda: hire(base, name, *roles, city_id=city))
        async with come_in(office, name) as browser:
            yield browser

    return entered


def entry_of(base: Engine, kind: Kind, object_id: str) -> versions.Entry:
    with Session(base) as session:
        return versions.entry(session, kind, object_id)


async def send(
    browser: httpx.AsyncClient, content: bytes, name: str = "改好的.xlsx"
) -> httpx.Response:
    headers = {"Content-Type": "application/octet-stream", "X-File-Name": quote(name)}
    return await browser.post(HOME, content=content, headers=headers)


async def sent(office: FastAPI, browser: httpx.AsyncClient, file: Path) -> str:
    """Where the preview is, once the file is read."""
    answer = await send(browser, file.read_bytes())
    assert answer.status_code == 202, answer.text
    url: str = answer.json()["url"]
    imports: Imports = office.state.imports
    await run_in_threadpool(imports.wait, int(url.rpartition("/")[2]))
    return url


async def state_of(browser: httpx.AsyncClient, url: str) -> dict[str, Any]:
    found: dict[str, Any] = (await browser.get(f"{url}/state")).json()
    return found


def job_of(base: Engine, url: str) -> ContentImport:
    with Session(base) as session:
        return session.get_one(ContentImport, int(url.rpartition("/")[2]))


def csrf_of(page: str) -> str:
    found: list[str] = re.findall(r'name="csrf" value="([^"]+)"', page)
    return found[0]


async def apply(browser: httpx.AsyncClient, url: str) -> httpx.Response:
    """The button, as a plain form without the header."""
    page = (await browser.get(url)).text
    del browser.headers["X-CSRF-Token"]
    answer = await browser.post(f"{url}/apply", data={"csrf": csrf_of(page)})
    browser.headers["X-CSRF-Token"] = csrf_of(page)
    return answer


def unchanged(base: Engine) -> list[object]:
    with Session(base) as session:
        return [
            *session.execute(select(tables.Edition.id, tables.Edition.version)),
            *session.execute(select(tables.ContentVersion.id)),
            *session.execute(select(tables.Person.id)),
        ]


async def test_out_and_in_again(office: FastAPI, member: Any, base: Engine, tmp_path: Path) -> None:
    async with member(Role.EDITOR) as browser:
        page = await browser.get(HOME)
        assert page.status_code == 200
        for named in ("导出", f"{HOME}/export?kind=place", SAID["upload"]["submit"]):
            assert named in page.text
        answer = await browser.get(f"{HOME}/export", params={"kind": "faq"})
        assert answer.headers["content-type"] == excel.XLSX
        assert "filename*=UTF-8''" in answer.headers["content-disposition"]
        assert load_workbook(io.BytesIO(answer.content)).sheetnames == ["说明", "常见问题"]
        (tmp_path / "faq.xlsx").write_bytes(answer.content)
        url = await sent(office, browser, tmp_path / "faq.xlsx")
        assert (await state_of(browser, url))["state"] == "ready"
        page = await browser.get(url)
        assert SAID["preview"]["nothing"] in page.text
        assert "/apply" not in page.text
        assert "改好的.xlsx" in (await browser.get(HOME)).text
    with Session(base) as session:
        found = session.scalars(select(Audit).where(Audit.verb == "content.export")).all()
    assert found[-1].object_kind == "workbook"
    assert found[-1].object_id == "faq"


async def test_two_bad_rows_and_then_the_mended_file(
    office: FastAPI, member: Any, base: Engine, parts: AppState, tmp_path: Path
) -> None:
    frame = Frame(parts.live.current())
    answer = entry_of(base, Kind.faq, WAGES)
    good = row_of(answer, frame, fee="不要钱（测试）")
    bad: list[Any] = [{**PERSON, "姓名": Formula("=1+1")}, {**PERSON, "电话": "<script>x</script>"}]
    before = unchanged(base)
    file = saved(book_of({Kind.faq: [good], Kind.person: bad}, frame), tmp_path / "bad.xlsx")
    async with member(Role.REVIEWER) as browser:
        url = await sent(office, browser, file)
        assert (await state_of(browser, url))["state"] == "rejected"
        page = (await browser.get(url)).text
        assert page.index("D2") < page.index("不要钱（测试）")
        for named in (
            words("workbook")["problems"]["formula"],
            SAID["preview"]["mend"],
            "人员第 3 行",
        ):
            assert named in page
        assert "<script>x" not in page
        assert f"{url}/apply" not in page
        refused = await browser.post(f"{url}/apply")
        assert refused.status_code == 409
        assert unchanged(base) == before

        mended = book_of({Kind.faq: [good], Kind.person: [PERSON]}, frame)
        url = await sent(office, browser, saved(mended, tmp_path / "good.xlsx"))
        page = (await browser.get(url)).text
        assert "<ins>不要钱（测试）</ins>" in page
        done = await apply(browser, url)
        assert (done.status_code, done.headers["location"]) == (303, f"{url}?done=applied")
        page = (await browser.get(done.headers["location"])).text
        assert "已全部写入" in page
        assert job_of(base, url).state == "applied"
        # residents see it at once
        assert parts.live.current().faq[WAGES].fee == "不要钱（测试）"
        assert (await browser.post(f"{url}/apply")).status_code == 409
    history = versions.history(Session(base), Kind.faq, WAGES)
    assert (history[0].deed, history[0].note) == (versions.Deed.imported, "改好的.xlsx")
    with Session(base) as session:
        row = session.scalars(select(Audit).where(Audit.verb == "content.import")).all()[-1]
    assert row.detail is not None
    assert (row.object_id, row.detail["added"], row.detail["changed"]) == (
        url.rpartition("/")[2], 1, 1,
    )  # fmt: skip


async def test_two_people_at_once(
    office: FastAPI, member: Any, base: Engine, parts: AppState, tmp_path: Path
) -> None:
    """Somebody publishes between the preview and the button."""
    frame = Frame(parts.live.current())
    entry = entry_of(base, Kind.place, XIAOLAN)
    row = row_of(entry, frame, address="从表里来的地址")
    file = saved(book_of({Kind.place: [row]}, frame), tmp_path / "place.xlsx")
    async with member(Role.REVIEWER) as browser:
        url = await sent(office, browser, file)
        assert entry.body is not None
        change = versions.Change(XIAOLAN, {**entry.body, "address": "别人写的地址"}, entry.version)
        with Session(base.execution_options(immediate=True)) as session, session.begin():
            versions.publish(session, Kind.place, [change], by="别人")
        answer = await apply(browser, url)
        assert answer.status_code == 409
        assert "服务点第 2 行" in answer.text
        assert (await state_of(browser, url))["state"] == "failed"
        assert entry_of(base, Kind.place, XIAOLAN).body == change.body
        # and the file itself is refused now
        url = await sent(office, browser, file)
        page = (await browser.get(url)).text
        assert "导出以后有人改过这一条" in page


async def test_a_preview_that_waited_is_held_to_the_rules_of_its_last_day(
    office: FastAPI, member: Any, base: Engine, parts: AppState, tmp_path: Path
) -> None:
    """The place of a new person is taken away between the preview and the button."""
    frame = Frame(parts.live.current())
    person = {**PERSON, "姓名": "黄律师", "在哪个服务点": XIAOLAN}
    file = saved(book_of({Kind.person: [person]}, frame), tmp_path / "person.xlsx")
    writing = base.execution_options(immediate=True)
    async with member(Role.REVIEWER) as browser:
        url = await sent(office, browser, file)
        seen = entry_of(base, Kind.place, XIAOLAN).version
        with Session(writing) as session, session.begin():
            versions.archive(session, Kind.place, XIAOLAN, seen=seen, by="别人")
        parts.live.refresh()
        try:
            answer = await apply(browser, url)
            assert answer.status_code == 409
            assert "人员第 2 行（黄律师）" in answer.text
            assert (await state_of(browser, url))["state"] == "failed"
            with Session(base) as session:
                names = session.scalars(select(tables.Person.name)).all()
            assert "黄律师" not in names
            # sent again, it says what is wrong with the row
            url = await sent(office, browser, file)
            assert (await state_of(browser, url))["state"] == "rejected"
        finally:
            with Session(writing) as session, session.begin():
                versions.restore(session, Kind.place, XIAOLAN, seen=seen + 1, by="别人")
            parts.live.refresh()


async def test_an_editor_looks_and_a_reviewer_applies(
    office: FastAPI, member: Any, parts: AppState, tmp_path: Path
) -> None:
    frame = Frame(parts.live.current())
    person = {**PERSON, "姓名": "陈律师"}
    file = saved(book_of({Kind.person: [person]}, frame), tmp_path / "person.xlsx")
    async with member(Role.EDITOR) as editor, member(Role.REVIEWER) as reviewer:
        url = await sent(office, editor, file)
        page = (await editor.get(url)).text
        assert SAID["preview"]["reviewer"] in page
        assert f"{url}/apply" not in page
        assert (await editor.post(f"{url}/apply")).status_code == 403
        assert f"{url}/apply" in (await reviewer.get(url)).text
        # without the login's token nothing is done
        del reviewer.headers["X-CSRF-Token"]
        assert (await reviewer.post(f"{url}/apply", data={"csrf": "x"})).status_code == 403


async def test_somebody_of_one_city(
    office: FastAPI, member: Any, parts: AppState, tmp_path: Path
) -> None:
    frame = Frame(parts.live.current())
    file = saved(book_of({Kind.person: [PERSON | {"姓名": "甲"}]}, frame), tmp_path / "p.xlsx")
    async with (
        member(Role.EDITOR) as everywhere,
        member(Role.EDITOR, city="zhongshan") as own,
        member(Role.EDITOR, city="guangzhou") as other,
    ):
        url = await sent(office, everywhere, file)
        assert (await own.get(url)).status_code == 404
        assert (await own.get(f"{url}/state")).status_code == 404
        url = await sent(office, own, file)
        assert (await own.get(url)).status_code == 200
        assert (await everywhere.get(url)).status_code == 200
        assert (await other.get(url)).status_code == 404
        url = await sent(office, other, file)
        assert "您只管" in (await other.get(url)).text


async def test_what_is_not_taken(
    office: FastAPI, member: Any, parts: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = parts.settings.home / "imports"
    folder.mkdir(exist_ok=True)
    (folder / "left.xlsx").write_bytes(b"x")
    os.utime(folder / "left.xlsx", (0, 0))
    async with member(Role.EDITOR) as browser:
        assert (await send(browser, b"x", "老表.xls")).status_code == 422
        assert (await send(browser, b"")).json()["detail"] == SAID["upload"]["empty"]
        with monkeypatch.context() as patch:
            patch.setattr(excel, "MOST_BYTES", 10)
            answer = await send(browser, b"x" * 11)
        assert answer.status_code == 413
        assert "文件太大" in answer.json()["detail"]
        # a broken file is a preview that says so
        url = (await send(browser, b"PK not a zip")).json()["url"]
        await run_in_threadpool(office.state.imports.wait, int(url.rpartition("/")[2]))
        assert (await state_of(browser, url))["state"] == "refused"
        assert words("workbook")["refusal"]["not_xlsx"] in (await browser.get(url)).text
        for nowhere in (f"{HOME}/999999", f"{HOME}/999999/state"):
            assert (await browser.get(nowhere)).status_code == 404
        assert list(folder.iterdir()) == []
    async with stranger(office) as nobody:
        assert (await nobody.get(HOME)).status_code == 303
        assert (await send(nobody, b"x")).status_code == 303
    async with member(Role.OPERATOR) as operator:
        assert (await operator.get(HOME)).status_code == 403


async def test_while_it_is_read(
    office: FastAPI,
    member: Any,
    base: Engine,
    parts: AppState,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The page says how far it is; then the process is killed, and the page says that too."""
    halfway, go_on = Event(), Event()
    plain = judging.judge

    def slow(rows: Any, *more: Any, **named: Any) -> Any:
        named["on_progress"](1, len(rows))
        halfway.set()
        go_on.wait(30)
        return plain(rows, *more, **named)

    monkeypatch.setattr(jobs, "judge", slow)
    monkeypatch.setattr(jobs, "SAY_EVERY", 0)
    frame = Frame(parts.live.current())
    people = [PERSON | {"姓名": f"第{n}位"} for n in range(4)]
    file = saved(book_of({Kind.person: people}, frame), tmp_path / "four.xlsx")
    before = unchanged(base)
    async with member(Role.REVIEWER) as browser:
        url = (await send(browser, file.read_bytes())).json()["url"]
        await run_in_threadpool(halfway.wait, 30)
        now = await state_of(browser, url)
        assert (now["state"], now["done"], now["total"]) == ("reading", 1, 4)
        page = (await browser.get(url)).text
        assert 'max="4" value="1"' in page
        assert 'http-equiv="refresh"' in page
        assert (await browser.post(f"{url}/apply")).status_code == 409
        second = await send(browser, file.read_bytes())
        assert (second.status_code, second.json()["detail"]) == (409, SAID["upload"]["busy"])
        # another process over the same file knows nothing of this thread
        running = office.state.imports
        office.state.imports = Imports(parts.gateway.store, parts.live)
        assert (await state_of(browser, url))["state"] == "interrupted"
        page = (await browser.get(url)).text
        assert SAID["preview"]["interrupted"] in page
        assert SAID["states"]["interrupted"] in (await browser.get(HOME)).text
        assert (await browser.post(f"{url}/apply")).status_code == 409
        office.state.imports = running
        go_on.set()
        await run_in_threadpool(running.wait, int(url.rpartition("/")[2]))
        assert (await state_of(browser, url))["state"] == "ready"
    assert unchanged(base) == before


async def test_many_processes_wait_ten_minutes(base: Engine, parts: AppState) -> None:
    """Where others serve the same database, only time tells that nobody reads on."""
    with Session(base) as session, session.begin():
        number = jobs.begun(session, "x.xlsx", "mei", None)
    imports = Imports(parts.gateway.store, parts.live)
    alone = parts.gateway.store.alone
    try:
        parts.gateway.store.alone = False
        job = job_of(base, f"/{number}")
        assert not imports.interrupted(job, imports.alive())
        with Session(base) as session, session.begin():
            late = utcnow() - jobs.STILL - timedelta(seconds=1)
            session.execute(
                update(ContentImport).where(ContentImport.id == number).values(touched_at=late)
            )
        assert imports.interrupted(job_of(base, f"/{number}"), imports.alive())
    finally:
        parts.gateway.store.alone = alone


async def test_a_bug_is_said_and_changes_nothing(
    office: FastAPI,
    member: Any,
    base: Engine,
    parts: AppState,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(jobs, "judge", broken)
    frame = Frame(parts.live.current())
    before = unchanged(base)
    file = saved(book_of({Kind.person: [PERSON]}, frame), tmp_path / "p.xlsx")
    async with member(Role.EDITOR) as browser:
        url = await sent(office, browser, file)
        assert words("workbook")["messages"]["failed"] in (await browser.get(url)).text
    assert unchanged(base) == before


async def test_a_long_preview_has_pages(
    office: FastAPI, member: Any, parts: AppState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel, "ROWS", 2)
    frame = Frame(parts.live.current())
    people = [PERSON | {"姓名": f"第{n}人"} for n in range(5)]
    file = saved(book_of({Kind.person: people}, frame), tmp_path / "five.xlsx")
    async with member(Role.EDITOR) as browser:
        url = await sent(office, browser, file)
        first = (await browser.get(url)).text
        assert "第1人" in first
        assert "第2人" not in first
        last = (await browser.get(url, params={"page": 3})).text
        assert "第4人" in last
        assert "第 3 页，共 3 页" in last
