"""What stops a body and what is only worth a look: shipped ones, each spoiled in one point."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from knowledge.editing.frame import Frame
from knowledge.editing.kinds import SHAPES, Body, Kind, body_of
from knowledge.editing.rules import MOST_WAYS, check, only_own_city
from knowledge.editing.words import Problem, editing_words, problem
from tests.knowledge.law_package import REVIEWED

ANSWER, PLACE = "labor.wages_unpaid", "point.441800"
XIAOLAN = "point.442000118"
Spoil = Callable[[Body], object]


@pytest.fixture(scope="module")
def shipped(database: Engine) -> Callable[[Kind, str], Body]:
    def find(kind: Kind, id_: str) -> Body:
        with Session(database) as session:
            return body_of(kind, session.get_one(SHAPES[kind].table, id_))

    return find


@pytest.fixture
def answer(shipped: Callable[[Kind, str], Body]) -> Body:
    return copy.deepcopy(shipped(Kind.faq, ANSWER))


@pytest.fixture
def place(shipped: Callable[[Kind, str], Body]) -> Body:
    return copy.deepcopy(shipped(Kind.place, PLACE))


@pytest.fixture
def person() -> Body:
    return {
        "name": "李律师", "city_id": "zhongshan", "role": editing_words()["roles"][0],
        "point_id": XIAOLAN, "organisation": None, "phone": None, "services": [], "note": None,
        "shown": True, "source": "本人确认", "as_of": "2026", "verified": True,
    }  # fmt: skip


def law(article: str, name: str = "民法典") -> dict[str, str]:
    return {"type": "law", "law": name, "article": article}


def local(fact: str) -> dict[str, str]:
    return {"type": "local", "fact": fact}


def own_text(text: str, *citations: dict[str, str]) -> Spoil:
    return lambda body: body["cities"].update(
        zhongshan={"text": text, "citations": list(citations)}
    )


def into(**values: Any) -> Spoil:
    return lambda body: body.update(values)


def test_what_is_shipped_has_nothing_wrong(
    frame: Frame, answer: Body, place: Body, person: Body
) -> None:
    assert check(Kind.faq, ANSWER, answer, frame, REVIEWED) == []
    assert check(Kind.place, PLACE, place, frame, REVIEWED) == []
    assert check(Kind.person, "staff.person.1", person, frame, REVIEWED) == []


SPOILED: dict[str, tuple[Spoil, list[Problem]]] = {
    "no title": (
        into(title="字"),
        [problem("title", "length", least=2, most=24, n=1)],
    ),
    "a long title": (
        into(title="老" * 25),
        [problem("title", "length", least=2, most=24, n=25)],
    ),
    "a short answer": (
        into(answer="找劳动监察。"),
        [problem("answer", "length", least=25, most=100, n=6)],
    ),
    "a long answer": (
        into(answer="可以去找劳动监察大队" * 11),
        [problem("answer", "length", least=25, most=100, n=110)],
    ),
    "one step": (
        into(steps=["打电话问。"]),
        [problem("steps", "count", least=2, most=5, n=1)],
    ),
    "six steps": (
        into(steps=[f"第{n}步。" for n in "甲乙丙丁戊己"]),
        [problem("steps", "count", least=2, most=5, n=6)],
    ),
    "a long step": (
        into(steps=["打电话问。", "写" * 66]),
        [problem("steps", "long_line", line=2, n=66, most=65)],
    ),
    "hardly a way of asking": (
        into(ask=["星星亮不亮", "月亮圆不圆"]),
        [problem("ask", "count", least=3, most=MOST_WAYS, n=2)],
    ),
    "few ways of asking": (
        into(ask=["星星亮不亮", "月亮圆不圆", "太阳热不热"]),
        [problem("ask", "few_ways", n=3, stops=False)],
    ),
    "no basis": (
        into(citations=[], limits=[], answer="可以去找劳动监察大队，也可以申请劳动仲裁或者起诉。",
             steps=["打电话问。", "带上材料去。"], fee=None, takes=None),
        [problem("citations", "no_basis")],
    ),
    "an article that does not exist": (
        lambda body: body["citations"].append(law("第一千二百六十一条")),
        [problem("citations", "no_article", value="民法典第一千二百六十一条")],
    ),
    "a law that does not exist": (
        lambda body: body["citations"].append(law("第一条", "月亮法")),
        [problem("citations", "no_article", value="月亮法第一条")],
    ),
    "a law that was repealed": (
        lambda body: body["citations"].append(law("第一条", "合同法")),
        [problem("citations", "no_article", value="合同法第一条")],
    ),
    "a local rule that is gone": (
        lambda body: body["citations"].append(local("fact.999")),
        [problem("citations", "no_fact", value="fact.999")],
    ),
    "a city's text without its basis": (
        own_text("先打电话问。"),
        [problem("city_basis.zhongshan", "city_basis", city="中山")],
    ),
    "a city's basis without its text": (
        own_text("", local("fact.001")),
        [problem("city_text.zhongshan", "city_alone", city="中山")],
    ),
    "a city's article that does not exist": (
        own_text("先打电话问。", law("第九千条")),
        [problem("city_basis.zhongshan", "no_article", value="民法典第九千条")],
    ),
    "a city's promise": (
        own_text("保证能拿到。", local("fact.001")),
        [problem("city_text.zhongshan", "promise", value="保证")],
    ),
    "a city's telephone": (
        own_text("2026年起打0760-88880600。", local("fact.001")),
        [problem("city_text.zhongshan", "digits", value="88880600")],
    ),
    "a review in the past": (
        into(review_by="2026-11-25"),
        [problem("review_by", "review_past")],
    ),
    "a review today": (
        into(review_by=REVIEWED.isoformat()),
        [problem("review_by", "review_past")],
    ),
    "a review before it holds": (
        into(review_by="2027-01-01", effective_from="2027-01-01"),
        [problem("review_by", "review_order")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILED)
def test_an_answer_spoiled_in_one_point(frame: Frame, answer: Body, case: str) -> None:
    spoil, expected = SPOILED[case]
    spoil(answer)
    assert check(Kind.faq, ANSWER, answer, frame, REVIEWED) == expected


@pytest.mark.parametrize("word", editing_words()["promises"])
def test_no_promise_in_any_part(frame: Frame, answer: Body, word: str) -> None:
    expected = problem("answer", "promise", value=word)
    for part in ("fee", "takes"):
        assert expected in check(Kind.faq, ANSWER, answer | {part: word}, frame, REVIEWED)
    steps = [*answer["steps"][:-1], f"{word}拿到钱。"]
    assert check(Kind.faq, ANSWER, answer | {"steps": steps}, frame, REVIEWED) == [expected]


@pytest.mark.parametrize(
    ("fee", "found"),
    [
        ("打 12348 问", []),
        ("打110、12345", []),
        ("交 50 元", []),
        ("交 2600 元", [problem("answer", "digits", value="2600", stops=False)]),
        ("打 13800138000", [problem("answer", "digits", value="13800138000")]),
    ],
)
def test_a_number_of_its_own(frame: Frame, answer: Body, fee: str, found: list[Problem]) -> None:
    assert check(Kind.faq, ANSWER, answer | {"fee": fee}, frame, REVIEWED) == found


@pytest.mark.parametrize("verified", [True, False])
def test_a_time_that_stands_nowhere(frame: Frame, answer: Body, verified: bool) -> None:
    answer |= {"takes": "97天", "verified": verified}
    assert check(Kind.faq, ANSWER, answer, frame, REVIEWED) == [
        problem("answer", "times", value="九十七天", stops=verified)
    ]


def test_a_time_counts_as_it_is_meant(frame: Frame, answer: Body) -> None:
    """日 and 天, figures and numerals, and what stands in a limit or in a local rule."""
    answer |= {"citations": [law("第一千零七十七条")], "limits": [], "answer": "甲" * 30,
               "steps": ["打电话。", "去问。"], "fee": None, "takes": "30天，一天"}  # fmt: skip
    assert check(Kind.faq, ANSWER, answer, frame, REVIEWED) == []
    answer["citations"] = [law("第三条")]
    assert [one.field for one in check(Kind.faq, ANSWER, answer, frame, REVIEWED)] == ["answer"]
    limit = next(
        limit for limit in frame.catalogue.limits.values() if limit.law == "劳动争议调解仲裁法"
    )
    answer |= {"takes": limit.text, "limits": [limit.id]}
    assert check(Kind.faq, ANSWER, answer, frame, REVIEWED) == []


def test_a_basis_that_lies_in_a_draft_of_old_does_not_break_the_check(
    frame: Frame, answer: Body
) -> None:
    answer |= {"limits": ["labor.gone"], "cities": {"gone": {"text": "甲", "citations": []}}}
    fields = {one.field for one in check(Kind.faq, ANSWER, answer, frame, REVIEWED)}
    assert {"city_basis.gone", "limits"} <= fields


def test_what_another_answer_is_asked_by_is_worth_a_look(
    frame: Frame, answer: Body, shipped: Callable[[Kind, str], Body]
) -> None:
    other = next(id_ for id_ in frame.catalogue.faq if id_ != ANSWER)
    way = shipped(Kind.faq, other)["ask"][0]
    answer["ask"][0] = way + "？"
    found = check(Kind.faq, ANSWER, answer, frame, REVIEWED)
    assert problem("ask", "alike", value=f"{way}？", other=way, id=other, stops=False) in found
    assert not any(one.stops for one in found)
    # its own words are no copy; as another answer they are
    assert check(Kind.faq, other, shipped(Kind.faq, other), frame, REVIEWED) == []
    copied = check(Kind.faq, "labor.new", shipped(Kind.faq, other), frame, REVIEWED)
    assert {one.text.rpartition("（")[2] for one in copied} == {f"{other}）。"}


def test_the_law_of_the_day_counts(frame: Frame, answer: Body) -> None:
    answer |= {"citations": [law("第一条")], "review_by": "2027-01-01"}
    before = check(Kind.faq, ANSWER, answer, frame, date(2020, 12, 31))
    assert problem("citations", "no_article", value="民法典第一条") in before
    after = check(Kind.faq, ANSWER, answer, frame, date(2021, 1, 1))
    assert problem("citations", "no_article", value="民法典第一条") not in after


QINGYUAN = {"lat": 23.70, "lng": 113.05}
HOURS = {"weekly": [{"days": [1], "from": "09:00", "to": "12:00"}], "holidays": None}
PLACES: dict[str, tuple[Spoil, list[Problem]]] = {
    "in its city": (into(**QINGYUAN), []),
    "not known where": (into(lat=None, lng=None), []),
    "half a position": (into(lat=23.70, lng=None), [problem("lat", "lat_lng")]),
    "the other half": (into(lat=None, lng=113.05), [problem("lat", "lat_lng")]),
    "turned round": (into(lat=113.05, lng=23.70), [problem("lat", "outside", city="清远市")]),
    "in another city": (into(lat=22.517, lng=113.385), [problem("lat", "outside", city="清远市")]),
    "on the equator": (into(lat=0.0, lng=0.0), [problem("lat", "outside", city="清远市")]),
    "a region of another city": (
        into(region_id="442000118", lat=None, lng=None),
        [problem("region_id", "region_city")],
    ),
    "a region that is gone": (into(region_id="999"), [problem("region_id", "region_city")]),
    "hours only for the machine": (
        into(opening=HOURS, hours=None),
        [problem("hours", "opening_no_hours")],
    ),
    "hours for both": (into(opening=HOURS, hours="周一上午"), []),
    "verified with nothing": (
        into(phone=None, address=None, hours=None, opening=None, verified=True),
        [problem("verified", "verified_nothing", stops=False)],
    ),
    "unverified with nothing": (
        into(phone=None, address=None, hours=None, opening=None, verified=False), []
    ),
    "verified with a telephone": (
        into(phone="0763-3364604", address=None, hours=None, opening=None, verified=True), []
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PLACES)
def test_a_place_spoiled_in_one_point(frame: Frame, place: Body, case: str) -> None:
    spoil, expected = PLACES[case]
    spoil(place)
    assert check(Kind.place, PLACE, place, frame, REVIEWED) == expected


@pytest.mark.parametrize(
    ("values", "stops"),
    [
        ({"point_id": None}, False),
        ({"point_id": XIAOLAN}, False),
        ({"point_id": PLACE}, True),
        ({"point_id": "point.gone"}, True),
        ({"city_id": "qingyuan"}, True),
        ({"city_id": "qingyuan", "point_id": PLACE}, False),
    ],
)
def test_a_person_is_at_a_point_of_the_own_city(
    frame: Frame, person: Body, values: Body, stops: bool
) -> None:
    expected = [problem("point_id", "point_city")] if stops else []
    assert check(Kind.person, "staff.person.1", person | values, frame, REVIEWED) == expected


# who keeps one city


def test_of_an_answer_only_the_own_city_s_text(answer: Body) -> None:
    own = answer | {"cities": {**answer["cities"], "zhongshan": {"text": "甲", "citations": []}}}
    assert only_own_city(Kind.faq, answer, own, "zhongshan")
    assert only_own_city(Kind.faq, own, answer | {"cities": {}}, "zhongshan")
    assert only_own_city(Kind.faq, answer, answer, "zhongshan")
    assert not only_own_city(Kind.faq, answer, own, "qingyuan")
    assert not only_own_city(Kind.faq, None, own, "zhongshan")
    for name in SHAPES[Kind.faq].columns:
        if name != "cities":
            assert not only_own_city(Kind.faq, answer, own | {name: "另外的"}, "zhongshan"), name


def test_only_the_own_places_and_people(place: Body, person: Body) -> None:
    assert only_own_city(Kind.place, None, place, "qingyuan")
    assert only_own_city(Kind.place, place, place | {"name": "乙"}, "qingyuan")
    assert not only_own_city(Kind.place, None, place, "zhongshan")
    # neither taken from another city nor given to one
    away = place | {"city_id": "zhongshan"}
    assert not only_own_city(Kind.place, place, away, "zhongshan")
    assert not only_own_city(Kind.place, place, away, "qingyuan")
    assert only_own_city(Kind.person, person, person | {"name": "王律师"}, "zhongshan")
    assert not only_own_city(Kind.person, person, person, "lianyungang")
