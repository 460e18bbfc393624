"""Answers that can be checked: listed by matter and service, shown for a city, on a day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

from bot.api.state import AppState
from bot.web.faq import PAGES, show
from bot.web.page import HERE
from knowledge.catalogue import Catalogue
from knowledge.faq.shape import item_url
from tests.bot.test_page import HAN, Page, leaves, without_comments

WORDS = PAGES.words
TEMPLATES = sorted((HERE / "templates").glob("faq*.html"))
WAGES = "labor.wages_unpaid"
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def catalogue(parts: AppState) -> Catalogue:
    return parts.catalogue


def links(text: str) -> Iterator[str]:
    for tag, attrs in Page(text).tags:
        if tag == "a" and attrs["href"]:
            yield unquote(attrs["href"])


async def get(client: httpx.AsyncClient, path: str, status: int = 200) -> str:
    response = await client.get(path)
    assert response.status_code == status, response.text[:300]
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return response.text


async def test_every_answer_is_reached_from_the_index(
    client: httpx.AsyncClient, catalogue: Catalogue
) -> None:
    reached: set[str] = set()
    for url in links(await get(client, "/faq")):
        if re.fullmatch(r"/faq/\w+", url):
            reached |= {at for at in links(await get(client, url)) if at.startswith("/faq/item/")}
    assert reached == {item_url(id_) for id_ in catalogue.faq}


async def test_every_answer_has_a_page_and_its_articles_too(
    client: httpx.AsyncClient, catalogue: Catalogue
) -> None:
    articles: set[str] = set()
    for item in catalogue.faq.values():
        for city in catalogue.atlas.cities:
            text = await get(client, f"{item_url(item.id)}?city={city}")
            assert (WORDS["unverified_why"] in text) is not item.verified
            assert (WORDS["unread"] in text) is (item.read_on is None)
            articles |= {url for url in links(text) if url.startswith("/law/")}
    for url in articles:
        assert (await client.get(url)).status_code == 200, url


async def test_what_stands_on_the_page(client: httpx.AsyncClient, catalogue: Catalogue) -> None:
    item = catalogue.faq[WAGES]
    text = await get(client, item_url(WAGES))
    for said in (item.title, item.answer, *item.steps, item.fee, item.takes):
        assert said
        assert said in text
    for material in item.materials:
        assert material.name in text
    assert text.index(WORDS["needed"]) < text.index(WORDS["if_had"])
    assert catalogue.limits[item.limits[0]].text in text
    assert "/law/劳动争议调解仲裁法/第二十七条" in set(links(text))
    assert WORDS["caution"] in text
    assert WORDS["danger"] in text


async def test_a_city_gets_its_own_text_and_no_other(
    client: httpx.AsyncClient, catalogue: Catalogue
) -> None:
    local = [item for item in catalogue.faq.values() if item.cities]
    assert local
    for item in local:
        for city in catalogue.atlas.cities:
            text = await get(client, f"{item_url(item.id)}?city={city}")
            here = item.cities.get(city)
            for own in item.cities.values():
                # two cities of one province may share words
                assert (own.text in text) is (here is not None and own.text in here.text)


async def test_an_overdue_answer_says_so(catalogue: Catalogue) -> None:
    item, city = catalogue.faq[WAGES], catalogue.atlas.cities["zhongshan"]
    assert not show(catalogue, item, city, item.review_by).overdue
    late = show(catalogue, item, city, item.review_by + timedelta(days=1))
    assert "12348" in late.overdue
    assert "待核实" not in late.answer
    doubtful = show(catalogue, replace(item, verified=False), city, item.review_by)
    assert not doubtful.verified
    assert show(catalogue, replace(item, read_on=None), city, item.review_by).unread
    assert not show(catalogue, replace(item, read_on=item.review_by), city, item.review_by).unread


@pytest.mark.parametrize("path", ["/faq/none", "/faq/item/none", "/faq/item/%3Cimg%3E", "/faq/%00"])
async def test_what_is_not_there(client: httpx.AsyncClient, path: str) -> None:
    text = await get(client, path, 404)
    assert WORDS["not_found"]["title"] in text
    assert "<img>" not in text


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
async def test_no_word_is_written_in_the_templates(file: Path) -> None:
    assert not HAN.findall(without_comments(file))


async def test_every_word_is_used() -> None:
    code = (HERE / "faq.py").read_text(encoding="utf-8")
    used = "".join(map(without_comments, TEMPLATES)) + code
    assert not [
        path
        for path in leaves(WORDS)
        if not re.search(rf"\bt\.{path}\b|\[\"{path.split('.')[-1]}\"\]", used)
    ]
