"""Drafts and versions on both databases: what residents see, who was faster, and new editions."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from knowledge import tables
from knowledge.boundaries import Boundaries
from knowledge.catalogue import Catalogue, LiveCatalogue
from knowledge.china import today
from knowledge.content_files import DATA, Row
from knowledge.contract import place_shape
from knowledge.database import connect
from knowledge.editing import versions
from knowledge.editing.kinds import SHAPES, Body, Kind, body_of
from knowledge.editing.versions import Change, Deed, Entry, NotThere, Stale, Version
from knowledge.editing.words import editing_words
from knowledge.edition import ORDER, Loaded, load, read
from knowledge.places import Place

FAQ, OTHER, LAST = "labor.wages_unpaid", "labor.boss_gone", "labor.dismissed"
POINT, VERIFIED = "point.442000118", "zhongshan.labor.xiaolan"
SHIPPED_BY, NEW_EDITION = editing_words()["edition"], editing_words()["new_edition"]
Rows = dict[type[Any], list[Row]]
KEPT_IDS = {
    tables.City: {"zhongshan"},
    tables.Region: {"442000", "442000118"},
    tables.ServicePoint: {POINT, VERIFIED},
    tables.FaqItem: {FAQ, OTHER, LAST},
}


@pytest.fixture(scope="module")
def some_rows() -> Rows:
    """Few rows of the shipped edition."""
    every = read(DATA)
    return {
        table: [row for row in every[table] if row["id"] in KEPT_IDS.get(table, ())]
        for table in ORDER
    }


@pytest.fixture
def edition(some_rows: Rows, monkeypatch: pytest.MonkeyPatch) -> Rows:
    """The edition that is loaded in this test; changing it makes a new one."""
    rows = copy.deepcopy(some_rows)
    monkeypatch.setattr("knowledge.edition.read", lambda _: copy.deepcopy(rows))
    return rows


@pytest.fixture
def own(any_database: Engine, edition: Rows) -> Engine:
    """A database with that edition in it."""
    assert load(any_database).added == sum(map(len, edition.values()))
    return any_database.execution_options(immediate=True)


def do(engine: Engine, work: Callable[[Session], Any]) -> Any:
    with Session(engine) as session, session.begin():
        return work(session)


def entry_of(engine: Engine, kind: Kind = Kind.faq, id_: str = FAQ) -> Entry:
    entry: Entry = do(engine, lambda session: versions.entry(session, kind, id_))
    return entry


def history_of(engine: Engine, kind: Kind = Kind.faq, id_: str = FAQ) -> list[Version]:
    found: list[Version] = do(engine, lambda session: versions.history(session, kind, id_))
    return found


def body(engine: Engine, kind: Kind = Kind.faq, id_: str = FAQ, **values: Any) -> Body:
    own = entry_of(engine, kind, id_).body
    assert own is not None
    return copy.deepcopy(own) | values


def publish(
    engine: Engine,
    *changes: Change,
    kind: Kind = Kind.faq,
    by: str = "何兰",
    note: str | None = None,
) -> None:
    do(engine, lambda session: versions.publish(session, kind, changes, by=by, note=note))


def save(
    engine: Engine, body: Body, *, seen: int, revision: int, by: str = "何兰",
    kind: Kind = Kind.faq, id_: str = FAQ,
) -> int:  # fmt: skip
    number: int = do(
        engine,
        lambda session: versions.save_draft(
            session, kind, id_, body, seen=seen, revision=revision, by=by
        ),
    )
    return number


def catalogue(engine: Engine) -> Catalogue:
    return LiveCatalogue(engine, Boundaries.none()).current()


def counted(engine: Engine) -> int:
    with Session(engine) as session:
        return session.get_one(tables.Edition, 1).version


def everything(engine: Engine) -> list[Any]:
    """All that these functions may change."""
    with Session(engine) as session:
        found: list[Any] = []
        for table in (*(shape.table for shape in SHAPES.values()), tables.ContentDraft,
                      tables.ContentVersion, tables.Edition):  # fmt: skip
            columns = table.__table__.columns
            found += [tuple(row) for row in session.execute(select(*columns).order_by(columns[0]))]
        return found


def person(**values: Any) -> Body:
    return {
        "name": "李律师", "city_id": "zhongshan", "role": editing_words()["roles"][0],
        "point_id": POINT, "organisation": "某某律师事务所", "phone": "0760-88880600",
        "services": [], "note": "周三在", "shown": True, "source": "本人确认", "as_of": "2026",
        "verified": True, **values,
    }  # fmt: skip


# from a draft to a version and back


def test_what_came_with_the_edition(own: Engine, edition: Rows) -> None:
    entry = entry_of(own)
    assert entry.body == body_of(Kind.faq, dict(edition[tables.FaqItem][0]))
    assert (entry.version, entry.archived, entry.shipped, entry.draft) == (1, False, True, None)
    [only] = history_of(own)
    assert (only.number, only.deed, only.by, only.at) == (1, Deed.shipped, SHIPPED_BY, None)
    assert only.body == entry.body


def test_a_draft_is_seen_by_nobody_until_it_is_published(own: Engine) -> None:
    new = body(own, title="老板不发工资怎么办")
    before = counted(own)
    assert save(own, new, seen=1, revision=0) == 1
    draft = entry_of(own).draft
    assert draft is not None
    assert (draft.body, draft.base_version, draft.revision) == (new, 1, 1)
    assert (draft.saved_by, draft.outdated) == ("何兰", False)
    assert entry_of(own).newest == new
    assert catalogue(own).faq[FAQ].title != new["title"]
    assert counted(own) == before
    assert save(own, new, seen=1, revision=1) == 2

    publish(own, Change(FAQ, new, 1), note="核对过")
    assert catalogue(own).faq[FAQ].title == new["title"]
    assert counted(own) == before + 1
    entry = entry_of(own)
    assert (entry.version, entry.shipped, entry.draft) == (2, False, None)
    published, shipped = history_of(own)
    assert (published.number, published.deed, published.by) == (2, Deed.published, "何兰")
    assert (published.body, published.note) == (new, "核对过")
    assert published.at is not None
    # when the first version came is not the moment at which it was kept
    assert (shipped.number, shipped.deed, shipped.at) == (1, Deed.shipped, None)


def test_a_draft_is_never_taken_for_the_one_before_it(own: Engine) -> None:
    """Whoever looked at a draft that is gone can neither keep, publish nor throw away the next."""
    first, second = body(own, title="先写的"), body(own, title="后写的")
    looked_at = save(own, first, seen=1, revision=0)
    do(own, lambda session: versions.discard_draft(session, Kind.faq, FAQ, looked_at))
    now = save(own, second, seen=1, revision=0, by="陈明")
    assert now > looked_at
    with pytest.raises(Stale) as late:
        save(own, first, seen=1, revision=looked_at)
    assert late.value.by == "陈明"
    with pytest.raises(Stale):
        do(own, lambda session: versions.discard_draft(session, Kind.faq, FAQ, looked_at))
    # nor one from before it was published
    publish(own, Change(FAQ, second, 1))
    after = save(own, first, seen=2, revision=0)
    assert after > now
    with pytest.raises(Stale):
        do(own, lambda session: versions.discard_draft(session, Kind.faq, FAQ, now))


def test_a_draft_can_be_thrown_away(own: Engine) -> None:
    save(own, body(own, title="另一个标题"), seen=1, revision=0)
    with pytest.raises(Stale):
        do(own, lambda session: versions.discard_draft(session, Kind.faq, FAQ, 2))
    do(own, lambda session: versions.discard_draft(session, Kind.faq, FAQ, 1))
    assert entry_of(own).draft is None
    with pytest.raises(NotThere):
        do(own, lambda session: versions.discard_draft(session, Kind.faq, FAQ, 1))


def test_history_roll_back_archive_restore(own: Engine) -> None:
    first = body(own)
    publish(own, Change(FAQ, first | {"title": "二"}, 1))
    publish(own, Change(FAQ, first | {"title": "三"}, 2))
    do(own, lambda session: versions.roll_back(session, Kind.faq, FAQ, 1, seen=3, by="陈明"))
    assert catalogue(own).faq[FAQ].title == first["title"]

    do(
        own,
        lambda session: versions.archive(session, Kind.faq, FAQ, seen=4, by="陈明", note="重复"),
    )
    entry = entry_of(own)
    assert (entry.archived, entry.version, entry.body) == (True, 5, first)
    assert FAQ not in catalogue(own).faq

    do(own, lambda session: versions.restore(session, Kind.faq, FAQ, seen=5, by="何兰"))
    assert catalogue(own).faq[FAQ].title == first["title"]
    found = history_of(own)
    assert [(one.number, one.deed, one.body["title"], one.by, one.note) for one in found] == [
        (6, Deed.restored, first["title"], "何兰", None),
        (5, Deed.archived, first["title"], "陈明", "重复"),
        (4, Deed.rolled_back, first["title"], "陈明", "1"),
        (3, Deed.published, "三", "何兰", None),
        (2, Deed.published, "二", "何兰", None),
        (1, Deed.shipped, first["title"], SHIPPED_BY, None),
    ]  # fmt: skip
    with pytest.raises(NotThere):
        do(own, lambda session: versions.roll_back(session, Kind.faq, FAQ, 9, seen=6, by="何兰"))


def test_the_first_thing_done_may_be_taking_it_away(own: Engine) -> None:
    do(own, lambda session: versions.archive(session, Kind.place, POINT, seen=1, by="何兰"))
    assert [one.deed for one in history_of(own, Kind.place, POINT)] == [Deed.archived, Deed.shipped]
    assert catalogue(own).point(POINT) is None
    assert [one.id for one in _entries(own, Kind.place) if one.archived] == [POINT]


def test_publishing_what_was_taken_away_brings_it_back(own: Engine) -> None:
    do(own, lambda session: versions.archive(session, Kind.faq, FAQ, seen=1, by="何兰"))
    publish(own, Change(FAQ, body(own, title="回来了"), 2))
    assert catalogue(own).faq[FAQ].title == "回来了"


@pytest.mark.parametrize("kind", Kind)
def test_what_is_not_there(own: Engine, kind: Kind) -> None:
    for work in (
        lambda session: versions.entry(session, kind, "gone"),
        lambda session: versions.archive(session, kind, "gone", seen=1, by="何兰"),
        lambda session: versions.restore(session, kind, "gone", seen=1, by="何兰"),
        lambda session: versions.roll_back(session, kind, "gone", 1, seen=1, by="何兰"),
        lambda session: versions.discard_draft(session, kind, "gone", 1),
    ):
        with pytest.raises(NotThere):
            do(own, work)
    assert history_of(own, kind, "gone") == []


def _entries(engine: Engine, kind: Kind) -> list[Entry]:
    found: list[Entry] = do(engine, lambda session: versions.entries(session, kind))
    return found


def test_all_of_a_kind_also_what_is_only_a_draft(own: Engine) -> None:
    new = body(own)
    save(own, new, seen=0, revision=0, id_="labor.a_new_one")
    assert [one.id for one in _entries(own, Kind.faq)] == [
        "labor.a_new_one", OTHER, LAST, FAQ,
    ]  # fmt: skip
    first = _entries(own, Kind.faq)[0]
    assert (first.body, first.version, first.shipped, first.newest) == (None, 0, False, new)


# something new


def test_a_new_answer_stands_last_under_its_heading(own: Engine) -> None:
    new = body(own)
    ids = [versions.new_id(Kind.faq, new) for _ in range(3)]
    assert len(set(ids)) == 3
    assert all(id_.startswith("labor.") for id_ in ids)
    publish(own, *(Change(id_, new, 0) for id_ in ids[:2]))
    publish(own, Change(ids[2], new | {"about": "tort"}, 0))
    items = list(catalogue(own).faq)
    assert items == [FAQ, OTHER, LAST, *ids]
    assert [(one.number, one.deed) for one in history_of(own, id_=ids[0])] == [(1, Deed.published)]
    assert _row(own, tables.FaqItem, ids[2]).position == 0


def test_an_answer_that_moves_stands_last_under_its_new_heading(own: Engine) -> None:
    new = body(own, about="tort")
    publish(own, Change("tort.a", new, 0), Change("tort.b", new, 0))
    publish(own, Change(FAQ, new, 1))
    assert list(catalogue(own).faq) == [OTHER, LAST, "tort.a", "tort.b", FAQ]
    # and who stays keeps the place
    publish(own, Change(OTHER, body(own, id_=OTHER, title="老板跑了"), 1))
    assert list(catalogue(own).faq) == [OTHER, LAST, "tort.a", "tort.b", FAQ]


@pytest.mark.parametrize("kind", [Kind.place, Kind.person])
def test_a_new_place_or_person_has_an_id_of_no_meaning(own: Engine, kind: Kind) -> None:
    new = person() if kind is Kind.person else body(own, kind, POINT)
    id_ = versions.new_id(kind, new)
    assert id_.startswith(f"staff.{kind}.")
    save(own, new, seen=0, revision=0, kind=kind, id_=id_)
    publish(own, Change(id_, new, 0), kind=kind)
    assert entry_of(own, kind, id_).body == new
    assert entry_of(own, kind, id_).draft is None


def test_a_new_place_is_of_the_level_of_its_division(own: Engine) -> None:
    new = body(own, Kind.place, POINT, region_id="442000")
    publish(own, Change("staff.place.1", new, 0), Change(POINT, new, 1), kind=Kind.place)
    assert {point.level for point in catalogue(own).points["442000"]} == {"city"}


# who verified it


@pytest.mark.parametrize(("kind", "id_"), [(Kind.place, POINT), (Kind.person, "staff.person.1")])
def test_who_verifies_signs_for_it(own: Engine, kind: Kind, id_: str) -> None:
    new = person() if kind is Kind.person else body(own, kind, id_)
    seen = 0 if kind is Kind.person else 1
    began = datetime.now(UTC).replace(tzinfo=None)
    publish(own, Change(id_, new | {"verified": True}, seen), kind=kind)
    entry = entry_of(own, kind, id_)
    assert entry.checked_by == "何兰"
    assert entry.checked_at is not None
    assert began <= entry.checked_at <= datetime.now(UTC).replace(tzinfo=None)
    publish(own, Change(id_, new | {"verified": False}, seen + 1), kind=kind)
    entry = entry_of(own, kind, id_)
    assert (entry.checked_by, entry.checked_at) == (None, None)


def test_an_answer_says_what_it_rests_on_since_today(own: Engine) -> None:
    citations = [{"type": "law", "law": "民法典", "article": "第三条"}]
    began = today()
    publish(own, Change(FAQ, body(own, citations=citations), 1))
    row = _row(own, tables.FaqItem, FAQ)
    assert row.source == "民法典第三条"
    assert row.as_of in {began.isoformat(), today().isoformat()}


def _row(engine: Engine, table: type[Any], id_: str) -> Any:
    with Session(engine) as session:
        return session.get_one(table, id_)


# who was slower


def test_the_second_to_save_a_draft_is_told_who_was_first(own: Engine) -> None:
    first, second = body(own, title="陈明写的"), body(own, title="何兰写的")
    save(own, first, seen=1, revision=0, by="陈明")
    before = everything(own)
    for revision in (0, 2):
        with pytest.raises(Stale) as late:
            save(own, second, seen=1, revision=revision)
        assert late.value.by == "陈明"
        assert late.value.at is not None
    assert everything(own) == before


def test_a_draft_over_what_was_published_meanwhile(own: Engine) -> None:
    publish(own, Change(FAQ, body(own, title="陈明写的"), 1), by="陈明")
    before = everything(own)
    with pytest.raises(Stale) as late:
        save(own, body(own, title="何兰写的"), seen=1, revision=0)
    assert late.value.by == "陈明"
    # who goes on with a draft that was published meanwhile hears of who published it
    with pytest.raises(Stale) as late:
        save(own, body(own), seen=1, revision=1)
    assert late.value.by == "陈明"
    # and with one that was discarded, of nobody: least of all of oneself
    with pytest.raises(Stale) as late:
        save(own, body(own), seen=2, revision=1)
    assert late.value.by == ""
    assert everything(own) == before


def test_a_draft_that_others_overtook_says_so(own: Engine) -> None:
    save(own, body(own, title="何兰写的"), seen=1, revision=0)
    do(own, lambda session: versions.archive(session, Kind.faq, FAQ, seen=1, by="陈明"))
    draft = entry_of(own).draft
    assert draft is not None
    assert draft.outdated


@pytest.mark.parametrize(
    "work",
    [
        lambda session, own: versions.publish(session, Kind.faq, [Change(FAQ, own, 1)], by="何兰"),
        lambda session, _: versions.archive(session, Kind.faq, FAQ, seen=1, by="何兰"),
        lambda session, _: versions.restore(session, Kind.faq, FAQ, seen=3, by="何兰"),
        lambda session, _: versions.roll_back(session, Kind.faq, FAQ, 1, seen=1, by="何兰"),
    ],
    ids=["publish", "archive", "restore", "roll back"],
)
def test_whoever_has_not_seen_the_last_version_changes_nothing(
    own: Engine, work: Callable[[Session, Body], None]
) -> None:
    publish(own, Change(FAQ, body(own, title="陈明写的"), 1), by="陈明")
    before, mine = everything(own), body(own, title="何兰写的")
    with pytest.raises(Stale) as late:
        do(own, lambda session: work(session, mine))
    assert late.value.by == "陈明"
    assert late.value.at is not None
    assert everything(own) == before


def test_of_many_all_or_none_even_if_the_transaction_goes_on(own: Engine) -> None:
    publish(own, Change(LAST, body(own, id_=LAST, title="陈明写的"), 1), by="陈明")
    save(own, body(own), seen=1, revision=0)
    before = everything(own)
    changes = [
        Change("labor.new", body(own), 0),
        Change(FAQ, body(own, title="甲"), 1),
        Change(OTHER, body(own, id_=OTHER, title="乙"), 1),
        Change(LAST, body(own, id_=LAST, title="丙"), 1),
    ]

    def stubborn(session: Session) -> None:
        with pytest.raises(Stale):
            versions.publish(session, Kind.faq, changes, by="何兰")

    do(own, stubborn)
    assert everything(own) == before
    publish(own, *changes[:3])
    items = catalogue(own).faq
    assert (items[FAQ].title, items[OTHER].title, "labor.new" in items) == ("甲", "乙", True)
    assert entry_of(own).draft is None


def test_more_than_fit_into_one_statement(own: Engine) -> None:
    many = [
        Change(f"staff.person.{number}", person(name=f"{number}号"), 0)
        for number in range(versions.MOST_AT_ONCE + 3)
    ]
    publish(own, *many, kind=Kind.person)
    assert len(catalogue(own).people[POINT]) == len(many)
    publish(own, *(Change(one.id, one.body, 1) for one in many), kind=Kind.person)
    assert {one.version for one in _entries(own, Kind.person)} == {2}


def _write_and_publish(session: Session, own: Body, by: str) -> None:
    """As a form does that is published at once."""
    versions.save_draft(session, Kind.faq, FAQ, own, seen=1, revision=0, by=by)
    versions.publish(session, Kind.faq, [Change(FAQ, own, 1)], by=by)


EDITORS = 4
RACES: dict[str, Callable[[Session, Body, str], object]] = {
    "a first draft": lambda session, own, by: versions.save_draft(
        session, Kind.faq, FAQ, own, seen=1, revision=0, by=by
    ),
    "a draft of something new": lambda session, own, by: versions.save_draft(
        session, Kind.faq, "labor.new", own, seen=0, revision=0, by=by
    ),
    "publishing": lambda session, own, by: versions.publish(
        session, Kind.faq, [Change(OTHER, own, 1), Change(FAQ, own, 1)], by=by
    ),
    "publishing something new": lambda session, own, by: versions.publish(
        session, Kind.faq, [Change("labor.new", own, 0)], by=by
    ),
    "publishing what was just written": _write_and_publish,
    "taking away": lambda session, _, by: versions.archive(
        session, Kind.faq, FAQ, seen=1, by=by
    ),
    "rolling back": lambda session, _, by: versions.roll_back(
        session, Kind.faq, FAQ, 1, seen=1, by=by
    ),
}  # fmt: skip


@pytest.mark.parametrize("race", RACES)
def test_of_editors_at_the_same_moment_one_is_first(own: Engine, race: str) -> None:
    new, start = body(own, title="同一时刻"), Barrier(EDITORS)

    def edit(number: int) -> str | None:
        by = f"编辑{number}"
        start.wait(30)
        try:
            do(own, lambda session: RACES[race](session, new, by))
        except Stale:
            return None
        return by

    with ThreadPoolExecutor(EDITORS) as pool:
        [winner] = [by for by in pool.map(edit, range(EDITORS)) if by]
    id_ = "labor.new" if "new" in race else FAQ
    entry = entry_of(own, id_=id_)
    if entry.draft:
        assert (entry.draft.saved_by, entry.draft.revision) == (winner, 1)
    else:
        first, *_ = history_of(own, id_=id_)
        assert first.by == winner
        assert entry.version == (1 if id_ == "labor.new" else 2)


@pytest.mark.parametrize("any_database", ["postgresql"], indirect=True)
def test_what_a_session_has_read_before_is_not_taken_for_now(own: Engine) -> None:
    """Only here can somebody else publish while our transaction is open."""
    mine, theirs = body(own, title="何兰写的"), body(own, title="陈明写的")
    with Session(own) as session, session.begin():
        kept = session.get_one(tables.FaqItem, FAQ)
        assert kept.version == 1
        publish(own, Change(FAQ, theirs, 1), by="陈明")
        with pytest.raises(Stale) as late:
            versions.publish(session, Kind.faq, [Change(FAQ, mine, 1)], by="何兰")
        assert late.value.by == "陈明"
    assert catalogue(own).faq[FAQ].title == "陈明写的"


def test_two_who_publish_new_answers_at_once_do_not_share_a_place(own: Engine) -> None:
    new, start = body(own), Barrier(EDITORS)

    def add(number: int) -> None:
        start.wait(30)
        publish(own, Change(f"labor.new{number}", new, 0))

    with ThreadPoolExecutor(EDITORS) as pool:
        list(pool.map(add, range(EDITORS)))
    with Session(own) as session:
        places = session.scalars(select(tables.FaqItem.position)).all()
    assert len(set(places)) == len(places) == 3 + EDITORS


# another process


@pytest.fixture
def elsewhere(own: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveCatalogue]:
    """Another process, that looks at every request."""
    monkeypatch.setattr("knowledge.catalogue.FRESH_FOR_SECONDS", -1.0)
    engine = connect(own.url.render_as_string(hide_password=False))
    yield LiveCatalogue(engine, Boundaries.none())
    engine.dispose()


def test_another_process_sees_a_change_at_its_next_look(
    own: Engine, elsewhere: LiveCatalogue
) -> None:
    before = elsewhere.current()
    save(own, body(own, title="还没发布"), seen=1, revision=0)
    assert elsewhere.current() is before
    publish(own, Change(FAQ, body(own, title="发布了"), 1))
    assert elsewhere.current().faq[FAQ].title == "发布了"
    do(own, lambda session: versions.archive(session, Kind.faq, FAQ, seen=2, by="何兰"))
    assert FAQ not in elsewhere.current().faq
    do(own, lambda session: versions.restore(session, Kind.faq, FAQ, seen=3, by="何兰"))
    assert FAQ in elsewhere.current().faq
    publish(own, Change("staff.person.1", person(), 0), kind=Kind.person)
    assert [one.name for one in elsewhere.current().people[POINT]] == ["李律师"]
    assert before.faq[FAQ].title not in ("还没发布", "发布了")


# people


def people(engine: Engine, point: str = POINT) -> list[dict[str, Any]]:
    now = catalogue(engine)
    found = now.point(point)
    assert found is not None
    shape = place_shape(now, Place(found, now.atlas.regions[found.region_id], None))
    shown: list[dict[str, Any]] = shape["people"]
    return shown


def test_a_person_is_shown_at_the_point_and_no_more_than_residents_may_know(own: Engine) -> None:
    assert people(own) == []
    publish(own, Change("staff.person.1", person(), 0), kind=Kind.person)
    assert people(own) == [
        {
            "name": "李律师",
            "role": editing_words()["roles"][0],
            "organisation": "某某律师事务所",
            "phone": "0760-88880600",
            "verified": True,
        }
    ]
    assert people(own, VERIFIED) == []


@pytest.mark.parametrize("hidden", [{"shown": False}, {"point_id": None}, {"point_id": VERIFIED}])
def test_who_is_not_to_be_shown_is_not(own: Engine, hidden: Body) -> None:
    publish(own, Change("staff.person.1", person(), 0), kind=Kind.person)
    publish(own, Change("staff.person.1", person(**hidden), 1), kind=Kind.person)
    assert people(own) == []


def test_who_was_taken_away_is_not_shown(own: Engine) -> None:
    publish(own, Change("staff.person.1", person(), 0), kind=Kind.person)
    do(
        own,
        lambda session: versions.archive(session, Kind.person, "staff.person.1", seen=1, by="何兰"),
    )
    assert people(own) == []


# a new edition


def change(edition: Rows, table: type[Any], id_: str, **values: Any) -> None:
    for row in edition[table]:
        if row["id"] == id_:
            row.update(values)


def test_what_nobody_edited_is_replaced_and_whoever_edits_it_hears_of_it(
    own: Engine, edition: Rows
) -> None:
    save(own, body(own, title="何兰写的"), seen=1, revision=0)
    change(edition, tables.FaqItem, FAQ, title="新版的标题")
    change(edition, tables.ServicePoint, POINT, phone="0760-88880600")
    assert load(own) == Loaded(0, 2, 0)
    entry = entry_of(own)
    assert entry.body is not None
    assert (entry.body["title"], entry.version, entry.shipped) == ("新版的标题", 2, True)
    assert entry.draft is not None
    assert entry.draft.outdated
    assert entry_of(own, Kind.place, POINT).version == 2
    with pytest.raises(Stale) as late:
        publish(own, Change(FAQ, entry.draft.body, 1))
    assert late.value.by == SHIPPED_BY
    publish(own, Change(FAQ, entry.draft.body, 2))
    assert [(one.number, one.body["title"]) for one in history_of(own)] == [
        (3, "何兰写的"), (2, "新版的标题"),
    ]  # fmt: skip
    assert load(own) == Loaded(0, 0, 0)


@pytest.mark.parametrize(
    ("kind", "id_", "table", "name"),
    [(Kind.faq, FAQ, tables.FaqItem, "title"), (Kind.place, POINT, tables.ServicePoint, "name")],
)
def test_what_was_edited_stays_and_the_shipped_one_lies_beside_it_once(
    own: Engine, edition: Rows, kind: Kind, id_: str, table: type[Any], name: str
) -> None:
    publish(own, Change(id_, body(own, kind, id_, **{name: "员工写的"}), 1), kind=kind)
    change(edition, table, id_, **{name: "新版写的"})
    assert load(own) == Loaded(0, 0, 1)
    entry = entry_of(own, kind, id_)
    assert entry.body is not None
    assert (entry.body[name], entry.version) == ("员工写的", 2)
    draft = entry.draft
    assert draft is not None
    assert (draft.body[name], draft.saved_by) == ("新版写的", NEW_EDITION)
    assert (draft.base_version, draft.revision, draft.outdated) == (2, 1, False)
    assert load(own) == Loaded(0, 0, 0)
    # thrown away it does not come again, until there is something newer
    do(own, lambda session: versions.discard_draft(session, kind, id_, 1))
    assert load(own) == Loaded(0, 0, 0)
    assert entry_of(own, kind, id_).draft is None
    change(edition, table, id_, **{name: "更新的一版"})
    assert load(own) == Loaded(0, 0, 1)
    publish(own, Change(id_, entry_of(own, kind, id_).newest, 2), kind=kind)
    assert body(own, kind, id_)[name] == "更新的一版"
    assert load(own) == Loaded(0, 0, 0)


def test_what_was_taken_away_does_not_come_back_with_an_edition(own: Engine, edition: Rows) -> None:
    do(own, lambda session: versions.archive(session, Kind.faq, FAQ, seen=1, by="何兰"))
    change(edition, tables.FaqItem, FAQ, title="新版的标题")
    assert load(own) == Loaded(0, 0, 1)
    assert FAQ not in catalogue(own).faq
    assert entry_of(own).draft is not None


def test_an_edition_does_not_lie_down_on_somebody_s_draft(own: Engine, edition: Rows) -> None:
    publish(own, Change(FAQ, body(own, title="员工写的"), 1))
    save(own, body(own, title="员工正在写的"), seen=2, revision=0)
    change(edition, tables.FaqItem, FAQ, title="新版写的")
    assert load(own) == Loaded(0, 0, 1)
    assert entry_of(own).newest["title"] == "员工正在写的"
    # it waits, and comes when that draft is done with
    publish(own, Change(FAQ, entry_of(own).newest, 2))
    assert load(own) == Loaded(0, 0, 1)
    assert entry_of(own).newest["title"] == "新版写的"


def test_what_the_edition_dropped_stays_only_if_staff_edited_it(own: Engine, edition: Rows) -> None:
    publish(own, Change(OTHER, body(own, id_=OTHER, title="员工写的"), 1))
    publish(own, Change("labor.new", body(own), 0))
    edition[tables.FaqItem] = [row for row in edition[tables.FaqItem] if row["id"] == LAST]
    assert load(own) == Loaded(0, 0, 0, 1)
    assert set(catalogue(own).faq) == {OTHER, LAST, "labor.new"}
    with Session(own) as session:
        assert session.scalar(select(func.count()).select_from(tables.ContentDraft)) == 0
