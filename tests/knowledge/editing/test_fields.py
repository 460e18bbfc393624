"""A text becomes a value or a refusal, and a value its text again: for each field and each kind."""

from __future__ import annotations

import ast
import json
import string
import unicodedata
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

import knowledge.editing
from knowledge.editing import reading
from knowledge.editing.fields import LONGEST_LINE, Widget, fields, read_body, write_body
from knowledge.editing.frame import Choices, Frame
from knowledge.editing.kinds import SHAPES, Body, Kind, body_of
from knowledge.editing.reading import Read, Write
from knowledge.editing.words import Misread, editing_words, problem, said
from knowledge.law.library import laws

quick = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
many = settings(quick, max_examples=400)
Texts = dict[str, str]


def bodies(database: Engine, kind: Kind) -> dict[str, Body]:
    with Session(database) as session:
        rows = session.scalars(select(SHAPES[kind].table))
        return {row.id: body_of(kind, row) for row in rows}


# whole bodies


@pytest.mark.parametrize("kind", [Kind.faq, Kind.place])
def test_everything_shipped_comes_back_as_it_was(
    database: Engine, frame: Frame, kind: Kind
) -> None:
    shipped = bodies(database, kind)
    assert len(shipped) > 100
    for id_, body in shipped.items():
        read = read_body(kind, write_body(kind, body, frame), frame)
        assert not read.problems, id_
        assert read.body == body, id_


def test_a_person_comes_back(frame: Frame) -> None:
    for body in (person(frame), person(frame) | BARE):
        read = read_body(Kind.person, write_body(Kind.person, body, frame), frame)
        assert (read.body, read.problems) == (body, ())


BARE: Body = {
    "point_id": None, "organisation": None, "phone": None, "services": [], "note": None,
    "shown": False, "verified": False,
}  # fmt: skip


def person(frame: Frame) -> Body:
    return {
        "name": "李律师", "city_id": "zhongshan", "role": editing_words()["roles"][0],
        "point_id": "point.442000118", "organisation": "某某律师事务所", "phone": "0760-88880600",
        "services": ["legal_consultation"], "note": "周三在", "shown": True, "source": "本人确认",
        "as_of": "2026-11", "verified": True,
    }  # fmt: skip


@pytest.mark.parametrize("kind", Kind)
def test_a_body_holds_every_column_of_its_kind_and_plain_json(frame: Frame, kind: Kind) -> None:
    read = read_body(kind, minimal(kind, frame), frame)
    assert read.problems == ()
    assert read.body is not None
    assert set(read.body) == set(SHAPES[kind].columns)
    assert json.loads(json.dumps(read.body)) == read.body


@pytest.mark.parametrize("kind", Kind)
def test_every_field_that_is_needed_is_named_at_once(frame: Frame, kind: Kind) -> None:
    needed = [field.name for field in fields(kind, frame) if field.needed]
    read = read_body(kind, dict.fromkeys(needed, " \r\n\t "), frame)
    assert read.body is None
    assert [one.field for one in read.problems] == needed
    assert {one.text for one in read.problems} == {said("needed", {})}


def test_each_wrong_field_is_named(frame: Frame) -> None:
    texts = minimal(Kind.place, frame) | {"phone": "没有", "lat": "北", "verified": "也许"}
    named = [one.field for one in read_body(Kind.place, texts, frame).problems]
    assert named == ["phone", "lat", "verified"]


@pytest.mark.parametrize("kind", Kind)
def test_every_field_has_a_name_and_says_how_long_it_may_be(frame: Frame, kind: Kind) -> None:
    for field in fields(kind, frame):
        assert field.title
        assert "{" not in field.title + field.help
        if field.widget is Widget.choice or field.widget is Widget.ranked:
            assert field.choices
        if not field.needed:
            texts = minimal(kind, frame) | {field.name: "字" * (field.longest + 1)}
            assert field.name in {one.field for one in read_body(kind, texts, frame).problems}


def test_a_form_and_a_sheet_break_lines_in_their_own_ways(frame: Frame) -> None:
    texts = minimal(Kind.faq, frame)
    for broken in ("\r\n", "\r", "\n", "\n\n", " \r\n "):
        body = read_body(Kind.faq, texts | {"steps": f"\t甲{broken}乙 "}, frame).body
        assert body is not None
        assert body["steps"] == ["甲", "乙"]


