"""Row by row: what would become of it, and why not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.clock import utcnow
from bot.words import words
from bot.workbook.verdicts import Current, Judged, Verdict
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Kind
from knowledge.editing.versions import Draft, Entry
from tests.bot.workbook.books import PERSON, WAGES, XIAOLAN, judged, reasons, row_of


@pytest.fixture
def answer(current: Current) -> Entry:
    return current[Kind.faq][WAGES]


@pytest.fixture
def point(current: Current) -> Entry:
    return current[Kind.place][XIAOLAN]


@pytest.fixture
def verdict(frame: Frame, current: Current, tmp_path: Path) -> Any:
    """verdict(kind, row…, current=…, city_id=…) → what becomes of the rows."""

    def of(
        kind: Kind, *rows: dict[str, object], known: Current = current, city_id: str | None = None
    ) -> list[Judged]:
        return judged({kind: rows}, frame, known, tmp_path, city_id)

    return of


def only(entry: Entry) -> Current:
    """A knowledge base of one thing."""
    nothing: dict[Kind, dict[str, Entry]] = {kind: {} for kind in Kind}
    return {**nothing, entry.kind: {entry.id: entry}}


def problem(key: str, **values: object) -> str:
    return str(words("workbook")["problems"][key]).format(**values)


def test_changed_added_unchanged(verdict: Any, answer: Entry, frame: Frame) -> None:
    (untouched,) = verdict(Kind.faq, row_of(answer, frame))
    assert (untouched.verdict, untouched.body) == (Verdict.unchanged, None)
    (changed,) = verdict(Kind.faq, row_of(answer, frame, owner="新的组"))
    assert (changed.verdict, changed.id, changed.seen) == (Verdict.changed, WAGES, 1)
    assert answer.body is not None
    assert changed.body == {**answer.body, "owner": "新的组"}
    assert changed.before == answer.body
    (added,) = verdict(Kind.person, PERSON)
    assert (added.verdict, added.seen, added.name) == (Verdict.added, 0, "李律师")
    assert added.id.startswith("staff.person.")


def test_what_was_not_touched_need_not_be_right_today(
    verdict: Any, answer: Entry, frame: Frame
) -> None:
    """An overdue answer among thousands must not stop the others."""
    assert answer.body is not None
    late = replace(answer, body={**answer.body, "review_by": "2020-01-01"})
    known = only(late)
    (one,) = verdict(Kind.faq, row_of(late, frame), known=known)
    assert one.verdict is Verdict.unchanged
    (one,) = verdict(Kind.faq, row_of(late, frame, owner="新的组"), known=known)
    assert one.verdict is Verdict.rejected
    assert {finding.title for finding in one.findings} == {"最晚哪天再核对"}


def test_every_field_that_is_wrong_is_named_with_its_cell(
    verdict: Any, point: Entry, frame: Frame
) -> None:
    row = row_of(
        point, frame, name="<script>alert(1)</script>", phone="abc", lat="北", region_id="没有镇"
    )
    (one,) = verdict(Kind.place, row)
    assert one.verdict is Verdict.rejected
    assert one.body is None
    titles = [finding.title for finding in one.findings]
    assert titles == ["名称", "在哪个区划", "电话", "纬度"]
    assert all(finding.cell.endswith("2") for finding in one.findings)
    assert len({finding.cell for finding in one.findings}) == 4
    (one,) = verdict(Kind.place, row_of(point, frame, lat=39.9, lng=116.4))
    assert [finding.title for finding in one.findings] == ["纬度"]


def test_ids_and_versions(verdict: Any, answer: Entry, frame: Frame) -> None:
    for changed, why in (
        ({"id": "labor.nothing"}, problem("unknown_id", value="labor.nothing", kind="常见问题")),
        ({"version": None}, problem("no_version")),
        ({"version": "一"}, problem("bad_version", value="一")),
        ({"version": 1.5}, problem("bad_version", value="1.5")),
        ({"version": 7}, problem("moved", seen=7, now=1)),
        ({"id": None}, problem("spare_version")),
    ):
        (one,) = verdict(Kind.faq, row_of(answer, frame, owner="新的组", **changed))
        assert one.verdict is Verdict.rejected
        assert reasons(one) == [why]
    both = verdict(Kind.faq, row_of(answer, frame), row_of(answer, frame, owner="新的组"))
    assert [reasons(one) for one in both] == [[problem("twice", value=WAGES, lines="2、3")]] * 2


def test_what_was_taken_away_and_what_is_only_a_draft(
    verdict: Any, answer: Entry, frame: Frame
) -> None:
    assert answer.body is not None
    row = row_of(answer, frame, owner="新的组")
    draft = Draft(answer.body, 1, 1, "小王", utcnow(), False)
    for entry, why in (
        (replace(answer, archived=True), problem("archived")),
        (
            replace(answer, body=None, draft=draft),
            problem("unknown_id", value=WAGES, kind="常见问题"),
        ),
    ):
        (one,) = verdict(Kind.faq, row, known=only(entry))
        assert reasons(one) == [why]
    (one,) = verdict(Kind.faq, row, known=only(replace(answer, draft=draft)))
    assert one.verdict is Verdict.changed
    assert [finding.text for finding in one.findings] == [problem("draft", by="小王")]


def test_the_same_thing_once_more(verdict: Any, point: Entry, frame: Frame) -> None:
    """A workbook that is sent a second time must not add everything twice."""
    one, two = verdict(Kind.person, PERSON, PERSON)
    assert one.verdict is Verdict.added
    assert reasons(two) == [problem("same_twice", line=2)]
    (again,) = verdict(Kind.place, row_of(point, frame, id=None, version=None))
    assert reasons(again) == [problem("same_as", id=XIAOLAN)]


@pytest.fixture
def new_answer(answer: Entry, frame: Frame) -> dict[str, object]:
    """An answer that nobody has written yet."""
    ways = "\n".join(f"鹅被{name}家的狗咬了找谁赔" for name in "赵钱孙李周吴郑王")
    return row_of(answer, frame, id=None, version=None, title="鹅被狗咬了", ask=ways)


def test_a_new_row_that_is_what_stands_already(
    verdict: Any, answer: Entry, point: Entry, frame: Frame
) -> None:
    """A sheet that was applied, mended and sent again must not add everything a second time."""
    new: dict[str, Any] = {"id": None, "version": None}
    for kind, entry, changed in (
        (Kind.faq, answer, {"owner": "新的组"}),
        (Kind.place, point, {"address": "新的地址 1 号"}),
    ):
        (one,) = verdict(kind, row_of(entry, frame, **new, **changed))
        assert reasons(one) == [
            problem("same_name", id=entry.id, what=words("workbook")["same"][kind])
        ]
        # what was taken away stands in nobody's way
        (one,) = verdict(
            kind,
            row_of(entry, frame, **new, **changed),
            known=only(replace(entry, archived=True)),
        )
        assert one.verdict is Verdict.added


def test_two_new_rows_of_one_thing(verdict: Any, new_answer: dict[str, object]) -> None:
    what = words("workbook")["same"]
    both = verdict(Kind.faq, new_answer, new_answer | {"谁管": "新的组"})
    assert [reasons(one) for one in both] == [
        [problem("same_name_line", line=line, what=what["faq"])] for line in (3, 2)
    ]
    assert {one.verdict for one in both} == {Verdict.rejected}
    both = verdict(Kind.person, PERSON, PERSON | {"电话": "0760-88881235"})
    assert [reasons(one) for one in both] == [
        [problem("same_name_line", line=line, what=what["person"])] for line in (3, 2)
    ]
    # two people of one name, in two places
    both = verdict(Kind.person, PERSON, PERSON | {"在哪个服务点": XIAOLAN})
    assert [one.verdict for one in both] == [Verdict.added] * 2


def test_a_name_that_another_has(verdict: Any, current: Current, frame: Frame) -> None:
    one, other = (current[Kind.faq][id_] for id_ in (WAGES, "labor.boss_gone"))
    assert one.body is not None
    assert other.body is not None
    (taken,) = verdict(Kind.faq, row_of(one, frame, title=other.body["title"]))
    assert reasons(taken) == [
        problem("same_name", id=other.id, what=words("workbook")["same"]["faq"])
    ]
    # the two change their names: afterwards each has its own
    both = verdict(
        Kind.faq,
        row_of(one, frame, title=other.body["title"]),
        row_of(other, frame, title=one.body["title"]),
    )
    assert [one.verdict for one in both] == [Verdict.changed] * 2


def test_a_person_whose_place_moves_in_the_same_workbook(
    point: Entry, frame: Frame, current: Current, tmp_path: Path
) -> None:
    moved = row_of(point, frame, city_id="清远", region_id="441802", lat="", lng="")
    rows: Any = {Kind.place: [moved], Kind.person: [PERSON | {"在哪个服务点": XIAOLAN}]}
    place, person = judged(rows, frame, current, tmp_path)
    assert place.verdict is Verdict.changed
    assert reasons(person) == [problem("point_moves", line=2)]
    # one of its own city stays where it is
    rows[Kind.place] = [row_of(point, frame, address="新的地址 1 号")]
    place, person = judged(rows, frame, current, tmp_path)
    assert (place.verdict, person.verdict) == (Verdict.changed, Verdict.added)


def test_ways_of_asking_that_two_rows_have_are_worth_a_look(
    verdict: Any, new_answer: dict[str, object], answer: Entry, frame: Frame
) -> None:
    """As a form says it of what is published: a note, no refusal."""
    assert answer.body is not None
    way = "鹅被赵家的狗咬了找谁赔"
    written = row_of(answer, frame, ask="\n".join([*answer.body["ask"], way]))
    first, second = verdict(Kind.faq, new_answer, written)
    assert (first.verdict, second.verdict) == (Verdict.added, Verdict.changed)
    assert problem("alike_line", value=way, line=2, other=way) in [
        finding.text for finding in second.findings if not finding.stops
    ]
    assert not [finding for finding in first.findings if "第 3 行" in finding.text]


def test_somebody_of_one_city(
    verdict: Any, answer: Entry, point: Entry, frame: Frame, current: Current
) -> None:
    own = {"city_id": "zhongshan"}
    elsewhere = [problem("own_city", city="中山")]
    (one,) = verdict(Kind.place, row_of(point, frame, address="新的地址"), **own)
    assert one.verdict is Verdict.changed
    other = next(
        one
        for one in current[Kind.place].values()
        if one.body and one.body["city_id"] != "zhongshan"
    )
    (one,) = verdict(Kind.place, row_of(other, frame, address="新的地址"), **own)
    assert reasons(one) == elsewhere
    (one,) = verdict(Kind.place, row_of(other, frame), **own)
    assert one.verdict is Verdict.unchanged
    new = row_of(other, frame, id=None, version=None, address="新的地址")
    (one,) = verdict(Kind.place, new, **own)
    assert reasons(one) == elsewhere
    (one,) = verdict(Kind.faq, row_of(answer, frame, owner="新的组"), **own)
    assert reasons(one) == elsewhere
    text = {
        "city_text.zhongshan": "中山有自己的窗口。",
        "city_basis.zhongshan": "规划：中山：三（一）1",
    }
    (one,) = verdict(Kind.faq, row_of(answer, frame, **text), **own)
    assert one.verdict is Verdict.changed, reasons(one)
