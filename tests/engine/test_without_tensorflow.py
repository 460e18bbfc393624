"""Serving without TensorFlow, in processes of their own: what is imported cannot be unimported."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.making import ROOT

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "PYTHONWARNINGS": "ignore",
    "RASA_TELEMETRY_ENABLED": "false",
    "ENGINE_TRACKER_URL": "sqlite://",
    "WENFA_ACTIONS_PORT": "5055",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
INSTALL = "from engine import without_tensorflow; without_tensorflow.install()\n"


def run(code: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=240,
    )  # fmt: skip


def answer(code: str, folder: Path = ROOT) -> Any:
    """What the code prints last, as JSON."""
    done = run(code, folder)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_rasa_loads_no_real_tensorflow() -> None:
    loaded = answer(
        INSTALL
        + """
import json, sys
import rasa.core.agent, rasa.engine.recipes.default_components
from rasa.nlu.classifiers.diet_classifier import DIETClassifier
names = [name for name in sys.modules if name.split(".")[0] in without_tensorflow.STANDS_IN_FOR]
files = [name for name in names if getattr(sys.modules[name], "__file__", None)]
mapped = open("/proc/self/maps").read() if sys.platform == "linux" else ""
print(json.dumps({"names": names, "files": files, "mapped": "libtensorflow" in mapped}))
"""
    )
    assert "tensorflow" in loaded["names"]
    assert loaded["files"] == []
    assert loaded["mapped"] is False


def test_installing_twice_installs_once() -> None:
    assert (
        answer(
            INSTALL
            + """
