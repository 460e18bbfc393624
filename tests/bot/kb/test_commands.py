"""./wenfa kb check: right as shipped; names what is dead, overdue, doubled; and says how much."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.words import words
from knowledge import tables
from knowledge.boundaries import Boundaries
from knowledge.catalogue import Catalogue, Person, read_catalogue
from knowledge.checking import Finding, Kind, check, quick_check, shares
from knowledge.china import today
from knowledge.faq.live import live_index
from tests.bot.typed import Run
from tests.knowledge.law_package import REVIEWED

WAGES = "labor.wages_unpaid"


def read(database: Engine) -> Catalogue:
    with Session(database) as session:
        return read_catalogue(session, 1, Boundaries.none())


def look(catalogue: Catalogue, day: date) -> list[Finding]:
    return check(catalogue, day, live_index().over(catalogue.faq))


def test_nothing_is_wrong_with_what_is_shipped(loaded_database: Engine) -> None:
    assert [one for one in look(read(loaded_database), REVIEWED) if one.wrong] == []


def test_what_is_wrong_is_named_and_the_command_fails(run: Run, loaded_database: Engine) -> None:
    with Session(loaded_database) as session, session.begin():
        item = session.get_one(tables.FaqItem, WAGES)
        item.citations = [{"type": "law", "law": "劳动合同法", "article": "第九百条"}]
        item.review_by = today() - timedelta(days=1)
        item.limits = ["labor.nothing"]
    result = run("kb", "check", "--all")
    assert result.exit_code == 1
    for named in ("劳动合同法第九百条", item_day(-1), "labor.nothing", WAGES):
        assert named in result.output
    kinds = {one.kind for one in look(read(loaded_database), today()) if one.wrong}
    assert kinds == {Kind.dead_article, Kind.overdue, Kind.no_limit}


def test_who_is_at_a_place_that_is_gone_or_elsewhere_is_named(loaded_database: Engine) -> None:
    catalogue = read(loaded_database)
    here = next(point for some in catalogue.points.values() for point in some)
    other = next(city for city in catalogue.atlas.cities if city != here.city_id)
    people = [
        Person(name, city, name, "公证员", None, None, verified=True)
        for name, city in (("right", here.city_id), ("moved", other))
    ]
    gone = replace(people[0], id="gone")
    found = check_people(replace(catalogue, people={here.id: tuple(people), "no.such": (gone,)}))
    assert found == {"moved", "gone"}
    assert check_people(catalogue) == set()


def check_people(catalogue: Catalogue) -> set[str]:
    return {one.where for one in quick_check(catalogue, REVIEWED) if one.kind is Kind.elsewhere}


def item_day(days: int) -> str:
    return (today() + timedelta(days=days)).isoformat()


def test_what_will_be_wrong_is_no_failure(run: Run, loaded_database: Engine) -> None:
    with Session(loaded_database) as session, session.begin():
        one, other = session.scalars(select(tables.FaqItem).limit(2)).all()
        other.ask = [*other.ask, one.ask[0]]
        one.review_by = today() + timedelta(days=3)
    result = run("kb", "check", "--all")
    assert result.exit_code == 0, result.output
    assert item_day(3) in result.output
    assert "≈" in result.output
    assert words("kb")["right"] in result.output


def test_a_law_that_changes_and_a_calendar_that_ends(loaded_database: Engine) -> None:
    catalogue = read(loaded_database)
    before = {one.kind for one in look(catalogue, date(2026, 11, 26))}
    assert Kind.changing_article in before  # 商标法, 2027-01-01
    assert Kind.calendar in before  # 2027 is not announced
    assert Kind.calendar not in {one.kind for one in look(catalogue, date(2026, 6, 1))}


def test_the_shares_count_every_row(loaded_database: Engine) -> None:
    catalogue = read(loaded_database)
    counted = {share.name: share for share in shares(catalogue)}
    assert counted["faq"].rows == len(catalogue.faq)
    assert counted["points"].rows == sum(map(len, catalogue.points.values()))
    for share in counted.values():
        assert 0 <= share.unverified <= share.rows
    assert set(counted) == set(words("kb")["rows"])
    assert set(words("kb")["kinds"]) == set(Kind)


def test_two_answers_of_one_meaning_and_one_that_nothing_finds(loaded_database: Engine) -> None:
    before = look(read(loaded_database), REVIEWED)
    assert not [one for one in before if one.kind is Kind.unreachable]
    with Session(loaded_database) as session, session.begin():
        deposit = session.get_one(tables.FaqItem, "real_estate.deposit")
        leak = session.get_one(tables.FaqItem, "real_estate.leak")
        leak.title, leak.answer = deposit.title, deposit.answer
        leak.ask = [f"{way}呀" for way in deposit.ask]
        deposit.ask = ["蜗牛", "袋鼠"]
    found = {(one.kind, one.where) for one in look(read(loaded_database), REVIEWED)}
    assert (Kind.same_meaning, "real_estate.deposit") in found
    assert {kind for kind, where in found if where == "real_estate.deposit"} >= {Kind.unreachable}
