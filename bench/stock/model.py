"""The stock model: trained from our data with Rasa's own components, once for the same inputs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.stack import ROOT, VAR

CONFIG = Path(__file__).with_name("config.yml")
PYTHON = VAR / "runtime" / "stock" / "bin" / "python"
LOG = VAR / "log" / "stock-train.log"
TELL_EVERY = 60


class NotTrained(Exception):
    """Training failed; the text names the log."""


def environment(**more: str) -> dict[str, str]:
    """Of every stock process. Rasa's cache stays out of the working folder."""
    return {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "RASA_CACHE_DIRECTORY": str(VAR / "stock-cache"),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        **more,
    }


def trained(tell: Callable[[int], None]) -> Path:
    """The model of today's inputs; `tell` hears the seconds while it is trained.

    Raises NotTrained.
    """
    models = VAR / "models"
    wanted = models / f"stock-{_digest()}.tar.gz"
    if wanted.exists():
        return wanted
    models.mkdir(parents=True, exist_ok=True)
    LOG.parent.mkdir(parents=True, exist_ok=True)
    # under another name until it is whole
    unfinished = f"unfinished-stock-{os.getpid()}"
    command = [
        str(PYTHON), "-W", "ignore", "-m", "rasa", "train", "--domain", "domain",
        "--data", "nlu_data", "--config", str(CONFIG), "--out", str(models),
        "--fixed-model-name", unfinished,
    ]  # fmt: skip
    begun = time.monotonic()
    tell(0)
    with LOG.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=output, stderr=subprocess.STDOUT
        )
    while True:
        try:
            process.wait(TELL_EVERY)
            break
        except subprocess.TimeoutExpired:
            tell(int(time.monotonic() - begun))
    made = models / f"{unfinished}.tar.gz"
    if process.returncode or not made.exists():
        made.unlink(missing_ok=True)
        raise NotTrained(str(LOG))
    return made.replace(wanted)


def _digest() -> str:
    files = [
        CONFIG,
        ROOT / "runtimes" / "stock.txt",
        *sorted((ROOT / "domain").glob("*.yml")),
        *sorted((ROOT / "nlu_data").rglob("*.yml")),
    ]
    total = hashlib.sha256()
    for file in files:
        total.update(file.name.encode())
        total.update(file.read_bytes())
    return total.hexdigest()[:12]
