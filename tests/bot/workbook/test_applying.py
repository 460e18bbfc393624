"""All of it or nothing, on both databases; and two people at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.workbook.applying import Accepted, Moved, apply
from bot.workbook.jobs import current_entries
from knowledge import tables
from knowledge.boundaries import Boundaries
from knowledge.catalogue import read_catalogue
from knowledge.editing import versions
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Kind
from tests.bot.workbook.books import PERSON, WAGES, XIAOLAN, judged, row_of


def accepted(database: Engine, folder: Path) -> list[Accepted]:
    """An answer and a point that become others, and somebody new."""
    with Session(database) as session:
        current = current_entries(session)
        frame = Frame(read_catalogue(session, 0, Boundaries.none()))
    rows: Any = {
        Kind.faq: [row_of(current[Kind.faq][WAGES], frame, owner="新的组")],
        Kind.place: [row_of(current[Kind.place][XIAOLAN], frame, address="新的地址 1 号")],
        Kind.person: [PERSON],
    }
    found = judged(rows, frame, current, folder)
    return [
        Accepted(one.kind, one.line, one.id, one.name, one.seen, one.body)
        for one in found
        if one.body is not None
    ]


def content(database: Engine) -> list[object]:
    with Session(database) as session:
        return [
            *session.execute(
                select(tables.FaqItem.id, tables.FaqItem.version, tables.FaqItem.owner)
            ),
            *session.execute(select(tables.ServicePoint.id, tables.ServicePoint.version)),
            *session.execute(select(tables.Person.id, tables.Person.name)),
            *session.execute(select(tables.ContentVersion.id)),
            *session.execute(select(tables.Edition.id, tables.Edition.version)),
        ]


def test_every_row_is_a_version_of_its_own(loaded_database: Engine, tmp_path: Path) -> None:
    rows = accepted(loaded_database, tmp_path)
    assert len(rows) == 3
    with Session(loaded_database.execution_options(immediate=True)) as session, session.begin():
        apply(session, rows, by="mei", note="六月.xlsx")
    with Session(loaded_database) as session:
        last = versions.history(session, Kind.faq, WAGES)[0]
        assert (last.number, last.deed, last.by, last.note) == (
            2, versions.Deed.imported, "mei", "六月.xlsx",
        )  # fmt: skip
        assert session.get_one(tables.ServicePoint, XIAOLAN).address == "新的地址 1 号"
        assert session.scalars(select(tables.Person.name)).all() == ["李律师"]
    before = content(loaded_database)
    with pytest.raises(Moved), Session(loaded_database) as session, session.begin():
        apply(session, rows, by="mei", note="六月.xlsx")  # overtaken by itself
    assert content(loaded_database) == before


def test_somebody_else_was_faster(copied: Engine, tmp_path: Path) -> None:
    """The last row is overtaken; the first ones must not be written either."""
    rows = accepted(copied, tmp_path)
    with Session(copied.execution_options(immediate=True)) as session, session.begin():
        versions.archive(session, Kind.place, XIAOLAN, seen=1, by="other")
    before = content(copied)
    with (
        pytest.raises(Moved) as caught,
        Session(copied.execution_options(immediate=True)) as session,
        session.begin(),
    ):
        apply(session, rows, by="mei", note="六月.xlsx")
    assert [row.id for row in caught.value.rows] == [XIAOLAN]
    assert "服务点第 2 行" in str(caught.value)
    assert content(copied) == before
