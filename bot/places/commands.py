"""./wenfa place …: 今天无人 in ten seconds from a keyboard, and taking it back."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import date, datetime, time
from typing import Annotated, NoReturn

import typer
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.commands import cli_actor
from bot.open_content import open_content
from bot.places.closing import LONGEST_REASON, end_of_day, running
from bot.places.finding import points_meant
from bot.words import words
from knowledge import closures
from knowledge.atlas import City
from knowledge.catalogue import Catalogue, ServicePoint
from knowledge.china import CHINA
from knowledge.hours_in_words import moment_in_words
from knowledge.places import is_platform

NAMED_AT_MOST = 5
place = typer.Typer()
CityName = Annotated[str, typer.Argument(metavar="城市", help="城市，如 中山")]


@place.command("closures")
def show(context: typer.Context, city: CityName) -> None:
    """现在和将来有哪些“今天无人”。"""
    text = words("places")["closures"]
    with open_content(context) as (catalogue, _):
        found = _city(catalogue, city)
        today = datetime.now(CHINA).date()
        rows = running(catalogue, found.id)
    print(text["head" if rows else "nothing"].format(city=found.name, n=len(rows)))
    for closure, point in rows:
        print(
            text["row"].format(
                id=closure.id,
                name=point.name,
                until=moment_in_words(closure.ends, today),
                reason=closure.reason or text["no_reason"],
                **{"from": moment_in_words(closure.starts, today)},
            )
        )


@place.command("close")
def close(
    context: typer.Context,
    city: CityName,
    where: Annotated[str, typer.Argument(metavar="地点", help="镇、街道、村的名字，或服务点编号")],
    from_: Annotated[str | None, typer.Option("--from", help="从什么时候起，默认现在")] = None,
    until: Annotated[str | None, typer.Option(help="到什么时候，默认今天结束")] = None,
    reason: Annotated[str | None, typer.Option(help="给居民看的原因，如 培训")] = None,
) -> None:
    """今天无人：居民一秒内就会知道。"""
    with open_content(context) as (catalogue, database):
        point = _point(catalogue, _city(catalogue, city), where)
        now = datetime.now(CHINA)
        starts = _moment("--from", from_, now) if from_ else now
        ends = _moment("--until", until, now) if until else end_of_day(starts)
        if reason and len(reason) > LONGEST_REASON:
            _fail("too_long", n=LONGEST_REASON)
        with Session(database) as session, session.begin():
            try:
                actor = cli_actor()
                entered = closures.close(
                    session, point.id, starts, ends, reason or None, actor.username
                )
            except ValueError:
                _fail("over")
            detail = {"until": ends.isoformat(), "reason": reason}
            audit.record(session, actor, "place.close", "service_point", point.id, detail)
    print(
        words("places")["closed"].format(
            id=entered.id,
            name=point.name,
            until=moment_in_words(ends, now.date()),
            **{"from": moment_in_words(starts, now.date())},
        )
    )


@place.command("open")
def reopen(
    context: typer.Context,
    closure: Annotated[int, typer.Argument(metavar="编号", help="./wenfa place closures 里的编号")],
) -> None:
    """人回来了：收回一条“今天无人”。"""
    with open_content(context) as (_, database), Session(database) as session, session.begin():
        try:
            point_id = closures.point_of(session, closure)
            closures.lift(session, closure)
        except closures.NoClosure:
            _fail("no_closure", value=closure)
        audit.record(session, cli_actor(), "place.open", "service_point", point_id)
    print(words("places")["opened"].format(id=closure))


def _point(catalogue: Catalogue, city: City, where: str) -> ServicePoint:
    """The one point that is meant; of several at one place, the platform's own."""
    found = points_meant(catalogue, where, city.id)
    if not found:
        _fail("no_place", value=where)
    one_place = len({point.region_id for point in found}) == 1
    if len(found) == 1 or (one_place and is_platform(found[0])):
        return found[0]
    times = Counter(point.name for point in found)
    regions = catalogue.atlas.regions
    names = dict.fromkeys(
        point.name
        if times[point.name] == 1
        else catalogue.atlas.full_name(regions[point.region_id])
        for point in found
    )
    return _fail("which", value=where, names="、".join([*names][:NAMED_AT_MOST]))


def _moment(field: str, value: str, now: datetime) -> datetime:
    """17:30 of today, or a day with its time; in China."""
    try:
        day, _, clock = value.strip().rpartition(" ")
        on = date.fromisoformat(day) if day else now.date()
        return datetime.combine(on, time.fromisoformat(clock), CHINA)
    except ValueError:
        _fail("bad_time", field=field, value=value)


def _city(catalogue: Catalogue, name: str) -> City:
    return catalogue.atlas.city(name) or _fail("unknown_city", value=name)


def _fail(key: str, **values: object) -> NoReturn:
    print(words("places")["errors"][key].format(**values), file=sys.stderr)
    raise typer.Exit(1)
