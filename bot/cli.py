"""The command line: ./wenfa --help. What people read here is Chinese."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bot.settings import Settings

cli = typer.Typer(
    help="问法：公共法律服务指引助手", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False,
)  # fmt: skip


@cli.command()
def run() -> None:
    """启动全部进程：引擎、动作、应用（Ctrl-C 停止）。"""
    from bot.run import run_all

    raise typer.Exit(run_all(Settings()))


@cli.command()
def prepare() -> None:
    """建好数据库、装入内容、导出地名、需要时训练模型，然后退出。"""
    from bot.model import PrepareError
    from bot.prepare import prepare as do_prepare

    try:
        do_prepare(Settings(), say=lambda text: print(text, flush=True))
    except PrepareError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None


@cli.command()
def app(
    port: Annotated[int | None, typer.Option(help="端口，默认 WENFA_PORT 或 8080")] = None,
) -> None:
    """只启动应用进程（API 和网页）。"""
    import uvicorn

    from bot.app import create_app

    settings = Settings()
    uvicorn.run(
        create_app(settings), host=settings.host, port=port or settings.port,
        log_level="warning", access_log=False, server_header=False,
    )  # fmt: skip


@cli.command()
def actions() -> None:
    """只启动动作进程（仅本机）。"""
    import uvicorn

    from actions.server import create_app
    from knowledge.edition import city_codes

    settings = Settings()
    uvicorn.run(
        create_app(settings.database_url, city_codes()), host="127.0.0.1",
        port=settings.actions_port, log_level="warning", access_log=False,
    )  # fmt: skip


if __name__ == "__main__":
    cli()
