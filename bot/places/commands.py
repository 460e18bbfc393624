"""./wenfa place …: 今天无人 in ten seconds from a keyboard, and taking it back."""

from __future__ import annotations

import sys
from datetime import date, datetime, time
from typing import Annotated, NoReturn

import typer
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.commands import cli_actor
from bot.api.closures import end_of_day
from bot.open_content import open_content
from bot.words import words
from knowledge import closures
from knowledge.atlas import City
from knowledge.catalogue import Catalogue, ServicePoint
from knowledge.china import CHINA
from knowledge.hours_in_words import moment_in_words
from knowledge.places import locate_text, nearest

LONGEST_REASON = 40
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
        rows = [
            (closure, point)
            for point_id, entered in catalogue.closures.items()
            for closure in entered
            if (point := catalogue.point(point_id)) and point.city_id == found.id
        ]
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
    """The point by its id, or the nearest of the place that is named."""
    point = catalogue.point(where.strip())
    if point and point.city_id == city.id:
        return point
    located = locate_text(catalogue, where, city.id)
    if located.ambiguous:
        names = map(catalogue.atlas.full_name, located.ambiguous[:NAMED_AT_MOST])
        _fail("which", value=where, names="、".join(names))
    region = located.resolved
    if region is None or region.city_id != city.id:
        _fail("no_place", value=where)
    here = [place for place in nearest(catalogue, region, limit=1) if place.region == region]
    return here[0].point if here else _fail("no_place", value=where)


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
