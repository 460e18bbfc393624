"""/admin/audit: what was done to the content, and nothing about residents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from bot.accounts.audit import Actor, record
from bot.accounts.roles import Role
from bot.accounts.tables import Audit
from bot.admin import audit, closures, corrections, home, questions
from bot.admin.site import HERE
from bot.api.state import AppState
from bot.clock import utcnow
from bot.words import words
from knowledge.editing.kinds import Kind
from knowledge.tables import ContentDraft
from tests.bot.admin.conftest import Enter, Keep

pytestmark = pytest.mark.asyncio(loop_scope="session")
WORDS = audit.WORDS.words
PAGE = "/admin/audit"
WHO = Actor(None, "page-audit")


@pytest.fixture
def _gone_afterwards(stored: Engine) -> Iterator[None]:
    """What `write` writes."""
    yield
    with Session(stored.execution_options(immediate=True)) as session, session.begin():
        session.execute(delete(Audit).where(Audit.username == WHO.username))


def write(stored: Engine, *deeds: tuple[str, str, str]) -> None:
    with Session(stored.execution_options(immediate=True)) as session, session.begin():
        for verb, kind, id_ in deeds:
            record(session, WHO, verb, kind, id_, {"secret": "细节不显示"})


@pytest.mark.usefixtures("_gone_afterwards")
async def test_the_newest_first_with_names_and_links(
    enter: Enter, keep: Keep, stored: Engine, parts: AppState
) -> None:
    item = next(iter(parts.catalogue.faq.values()))
    point = next(iter(parts.catalogue.points.values()))[0]
    keep(
        ContentDraft(
            kind="person", object_id="staff.person.x", body={"name": "新来的人"}, base_version=0,
            revision=1, saved_by="周敏", saved_at=utcnow(),
        )
    )  # fmt: skip
    write(
        stored,
        ("content.publish", "faq", item.id),
        ("place.close", "service_point", point.id),
        ("content.save", "person", "staff.person.x"),
        ("content.archive", "place", "point.gone"),
        ("content.import", "workbook", "7"),
        ("view", "ticket", "260101000001"),
        ("login", "account", "somebody"),
    )
    async with enter(Role.EDITOR) as browser:
        text = (await browser.get(PAGE)).text
    rows = [row for row in re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL) if WHO.username in row]
    assert len(rows) == 5
    imported, gone, saved, closed, published = rows
    verbs = words("accounts")["verb"]
    assert verbs["content.import"] in imported
    assert "<a" not in imported
    assert "point.gone" in gone
    assert "<a" not in gone
    assert '<a href="/admin/person/staff.person.x">新来的人</a>' in saved
    assert f'<a href="/admin/place/{point.id}">{point.name}</a>' in closed
    assert verbs["place.close"] in closed
    assert f'<a href="/admin/faq/{item.id}">{item.title}</a>' in published
    assert verbs["content.publish"] in published
    for hidden in ("260101000001", "细节不显示"):
        assert hidden not in text


@pytest.mark.usefixtures("_gone_afterwards")
async def test_older_rows_are_a_page_further(enter: Enter, stored: Engine) -> None:
    write(stored, *(("content.save", "faq", f"labor.n{n}") for n in range(audit.SHOWN + 20)))
    async with enter(Role.REVIEWER) as browser:
        first = (await browser.get(PAGE)).text
        assert first.count("<tr>") == audit.SHOWN + 1
        assert "labor.n119" in first
        assert "labor.n19<" not in first
        older = re.search(r'href="(/admin/audit\?before=\d+)"', first)
        assert older
        second = (await browser.get(older[1])).text
        assert "labor.n19<" in second
        assert "labor.n20<" not in second
        assert WORDS["newest"] in second
        assert WORDS["nothing"] in (await browser.get(f"{PAGE}?before=1")).text


async def test_only_who_writes_reads_it(enter: Enter) -> None:
    for role in (Role.OPERATOR, Role.DESK, Role.ADMIN):
        async with enter(role) as browser:
            assert (await browser.get(PAGE)).status_code == 403


async def test_every_verb_and_object_of_the_content_has_its_name() -> None:
    verbs, objects = words("accounts")["verb"], words("accounts")["object"]
    written = {"save", "publish", "archive", "restore", "rollback", "discard", "import", "export"}
    assert {f"content.{deed}" for deed in written} <= set(verbs)
    assert {"place.close", "place.open", "question.settle"} <= set(verbs)
    assert set(audit.PAGES_OF) <= set(objects)


@pytest.mark.parametrize("page", [home, questions, corrections, closures, audit])
async def test_every_word_of_a_page_is_used(page: ModuleType) -> None:
    name = page.__name__.rpartition(".")[2]
    assert page.__file__
    source = Path(page.__file__).read_text(encoding="utf-8")
    source += (HERE / "templates" / f"{name}.html").read_text(encoding="utf-8")
    # by what a template goes through
    source += " ".join(Kind)
    unused = [key for key in keys(page.WORDS.words) if not re.search(rf"\b{key}\b", source)]
    assert unused == [], name


def keys(content: dict[str, Any]) -> Iterator[str]:
    for key, value in content.items():
        yield key
        if isinstance(value, dict) and key != "kinds":
            yield from keys(value)


@pytest.mark.usefixtures("_gone_afterwards")
async def test_who_keeps_one_city_reads_no_other_city_s(enter: Enter, stored: Engine) -> None:
    write(
        stored,
        ("content.save", "place", "point.442000118"),
        ("content.save", "place", "point.441802"),
        ("content.import", "workbook", "987654"),
        ("content.save", "faq", "labor.wages_unpaid"),
    )
    async with enter(Role.EDITOR, city="qingyuan") as browser:
        text = (await browser.get(PAGE)).text
        assert "point.441802" in text
        assert "labor.wages_unpaid" in text
        assert "point.442000118" not in text
        assert "987654" not in text
