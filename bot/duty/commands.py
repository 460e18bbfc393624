"""./wenfa duty …: when this console is staffed; not the hours of the 12348 hotline."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.commands import cli_actor
from bot.clock import utcnow
from bot.duty import hours
from bot.duty.staffing import CALLBACKS, set_hours
from bot.duty.tables import DutyHours
from bot.open_content import open_content
from bot.words import words
from knowledge.atlas import City
from knowledge.catalogue import Catalogue
from knowledge.editing.frame import Frame

MOST_CALLBACKS = 1000
duty = typer.Typer()
CityName = Annotated[str, typer.Argument(metavar="城市", help="城市，如 中山")]


@duty.command("show")
def show(context: typer.Context, city: CityName) -> None:
    """话务台的值班时间，每半天约几个回电。"""
    with open_content(context) as (catalogue, database):
        found = _city(catalogue, city)
        with Session(database) as session:
            _print(session.get(DutyHours, found.id), found, Frame(catalogue))


@duty.command("hours")
def change(
    context: typer.Context,
    city: CityName,
    weekly: Annotated[
        str | None,
        typer.Argument(metavar="时间", help="如 “周一至周五 9:00-12:00 14:30-17:30”"),
    ] = None,
    holidays: Annotated[
        str, typer.Option(help="法定节假日：closed 放假，open 照常，unknown 不知道")
    ] = "closed",
    always: Annotated[bool, typer.Option("--always", help="全天，天天如此")] = False,
    none: Annotated[bool, typer.Option("--none", help="不定时间：有人在岗才算有人")] = False,
    callbacks: Annotated[
        int | None, typer.Option(min=0, max=MOST_CALLBACKS, help="每半天约几个回电")
    ] = None,
) -> None:
    """修改值班时间：时间内请求人工的居民排队，时间外可以约回电。"""
    if (weekly is not None) + always + none > 1:
        _fail("one_of")
    if holidays not in hours.HOLIDAYS:
        _fail("holidays", value=holidays)
    with open_content(context) as (catalogue, database):
        found, frame = _city(catalogue, city), Frame(catalogue)
        writing = database.execution_options(immediate=True)
        with Session(writing) as session, session.begin():
            row = session.get(DutyHours, found.id)
            given = row.weekly if row else None
            if weekly is not None:
                try:
                    given = hours.read(weekly, holidays, frame)
                except hours.BadHours:
                    _fail("bad_hours", value=weekly)
            elif always or none:
                given = hours.ROUND_THE_CLOCK if always else None
            elif callbacks is None:
                _fail("nothing")
            actor = cli_actor()
            set_hours(session, found.id, given, callbacks, actor.username, utcnow())
            detail = {"weekly": given, "callbacks": callbacks}
            audit.record(session, actor, "duty.hours", "city", found.id, detail)
        with Session(database) as session:
            _print(session.get(DutyHours, found.id), found, frame)


def _print(row: DutyHours | None, city: City, frame: Frame) -> None:
    text = words("duty")
    weekly = row.weekly if row else None
    print(text["head"].format(city=city.name))
    lines = hours.written(weekly, frame).splitlines() or [text["no_hours"]]
    for line in lines:
        print(text["line"].format(text=line))
    if weekly:
        name = hours.holiday_names()[hours.holidays_of(weekly)]
        print(text["holidays"].format(name=name))
    print(text["callbacks"].format(n=row.callbacks if row else CALLBACKS))


def _city(catalogue: Catalogue, name: str) -> City:
    return catalogue.atlas.city(name) or _fail("unknown_city", value=name)


def _fail(key: str, **values: object) -> NoReturn:
    print(words("duty")["errors"][key].format(**values), file=sys.stderr)
    raise typer.Exit(1)
