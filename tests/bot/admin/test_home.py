"""/admin: what is due, waiting, unanswered, voted down, changed and wrong, at a glance."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.admin import home
from bot.api.state import AppState
from bot.clock import utcnow
from bot.tables import FaqVote, UnansweredQuestion
from knowledge.boundaries import Boundaries
from knowledge.catalogue import Person as Shown
from knowledge.catalogue import read_catalogue
from knowledge.tables import ContentDraft, ContentVersion, Person
from tests.bot.admin.conftest import Enter, Keep
from tests.bot.databases import loaded_database, templates

__all__ = ["loaded_database", "templates"]

pytestmark = pytest.mark.asyncio(loop_scope="session")
WORDS = home.WORDS.words


def section(text: str, name: str) -> str:
    """One panel of the page, its blanks made one."""
    found = re.search(rf'<section [^>]*aria-labelledby="{name}">(.*?)</section>', text, re.DOTALL)
    assert found
    return " ".join(found[1].split())


async def look(enter: Enter, *roles: Role, city: str | None = None) -> str:
    async with enter(*(roles or (Role.EDITOR,)), city=city) as browser:
        answer = await browser.get("/admin")
        assert answer.status_code == 200, answer.text
        return answer.text


def draft(kind: str, object_id: str, **body: str) -> ContentDraft:
    return ContentDraft(
        kind=kind, object_id=object_id, body=body, base_version=0, revision=1, saved_by="吴刚",
        saved_at=utcnow(),
    )  # fmt: skip


def version(kind: str, object_id: str, deed: str, number: int = 1, **body: str) -> ContentVersion:
    return ContentVersion(
        kind=kind, object_id=object_id, number=number, deed=deed, body=body, by="吴刚",
        at=utcnow().replace(microsecond=0), note=None,
    )  # fmt: skip


def person(id_: str, city: str, verified: bool) -> Person:
    return Person(
        id=id_, city_id=city, point_id=None, name="李律师", role="公证员", organisation=None,
        phone=None, services=[], note=None, shown=False, source="本人确认", as_of="2026",
        verified=verified, shipped_digest="",
    )  # fmt: skip


async def test_a_quiet_morning(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "quick_check", lambda *given: [])
    text = await look(enter)
    assert WORDS["review"]["nothing"] in section(text, "review")
    assert WORDS["check"]["nothing"] in section(text, "check")
    assert WORDS["votes"]["nothing"] in section(text, "votes")
    assert 'aria-current="page">首页' in text


async def test_what_is_due_comes_first_with_its_day(
    enter: Enter, parts: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = sorted(parts.catalogue.faq.values(), key=lambda item: (item.review_by, item.id))
    day = items[0].review_by + timedelta(days=1)
    monkeypatch.setattr(home, "today", lambda: day)
    text = section(await look(enter), "review")
    overdue = [item for item in items if item.review_by < day]
    assert WORDS["review"]["overdue"].format(n=len(overdue)) in text
    assert f'<a href="/admin/faq/{overdue[0].id}">{overdue[0].title}</a>' in text
    assert WORDS["review"]["day"].format(day=overdue[0].review_by) in text
    # a day on which nearly all are due: the first few, and how many more
    monkeypatch.setattr(home, "today", lambda: items[-1].review_by + timedelta(days=1))
    text = section(await look(enter), "review")
    assert text.count("<li>") == home.SHOWN
    assert WORDS["more"].format(n=len(items) - home.SHOWN) in text
    assert "/admin/faq?mark=overdue" in text


async def test_dead_articles_are_counted_by_kind(
    enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "today", lambda: date(1990, 1, 1))
    text = section(await look(enter), "check")
    assert WORDS["check"]["wrong"] in text
    assert re.search(r"依据的条文今天查不到（\d+ 处）", text)
    assert WORDS["more"].partition("{")[0] in text


async def test_who_is_shown_at_a_place_that_moved_to_another_city_is_named_to_who_keeps_them(
    enter: Enter, parts: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    li = Shown("staff.person.li", "zhongshan", "李律师", "公证员", None, None, verified=True)
    away = next(
        point for some in parts.catalogue.points.values() for point in some
        if point.city_id == "qingyuan"
    )  # fmt: skip
    catalogue = replace(parts.catalogue, people={away.id: (li,)})
    monkeypatch.setattr(parts.live, "current", lambda: catalogue)
    for city in (None, "zhongshan"):
        text = section(await look(enter, city=city), "check")
        assert WORDS["check"]["kinds"]["elsewhere"].format(n=1) in text
        assert f'<a href="/admin/person/staff.person.li">李律师 → {away.id}</a>' in text
    assert "李律师" not in section(await look(enter, city="qingyuan"), "check")


async def test_drafts_say_who_and_when_and_stay_in_their_city(enter: Enter, keep: Keep) -> None:
    keep(
        draft("faq", "labor.draft", title="草稿里的标题"),
        draft("place", "point.draft", name="清远的草稿", city_id="qingyuan"),
    )
    every = section(await look(enter), "drafts")
    assert '<a href="/admin/faq/labor.draft">草稿里的标题</a>' in every
    assert "吴刚" in every
    assert "清远的草稿" in every
    own = section(await look(enter, city="zhongshan"), "drafts")
    assert "草稿里的标题" in own
    assert "清远的草稿" not in own


async def test_many_drafts_are_cut_short(enter: Enter, keep: Keep) -> None:
    keep(*(draft("faq", f"labor.draft{n}", title=f"第{n}份") for n in range(home.SHOWN + 3)))
    text = section(await look(enter), "drafts")
    assert text.count("<li>") == home.SHOWN
    assert WORDS["more"].format(n=3) in text


async def test_the_last_changes_and_many_at_once_as_one(enter: Enter, keep: Keep) -> None:
    keep(
        version("place", "point.a", "published", name="先改的", city_id="zhongshan"),
        *(
            version("person", f"staff.person.{n}", "imported", name=f"甲{n}", city_id="qingyuan")
            for n in range(20)
        ),
        version("place", "point.shipped", "shipped", name="没改过", city_id="zhongshan"),
    )
    text = section(await look(enter), "changes")
    assert '<a href="/admin/place/point.a/history">先改的</a>' in text
    assert WORDS["changes"]["with_others"].format(n=20) in text
    assert text.index("甲19") < text.index("先改的")
    assert "甲18" not in text
    assert "没改过" not in text
    own = section(await look(enter, city="zhongshan"), "changes")
    assert "先改的" in own
    assert "甲19" not in own


async def test_answers_that_did_not_help(enter: Enter, keep: Keep, parts: AppState) -> None:
    worst, once, old = list(parts.catalogue.faq.values())[:3]

    def vote(item_id: str, helpful: bool, days: int = 1) -> FaqVote:
        at = utcnow() - timedelta(days=days)
        return FaqVote(conversation_id=None, item_id=item_id, helpful=helpful, at=at)

    keep(
        *(vote(worst.id, helpful) for helpful in (False, False, False, True)),
        vote(once.id, False),
        *(vote(old.id, False, days=91) for _ in range(5)),
        *(vote("gone.for.long", False) for _ in range(9)),
    )
    text = section(await look(enter), "votes")
    assert f'<a href="/admin/faq/{worst.id}">{worst.title}</a>' in text
    assert WORDS["votes"]["line"].format(bad=3, good=1) in text
    assert text.count("<li>") == 1


async def test_questions_without_an_answer(enter: Enter, keep: Keep) -> None:
    keep(
        *(
            UnansweredQuestion(at=utcnow(), city_id=city, text=text, door="chat")
            for city, text in (
                ("qingyuan", "祖坟被人平了怎么办"),
                ("qingyuan", "祖坟被人平了怎么办"),
                ("zhongshan", "楼上天天拉二胡找谁"),
            )
        )
    )
    text = section(await look(enter), "questions")
    assert text.index("祖坟被人平了怎么办") < text.index("楼上天天拉二胡找谁")
    assert "/admin/questions" in text
    assert "祖坟" not in section(await look(enter, city="zhongshan"), "questions")


async def test_what_nobody_has_verified_as_bars(enter: Enter, keep: Keep, parts: AppState) -> None:
    keep(person("p.1", "zhongshan", False), person("p.2", "qingyuan", True))
    text = section(await look(enter), "shares")
    points = [one for points in parts.catalogue.points.values() for one in points]
    unverified = sum(not one.verified for one in points)
    assert f'max="{len(points)}" value="{unverified}"' in text
    assert 'max="2" value="1"' in text
    assert "50%" in text
    own = section(await look(enter, city="zhongshan"), "shares")
    assert 'max="1" value="1"' in own
    assert f'max="{len(points)}"' not in own


async def test_without_any_person_there_is_no_division_by_nothing(enter: Enter) -> None:
    text = section(await look(enter, city="lianyungang"), "shares")
    assert WORDS["shares"]["nothing"] in text


async def test_only_editors_come_in(enter: Enter) -> None:
    async with enter(Role.OPERATOR) as browser:
        assert (await browser.get("/admin")).status_code == 403
    assert WORDS["shares"]["title"] in await look(enter, Role.REVIEWER)


async def test_what_is_stored_is_read_from_each_kind_of_database(
    loaded_database: Engine,
) -> None:
    with Session(loaded_database) as session, session.begin():
        session.add_all(
            [
                draft("place", "point.a", name="甲", city_id="zhongshan"),
                draft("place", "point.b", name="乙", city_id="qingyuan"),
                draft("faq", "labor.c", title="丙"),
                version("place", "point.a", "published", name="甲", city_id="zhongshan"),
                person("p.1", "zhongshan", False),
                *(
                    FaqVote(conversation_id=None, item_id="labor.c", helpful=False, at=utcnow())
                    for _ in range(2)
                ),
            ]
        )
    with Session(loaded_database) as session:
        catalogue = read_catalogue(session, 1, Boundaries.none())
        found = home._stored(session, catalogue, "zhongshan")
    assert {one.name for one in found.drafts} == {"甲", "丙"}
    assert found.draft_count == 2
    assert [(one.name, one.deed, one.count) for one in found.changes] == [("甲", "published", 1)]
    assert (found.people.unverified, found.people.rows) == (1, 1)
    assert found.votes == []  # of an answer that is not there any more
