"""Serving without TensorFlow, in processes of their own: what is imported cannot be unimported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict

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


def run(code: str, folder: Path = ROOT) -> "subprocess.CompletedProcess[str]":
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


TALK = """
import asyncio, json, sys
from rasa.core.agent import Agent, load_agent
from rasa.core.utils import AvailableEndpoints
from engine import fast_paths
fast_paths.install()

async def main():
    endpoints = AvailableEndpoints.read_endpoints("endpoints.yml")
    agent = await load_agent(sys.argv[1] if len(sys.argv) > 1 else MODEL, endpoints=endpoints)
    parsed = await agent.parse_message("我在小榄镇，老板欠我工资，他說要弄死我")
    first = await agent.handle_text("公证怎么办")
    tracker = await agent.tracker_store.retrieve("default")
    real = [n for n in sys.modules if n.split(".")[0] in without_tensorflow.STANDS_IN_FOR
            and getattr(sys.modules[n], "__file__", None)]
    print(json.dumps({"ready": agent.is_ready(), "parsed": parsed, "texts": first, "real": real,
                      "store": type(getattr(agent.tracker_store, "_tracker_store",
                                            agent.tracker_store)).__name__,
                      "events": len(tracker.events)}, default=str))

asyncio.run(main())
"""


def small_project(folder: Path) -> None:
    """Our pipeline, policies and endpoints over a handful of sentences."""
    for name in ("domain", "nlu_data/lexicons", "var"):
        (folder / name).mkdir(parents=True)
    for name in ("config.yml", "endpoints.yml"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    for name in ("legal_terms.txt", "urgency.yml"):
        source = ROOT / "nlu_data/lexicons" / name
        (folder / "nlu_data/lexicons" / name).write_bytes(source.read_bytes())
    gazetteer = {"names": ["小榄镇"], "words": ["小榄镇"]}
    (folder / "var/gazetteer.json").write_text(json.dumps(gazetteer), encoding="utf-8")
    sentences: Dict[str, Any] = {
        "legal_aid": ["没钱请律师", "申请法律援助", "法律援助要什么材料", "没钱打官司找谁"],
        "notarization": ["公证怎么办", "公证要带什么", "遗嘱公证收费吗", "公证处在哪"],
        "find_place": ["司法所在哪", "最近的司法所", "离我最近的服务点", "司法所怎么走"],
    }
    urgency = ["none", "none", "deadline", "threat"]
    nlu = [
        {
            "intent": intent,
            "examples": [
                {"text": text, "metadata": {"matter": matter, "urgency": kind, "party": "self"}}
                for text, kind, matter in zip(texts, urgency, ["labor", "debt", "labor", "debt"])
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


def test_a_small_model_is_trained_and_served(tmp_path: Path) -> None:
    """The whole pipeline of config.yml, trained and asked as in the product."""
    project = tmp_path / "project"
    project.mkdir()
    small_project(project)
    trained = subprocess.run(
        [sys.executable, "-m", "engine.train", "models", "small"],
        cwd=project, env=ENVIRONMENT, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert trained.returncode == 0, trained.stderr[-3000:]
    assert (project / "models/small.tar.gz").is_file()
    told = answer(INSTALL + "MODEL = 'models/small.tar.gz'\n" + TALK, project)
    assert told["ready"] is True
    assert told["real"] == []
    assert told["store"] == "BoundedTrackerStore"
    assert told["texts"] and told["texts"][0]["text"].startswith("回答 ")
    assert told["events"] >= 6
    parsed = told["parsed"]
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
    done = subprocess.run(
        [sys.executable, "-m", "engine.train", "models", "small"],
        cwd=project, env=ENVIRONMENT, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode != 0
    assert not (project / "models/small.tar.gz").exists()
