"""./wenfa kb …: what in the knowledge base a clerk should look at."""

from __future__ import annotations

from itertools import groupby

import typer

from bot.open_content import open_content
from bot.settings import Settings
from bot.words import words
from bot.workbook.commands import export_content, import_content
from knowledge.checking import check, shares
from knowledge.china import today
from knowledge.faq.live import live_index
from knowledge.faq.vectors import encoder

SHOWN = 20  # of one kind; --all shows every one
kb = typer.Typer()
kb.command("export")(export_content)
kb.command("import")(import_content)


@kb.callback()
def _group() -> None:
    """知识库：查一查，导出、导入 Excel。"""


@kb.command("check")
def check_content(
    context: typer.Context,
    everything: bool = typer.Option(False, "--all", help="每一条都列出来"),
) -> None:
    """查依据、核对日期、重复、没核实的有多少；有错的，退出码是 1。"""
    text = words("kb")
    with open_content(context) as (catalogue, _):
        settings: Settings = context.obj()
        encoder().read(settings.vectors_file)
        found = check(catalogue, today(), live_index().over(catalogue.faq))
        unverified = shares(catalogue)
    for kind, group in groupby(found, key=lambda one: one.kind):
        rows = list(group)
        print(text["kinds"][kind].format(n=len(rows)))
        for row in rows if everything else rows[:SHOWN]:
            print(text["row"].format(where=row.where, what=row.what))
        if not everything and len(rows) > SHOWN:
            print(text["more"].format(n=len(rows) - SHOWN))
    print(text["unverified"])
    for share in unverified:
        percent = round(100 * share.unverified / share.rows) if share.rows else 0
        name = text["rows"][share.name]
        print(text["share"].format(name=name, n=share.unverified, of=share.rows, percent=percent))
    wrong = sum(one.wrong for one in found)
    print(text["wrong" if wrong else "right"].format(n=wrong))
    raise typer.Exit(1 if wrong else 0)
