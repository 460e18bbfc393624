"""/console/practice: who comes in, how a case goes, and that nothing else notices."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import httpx
import pytest
import yaml
from fastapi import FastAPI
from sqlalchemy import Engine, MetaData, func, select

from bot.accounts.roles import Role
from bot.practice.cases import Asks, Case, Fit, Topic, practice_cases
from bot.practice.pages import HERE, HOME
from bot.practice.walk import LETTERS
from bot.words import words
from tests.bot.accounts.people import stranger
from tests.bot.practice.conftest import Enter
from tests.bot.test_page import Page, leaves, without_comments

pytestmark = pytest.mark.asyncio(loop_scope="session")
WORDS: dict[str, Any] = yaml.safe_load(
    (HERE / "content" / "practice.yml").read_text(encoding="utf-8")
)
CASES = practice_cases()
TEMPLATES = sorted((HERE / "templates").glob("*.html"))


async def read(browser: httpx.AsyncClient, path: str, status: int = 200) -> str:
    answer = await browser.get(path)
    assert answer.status_code == status, answer.text
    return unescape(answer.text)


def chosen(case: Case, *fits: Fit) -> str:
    """The word of letters that takes a choice of each fit, turn by turn; the best where it has
    none of that fit."""
    word = ""
    for turn, fit in zip(case.turns, fits, strict=False):
        found = [one.fit for one in turn.choices]
        word += LETTERS[found.index(fit if fit in found else Fit.best)]
    return word


def whole(case: Case, fit: Fit = Fit.best) -> str:
    return chosen(case, *([fit] * len(case.turns)))


def links(text: str, start: str) -> list[str]:
    return [one for one in re.findall(r'href="([^"]+)"', text) if one.startswith(start)]


async def test_only_who_answers_residents_comes_in(enter: Enter, app: FastAPI) -> None:
    async with stranger(app) as nobody:
        answer = await nobody.get(HOME)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/console/login")
    for role in (Role.EDITOR, Role.DESK, Role.ADMIN):
        async with enter(role) as browser:
            await read(browser, HOME, 403)
            await read(browser, f"{HOME}/wages", 403)
    for role in (Role.OPERATOR, Role.SUPERVISOR):
        async with enter(role) as browser:
            await read(browser, HOME)
            await read(browser, f"{HOME}/wages")


async def test_the_list_names_every_case_and_what_matters_most(enter: Enter) -> None:
    async with enter() as browser:
        text = await read(browser, HOME)
    for case in CASES.values():
        assert f'href="{HOME}/{case.id}">{case.title}</a>' in text
    assert text.count(WORDS["list"]["fresh"]) == len(CASES)
    assert not [row for row in WORDS["keep"]["rows"] if row not in text]
    assert not [name for name in WORDS["topics"].values() if name not in text]


async def test_one_step_at_a_time_and_why_after_each(enter: Enter) -> None:
    case = CASES["wages"]
    first, second = case.turns[:2]
    async with enter() as browser:
        text = await read(browser, f"{HOME}/wages")
        assert words("scripts")["open"]["phone"] in text
        assert first.says in text
        assert WORDS["asks"][first.asks] in text
        assert all(choice.text in text for choice in first.choices)
        # nothing gives the answer away
        assert first.why not in text
        assert second.says not in text
        wrong = next(one for one in first.choices if one.fit is Fit.wrong)
        text = await read(browser, f"{HOME}/wages?chosen={chosen(case, Fit.wrong)}")
        assert WORDS["verdict"]["wrong"] in text
        assert wrong.why in text
        assert WORDS["verdict"]["better"].format(text=first.best.text) in text
        assert first.why in text
        assert second.says in text
        assert links(text, "/law/")
        right = await read(browser, f"{HOME}/wages?chosen={chosen(case, Fit.best)}")
        assert WORDS["verdict"]["best"] in right
        assert wrong.why not in right


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
async def test_a_case_can_be_gone_through_by_its_own_buttons(enter: Enter, case: Case) -> None:
    """Whichever button is pressed, the next page has buttons again, up to the result."""
    async with enter() as browser:
        text = await read(browser, f"{HOME}/{case.id}")
        for at, turn in enumerate(case.turns):
            assert f'action="{HOME}/{case.id}#now"' in text
            buttons = re.findall(r'name="chosen" value="(\w+)"', text)
            assert len(buttons) == len(turn.choices)
            text = await read(browser, f"{HOME}/{case.id}?chosen={buttons[at % len(buttons)]}")
            assert text.count('id="now"') == 1
        assert 'id="result"' in text
        assert 'name="chosen"' not in text
        for url in {*links(text, "/law/"), *links(text, "/faq/")}:
            assert (await browser.get(url)).status_code == 200, url


async def test_all_right_is_said_and_the_next_case_is_offered(enter: Enter) -> None:
    case = CASES["scam"]
    async with enter() as browser:
        text = await read(browser, f"{HOME}/scam?chosen={whole(case)}")
        n = len(case.turns)
        assert WORDS["result"]["title"].format(right=n, n=n) in text
        assert WORDS["result"]["all_right"] in text
        assert WORDS["result"]["again_title"] not in text
        following = list(CASES)[list(CASES).index("scam") + 1]
        assert f'href="{HOME}/{following}"' in text


async def test_a_safety_mistake_is_said_in_words(enter: Enter) -> None:
    case = CASES["violence"]
    async with enter() as browser:
        text = await read(browser, f"{HOME}/violence?chosen={whole(case, Fit.unsafe)}")
        n = sum(any(one.fit is Fit.unsafe for one in turn.choices) for turn in case.turns)
        assert n >= 4
        assert WORDS["result"]["unsafe_title"].format(n=n) in text
        first = next(one for one in case.turns[0].choices if one.fit is Fit.unsafe)
        assert WORDS["result"]["unsafe"].format(chosen=first.text, why=first.why) in text
        assert text.count(WORDS["verdict"]["unsafe"]) >= n
        assert WORDS["list"]["unsafe"].format(n=n) in await read(browser, HOME)


async def test_the_list_remembers_for_this_account_and_no_other(enter: Enter) -> None:
    case = CASES["debt"]
    n = len(case.turns)
    score = WORDS["list"]["score"].format(right=n, n=n)
    async with enter() as browser, enter() as colleague:
        await browser.get(f"{HOME}/debt?chosen={whole(case)[:-1]}")
        assert score not in await read(browser, HOME)  # left in the middle
        answer = await browser.get(f"{HOME}/debt?chosen={whole(case)}")
        assert score in await read(browser, HOME)
        kept = answer.headers["set-cookie"]
        assert f"Path={HOME}" in kept
        assert "HttpOnly" in kept
        # the same browser, somebody else
        name, _, value = kept.partition(";")[0].partition("=")
        colleague.cookies.set(name, value, path=HOME)
        assert score not in await read(colleague, HOME)


async def test_what_no_form_of_ours_sends_starts_the_case_anew(enter: Enter) -> None:
    async with enter() as browser:
        for word in ("z", "aaaaaaaaaaaa", "é", "a d"):
            answer = await browser.get(f"{HOME}/wages", params={"chosen": word})
            assert answer.status_code == 303
            assert answer.headers["location"] == f"{HOME}/wages"
        assert (await browser.get(f"{HOME}/wages", params={"chosen": "a" * 99})).status_code == 422
        assert WORDS["missing"] in await read(browser, f"{HOME}/nothing", 404)


async def test_an_answer_opens_for_the_operator_s_own_city(enter: Enter) -> None:
    case = CASES["wages"]
    async with enter(city="qingyuan") as browser:
        text = await read(browser, f"{HOME}/wages?chosen={whole(case)}")
    assert links(text, "/faq/item/")
    assert all(url.endswith("?city=qingyuan") for url in links(text, "/faq/item/"))


async def test_practice_writes_nothing_anywhere(enter: Enter, stored: Engine) -> None:
    metadata = MetaData()
    metadata.reflect(stored)

    def rows() -> dict[str, int]:
        with stored.connect() as connection:
            return {
                table.name: connection.scalar(select(func.count()).select_from(table)) or 0
                for table in metadata.sorted_tables
            }

    async with enter() as browser:
        before = rows()
        await read(browser, HOME)
        for case in CASES.values():
            await read(browser, f"{HOME}/{case.id}?chosen={whole(case, Fit.unsafe)}")
        assert rows() == before


async def test_pages_need_no_script_and_load_nothing_from_elsewhere(enter: Enter) -> None:
    case = CASES["wages"]
    paths = [HOME, f"{HOME}/wages", f"{HOME}/wages?chosen={whole(case, Fit.wrong)}"]
    async with enter() as browser:
        for path in paths:
            page = Page(await read(browser, path))
            ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
            assert len(ids) == len(set(ids))
            for tag, attrs in page.tags:
                assert tag not in ("script", "style")
                assert not [name for name in attrs if name.startswith("on") or name == "style"]
                for name in ("src", "href", "action"):
                    assert re.match(r"/(?!/)|#|$", attrs.get(name) or ""), (tag, attrs)
                if tag == "link":
                    assert (await browser.get(attrs["href"] or "")).status_code == 200


async def test_every_word_is_used_and_every_one_asked_for_exists() -> None:
    text = "\n".join(map(without_comments, TEMPLATES))
    used = set(re.findall(r"\bt\.((?:\w+\.)*\w+)", text))
    used = {re.sub(r"\.(format|rows)$", "", path) for path in used} | {"keep.rows"}
    groups: dict[str, set[str]] = {
        "topics": set(Topic),
        "asks": set(Asks),
        "verdict": {*Fit, "better", "basis"},
    }
    for name, keys in groups.items():
        assert set(WORDS[name]) == keys
    assert set(WORDS["who"]) == {case.channel for case in CASES.values()}
    by_value = ("topics.", "asks.", "verdict.", "who.")
    known = {path for path in leaves(WORDS) if not path.startswith(by_value)}
    assert known <= used
    assert {path for path in used if path.partition(".")[0] not in WORDS} == set()
    assert {path for path in used - known if f"{path}." not in by_value and "." in path} <= {
        "verdict.better", "verdict.basis",
    }  # fmt: skip
