"""The model that the engine serves: its name is the digest of everything it was made of."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.settings import ROOT, Settings

Say = Callable[[str], None]
CPU = Path("/proc/cpuinfo")


class PrepareError(Exception):
    """Something that a person can mend; the text says how, in Chinese."""


@dataclass(frozen=True)
class Model:
    """A trained model and where it lies."""

    name: str
    file: Path


def current_model(settings: Settings) -> Model:
    """The model that today's inputs ask for, whether it exists or not."""
    name = f"wenfa-{_inputs_digest(settings)}"
    return Model(name, settings.models / f"{name}.tar.gz")


def prepared_model(settings: Settings) -> Model:
    """The model that `wenfa prepare` made or found. Raises FileNotFoundError before that."""
    name = settings.prepared_file.read_text(encoding="utf-8")
    return Model(name, settings.models / f"{name}.tar.gz")


def train(settings: Settings, say: Say = print) -> Model:
    """The model for today's inputs, trained only when none exists. Raises PrepareError."""
    model = current_model(settings)
    if model.file.exists():
        return model
    say("[模型] 训练数据有变化，正在训练（约一两分钟）…")
    settings.models.mkdir(parents=True, exist_ok=True)
    log = settings.home / "train.log"
    begun = time.monotonic()
    python = str(settings.engine_python)
    # under a name of its own until it is whole: a half-written model must never be served
    unfinished = f"unfinished-{os.getpid()}"
    with log.open("w", encoding="utf-8") as output:
        try:
            process = subprocess.Popen(
                [python, "-m", "engine.train", str(settings.models), unfinished],
                cwd=ROOT, env=training_environment(settings), stdout=output,
                stderr=subprocess.STDOUT,
            )  # fmt: skip
        except OSError as error:
            raise PrepareError("没有引擎的运行环境，请先运行 make run 建好。") from error
        while True:
            try:
                code = process.wait(timeout=15)
                break
            except subprocess.TimeoutExpired:
                say(f"[模型] 还在训练，已用 {time.monotonic() - begun:.0f} 秒…")
    made = settings.models / f"{unfinished}.tar.gz"
    if code or not made.exists():
        made.unlink(missing_ok=True)
        raise PrepareError(f"训练没有成功（退出码 {code}），详情见 {log}")
    made.replace(model.file)
    say(f"[模型] 训练好了：{model.name}（{time.monotonic() - begun:.0f} 秒）")
    return model


def training_environment(settings: Settings) -> dict[str, str]:
    """The engine's, and glibc keeps freed memory: giving it back and fetching it again at every
    step of the training takes as long as the arithmetic."""
    kept = str(1 << 30)
    return {
        **engine_environment(settings),
        "MALLOC_MMAP_THRESHOLD_": kept,
        "MALLOC_TRIM_THRESHOLD_": kept,
        "MALLOC_TOP_PAD_": str(1 << 26),
    }


def engine_environment(settings: Settings) -> dict[str, str]:
    """The engine's environment: ours, no telemetry, and the right kernels for the processor."""
    return {
        **kernels(CPU),
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": str(ROOT),
        "WENFA_ACTIONS_PORT": str(settings.actions_port),
        "WENFA_GAZETTEER": str(settings.gazetteer_file.resolve()),
        "ENGINE_TRACKER_URL": settings.engine_tracker_url,
    }


def kernels(cpu: Path) -> dict[str, str]:
    """What OpenBLAS is to take the processor for, by Linux' description of it (`cpu`).

    The OpenBLAS in the engine's numpy 1.22 is of 2021 and treats a processor that it has never
    heard of like one of 2004: a sentence takes twice the time, and so does training. Whatever has
    AVX2 and FMA runs what was written for Haswell.
    """
    try:
        flags = set(cpu.read_text(encoding="utf-8", errors="replace").split())
    except OSError:
        return {}
    return {"OPENBLAS_CORETYPE": "Haswell"} if {"avx2", "fma"} <= flags else {}


def _inputs_digest(settings: Settings) -> str:
    """Of config, domain, training data, our components, the lock and the gazetteer."""
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