def test_a_field_of_one_line_holds_no_other(frame: Frame) -> None:
    body = read_body(Kind.person, minimal(Kind.person, frame) | {"name": "李\r\n律师\t甲"}, frame)
    assert body.body is not None
    assert body.body["name"] == "李 律师 甲"


def test_hours_that_are_only_words_are_no_data(frame: Frame) -> None:
    texts = minimal(Kind.place, frame)
    bare = read_body(Kind.place, texts | {"on_holidays": "放假"}, frame).body
    assert bare is not None
    assert bare["opening"] is None
    for label, value in (("放假", "closed"), ("照常", "open"), ("不知道", None), ("", None)):
        with_hours = texts | {"opening": "周一至周五 9:00-12:00", "on_holidays": label}
        body = read_body(Kind.place, with_hours, frame).body
        assert body is not None
        assert body["opening"]["holidays"] == value


def test_a_city_s_text_without_its_basis_is_kept_for_the_rules(frame: Frame) -> None:
    texts = minimal(Kind.faq, frame) | {"city_text.zhongshan": "先打电话。"}
    body = read_body(Kind.faq, texts, frame).body
    assert body is not None
    assert body["cities"] == {"zhongshan": {"text": "先打电话。", "citations": []}}


def minimal(kind: Kind, frame: Frame) -> Texts:
    """Every needed field filled, no other."""
    first = {
        "as_of": "2026", "effective_from": "2026-01-01", "review_by": "2027-01-01",
        "citations": "民法典第三条", "region_id": "442000118",
    }  # fmt: skip
    return {
        field.name: first.get(field.name)
        or (next(iter(field.choices.values)) if field.choices else "字")
        for field in fields(kind, frame)
        if field.needed
    }


# each reader gives back what was written

# letters and signs that can be seen
signs = st.characters(
    exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs", "Cf", "Cn", "Co"),
    exclude_characters="\u115f\u1160\u3164\uffa0\ufffd",
)
words = st.text(signs, min_size=1, max_size=20).filter(
    lambda text: not any(sign in text for sign in "<=@＝＠:：()（）")
)
rows = st.lists(words, min_size=1, max_size=8, unique=True)
moments = st.integers(0, 24 * 60 - 1).map(lambda at: f"{at // 60:02}:{at % 60:02}")
span = st.builds(
    lambda days, hours: {"days": sorted(days), "from": min(hours), "to": max(hours)},
    st.sets(st.integers(1, 7), min_size=1),
    st.lists(moments, min_size=2, max_size=2, unique=True),
)
TEXT: tuple[Read, Write] = (reading.plain, reading.as_it_is)
LINES: tuple[Read, Write] = (reading.lines, reading.written_lines)
MATERIALS: tuple[Read, Write] = (reading.materials, reading.written_materials)
SPANS: tuple[Read, Write] = (reading.spans, reading.written_spans)
CITATIONS: tuple[Read, Write] = (reading.citations, reading.written_citations)
DAY: tuple[Read, Write] = (reading.day, reading.as_it_is)
AS_OF: tuple[Read, Write] = (reading.as_of, reading.as_it_is)
NUMBER: tuple[Read, Write] = (reading.number, reading.as_it_is)
PHONE: tuple[Read, Write] = (reading.phone, reading.as_it_is)
YES_NO: tuple[Read, Write] = (reading.yes_no, reading.written_yes_no)
RANKED = reading.ranked(lambda frame: frame.matters)
CHOSEN = reading.choice(lambda frame: frame.shelves)
READERS = {
    "plain": TEXT, "lines": LINES, "materials": MATERIALS, "spans": SPANS,
    "citations": CITATIONS, "day": DAY, "as_of": AS_OF, "number": NUMBER, "phone": PHONE,
    "yes_no": YES_NO, "ranked": RANKED, "choice": CHOSEN,
}  # fmt: skip


def back(pair: tuple[Read, Write], value: Any, frame: Frame) -> Any:
    read, write = pair
    return read(write(value, frame), frame)


@quick
@given(value=rows)
def test_lines_come_back(frame: Frame, value: list[str]) -> None:
    assert back(LINES, value, frame) == value


@quick
@given(
    value=st.lists(
        st.fixed_dictionaries(
            {"name": words, "need": st.sampled_from(["needed", "have_it_bring_it"])}
        ),
        min_size=1,
        unique_by=lambda one: (one["name"], one["need"]),
    )
)
@example(value=[{"name": "身份证：原件", "need": "needed"}])
def test_materials_come_back(frame: Frame, value: list[dict[str, str]]) -> None:
    assert back(MATERIALS, value, frame) == value


