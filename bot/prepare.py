"""Before the first message: schema, content, gazetteer, and a model that fits its inputs."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import ArgumentError, OperationalError

from bot.database import migrate
from bot.gazetteer_export import export_gazetteer
from bot.model import Model, PrepareError, Say, train
from bot.settings import Settings
from knowledge.boundaries import Boundaries
from knowledge.catalogue import LiveCatalogue
from knowledge.content_files import ContentError
from knowledge.database import connect
from knowledge.edition import city_ids, load
from knowledge.faq.live import live_index
from knowledge.faq.vectors import encoder


def prepare(settings: Settings, say: Say = print) -> Model:
    """Bring database and model up to date; nothing is done twice. Raises PrepareError."""
    known = city_ids()
    if settings.city not in known:
        raise PrepareError(
            f"没有开通城市 {settings.city}。WENFA_CITY 可以是：{'、'.join(sorted(known))}。"
        )
    try:
        database = connect(settings.database_url)
        migrate(database)
        loaded = load(database)
        export_gazetteer(database, Boundaries.none(), settings.gazetteer_file)
        _encode_answers(database, settings.vectors_file, say)
        database.dispose()
    except ContentError as error:
        raise PrepareError(f"内容文件有误：{error}") from error
    # a malformed address, or one of a database whose driver is not installed, is no bug either
    except (OSError, OperationalError, ArgumentError, ImportError) as error:
        raise PrepareError(
            f"数据库打不开或不能写入（{settings.database_url.split('@')[-1]}）。"
            "请检查 DATABASE_URL，或换一个可写的 WENFA_HOME。"
        ) from error
    if loaded.added or loaded.changed:
        say(f"[内容] 新增 {loaded.added} 条，更新 {loaded.changed} 条")
    model = train(settings, say)
    # the supervisor serves what was prepared, even if the inputs change under its hands
    settings.prepared_file.write_text(model.name, encoding="utf-8")
    return model


def _encode_answers(database: Engine, file: Path, say: Say) -> None:
    """So that no process has to do it at its start (a minute the first time)."""
    encoder().read(file)
    items = LiveCatalogue(database, Boundaries.none()).current().faq
    ways = sum(len(item.ask) for item in items.values())
    if not encoder().size:
        say(f"[答案] 第一次准备 {len(items)} 条答案的 {ways} 种问法（约一分钟）…")
    live_index().over(items)
    with suppress(OSError):  # a full disk: every process encodes for itself
        encoder().write(file)
