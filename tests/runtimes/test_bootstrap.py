"""Building the runtimes: the right interpreter, nothing twice, one line for a person to mend."""

from __future__ import annotations

import dataclasses
import fcntl
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).resolve().parents[2] / "runtimes" / "bootstrap.py"


def script(file: Path, body: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return file


def python(file: Path, version: str) -> Path:
    """A stand-in that says it is Python `version`."""
    return script(file, f"echo {version.replace('.', ' ')}")


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module over a home of its own, on a machine without any Python."""
    for name in ("WENFA_PYTHON", "WENFA_PYTHON310"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WENFA_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv-pythons"))
    monkeypatch.setenv("PATH", "/bin:/usr/bin")
    spec = importlib.util.spec_from_file_location("bootstrap_under_test", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def path_of(*folders: Path) -> str:
    return os.pathsep.join([*map(str, folders), "/bin"])


# --- finding an interpreter -------------------------------------------------------------------


def test_a_shim_that_does_not_run_is_passed_over(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "shims" / "python3.10", "echo 'pyenv: python3.10: not found' >&2; exit 127")
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "python3.10").write_text("no program at all")
    lying = python(tmp_path / "lying" / "python3.10", "3.9")
    good = python(tmp_path / "good" / "python3.10", "3.10")
    folders = [tmp_path / name for name in ("shims", "plain", "lying", "nowhere", "good")]
    monkeypatch.setenv("PATH", path_of(*folders))
    assert bootstrap.find_python(bootstrap.ENGINE) == good
    assert bootstrap.version_of(lying) == (3, 9)
    assert bootstrap.version_of(folders[0] / "python3.10") is None
    assert bootstrap.version_of(folders[1] / "python3.10") is None


@pytest.mark.parametrize(
    "where",
    ["pyenv/versions/3.10.14/bin/python", "uv-pythons/cpython-3.10.14-linux/bin/python3.10"],
)
def test_pyenv_s_and_uv_s_own_folders_are_searched(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setenv("PATH", "")
    script(tmp_path / "pyenv" / "shims" / "python3.10", "exit 127")
    found = python(tmp_path / where, "3.10")
    assert bootstrap.find_python(bootstrap.ENGINE) == found


def test_the_variable_wins(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python(tmp_path / "path" / "python3.10", "3.10")
    named = python(tmp_path / "named" / "my-python", "3.10")
    monkeypatch.setenv("PATH", path_of(tmp_path / "path"))
    monkeypatch.setenv("WENFA_PYTHON310", str(named))
    assert bootstrap.find_python(bootstrap.ENGINE) == named


@pytest.mark.parametrize("named", ["3.9", "3.11", "broken", "missing"])
def test_a_wrong_variable_is_said_and_not_replaced_by_another(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    python(tmp_path / "path" / "python3.10", "3.10")
    monkeypatch.setenv("PATH", path_of(tmp_path / "path"))
    file = tmp_path / "named" / "python"
    if named == "broken":
        script(file, "exit 127")
    elif named != "missing":
        python(file, named)
    monkeypatch.setenv("WENFA_PYTHON310", str(file))
    with pytest.raises(bootstrap.SetupError, match="WENFA_PYTHON310"):
        bootstrap.find_python(bootstrap.ENGINE)


def test_none_found_names_version_and_variable(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    never = {"oldest": (3, 99), "newest": (3, 99)}
    runtime = dataclasses.replace(bootstrap.ENGINE, **never)
    with pytest.raises(bootstrap.SetupError) as raised:
        bootstrap.find_python(runtime)
    assert "没有找到 Python 3.99" in str(raised.value)
    assert "WENFA_PYTHON310" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_app_takes_the_python_that_runs_this(bootstrap: ModuleType) -> None:
    assert bootstrap.find_python(bootstrap.APP) == Path(sys.executable)


def test_the_engine_takes_3_10_only(bootstrap: ModuleType) -> None:
    assert bootstrap.ENGINE.oldest == bootstrap.ENGINE.newest == (3, 10)
    assert bootstrap.APP.oldest == (3, 11)


# --- building -----------------------------------------------------------------------------------


@dataclasses.dataclass
class Workshop:
    """A fake uv that writes down what it was asked, fake locks, and fake interpreters."""

    module: ModuleType
    folder: Path
    monkeypatch: pytest.MonkeyPatch

    def make(self, action: str = "run") -> list[str]:
        """The calls of uv, as "venv engine" or "sync engine engine.txt"."""
        log = self.folder / "uv.log"
        log.write_text("")
        code: int = self.module.main([action])
        assert code == 0
        calls = []
        for line in log.read_text().splitlines():
            words = line.split()
            if words[0] == "venv":
                calls.append(f"venv {Path(words[-1]).name}")
            else:
                assert words[:2] == ["pip", "sync"]
                assert "--require-hashes" in words
                runtime = Path(words[words.index("--python") + 1]).parents[1].name
                locks = [Path(word).name for word in words if word.endswith(".txt")]
                calls.append(f"sync {runtime} {' '.join(locks)}")
        return calls


BUILT = ["venv engine", "sync engine engine.txt", "venv app", "sync app app.txt law.txt"]


@pytest.fixture
def workshop(bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    locks = tmp_path / "runtimes"
    locks.mkdir()
    for name in bootstrap.SOURCES:
        (locks / name).write_text(f"# {name}")
    python(tmp_path / "pythons" / "310", "3.10")
    python(tmp_path / "pythons" / "312", "3.12")
    uv = script(
        tmp_path / "uv",
        f"""echo "$@" >> {tmp_path}/uv.log
test -e {tmp_path}/fail && exit 9
for last; do :; done
if [ "$1" = venv ]; then mkdir -p "$last/bin" && cp "$4" "$last/bin/python"; fi""",
    )
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "LOCKS", locks)
    monkeypatch.setattr(bootstrap, "_uv", lambda: uv)
    monkeypatch.setenv("WENFA_PYTHON310", str(tmp_path / "pythons" / "310"))
    monkeypatch.setenv("WENFA_PYTHON", str(tmp_path / "pythons" / "312"))
    return Workshop(bootstrap, tmp_path, monkeypatch)


def test_nothing_is_built_twice(workshop: Workshop) -> None:
    assert workshop.make() == BUILT
    assert workshop.make() == []


@pytest.mark.parametrize(
    ("lock", "calls"),
    [
        ("engine.txt", ["sync engine engine.txt"]),
        ("app.txt", ["sync app app.txt law.txt"]),
        ("law.txt", ["sync app app.txt law.txt"]),
        ("app-test.txt", []),
        ("engine-test.txt", []),
        ("stock.txt", []),
        ("uv.txt", []),
    ],
)
def test_only_what_changed_is_built_again(workshop: Workshop, lock: str, calls: list[str]) -> None:
    workshop.make()
    (workshop.folder / "runtimes" / lock).write_text("changed")
    assert workshop.make() == calls
    assert workshop.make() == []


def test_the_test_tools_are_good_for_running_too(workshop: Workshop) -> None:
    workshop.make()
    assert workshop.make("test") == [
        "sync engine engine-test.txt",
        "sync app app-test.txt law.txt",
    ]
    assert workshop.make("run") == []
    assert workshop.make("test") == []


def test_stock_rasa_is_built_for_the_bench_only(workshop: Workshop) -> None:
    workshop.make("test")
    assert workshop.make("bench") == ["venv stock", "sync stock stock.txt"]
    assert workshop.make("bench") == []
    (workshop.folder / "runtimes" / "stock.txt").write_text("changed")
    assert workshop.make("run") == workshop.make("test") == []
    assert workshop.make("bench") == ["sync stock stock.txt"]


def test_another_interpreter_makes_another_environment(workshop: Workshop) -> None:
    workshop.make()
    newer = python(workshop.folder / "pythons" / "313", "3.13")
    workshop.monkeypatch.setenv("WENFA_PYTHON", str(newer))
    assert workshop.make() == ["venv app", "sync app app.txt law.txt"]


def test_a_deleted_environment_is_made_again(workshop: Workshop) -> None:
    workshop.make()
    (workshop.module.ENGINE.python).unlink()
    assert workshop.make() == ["venv engine", "sync engine engine.txt"]


def test_a_failed_build_is_said_and_tried_again(
    workshop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    workshop.make()
    (workshop.folder / "runtimes" / "app.txt").write_text("changed")
    (workshop.folder / "fail").touch()
    assert workshop.module.main(["run"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("[准备] 停下了：安装 app 的软件包失败")
    (workshop.folder / "fail").unlink()
    assert workshop.make() == ["sync app app.txt law.txt"]


def test_a_missing_lock_is_said(workshop: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    (workshop.folder / "runtimes" / "engine.txt").unlink()
    assert workshop.module.main(["run"]) == 1
    assert "runtimes/engine.txt" in capsys.readouterr().err


def test_one_build_at_a_time(workshop: Workshop) -> None:
    tried: list[bool] = []

    def uv() -> Path:
        with (workshop.module.HERE / ".lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                tried.append(True)
        return workshop.folder / "uv"

    workshop.monkeypatch.setattr(workshop.module, "_uv", uv)
    workshop.make()
    assert tried == [True]


def test_uv_is_installed_once(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = tmp_path / "calls"
    own = tmp_path / "var" / "runtime" / "uv" / "bin"
    fake = script(
        tmp_path / "python3",
        f"""echo "$2" >> {calls}
test -e {own} || {{ mkdir -p {own} && cp "$0" {own}/python && touch {own}/uv; }}""",
    )
    monkeypatch.setattr(sys, "executable", str(fake))
    assert bootstrap._uv() == own / "uv"
    assert calls.read_text().split() == ["venv", "pip"]
    assert bootstrap._uv() == own / "uv"
    assert calls.read_text().split() == ["venv", "pip"]


def test_a_python_without_venv_is_said(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(script(tmp_path / "python3", "exit 1")))
    with pytest.raises(bootstrap.SetupError, match="python3-venv"):
        bootstrap._uv()


# --- as a person runs it ------------------------------------------------------------------------


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(FILE), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for home in ("/dev/null/x", str(tmp_path / "file" / "var"), str(tmp_path / "file")):
        done = run("run", WENFA_HOME=home)
        assert done.returncode == 1
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1
        assert home in done.stderr
        assert "WENFA_HOME" in done.stderr


def test_no_interpreter_is_one_line(workshop: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    workshop.monkeypatch.setenv("WENFA_PYTHON310", str(workshop.folder / "no-python"))
    assert workshop.module.main(["run"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "没有找到 Python 3.10" in said[0]
    assert "WENFA_PYTHON310" in said[0]


def test_an_unknown_action_is_answered_with_the_usage() -> None:
    done = run("sideways")
    assert done.returncode == 2
    assert "bootstrap.py run" in done.stderr


def test_only_the_standard_library_is_needed() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", f"compile(open({str(FILE)!r}).read(), 'x', 'exec')"],
        check=False,
    )
    assert done.returncode == 0
    names = {
        line.split()[1].split(".")[0]
        for line in FILE.read_text(encoding="utf-8").splitlines()
        if line.startswith(("import ", "from "))
    }
    assert names <= sys.stdlib_module_names