@many
@given(value=st.lists(span, min_size=1, max_size=5))
@example(
    value=[
        {"days": [1, 2], "from": "09:00", "to": "12:00"},
        {"days": [6], "from": "09:00", "to": "12:00"},
        {"days": [1, 2], "from": "14:00", "to": "17:00"},
    ]
)
def test_hours_come_back(frame: Frame, value: list[dict[str, Any]]) -> None:
    assert back(SPANS, value, frame) == value


@st.composite
def basis(draw: st.DrawFn) -> dict[str, str]:
    kind = draw(st.sampled_from(["law", "law", "plan", "local"]))
    if kind == "law":
        law = draw(st.sampled_from(sorted(set(laws().spoken.values()))))
        return {"type": kind, "law": law, "article": f"第{draw(st.sampled_from(NUMBERS))}"}
    if kind == "plan":
        city = draw(st.sampled_from(["zhongshan", "qingyuan", "lianyungang"]))
        place = draw(st.sampled_from(["三（一）1", "第二章第三节", "附件：表2", "专栏 3"]))
        return {"type": kind, "city": city, "place": place}
    return {"type": kind, "fact": f"fact.{draw(st.integers(1, 16)):03}"}


NUMBERS = ["一条", "十条", "十九条", "二十条", "一百零一条", "二百三十四条之一", "一千二百六十条"]


@many
@given(
    value=st.lists(basis(), min_size=1, max_size=6, unique_by=lambda one: str(sorted(one.items())))
)
def test_a_basis_comes_back(frame: Frame, value: list[dict[str, str]]) -> None:
    assert back(CITATIONS, value, frame) == value


@quick
@given(data=st.data())
def test_an_order_comes_back(frame: Frame, data: st.DataObject) -> None:
    ids = st.lists(st.sampled_from(sorted(frame.matters.labels)), min_size=1, unique=True)
    value = data.draw(ids)
    assert back(RANKED, value, frame) == value


def valid(number: str) -> bool:
    return phonenumbers.is_valid_number(phonenumbers.parse(number, "CN"))


AREAS = ["0760", "0518", "010", "020"]


@quick
@given(
    value=st.lists(
        st.one_of(
            st.builds(
                lambda area, own: f"{area}-{own}",
                st.sampled_from(AREAS),
                st.integers(22_000_000, 88_999_999),
            ).filter(valid),
            st.integers(10_000_000, 99_999_999).map(lambda own: f"138{own}").filter(valid),
            st.sampled_from(sorted(reading.SHORT_NUMBERS)),
            st.sampled_from(
                ["预约电话 0763-3364604", "0760-88880600（上班时间）", "+86 760 88880600",
                 "0760-88880600转8001"]
            ),
        ),
        min_size=1,
        max_size=4,
    ).map("、".join)
)  # fmt: skip
def test_a_number_that_can_be_dialled_comes_back(frame: Frame, value: str) -> None:
    assert back(PHONE, value, frame) == value


@quick
@given(value=st.dates())
def test_days_come_back(frame: Frame, value: date) -> None:
    assert back(DAY, value.isoformat(), frame) == value.isoformat()
    for written in (value.isoformat(), value.isoformat()[:7], value.isoformat()[:4]):
        assert back(AS_OF, written, frame) == written


@quick
@given(value=st.floats(-180, 180, allow_nan=False))
def test_numbers_come_back(frame: Frame, value: float) -> None:
    assert back(NUMBER, value, frame) == value


@pytest.mark.parametrize(
    "name",
    ["cities", "services", "desks", "matters", "shelves", "limits", "place_kinds", "roles",
     "points"],
)  # fmt: skip
def test_every_name_that_can_be_chosen_is_the_only_one(frame: Frame, name: str) -> None:
    choices: Choices = getattr(frame, name)
    assert len(choices.values) == len(choices.labels)
    for value, label in choices.labels.items():
        assert choices.read(label) == choices.read(value) == value


def test_every_division_is_found_by_what_is_written_for_it(frame: Frame) -> None:
    for code in frame.catalogue.atlas.regions:
        assert frame.region(frame.region_label(code)) == code


# each reader reads, or refuses in words

