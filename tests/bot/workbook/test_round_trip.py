"""Out and in again: nothing is lost, nothing becomes a formula."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from bot.triage_file.cells import executable
from bot.workbook.exporting import export
from bot.workbook.judging import judge
from bot.workbook.reading import read_workbook
from bot.workbook.verdicts import Current, Verdict, counts
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Kind
from knowledge.editing.versions import Draft, Entry
from tests.bot.workbook.books import (
    DAY,
    PERSON,
    WAGES,
    cells_of,
    judged,
)


def exported(
    current: Current, frame: Frame, file: Path, city_id: str | None = None
) -> dict[Kind, int]:
    with file.open("wb") as opened:
        found = {kind: list(rows.values()) for kind, rows in current.items()}
        return export(found, frame, opened, city_id)


def test_everything_that_is_shipped_comes_back_unchanged(
    current: Current, frame: Frame, tmp_path: Path
) -> None:
    file = tmp_path / "all.xlsx"
    counted = exported(current, frame, file)
    assert counted == {kind: len(rows) for kind, rows in current.items()}
    steps: list[tuple[int, int]] = []
    read: list[int] = []
    book = read_workbook(file, frame, read.append)
    found = judge(
        book.rows, current, frame, DAY, on_progress=lambda done, of: steps.append((done, of))
    )
    total = sum(counted.values())
    assert counts(found) == {"rejected": 0, "added": 0, "changed": 0, "unchanged": total}
    assert book.notices == []
    assert read == list(range(1, total + 1))
    assert steps == [(done, total) for done in range(1, total + 1)]


def test_what_it_looks_like(current: Current, frame: Frame, tmp_path: Path) -> None:
    file = tmp_path / "one.xlsx"
    one = {Kind.faq: {WAGES: current[Kind.faq][WAGES]}, Kind.person: {}}
    exported(one, frame, file)
    book = load_workbook(file)
    assert book.sheetnames == ["说明", "常见问题", "人员"]
    sheet = book["常见问题"]
    assert sheet.freeze_panes == "B2"
    assert [cell.value for cell in sheet[1]][:5] == ["编号", "版本", "状态", "归在哪一类", "标题"]
    assert [cell.value for cell in sheet[2]][:3] == [WAGES, 1, "已发布"]
    assert sheet["D2"].alignment.wrap_text
    assert sheet["D2"].number_format == "@"
    guide = "".join(str(row[0].value) for row in book["说明"].iter_rows())
    for said in ("编号", "版本", "不会删掉", "撤下"):
        assert said in guide


def test_drafts_and_what_was_taken_away(current: Current, frame: Frame, tmp_path: Path) -> None:
    entry = current[Kind.faq][WAGES]
    assert entry.body is not None
    draft = Draft(entry.body, 1, 1, "甲", None, False)  # type: ignore[arg-type]
    found = {
        Kind.faq: {
            "drafted": replace(entry, id="drafted", draft=draft),
            "only": replace(entry, id="only", body=None, version=0, draft=draft),
            "away": replace(entry, id="away", archived=True),
        }
    }
    exported(found, frame, tmp_path / "some.xlsx")
    rows = [
        [cell.value for cell in row[:3]] for row in cells_of(tmp_path / "some.xlsx", "常见问题")
    ]
    assert rows[1:] == [["drafted", 1, "已发布，另有草稿"]]


def test_a_city_takes_only_its_own(current: Current, frame: Frame, tmp_path: Path) -> None:
    counted = exported(current, frame, tmp_path / "own.xlsx", "zhongshan")
    own = [
        one
        for one in current[Kind.place].values()
        if one.body and one.body["city_id"] == "zhongshan"
    ]
    assert counted[Kind.place] == len(own) < len(current[Kind.place])
    assert counted[Kind.faq] == len(current[Kind.faq])


TRICKS = st.one_of(
    st.text(max_size=40),
    st.sampled_from("=+-@\t＝＋－＠'").flatmap(lambda sign: st.text(max_size=9).map(sign.__add__)),
    st.sampled_from(
        ["<script>alert(1)</script>", "javascript:alert(1)", "=cmd|' /C calc'!A0", "＝1+1",
         "\n=1+1", "x\n@SUM(A1)", "_x003D_1+1", "#N/A", "<img src=x onerror=a>", "_x0000_"]
    ),
)  # fmt: skip


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(name="=1+1", note="<script>", organisation="+1")
@example(name="-1", note="+86", organisation="@a")
@given(name=TRICKS, note=TRICKS, organisation=TRICKS)
def test_nothing_that_runs_comes_through(
    name: str, note: str, organisation: str, frame: Frame, current: Current, tmp_path: Path
) -> None:
    """Whatever stands in the cells: what is accepted is text, and stays text when it goes out."""
    row = {**PERSON, "姓名": clean(name), "备注": clean(note), "单位": clean(organisation)}
    found = judged({Kind.person: [row]}, frame, current, tmp_path)
    for one in found:
        if one.body is None:
            assert one.verdict is Verdict.rejected
            continue
        said = [str(value) for value in one.body.values() if isinstance(value, str)]
        for text in said:
            assert "<script" not in text.lower()
            assert "javascript:" not in text.lower()
            assert not any(line.lstrip()[:1] in ("=", "@", "＝", "＠") for line in text.split("\n"))
        entry = Entry(Kind.person, one.id, one.body, 1, False, False, None, None, None)
        out = io.BytesIO()
        export({Kind.person: [entry]}, frame, out)
        sheet = load_workbook(out)["人员"]
        for cell in sheet[2]:
            assert cell.data_type in ("s", "n")
            if isinstance(cell.value, str) and executable(cell.value):
                assert cell.quotePrefix
        again = tmp_path / "again.xlsx"
        again.write_bytes(out.getvalue())
        back = judge(read_workbook(again, frame).rows, {Kind.person: {one.id: entry}}, frame, DAY)
        assert [row.verdict for row in back] == [Verdict.unchanged]


def clean(text: str) -> str:
    """What a file can hold at all."""
    return "".join(sign for sign in text if sign.isprintable() or sign in "\n\t")
