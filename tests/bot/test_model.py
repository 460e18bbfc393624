"""The model's name is the digest of what it is made of, and a half-made one is never served."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import model as model_module
from bot.model import PrepareError, current_model, engine_environment, kernels, train
from bot.settings import Settings

INPUTS = [
    "config.yml",
    "domain/actions.yml",
    "nlu_data/rules.yml",
    "nlu_data/services/legal_aid.yml",
    "nlu_data/lexicons/urgency.yml",
    "nlu_data/lexicons/legal_terms.txt",
    "engine/tokenizer.py",
    "runtimes/engine.txt",
    "home/gazetteer.json",
]
OTHERS = [
    "endpoints.yml",
    "credentials.yml",
    "README.md",
    "nlu_data/README.md",
    "engine/mypy.ini",
    "runtimes/app.txt",
    "runtimes/engine.in",
    "actions/words.yml",
    "bot/app.py",
    "knowledge/data/services.yml",
    "home/wenfa.sqlite3",
    "home/models/wenfa-1.tar.gz",
]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project with every kind of file."""
    for name in INPUTS + OTHERS:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {name}", encoding="utf-8")
    monkeypatch.setattr(model_module, "ROOT", tmp_path)
    return tmp_path


@pytest.fixture
def settings(root: Path) -> Settings:
    return Settings(home=root / "home")


def engine_python(settings: Settings, script: str) -> None:
    """A stand-in for the engine's interpreter: -m engine.train FOLDER NAME."""
    settings.engine_python.parent.mkdir(parents=True)
    settings.engine_python.write_text(f'#!/bin/sh\nfolder="$3"; name="$4"\n{script}\n')
    settings.engine_python.chmod(0o755)


@pytest.mark.parametrize("name", INPUTS)
def test_each_input_changes_the_name(root: Path, settings: Settings, name: str) -> None:
    before = current_model(settings).name
    (root / name).write_text("changed", encoding="utf-8")
    assert current_model(settings).name != before


@pytest.mark.parametrize("name", ["domain/more.yml", "nlu_data/x/new.yml", "engine/new.py"])
def test_a_new_input_changes_the_name(root: Path, settings: Settings, name: str) -> None:
    before = current_model(settings).name
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("", encoding="utf-8")
    assert current_model(settings).name != before


@pytest.mark.parametrize("name", OTHERS)
def test_nothing_else_changes_the_name(root: Path, settings: Settings, name: str) -> None:
    before = current_model(settings).name
    (root / name).write_text("changed", encoding="utf-8")
    assert current_model(settings).name == before


def test_time_and_place_do_not_change_the_name(
    root: Path, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = current_model(settings).name
    for name in INPUTS:
        (root / name).touch()
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "gazetteer.json").write_bytes((root / "home/gazetteer.json").read_bytes())
    assert current_model(Settings(home=elsewhere)).name == before


def test_a_model_is_trained_once(settings: Settings, root: Path) -> None:
    engine_python(settings, 'echo run >> "$folder/../runs"; echo model > "$folder/$name.tar.gz"')
    said: list[str] = []
    model = train(settings, said.append)
    assert model == current_model(settings)
    assert model.file.read_text() == "model\n"
    assert any("训练好了" in line for line in said)
    said.clear()
    assert train(settings, said.append) == model
    assert said == []
    assert (settings.home / "runs").read_text() == "run\n"
    (root / "config.yml").write_text("changed")
    assert train(settings, said.append) != model
    assert (settings.home / "runs").read_text() == "run\nrun\n"


def test_a_half_written_model_is_never_the_current_one(settings: Settings) -> None:
    file = '"$folder/$name.tar.gz"'
    engine_python(settings, f'echo half > {file}; ls "$folder"; echo whole > {file}')
    model = train(settings, lambda text: None)
    seen = (settings.home / "train.log").read_text()
    assert seen.strip()
    assert model.file.name not in seen
    assert model.file.read_text() == "whole\n"
    assert not list(settings.models.glob("unfinished-*"))


@pytest.mark.parametrize(
    "script",
    [
        "echo broken data; exit 3",
        'echo half > "$folder/$name.tar.gz"; exit 3',
        "exit 0",
        'echo half > "$folder/$name.tar.gz"; kill -9 $$',
    ],
)
def test_failed_training_says_where_the_reason_stands(settings: Settings, script: str) -> None:
    engine_python(settings, script)
    with pytest.raises(PrepareError) as raised:
        train(settings, lambda text: None)
    assert str(settings.home / "train.log") in str(raised.value)
    assert not current_model(settings).file.exists()
    assert not list(settings.models.glob("unfinished-*"))
    if "broken data" in script:
        assert "broken data" in (settings.home / "train.log").read_text()


def test_an_engine_that_is_not_there_is_said(settings: Settings) -> None:
    with pytest.raises(PrepareError, match="make run"):
        train(settings, lambda text: None)


def test_the_engine_phones_nobody(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASA_TELEMETRY_ENABLED", "true")
    environment = engine_environment(settings)
    assert environment["RASA_TELEMETRY_ENABLED"] == "false"
    assert environment["WENFA_ACTIONS_PORT"] == str(settings.actions_port)
    assert environment["ENGINE_TRACKER_URL"] == settings.engine_tracker_url
    assert environment["WENFA_GAZETTEER"] == str(settings.gazetteer_file)


@pytest.mark.parametrize(
    ("described", "found"),
    [
        ("flags\t\t: fpu sse2 fma avx avx2 amx_tile", {"OPENBLAS_CORETYPE": "Haswell"}),
        ("flags\t\t: fpu sse2 avx", {}),
        ("Features\t: fp asimd", {}),
        (None, {}),
    ],
)
def test_an_old_openblas_is_told_what_a_new_processor_can(
    tmp_path: Path, described: str | None, found: dict[str, str]
) -> None:
    file = tmp_path / "cpuinfo"
    if described is not None:
        file.write_text(described, encoding="utf-8")
    assert kernels(file) == found


def test_whoever_runs_the_engine_may_choose_its_kernels(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "SkylakeX")
    assert engine_environment(Settings(home=tmp_path))["OPENBLAS_CORETYPE"] == "SkylakeX"
