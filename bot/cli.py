"""The command line: ./wenfa --help. What people read here is Chinese."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup
from typer.main import get_group

from bot.settings import ROOT, Settings

# numpy's threads would take both cores for one resident's question, and wait for each other:
# finding an answer took 60 ms (p98 143) beside the engine instead of 23 (29)
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
cli = typer.Typer(
    help="问法：公共法律服务指引助手", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False,
)  # fmt: skip


@cli.callback()
def root(context: typer.Context) -> None:
    context.obj = _settings


@cli.command()
def run() -> None:
    """启动全部进程：引擎、动作、应用（Ctrl-C 停止）。"""
    from bot.run import run_all

    raise typer.Exit(run_all(_settings()))


@cli.command()
def prepare() -> None:
    """建好数据库、装入内容、导出地名、需要时训练模型，然后退出。"""
    from bot.model import PrepareError
    from bot.prepare import prepare as do_prepare

    try:
        do_prepare(_settings(), say=lambda text: print(text, flush=True))
    except PrepareError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None


@cli.command()
def app(
    port: Annotated[int | None, typer.Option(help="端口，默认 WENFA_PORT 或 8080")] = None,
) -> None:
    """只启动应用进程（API 和网页）。"""
    for name, value in ONE_THREAD.items():  # before numpy is imported
        os.environ.setdefault(name, value)
    import uvicorn

    from bot.app import create_app
    from knowledge.memory import spare_what_stays

    settings = _settings()
    uvicorn.run(
        create_app(settings, spare_what_stays), host=settings.host, port=port or settings.port,
        log_level="warning", access_log=False, server_header=False,
        timeout_graceful_shutdown=2,  # open event streams must not hold up a stop
    )  # fmt: skip


@cli.command()
def telegram() -> None:
    """只启动 Telegram 进程（要有 TELEGRAM_BOT_TOKEN）。"""
    from bot.channels.telegram.process import CannotStart
    from bot.channels.telegram.process import run as run_telegram

    try:
        run_telegram(_settings())
    except CannotStart as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None


@cli.command()
def actions() -> None:
    """只启动动作进程（仅本机）。"""
    settings = _settings()
    # a room of its own: this process becomes it, nothing of it is imported here
    environment = {
        **ONE_THREAD,
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": settings.database_url,
        "WENFA_ACTIONS_PORT": str(settings.actions_port),
        "WENFA_FAQ_VECTORS": str(settings.vectors_file),
    }
    os.execve(sys.executable, [sys.executable, "-m", "actions.server"], environment)  # noqa: S606


@cli.command()
def audit(
    context: typer.Context,
    last: Annotated[int, typer.Option(help="最近多少条")] = 50,
) -> None:
    """谁在什么时候做了什么、看了什么。"""
    from bot.accounts.commands import audit as show

    show(context, last)


@cli.command()
def triage(
    source: Annotated[Path, typer.Argument(metavar="输入", help="一份记录：.xlsx、.csv、.jsonl")],
    output: Annotated[Path, typer.Argument(metavar="输出", help="写到哪里，三种格式都行")],
    column: Annotated[str | None, typer.Option(help="写着诉求的列，默认按列名找")] = None,
    city: Annotated[str | None, typer.Option(help="哪个城市，默认 WENFA_CITY")] = None,
    force: Annotated[bool, typer.Option("--force", help="输出已经有了就盖掉")] = False,
) -> None:
    """整理一份诉求记录：每行该找哪个窗口、什么事由、急不急。"""
    from bot.triage_file.run import Order, triage_file

    # ./wenfa changes the folder; the names were typed before that
    typed_in = Path(os.environ.get("WENFA_FROM") or "")
    order = Order(typed_in / source, typed_in / output, column, city, force)
    raise typer.Exit(triage_file(_settings(), order))


class _Later(TyperGroup):
    """The commands of a group, imported when they are asked for: a process that only answers
    residents need not wait for them."""

    module = "bot.accounts.commands"

    def list_commands(self, ctx: Any) -> list[str]:
        return self._real().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return self._real().get_command(ctx, cmd_name)

    def _real(self) -> TyperGroup:
        commands = importlib.import_module(self.module)
        return get_group(getattr(commands, (self.name or "").replace("-", "_")))


class _LegalAid(_Later):
    module = "bot.legal_aid.commands"


class _Place(_Later):
    module = "bot.places.commands"


class _Kb(_Later):
    module = "bot.kb.commands"


class _Duty(_Later):
    module = "bot.duty.commands"


def _settings() -> Settings:
    """The settings; a variable with a wrong value is named in one line."""
    try:
        return Settings()
    except ValidationError as error:
        names = "、".join(f"WENFA_{str(item['loc'][0]).upper()}" for item in error.errors())
        print(f"停下了：环境变量 {names} 的值不对，请改正后再运行。", file=sys.stderr)
        raise typer.Exit(1) from None


cli.add_typer(typer.Typer(cls=_Later, help="工作人员账号", no_args_is_help=True), name="user")
cli.add_typer(typer.Typer(cls=_Later, help="程序用的令牌", no_args_is_help=True), name="token")
cli.add_typer(
    typer.Typer(cls=_LegalAid, help="法律援助的经济困难标准", no_args_is_help=True),
    name="legal-aid",
)
cli.add_typer(typer.Typer(cls=_Place, help="服务点：今天无人", no_args_is_help=True), name="place")
cli.add_typer(
    typer.Typer(cls=_Kb, help="知识库：查一查，导出导入 Excel", no_args_is_help=True), name="kb"
)
cli.add_typer(typer.Typer(cls=_Duty, help="话务台的值班时间", no_args_is_help=True), name="duty")

if __name__ == "__main__":
    cli()
