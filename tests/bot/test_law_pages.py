"""The law's pages: the text of a day, what is said about its time, and where citations lead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest

from bot.web.page import HERE
from bot.web.pages import Pages
from tests.bot.conftest import FakeEngine
from tests.bot.test_page import HAN, Page, leaves, without_comments

WORDS = Pages(HERE, "law").words
TEMPLATES = sorted((HERE / "templates").glob("law*.html"))
SCRIPT = HERE / "static" / "reading.js"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def get(client: httpx.AsyncClient, path: str, status: int = 200) -> str:
    response = await client.get(path, follow_redirects=False)
    assert response.status_code == status, response.text[:300]
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return response.text


async def leads_to(client: httpx.AsyncClient, path: str) -> str:
    response = await client.get(path, follow_redirects=False)
    assert response.status_code == 303, response.text[:300]
    return unquote(response.headers["location"])


async def test_an_article_with_its_time_and_its_neighbours(client: httpx.AsyncClient) -> None:
    text = await get(client, "/law/劳动合同法/第三十八条")
    html = Page(text)
    assert "劳动者可以解除劳动合同" in text
    assert "2012年12月28日通过（修改），自2013年7月1日起施行" in text
    assert WORDS["caution"] in text
    links = [unquote(a["href"] or "") for tag, a in html.tags if tag == "a"]
    assert "/law/劳动合同法/第三十七条" in links
    assert "/law/劳动合同法/第三十九条" in links
    assert "/law/劳动合同法" in links
    assert "2013年7月1日以前的事" in text


async def test_another_text_by_its_day(client: httpx.AsyncClient) -> None:
    today = await get(client, "/law/商标法/第三条")
    assert "2027年1月1日起施行新文本" in today
    assert "2019年4月23日通过" in today
    new = await get(client, "/law/商标法/第三条?on=2027-01-01")
    assert "还没有施行" in new
    assert "2026年6月26日通过（修改），自2027年1月1日起施行" in new
    assert "2027年1月1日起施行新文本" not in new


async def test_no_text_of_today_under_an_old_day(client: httpx.AsyncClient) -> None:
    text = await get(client, "/law/劳动合同法/第三十八条?on=2009-05-01")
    assert "那天（2009年5月1日）有效的文本，本系统没有收录" in text


async def test_a_repealed_law_says_so(client: httpx.AsyncClient) -> None:
    assert WORDS["repealed_law"] in await get(client, "/law/环境保护法/第一条")


async def test_what_a_text_leaves_out_is_said(client: httpx.AsyncClient) -> None:
    assert "刑法修正案（十二）自2024年3月1日起施行" in await get(client, "/law/刑法/第二百六十四条")


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/law/劳动合同法/38", "/law/劳动合同法/第三十八条"),
        ("/law/消法/55条", "/law/消费者权益保护法/第五十五条"),
        (
            "/law/中华人民共和国民法典/1079?on=2024-01-01",
            "/law/民法典/第一千零七十九条?on=2024-01-01",
        ),
        ("/law?q=劳动合同法38条", "/law/劳动合同法/第三十八条"),
        ("/law?q=《民法典》", "/law/民法典"),
    ],
)
async def test_other_ways_of_writing_it(client: httpx.AsyncClient, path: str, target: str) -> None:
    assert await leads_to(client, path) == target


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/law/不存在法", "没有查到“不存在法”"),
        ("/law/民法典/第九千条", "民法典没有第九千条"),
        ("/law/民法典/乱写", "民法典没有乱写"),
        ("/law/民法典/一千和千十一条", "民法典没有一千和千十一条"),
        ("/law/民法典/九零十条", "民法典没有九零十条"),
        ("/law/民法典/第一条?on=昨天", WORDS["not_found"]["day_text"]),
        ("/law/婚姻法/第三条", "并入民法典"),
        ("/law?q=婚姻法", "并入民法典"),
    ],
)
async def test_what_is_not_there_is_said_in_chinese(
    client: httpx.AsyncClient, path: str, said: str
) -> None:
    text = await get(client, path, 404)
    assert said in text
    assert "tel:12348" in text


async def test_words_find_articles(client: httpx.AsyncClient) -> None:
    text = await get(client, "/law?q=经济补偿 解除")
    links = [unquote(a["href"] or "") for tag, a in Page(text).tags if tag == "a"]
    assert "/law/劳动合同法/第四十六条" in links
    assert WORDS["nothing"] in await get(client, "/law?q=没有这样的词呀")


async def test_all_laws_are_listed_and_lead_to_their_chapters(client: httpx.AsyncClient) -> None:
    text = await get(client, "/law")
    for name in WORDS["often_laws"]:
        assert quote(f"/law/{name}") in text
    chapters = await get(client, "/law/法律援助法")
    assert "第一章 总则" in chapters
    assert len(re.findall(r"第[一二三四五六七八九十]+条</a>", chapters)) == 71


@pytest.mark.parametrize(
    "path", ["/law?q={}", "/law/{}", "/law/民法典/{}", "/law/民法典/第一条?on={}"]
)
async def test_nothing_of_the_address_becomes_markup(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path.format(quote('"><img src=x onerror=alert(1)>', safe="")))
    assert response.status_code in (200, 404, 422)
    assert "<img" not in response.text


async def test_a_query_too_long_is_refused_in_chinese(client: httpx.AsyncClient) -> None:
    response = await client.get("/law?q=" + "长" * 61)
    assert response.status_code == 422
    assert HAN.search(response.text)


async def test_the_pages_bring_nothing_inline(client: httpx.AsyncClient) -> None:
    for path in ("/law", "/law/民法典", "/law/民法典/第一条", "/law/没有"):
        for tag, attrs in Page((await client.get(path)).text).tags:
            assert tag != "style"
            assert not [name for name in attrs if name.startswith("on") or name == "style"]
            for name in ("src", "href", "action"):
                target = attrs.get(name)
                assert not target or re.match(r"/(?!/)|tel:|#", target), (tag, target)


@pytest.mark.parametrize(
    "file", [*TEMPLATES, HERE / "templates" / "reading.html", SCRIPT], ids=lambda file: file.name
)
async def test_no_word_is_written_in_the_pages(file: Any) -> None:
    assert not HAN.findall(without_comments(file))


async def test_every_word_is_used() -> None:
    code = (HERE / "law.py").read_text(encoding="utf-8")
    used = "".join(map(without_comments, TEMPLATES)) + code
    unused = [
        path
        for path in leaves(WORDS)
        if not re.search(rf"\bt\.{path}\b|\[\"{path.split('.')[-1]}\"\]", used)
    ]
    assert not unused


def _pieces(answer: Any) -> Iterator[dict[str, Any]]:
    if isinstance(answer, dict):
        yield from answer.get("cited", ())
        for value in answer.values():
            yield from _pieces(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from _pieces(value)


async def test_citations_of_answers_lead_to_pages_that_exist(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    triage = await client.post("/api/v1/triage", json={"text": "老板不给工资", "city": "中山"})
    screening = await client.post(
        "/api/v1/legal-aid/screening",
        json={
            "city": "中山",
            "facts": {"claim": "labor_remuneration", "special_status": ["migrant_worker"]},
        },
    )
    answers = [answer.json() for answer in (triage, screening)]
    urls = {piece["url"] for piece in _pieces(answers) if piece["url"]}
    laws = {unquote(url).rpartition("/")[0] for url in urls}
    assert {"/law/劳动争议调解仲裁法", "/law/法律援助法"} <= laws
    assert all(reason["cited"] for reason in answers[1]["reasons"])
    for url in urls:
        assert (await client.get(url)).status_code == 200, url
    first = triage.json()["referrals"][0]
    assert "".join(piece["text"] for piece in first["cited"]) == first["source"]
