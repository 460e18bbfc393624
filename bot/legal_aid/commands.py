"""./wenfa legal-aid …: see and add a city's figures; what it would change is shown first."""

from __future__ import annotations

import math
import sys
from datetime import date, datetime
from typing import Annotated, NoReturn

import typer
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.commands import cli_actor
from bot.open_content import open_content
from bot.words import words
from knowledge.atlas import City
from knowledge.catalogue import Catalogue
from knowledge.china import CHINA
from knowledge.eligibility.amending import Flip, NotOurs, TakenDay, add, flips, remove
from knowledge.eligibility.cases import saved_cases
from knowledge.eligibility.standards import EXCLUDED, INCLUDED, Standard

legal_aid = typer.Typer()
CityName = Annotated[str, typer.Argument(metavar="城市", help="城市，如 中山")]


@legal_aid.command("standards")
def standards(context: typer.Context, city: CityName) -> None:
    """看一个城市历年的经济困难标准。"""
    text = words("legal_aid")["standards"]
    with open_content(context) as (catalogue, _):
        found = _city(catalogue, city)
        rows = catalogue.aid_standards.get(found.id, ())
    print(text["head" if rows else "nothing"].format(city=found.name))
    for row in rows:
        print(
            text["row"].format(
                at_line=row.at_line,
                line=row.line,
                full=text["unknown"] if row.full is None else f"{row.full:g}",
                checked=text["checked" if row.verified else "unchecked"],
                source=row.source,
                **{"from": row.from_},
            )
        )


@legal_aid.command("standard")
def standard(
    context: typer.Context,
    city: CityName,
    line: Annotated[float, typer.Argument(metavar="标准", help="每人每月多少元以内算困难")],
    from_: Annotated[str, typer.Option("--from", help="从哪天起，如 2026-12-01")],
    source: Annotated[str, typer.Option(help="出处：部门、日期、网址或文号")],
    full: Annotated[
        float | None, typer.Option(help="上一年度城镇居民月人均可支配收入，不知道就不写")
    ] = None,
    at_line: Annotated[
        str, typer.Option(help="正好等于标准：不超过（算）、低于（不算）")
    ] = INCLUDED,
    verified: Annotated[bool, typer.Option("--verified", help="已经和原件核对过")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="不再问，直接写")] = False,
) -> None:
    """加一个新的经济困难标准；先显示哪些保存的案例会变。"""
    text = words("legal_aid")
    with open_content(context) as (catalogue, database):
        found = _city(catalogue, city)
        new = Standard(
            city_id=found.id,
            from_=_day("--from", from_),
            line=_positive("标准", line),
            at_line=_at_line(at_line),
            full=_full(full, line),
            source=_source(source),
            as_of=datetime.now(CHINA).date().isoformat(),
            verified=verified,
        )
        if any(one.from_ == new.from_ for one in catalogue.aid_standards.get(found.id, ())):
            _fail("taken", city=found.name, **{"from": new.from_})
        _show(flips(catalogue, new))
        asked = text["confirm"].format(city=found.name, line=line, **{"from": new.from_})
        if not (yes or typer.confirm(asked)):
            print(text["not_added"])
            raise typer.Exit(1)
        with Session(database) as session, session.begin():
            try:
                id_ = add(session, new)
            except TakenDay:
                _fail("taken", city=found.name, **{"from": new.from_})
            detail = {"line": line, "full": full, "at_line": at_line, "source": source}
            audit.record(session, cli_actor(), "aid_standard.add", "aid_standard", id_, detail)
    print(text["added"].format(id=id_))


@legal_aid.command("remove")
def remove_standard(
    context: typer.Context,
    city: CityName,
    from_: Annotated[str, typer.Argument(metavar="日期", help="那个标准从哪天起")],
) -> None:
    """收回一个写错的标准（只能收回工作人员自己加的）。"""
    with open_content(context) as (catalogue, database):
        found, day = _city(catalogue, city), _day("日期", from_)
        with Session(database) as session, session.begin():
            try:
                id_ = remove(session, found.id, day)
            except NotOurs:
                _fail("not_ours", city=found.name, **{"from": day})
            audit.record(session, cli_actor(), "aid_standard.remove", "aid_standard", id_)
    print(words("legal_aid")["removed"].format(id=id_))


def _show(found: list[Flip]) -> None:
    text, every = words("legal_aid")["flips"], len(saved_cases())
    print(text["head" if found else "nothing"].format(n=len(found), all=every))
    names = text["outcomes"]
    for flip in found:
        print(
            text["row"].format(
                before=names[flip.before], after=names[flip.after],
                id=flip.case.id, story=flip.case.story,
            )
        )  # fmt: skip


def _city(catalogue: Catalogue, name: str) -> City:
    return catalogue.atlas.city(name) or _fail("unknown_city", value=name)


def _day(field: str, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        _fail("bad_day", field=field, value=value)


def _positive(field: str, value: float) -> float:
    if not (math.isfinite(value) and value > 0):
        _fail("not_positive", field=field)
    return value


def _full(value: float | None, line: float) -> float | None:
    if value is None:
        return None
    if _positive("--full", value) < line:
        _fail("not_above")
    return value


def _at_line(value: str) -> str:
    return value if value in (INCLUDED, EXCLUDED) else _fail("at_line")


def _source(value: str) -> str:
    return value.strip() or _fail("empty_source")


def _fail(key: str, **values: object) -> NoReturn:
    print(words("legal_aid")["errors"][key].format(**values), file=sys.stderr)
    raise typer.Exit(1)
