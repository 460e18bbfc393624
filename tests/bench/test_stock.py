"""The other side is Rasa as it comes: nothing of ours in its configuration or environment."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bench.stock import model
from bench.stock.model import CONFIG
from bench.stock.server import ENDPOINTS
from tests.stack import ROOT


def test_only_components_that_rasa_ships() -> None:
    stock = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    names = [item["name"] for item in stock["pipeline"] + stock["policies"]]
    assert {"DIETClassifier", "RulePolicy", "TEDPolicy", "MemoizationPolicy"} <= set(names)
    assert not [name for name in names if "." in name]
    stores = yaml.safe_load(ENDPOINTS.read_text(encoding="utf-8"))
    assert stores["tracker_store"]["type"] == "SQL"
    assert stores["lock_store"]["type"] == "in_memory"


def test_what_both_sides_share_is_the_same() -> None:
    stock = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    ours = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    assert stock["pipeline"][-1] == ours["pipeline"][-1]  # when it is not sure, it asks
    assert ours["policies"][0] in stock["policies"]
    endpoints = yaml.safe_load((ROOT / "endpoints.yml").read_text(encoding="utf-8"))
    stores = yaml.safe_load(ENDPOINTS.read_text(encoding="utf-8"))
    assert stores["action_endpoint"] == endpoints["action_endpoint"]


def test_its_pins_are_those_that_rasa_resolves_to() -> None:
    lock = (ROOT / "runtimes" / "stock.txt").read_text()
    assert "\nrasa==3.6.21 " in lock
    assert "\njsonschema==4.17." in lock
    assert "fastjsonschema" not in lock
    assert "http://" not in lock
    assert "https://" not in lock


def test_the_same_inputs_are_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "VAR", tmp_path)
    monkeypatch.setattr(model, "LOG", tmp_path / "log" / "train.log")
    rasa = tmp_path / "rasa"
    rasa.write_text(
        '#!/bin/sh\nfor last; do :; done\necho x >> "$CALLS"\n'
        f'test -e "$CALLS.fail" || echo trained > {tmp_path}/models/"$last".tar.gz\n'
    )
    rasa.chmod(0o755)
    monkeypatch.setattr(model, "PYTHON", rasa)
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    (tmp_path / "calls.fail").touch()
    with pytest.raises(model.NotTrained, match=r"train\.log"):
        model.trained(lambda _seconds: None)
    (tmp_path / "calls.fail").unlink()
    first = model.trained(lambda _seconds: None)
    assert model.trained(lambda _seconds: None) == first
    assert [file.name for file in first.parent.iterdir()] == [first.name]
    assert (tmp_path / "calls").read_text().split() == ["x", "x"]
    changed = tmp_path / "config.yml"
    changed.write_text(CONFIG.read_text(encoding="utf-8") + "# changed\n")
    monkeypatch.setattr(model, "CONFIG", changed)
    assert model.trained(lambda _seconds: None) != first
