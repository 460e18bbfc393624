"""Before the first message: schema, content, gazetteer, and a model that fits its inputs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import OperationalError

from bot.database import migrate
from bot.gazetteer_export import export_gazetteer
from bot.settings import ROOT, Settings
from knowledge.boundaries import read_boundaries
from knowledge.database import connect
from knowledge.edition import ContentError, city_codes, load

Say = Callable[[str], None]


class PrepareError(Exception):
    """Something that a person can mend; the text says how, in Chinese."""


@dataclass(frozen=True)
class Model:
    """A trained model: its name is the digest of everything that it was made of."""

    name: str
    file: Path


def prepare(settings: Settings, say: Say = print) -> Model:
    """Bring database and model up to date; nothing is done twice. Raises PrepareError."""
    try:
        database = connect(settings.database_url)
        migrate(database)
        loaded = load(database)
        boundaries = read_boundaries(city_codes())
        export_gazetteer(database, boundaries, settings.gazetteer_file)
        database.dispose()
    except ContentError as error:
        raise PrepareError(f"内容文件有误：{error}") from error
    except (OSError, OperationalError) as error:
        raise PrepareError(
            f"数据库打不开或不能写入（{settings.database_url.split('@')[-1]}）。"
            "请检查 DATABASE_URL，或换一个可写的 WENFA_HOME。"
        ) from error
    if loaded.added or loaded.changed:
        say(f"[内容] 新增 {loaded.added} 条，更新 {loaded.changed} 条")
    return train(settings, say)


def train(settings: Settings, say: Say = print) -> Model:
    """The model for today's inputs, trained only when none exists. Raises PrepareError."""
    name = f"wenfa-{_inputs_digest(settings)}"
    model = Model(name, settings.models / f"{name}.tar.gz")
    if model.file.exists():
        return model
    say("[模型] 训练数据有变化，正在训练（约一两分钟）…")
    settings.models.mkdir(parents=True, exist_ok=True)
    log = settings.home / "train.log"
    begun = time.monotonic()
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [str(settings.engine_python), "-m", "engine.train", str(settings.models), name],
            cwd=ROOT, env=engine_environment(settings), stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        while True:
            try:
                code = process.wait(timeout=15)
                break
            except subprocess.TimeoutExpired:
                say(f"[模型] 还在训练，已用 {time.monotonic() - begun:.0f} 秒…")
    if code or not model.file.exists():
        raise PrepareError(f"训练没有成功（退出码 {code}），详情见 {log}")
    say(f"[模型] 训练好了：{name}（{time.monotonic() - begun:.0f} 秒）")
    return model


def engine_environment(settings: Settings) -> dict[str, str]:
    """The engine's environment: ours, and no telemetry."""
    return {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": str(ROOT),
        "WENFA_ACTIONS_PORT": str(settings.actions_port),
        "WENFA_GAZETTEER": str(settings.gazetteer_file.resolve()),
        "ENGINE_TRACKER_URL": settings.engine_tracker_url,
    }


def _inputs_digest(settings: Settings) -> str:
    """Of everything a model is made of: config, domain, training data, our components, the locks."""
    files = [
        ROOT / "config.yml",
        *sorted((ROOT / "domain").glob("*.yml")),
        *sorted((ROOT / "nlu_data").rglob("*.yml")),
        *sorted((ROOT / "nlu_data").rglob("*.txt")),
        *sorted((ROOT / "engine").glob("*.py")),
        ROOT / "runtimes" / "engine.txt",
        settings.gazetteer_file,
    ]
    total = hashlib.sha256()
    for file in files:
        total.update(file.name.encode())
        total.update(file.read_bytes())
    return total.hexdigest()[:12]
