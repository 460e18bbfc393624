"""./wenfa kb export and ./wenfa kb import: the same workbook as on the staff's site."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.commands import cli_actor
from bot.open_content import open_content
from bot.words import words
from bot.workbook.applying import Accepted, Moved, apply
from bot.workbook.exporting import export
from bot.workbook.jobs import KIND_OF_OBJECT, current_entries
from bot.workbook.judging import judge
from bot.workbook.reading import read_workbook
from bot.workbook.refusal import Refusal
from bot.workbook.sheets import sheet_name
from bot.workbook.verdicts import Judged, Verdict, counts
from knowledge.boundaries import read_boundaries
from knowledge.catalogue import Catalogue
from knowledge.china import today
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Kind
from knowledge.editing.versions import entries
from knowledge.edition import city_codes

FileName = Annotated[Path, typer.Argument(metavar="文件", help="一份 .xlsx")]
LINES = 1000  # rows between two lines of progress where there is no terminal


def export_content(
    context: typer.Context,
    file: FileName,
    kind: Annotated[
        list[str] | None, typer.Option(help="只要哪一种：常见问题、服务点、人员，可以写多次")
    ] = None,
    city: Annotated[str | None, typer.Option(help="服务点和人员只要哪个城市的")] = None,
    force: Annotated[bool, typer.Option("--force", help="文件已经有了就盖掉")] = False,
) -> None:
    """把常见问题、服务点、人员导出成一份 Excel。"""
    path = _typed(file)
    with _refusals(), open_content(context) as (catalogue, database):
        kinds = _kinds(kind)
        city_id = _city(catalogue, city)
        if path.exists() and not force:
            _fail("exists", name=file)
        with Session(database) as session:
            found = {one: entries(session, one) for one in kinds}
        part = path.with_name(f".wenfa-{os.getpid()}.part")
        try:
            with part.open("xb") as opened:
                counted = export(found, Frame(catalogue), opened, city_id)
            detail = {"rows": counted, "city": city_id, "file": path.name}
            with _writing(database) as session:
                audit.record(session, cli_actor(), "content.export", KIND_OF_OBJECT, "cli", detail)
            part.replace(path)
        except OSError as error:
            raise Refusal("unwritable", name=file) from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
    rows = "，".join(
        _text("exported_rows").format(sheet=sheet_name(one), n=n) for one, n in counted.items()
    )
    typer.echo(_text("exported").format(name=file, rows=rows))


def import_content(
    context: typer.Context,
    file: FileName,
    apply_it: Annotated[
        bool, typer.Option("--apply", help="真的写入；不写这个只看会变什么")
    ] = False,
) -> None:
    """看一份改过的 Excel 会变什么；加 --apply 才写入。有一行写错，整份都不写。"""
    path = _typed(file)
    with _refusals(), open_content(context) as (catalogue, database):
        frame = Frame(replace(catalogue, boundaries=read_boundaries(city_codes())))
        if not path.is_file():
            raise Refusal("no_file", name=file)
        try:
            book = read_workbook(path, frame)
        except OSError as error:
            raise Refusal("unreadable", name=file) from error
        with Session(database) as session:
            current = current_entries(session)
        with _bar() as on_progress:
            judged = judge(book.rows, current, frame, today(), on_progress=on_progress)
        for notice in book.notices:
            typer.echo(notice)
        counted = counts(judged)
        typer.echo(_text("counts").format(**counted))
        _name(judged)
        if counted[Verdict.rejected]:
            typer.echo(_text("rejected"))
            raise typer.Exit(1)
        rows = [
            Accepted(one.kind, one.line, one.id, one.name, one.seen, one.body)
            for one in judged
            if one.body is not None
        ]
        if not rows:
            typer.echo(_text("nothing"))
        elif not apply_it:
            typer.echo(_text("only_looked"))
        else:
            actor = cli_actor()
            with _writing(database) as session:
                apply(session, rows, by=actor.username, note=path.name)
                detail = {"file": path.name, **counted}
                audit.record(session, actor, "content.import", KIND_OF_OBJECT, "cli", detail)
            typer.echo(_text("applied").format(n=len(rows)))


def _name(judged: list[Judged]) -> None:
    """Every rejected row, and what is worth a look in the others."""
    for one in judged:
        for finding in one.findings:
            line = _text("row" if finding.stops else "note").format(
                sheet=sheet_name(one.kind), line=one.line, cell=finding.cell,
                title=finding.title, text=finding.text,
            )  # fmt: skip
            typer.echo(line)


@contextmanager
def _writing(database: Engine) -> Iterator[Session]:
    with Session(database.execution_options(immediate=True)) as session, session.begin():
        yield session


@contextmanager
def _refusals() -> Iterator[None]:
    """What cannot be done becomes one line."""
    try:
        yield
    except (Refusal, Moved) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """A bar in a terminal, a line now and then in a log."""
    if not sys.stderr.isatty():

        def line(done: int, total: int) -> None:
            if done % LINES == 0:
                typer.echo(_text("progress").format(done=done, total=total), err=True)

        yield line
        return
    columns: tuple[Any, ...] = (TextColumn(_text("bar")), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _kinds(names: list[str] | None) -> list[Kind]:
    known = {sheet_name(kind): kind for kind in Kind} | {str(kind): kind for kind in Kind}
    for name in names or ():
        if name not in known:
            shown = "、".join(sheet_name(kind) for kind in Kind)
            raise Refusal("unknown_kind", value=name, known=shown)
    chosen = {known[name] for name in names or ()}
    return [kind for kind in Kind if kind in chosen or not chosen]


def _city(catalogue: Catalogue, name: str | None) -> str | None:
    if name is None:
        return None
    found = catalogue.atlas.city(name)
    if found is None:
        known = "、".join(city.short for city in catalogue.atlas.cities.values())
        raise Refusal("unknown_city", value=name, known=known)
    return found.id


def _typed(file: Path) -> Path:
    """./wenfa changes the folder; the name was typed before that."""
    if file.suffix.lower() != ".xlsx":
        typer.echo(words("workbook")["refusal"]["bad_ending"], err=True)
        raise typer.Exit(1)
    return Path(os.environ.get("WENFA_FROM") or "") / file


def _text(key: str) -> str:
    return str(words("kb")["excel"][key])


def _fail(key: str, **values: object) -> NoReturn:
    typer.echo(_text(key).format(**values), err=True)
    raise typer.Exit(1)