without_tensorflow.install()
import tensorflow
without_tensorflow.install()
import json, sys
print(json.dumps(sum(isinstance(f, without_tensorflow._Finder) for f in sys.meta_path)))
"""
        )
        == 1
    )


def test_too_late_is_told() -> None:
    """A real module under this name is enough: the real library costs eight seconds to import."""
    done = run(
        "import sys, types; sys.modules['tensorflow'] = types.ModuleType('tensorflow')\n" + INSTALL
    )
    assert done.returncode == 1
    assert "RuntimeError: TensorFlow is already loaded" in done.stderr


@pytest.mark.parametrize(
    "allowed",
    [
        "class Layer(tf.keras.layers.Layer):\n    size = 1\nassert Layer.size == 1",
        "class Layer(tf.keras.layers.Layer, tf.Module): pass",
        "@tf.function\ndef double(n): return 2 * n\nassert double(2) == 4",
        "def shape(tensor: tf.Tensor | None) -> tf.Tensor[int]: return None",
        "from typing import List, Optional, Union\nOptional[Union[List[tf.Tensor], tf.Tensor]]",
        "from tensorflow.python.keras.utils import tf_utils\nimport tensorflow_addons as tfa",
        "import tensorflow.keras.backend as K\nK.epsilon",
    ],
)
def test_subclassing_decorating_and_annotating(allowed: str) -> None:
    done = run(INSTALL + "import tensorflow as tf\n" + allowed)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "use",
    [
        "tf.constant(1)",
        "tf.constant([1, 2])",
        "tf.random.set_seed(seed=1)",
        "tf.config.list_physical_devices()",
        "tf.keras.Sequential()",
        "tf.keras.layers.Dense(3)",
        "list(tf.data.experimental.AUTOTUNE)",
        "[row for row in tf.data.rows]",
        "tf.float32 + 1",
        "float(tf.float32)",
        "len(tf.shapes)",
        "tf.__version__",
        "with tf.device: pass",
        "class Layer(tf.keras.layers.Layer): pass\nLayer()",
    ],
)
def test_any_other_use_fails_loudly(use: str) -> None:
    done = run(INSTALL + "import tensorflow as tf\n" + use)
    assert done.returncode == 1, f"{use} passed silently"
    assert done.stderr.splitlines()[-1].split(":")[0] in {
        "RuntimeError", "TypeError", "AttributeError",
    }  # fmt: skip


def small_project(folder: Path) -> None:
    """Our pipeline, policies and endpoints over a handful of sentences."""
    for name in ("domain", "nlu_data/lexicons", "var"):
        (folder / name).mkdir(parents=True)
    for name in ("config.yml", "endpoints.yml", "credentials.yml"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    for name in ("legal_terms.txt", "urgency.yml", "turns.yml"):
        source = ROOT / "nlu_data/lexicons" / name
        (folder / "nlu_data/lexicons" / name).write_bytes(source.read_bytes())
    gazetteer = {"names": ["小榄镇"], "words": ["小榄镇"]}
    (folder / "var/gazetteer.json").write_text(json.dumps(gazetteer), encoding="utf-8")
    sentences: dict[str, Any] = {
        "legal_aid": ["没钱请律师", "申请法律援助", "法律援助要什么材料", "没钱打官司找谁"],
        "notarization": ["公证怎么办", "公证要带什么", "遗嘱公证收费吗", "公证处在哪"],
        "find_place": ["司法所在哪", "最近的司法所", "离我最近的服务点", "司法所怎么走"],
    }
    urgency = ["none", "none", "deadline", "threat"]
    matters = ["labor", "debt", "labor", "debt"]
    nlu = [
        {
            "intent": intent,
            "examples": [
                {"text": text, "metadata": {"matter": matter, "urgency": kind, "party": "self"}}
                for text, kind, matter in zip(texts, urgency, matters, strict=True)
            ],
        }
        for intent, texts in sentences.items()
    ]
    rules = [
        {"rule": name, "steps": [{"intent": name}, {"action": f"utter_{name}"}]}
        for name in [*sentences, "nlu_fallback"]
    ]
    domain = {
        "intents": [*sentences, "nlu_fallback"],
        "entities": ["region"],
        "responses": {
            f"utter_{name}": [{"text": f"回答 {name}"}] for name in [*sentences, "nlu_fallback"]
        },
        "session_config": {
            "session_expiration_time": 60, "carry_over_slots_to_new_session": True,
        },
    }  # fmt: skip
    for file, content in (
        ("domain/domain.yml", domain),
        ("nlu_data/nlu.yml", {"version": "3.1", "nlu": nlu}),
        ("nlu_data/rules.yml", {"version": "3.1", "rules": rules}),
    ):
        text = yaml.safe_dump(content, allow_unicode=True)
        (folder / file).write_text(text, encoding="utf-8")


def train(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "engine.train", "models", "small"],
        cwd=project, env=ENVIRONMENT, capture_output=True, text=True, timeout=240,
    )  # fmt: skip


class Client:
    """HTTP to the engine, past any proxy of the environment."""

    def __init__(self, port: int) -> None:
        self._root = f"http://127.0.0.1:{port}"
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self._root + path, data, {"Content-Type": "application/json"}
        )
        with self._opener.open(request, timeout=30) as response:
            return json.loads(response.read())


@contextmanager
def served(project: Path) -> Iterator[tuple[Client, int]]:
    """The engine as a process, and how to ask it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = project / "serve.log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "engine.serve", "models/small.tar.gz", str(port)],
            cwd=project, env=ENVIRONMENT, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    client = Client(port)
    try:
        for _ in range(600):
            assert process.poll() is None, log.read_text(encoding="utf-8")[-3000:]
            try:
                client.ask("/status")
                break
            except OSError:
                time.sleep(0.2)
        yield client, process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_a_small_model_is_trained_and_served(tmp_path: Path) -> None:
    """The whole pipeline of config.yml, trained and asked as in the product."""
    project = tmp_path / "project"
    project.mkdir()
    small_project(project)
    trained = train(project)
    assert trained.returncode == 0, trained.stderr[-3000:]
    assert (project / "models/small.tar.gz").is_file()
    with served(project) as (client, pid):
        assert client.ask("/status")["model_file"] == "small.tar.gz"
        parsed = client.ask("/model/parse", {"text": "我在小榄镇，老板欠我工资，他說要弄死我"})
        said = {"sender": "resident", "message": "公证怎么办"}
        replies = [client.ask("/webhooks/rest/webhook", said) for _ in range(3)]
        tracker = client.ask("/conversations/resident/tracker")
        if sys.platform == "linux":
            assert "libtensorflow" not in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")
    for reply in replies:
        assert reply == [{"recipient_id": "resident", "text": reply[0]["text"]}]
        assert reply[0]["text"].startswith("回答 ")
    assert [event["event"] for event in tracker["events"]].count("user") == 3
    assert {"intent", "intent_ranking", "matters", "urgency", "entities"} <= set(parsed)
    assert parsed["urgency"] == {
        "kind": "threat", "flag": True, "confidence": 1.0, "evidence": ["弄死"],
    }  # fmt: skip
    region = parsed["entities"][0]
    assert (region["entity"], region["value"], region["start"], region["end"]) == (
        "region", "小榄镇", 2, 5,
    )  # fmt: skip
    assert {item["name"] for item in parsed["matters"]} == {"labor", "debt"}


def test_a_training_that_cannot_be_done_is_no_success(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    small_project(project)
    (project / "nlu_data/lexicons/urgency.yml").unlink()
    done = train(project)
    assert done.returncode != 0
    assert not (project / "models/small.tar.gz").exists()
