"""Kept, grouped, settled, forgotten; and nothing in a row that leads to who asked."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from bot.clock import utcnow
from bot.gateway.gateway import Gateway
from bot.gateway.sweep import Sweep
from bot.settings import Settings
from bot.tables import UnansweredQuestion
from bot.unanswered import grouping
from bot.unanswered.asked import KEPT_DAYS, Door, Group, groups, record, settle
from bot.unanswered.grouping import alike
from knowledge.catalogue import Catalogue

GRAVE = "我家的坟被人挖了怎么办"


def ask(
    session: Session,
    *texts: str,
    city: str = "zhongshan",
    matter: str | None = "tort",
    ago: timedelta = timedelta(),
) -> None:
    for text in texts:
        before = set(session.scalars(select(UnansweredQuestion.id)))
        record(session, city, text, matter=matter, service=None, door=Door.chat)
        session.flush()
        new = set(session.scalars(select(UnansweredQuestion.id))) - before
        session.execute(
            update(UnansweredQuestion)
            .where(UnansweredQuestion.id.in_(new))
            .values(at=UnansweredQuestion.at if not ago else utcnow() - ago)
        )


def told(found: list[Group]) -> list[tuple[str, int]]:
    return [(group.text, group.count) for group in found]


def test_a_row_is_masked_and_names_nobody(any_database: Engine) -> None:
    with Session(any_database) as session, session.begin():
        record(
            session, "zhongshan", "我叫张伟，电话13800138000，坟被挖了",
            matter="tort", service="legal_consultation", door=Door.page,
        )  # fmt: skip
    with Session(any_database) as session:
        row = session.scalars(select(UnansweredQuestion)).one()
        assert row.text == "我叫某某，电话某号码，坟被挖了"
        assert (row.city_id, row.matter, row.service) == ("zhongshan", "tort", "legal_consultation")
        assert (row.door, row.settled_at, row.settled_by) == ("page", None, None)
        # no second of it can be laid beside a conversation
        assert (row.at.minute, row.at.second, row.at.microsecond) == (0, 0, 0)
        assert timedelta() <= utcnow() - row.at < timedelta(hours=1, minutes=1)
    columns = UnansweredQuestion.__table__.columns
    assert not [column.name for column in columns if column.foreign_keys]
    assert not [column.name for column in columns if "conversation" in column.name]


@pytest.mark.parametrize("text", ["", "?", "怎么办", "12 34", "。。。。。。", "🙂🙂🙂🙂"])
def test_what_is_hardly_a_question_is_left_out(any_database: Engine, text: str) -> None:
    with Session(any_database) as session, session.begin():
        record(session, "zhongshan", text, matter=None, service=None, door=Door.api)
        assert session.scalars(select(UnansweredQuestion)).all() == []


def test_a_flood_fills_no_disk(any_database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.unanswered.asked.MOST_AN_HOUR", 3)
    with Session(any_database) as session:
        for number in range(9):
            record(
                session,
                "zhongshan",
                f"第{number}个问题没有人答",
                matter=None,
                service=None,
                door=Door.api,
            )
        assert sum(group.count for group in groups(session, city_id=None, limit=99)) == 3


def test_nearly_the_same_words_are_one_group(any_database: Engine) -> None:
    with Session(any_database) as session, session.begin():
        ask(session, "邻居在楼顶养鸽子很臭", "请问邻居楼顶养鸽子很臭怎么办？", matter=None)
        ask(session, "邻居在楼顶养鸽子，很臭！", matter="land_neighbor")
        ask(session, GRAVE, "彩礼没办酒席要退吗")
        ask(session, "别人欠我8000元没有借条", "别人欠我3000元没有借条")
        found = groups(session, city_id=None, limit=10)
    assert told(found)[:2] == [("邻居在楼顶养鸽子很臭", 3), ("别人欠我3000元没有借条", 2)]
    assert {group.text for group in found[2:]} == {GRAVE, "彩礼没办酒席要退吗"}
    first = found[0]
    assert first.matter == "land_neighbor"
    assert len(first.ids) == 3
    assert len(set(first.ids)) == 3
    assert first.texts[0] == first.text
    assert len(first.texts) == 3
    assert groups_of(found, 1) == {GRAVE, "彩礼没办酒席要退吗"}


def groups_of(found: list[Group], count: int) -> set[str]:
    return {group.text for group in found if group.count == count}


def test_the_limit_and_five_wordings_at_most(any_database: Engine) -> None:
    with Session(any_database) as session, session.begin():
        ask(
            session,
            *(
                f"邻居在楼顶养鸽子很臭{end}"
                for end in ("", "啊", "。唉", "真的", "呀", "啦", "哦哦")
            ),
        )
        ask(session, GRAVE)
        (only,) = groups(session, city_id=None, limit=1)
    assert only.count == 7
    assert len(only.texts) == 5


def test_of_equal_groups_the_latest_is_first(any_database: Engine) -> None:
    with Session(any_database) as session, session.begin():
        ask(session, GRAVE, ago=timedelta(days=2))
        ask(session, "彩礼没办酒席要退吗", ago=timedelta(days=1))
        found = groups(session, city_id=None, limit=10)
    assert [group.text for group in found] == ["彩礼没办酒席要退吗", GRAVE]
    assert isinstance(found[0].last_at, datetime)


def test_a_city_sees_its_own(any_database: Engine) -> None:
    with Session(any_database) as session, session.begin():
        ask(session, GRAVE, GRAVE)
        ask(session, GRAVE, city="qingyuan")
        assert told(groups(session, city_id="zhongshan", limit=9)) == [(GRAVE, 2)]
        assert told(groups(session, city_id="qingyuan", limit=9)) == [(GRAVE, 1)]
        assert told(groups(session, city_id=None, limit=9)) == [(GRAVE, 3)]
        assert groups(session, city_id="nowhere", limit=9) == []


def test_what_is_settled_is_no_longer_shown(any_database: Engine) -> None:
    with Session(any_database) as session, session.begin():
        ask(session, GRAVE, GRAVE, "彩礼没办酒席要退吗")
        first = groups(session, city_id=None, limit=9)[0]
        assert settle(session, first.ids, "li") == 2
        # the second click changes nothing, and takes nobody's name away
        assert settle(session, first.ids, "wang") == 0
        assert settle(session, (), "wang") == 0
    with Session(any_database) as session:
        assert told(groups(session, city_id=None, limit=9)) == [("彩礼没办酒席要退吗", 1)]
        rows = session.scalars(
            select(UnansweredQuestion).where(UnansweredQuestion.id.in_(first.ids))
        ).all()
        assert {row.settled_by for row in rows} == {"li"}
        assert all(row.settled_at for row in rows)


def test_only_the_last_ninety_days_are_shown(any_database: Engine) -> None:
    with Session(any_database) as session, session.begin():
        ask(session, GRAVE, ago=timedelta(days=91))
        ask(session, GRAVE, ago=timedelta(days=89))
        assert told(groups(session, city_id=None, limit=9)) == [(GRAVE, 1)]


async def test_the_sweep_forgets_what_is_old(gateway: Gateway) -> None:
    def prepare(session: Session) -> None:
        ask(session, GRAVE, "彩礼没办酒席要退吗", ago=KEPT_DAYS + timedelta(hours=2))
        settle(session, [session.scalars(select(UnansweredQuestion.id)).all()[0]], "li")
        ask(session, "邻居在楼顶养鸽子很臭", ago=KEPT_DAYS - timedelta(days=1))

    await gateway.store.run(prepare)
    await Sweep(gateway, Settings(), frozenset({"web"})).forget()
    left = await gateway.store.look(
        lambda session: list(session.scalars(select(UnansweredQuestion.text)))
    )
    assert left == ["邻居在楼顶养鸽子很臭"]


def test_what_differs_little_from_its_neighbour_is_no_chain() -> None:
    """Each is compared with the one that leads, so that the ends of a chain stay apart."""
    letters = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
    texts = [letters[at : at + 8] for at in range(len(letters) - 8)]
    lead = alike(texts)
    assert len(set(lead)) > 2
    for text, leader in zip(texts, (texts[at] for at in lead), strict=True):
        assert set(text) & set(leader)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """As many entries as two texts were held side by side."""
    found: list[int] = []
    likeness = grouping._likeness

    def counted(one: frozenset[str], other: frozenset[str]) -> float:
        found.append(len(one))
        return likeness(one, other)

    monkeypatch.setattr(grouping, "_likeness", counted)
    return found


def test_five_thousand_are_not_all_compared_with_each_other(
    catalogue: Catalogue, compared: list[int]
) -> None:
    ways = [way for item in catalogue.faq.values() for way in (item.title, *item.ask)]
    draw = random.Random(7)
    ends = ["怎么办", "吗", "请问", "，公司不管", "，老板不理", "，我在小榄", "多少钱"]
    texts = [draw.choice(ways) + draw.choice(ends) for _ in range(5000)]
    lead = alike(texts)
    assert len(set(lead)) < len(texts)
    assert len(compared) < len(texts) * 10


def test_gibberish_holds_nobody_up(compared: list[int]) -> None:
    draw = random.Random(7)
    letters = "老板工资不给欠钱离婚房子租押金退公司合同赔偿"
    texts = ["".join(draw.choices(letters, k=200)) for _ in range(5000)]
    alike([*texts, texts[0]])
    assert len(compared) < grouping.COMPARED_AT_MOST + len(texts)


def test_where_comparing_ends_equal_words_are_still_one_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(grouping, "COMPARED_AT_MOST", 0)
    assert alike([GRAVE, "请问" + GRAVE, "我家坟被人挖了"]) == [0, 0, 2]
