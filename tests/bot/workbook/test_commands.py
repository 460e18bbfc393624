"""./wenfa kb export and ./wenfa kb import, as staff type them."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.accounts.tables import Audit
from bot.words import words
from bot.workbook.verdicts import Current
from knowledge import tables
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Kind
from tests.bot.typed import Run, wenfa
from tests.bot.workbook.books import WAGES, book_of, row_of, saved

SAID = words("kb")["excel"]


@pytest.fixture
def kb(copied: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """./wenfa kb, typed in this test's folder."""
    monkeypatch.setenv("WENFA_FROM", str(tmp_path))
    return wenfa(copied, monkeypatch, "kb")


def owner(database: Engine) -> str:
    with Session(database) as session:
        return session.get_one(tables.FaqItem, WAGES).owner


def test_out_changed_and_in_again(
    kb: Run, copied: Engine, frame: Frame, current: Current, tmp_path: Path
) -> None:
    result = kb("export", "faq.xlsx", "--kind", "常见问题")
    assert result.exit_code == 0, result.output
    assert load_workbook(tmp_path / "faq.xlsx", read_only=True).sheetnames == ["说明", "常见问题"]
    assert SAID["exists"].format(name="faq.xlsx") in kb("export", "faq.xlsx").output

    entry = current[Kind.faq][WAGES]
    was = owner(copied)
    bad = row_of(entry, frame, owner="新的组", review_by="明天")
    saved(book_of({Kind.faq: [bad]}, frame), tmp_path / "one.xlsx")
    result = kb("import", "one.xlsx", "--apply")
    assert result.exit_code == 1
    for named in ("常见问题第 2 行", "最晚哪天再核对", SAID["rejected"]):
        assert named in result.output

    good = row_of(entry, frame, owner="新的组")
    saved(book_of({Kind.faq: [good]}, frame), tmp_path / "one.xlsx")
    result = kb("import", "one.xlsx")
    assert result.exit_code == 0, result.output
    assert SAID["only_looked"] in result.output
    assert owner(copied) == was
    result = kb("import", "one.xlsx", "--apply")
    assert result.exit_code == 0, result.output
    assert SAID["applied"].format(n=1) in result.output
    assert owner(copied) == "新的组"
    with Session(copied) as session:
        verbs = session.scalars(select(Audit.verb).order_by(Audit.id)).all()
    assert verbs == ["content.export", "content.import"]


def test_slips_are_named(kb: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.xlsx").write_bytes(b"PK")
    for arguments, named in (
        (("import", "nothing.xlsx"), "nothing.xlsx"),
        (("import", "faq.csv"), ".xlsx"),
        (("import", "broken.xlsx"), "另存为"),
        (("export", "a.xlsx", "--kind", "法律"), "人员"),
        (("export", "a.xlsx", "--city", "纽约"), "中山"),
        (("export", "no/folder/a.xlsx", "--kind", "person"), "写不进"),
    ):
        result = kb(*arguments)
        assert result.exit_code == 1, arguments
        assert named in result.output
    assert [file.name for file in tmp_path.glob("*.xlsx")] == ["broken.xlsx"]