hostile = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            ["<script>", "＜script＞", "</a", "javascript:", "=1+1", "＝", "@x", "＠", "\r", "\n",
             "\t", "\x00", "\x85", "\x9b", "\u2028", "\u202e", "\ud800", "\ufeff", "\u200b",
             "\u2060", "\u3164",
             "必须带：", "有就带上:", "身份证", "规划：中山：", "本地规定：", "fact.001", "民法典",
             "第三条", "第亿亿条", "第〇条", "第0条之一", "第九千九百九十九条", "周一", "至",
             "９:00-12:00", "24:00", "9:00-8:00", "٢٠٢٦", "2026-13", "2026-02-30", "0760-88880600",
             "８８", "、", "；", "（", "）", "(", "+86", "abc", "转", "nan", "inf", "1e3", "1_0",
             "labor", "劳动", "（labor）", "point.442000118", "小榄镇", "太平镇", " "]
        ),
        max_size=8,
    ).map("".join),
)  # fmt: skip


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts_in(one)


def harmless(text: str) -> bool:
    controls = [sign for sign in text if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")]
    return (
        set(controls) <= {"\n"}
        and "<script" not in text.casefold()
        and not any(row.strip().startswith(("=", "@", "＝", "＠")) for row in text.splitlines())
    )


@pytest.mark.parametrize("name", READERS)
@many
@given(text=hostile)
@example(text="甲\r=1+1")
@example(text="必须带：=1+1")
@example(text="规划：中山：@x")
@example(text="规划：中山：")
@example(text="甲\x85=1+1")
@example(text="、、")
@example(text="٢٠٢٦")
def test_a_reader_reads_or_refuses(frame: Frame, name: str, text: str) -> None:
    read, write = READERS[name]
    try:
        value = read(text, frame)
    except Misread as wrong:
        assert said(wrong.key, wrong.values)  # noqa: PT017
        return
    assert all(harmless(one) for one in texts_in(value))
    if value not in ([], ""):
        assert read(write(value, frame), frame) == value


@pytest.mark.parametrize("kind", Kind)
@quick
@given(data=st.data())
def test_whatever_is_written_a_body_is_harmless_or_none(
    frame: Frame, kind: Kind, data: st.DataObject
) -> None:
    of = fields(kind, frame)
    spoiled = st.dictionaries(st.sampled_from([field.name for field in of]), hostile, max_size=4)
    read = read_body(kind, minimal(kind, frame) | data.draw(spoiled), frame)
    assert (read.body is None) == bool(read.problems)
    if read.body is not None:
        assert all(harmless(one) for one in texts_in(read.body))
        assert read_body(kind, write_body(kind, read.body, frame), frame).body == read.body


@pytest.mark.parametrize(
    ("reader", "text", "key"),
    [
        ("plain", "点<script>这里", "code"),
        ("plain", "JavaScript :alert(1)", "code"),
        ("plain", "甲\n =HYPERLINK(1)", "formula"),
        ("plain", "＠某人", "formula"),
        ("plain", "甲\u202e乙", "unwritable"),
        ("plain", "甲\x85乙", "unwritable"),
        ("lines", "甲\n乙\n甲", "twice"),
        ("ranked", "劳动争议、欠薪、工伤\nlabor", "twice"),
        ("ranked", "打官司打官司", "choice_many"),
        ("yes_no", "对", "yes_no"),
        ("day", "2026年1月1日", "day"),
        ("day", "2026-02-30", "day"),
        ("as_of", "去年", "as_of"),
        ("as_of", "2026-13", "as_of"),
        ("number", "北纬22", "number"),
        ("number", "1_0", "number"),
        ("number", "nan", "number"),
        ("number", "181", "number"),
        ("materials", "身份证", "material"),
        ("materials", "必须带：", "material"),
        ("citations", "民法典", "citation"),
        ("citations", "民法典第三条第四条", "citation"),
        ("citations", "看民法典第三条", "citation"),
        ("citations", "规划：中山：", "citation"),
        ("citations", "规划：珠海：三", "no_city"),
        ("citations", "本地规定：fact.999", "no_fact"),
        ("phone", "88881234", "phone"),
        ("phone", "、", "phone"),
        ("phone", "0760-8888abcd", "phone"),
        ("phone", "+1 202 456 1111", "phone"),
        ("spans", "每天 9:00-12:00", "opening"),
        ("spans", "周一 12:00-9:00", "opening"),
        ("spans", "周一 9:00-25:00", "opening"),
        ("spans", "周五至周一 9:00-12:00", "opening"),
        ("spans", "周一 9:00-12:00 上午", "opening"),
    ],
)
def test_what_is_wrong_is_said(frame: Frame, reader: str, text: str, key: str) -> None:
    if reader == "ranked":
        text = text.replace("劳动争议、欠薪、工伤", frame.matters.write("labor"))
    with pytest.raises(Misread) as wrong:
        READERS[reader][0](text, frame)
    assert wrong.value.key == key


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        ("phone", "０７６０－８８８８０６００", "0760-88880600"),
        ("day", "２０２６-０１-０２", "2026-01-02"),
        ("number", "２２.５", 22.5),
        ("materials", "必须带:  身份证", [{"name": "身份证", "need": "needed"}]),
        (
            "citations",
            "《中华人民共和国民法典》第3条",
            [{"type": "law", "law": "民法典", "article": "第三条"}],
        ),
        ("citations", "规划：中山市：三（一）1", [
            {"type": "plan", "city": "zhongshan", "place": "三（一）1"}
        ]),
        ("spans", "星期一、周三 9：00—12：00，14:00至17:30", [
            {"days": [1, 3], "from": "09:00", "to": "12:00"},
            {"days": [1, 3], "from": "14:00", "to": "17:30"},
        ]),
        ("spans", "周六至周天 9:00~10:00", [{"days": [6, 7], "from": "09:00", "to": "10:00"}]),
    ],
)  # fmt: skip
def test_people_write_in_their_own_way(frame: Frame, reader: str, text: str, value: Any) -> None:
    assert READERS[reader][0](text, frame) == value


@pytest.mark.parametrize(
    ("text", "key"), [("月亮镇", "region"), ("太平镇", "region_several"), ("（999）", "region")]
)
def test_a_division_that_is_not_one(frame: Frame, text: str, key: str) -> None:
    with pytest.raises(Misread) as wrong:
        frame.region(text)
    assert wrong.value.key == key
    assert said(key, wrong.value.values)


def test_a_point_is_named_by_its_number(frame: Frame) -> None:
    texts = minimal(Kind.person, frame)
    for text, id_ in (
        ("point.442000118", "point.442000118"),
        ("（point.442000118）", "point.442000118"),
    ):
        body = read_body(Kind.person, texts | {"point_id": text}, frame).body
        assert body is not None
        assert body["point_id"] == id_
    read = read_body(Kind.person, texts | {"point_id": "小榄"}, frame)
    assert [one.text for one in read.problems] == [said("point", {"value": "小榄"})]


def test_too_long_says_by_how_much(frame: Frame) -> None:
    texts = minimal(Kind.person, frame) | {"name": "李" * (LONGEST_LINE + 1)}
    assert [one.text for one in read_body(Kind.person, texts, frame).problems] == [
        said("too_long", {"most": LONGEST_LINE, "n": LONGEST_LINE + 1})
    ]


# the words

PROBLEMS: dict[str, str] = editing_words()["problems"]
TREES = [
    ast.parse(file.read_text(encoding="utf-8"))
    for file in sorted(Path(str(knowledge.editing.__file__)).parent.glob("*.py"))
]


def raised() -> dict[str, list[set[str]]]:
    """key → the names given each time: Misread("key", …), problem(field, "key", …)."""
    found: dict[str, list[set[str]]] = {}
    for tree in TREES:
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", "")
            at = {Misread.__name__: 0, problem.__name__: 1}.get(name)
            if at is None or len(node.args) <= at or not isinstance(node.args[at], ast.Constant):
                continue
            key = node.args[at]
            assert isinstance(key, ast.Constant)
            names = {word.arg for word in node.keywords if word.arg} - {"stops"}
            found.setdefault(str(key.value), []).append(names)
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_message_is_used_and_every_message_asked_for_exists() -> None:
    assert set(raised()) == set(PROBLEMS)


@pytest.mark.parametrize("key", sorted(PROBLEMS))
def test_every_place_to_fill_is_filled(key: str) -> None:
    for names in raised()[key]:
        assert placeholders(PROBLEMS[key]) == names


def test_every_field_has_words_and_no_words_are_left_over(frame: Frame) -> None:
    for kind in Kind:
        named = {field.name.partition(".")[0] for field in fields(kind, frame)}
        assert set(editing_words()["fields"][kind]) == named
    assert set(editing_words()["kinds"]) == set(Kind)
