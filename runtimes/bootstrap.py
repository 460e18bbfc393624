"""Build the Python runtimes of Wenfa from hashed locks. Standard library only.

    python3 runtimes/bootstrap.py run     engine + app, as `make run` needs them
    python3 runtimes/bootstrap.py test    the same with the test tools
    python3 runtimes/bootstrap.py bench   the same as test, and stock Rasa to compare with
    python3 runtimes/bootstrap.py lock    resolve the .in files into the hashed .txt locks

The engine needs Python 3.10 (Rasa 3.6 pins it), the app 3.11 or newer. A runtime is rebuilt only
when its lock or its interpreter changed. What a person reads here is Chinese; see README.md.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "runtimes"
HOME = Path(os.environ.get("WENFA_HOME") or ROOT / "var").resolve()
HERE = HOME / "runtime"


class SetupError(Exception):
    """Something the person at the keyboard can mend; the text says how."""


@dataclass(frozen=True)
class Runtime:
    """One virtual environment: which interpreters fit, and the lock files it is made of."""

    name: str
    oldest: tuple[int, int]
    newest: tuple[int, int]
    variable: str
    locks: tuple[str, ...]
    test_locks: tuple[str, ...]

    @property
    def folder(self) -> Path:
        return HERE / self.name

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"


ENGINE = Runtime(
    "engine", (3, 10), (3, 10), "WENFA_PYTHON310", ("engine.txt",), ("engine-test.txt",)
)
# The law package is installed without its own dependencies, so it has a lock of its own.
APP = Runtime(
    "app", (3, 11), (3, 14), "WENFA_PYTHON", ("app.txt", "law.txt"), ("app-test.txt", "law.txt")
)
# Rasa as it comes: only `make bench` needs it.
STOCK = Runtime("stock", (3, 10), (3, 10), "WENFA_PYTHON310", ("stock.txt",), ("stock.txt",))
WANTED = {"run": (ENGINE, APP), "test": (ENGINE, APP), "bench": (ENGINE, APP, STOCK)}
# lock file → (its source, the Python it is resolved for)
SOURCES = {
    "uv.txt": ("uv.in", "3.11", ()),
    "engine.txt": ("engine.in", "3.10", ()),
    "engine-test.txt": ("engine-test.in", "3.10", ()),
    "stock.txt": ("stock.in", "3.10", ()),
    "app.txt": ("app.in", "3.11", ()),
    "app-test.txt": ("app-test.in", "3.11", ()),
    "law.txt": ("law.in", "3.11", ("--no-deps",)),
}


def say(text: str) -> None:
    print(f"[准备] {text}", flush=True)


def main(argv: list[str]) -> int:
    action = argv[0] if argv else "run"
    if action not in {*WANTED, "lock"}:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with _exclusive():
            uv = _uv()
            if action == "lock":
                _relock(uv)
            else:
                for runtime in WANTED[action]:
                    _ensure(uv, runtime, with_tests=action != "run")
    except SetupError as error:
        print(f"[准备] 停下了：{error}", file=sys.stderr)
        return 1
    return 0


@contextlib.contextmanager
def _exclusive() -> Iterator[None]:
    """Two makes at once would tear each other's folders: one waits for the other."""
    try:
        HERE.mkdir(parents=True, exist_ok=True)
        handle = (HERE / ".lock").open("w")
    except OSError as error:
        raise SetupError(
            f"文件夹 {HOME} 不能写入（{error.strerror}）。请换一个可写的文件夹，"
            "或设置环境变量 WENFA_HOME 指到可写的位置，再运行一次。"
        ) from error
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _uv() -> Path:
    """uv, pinned and hashed, in a small environment of its own."""
    home = HERE / "uv"
    binary = home / "bin" / "uv"
    lock = LOCKS / "uv.txt"
    stamp = home / ".stamp"
    wanted = _digest([lock], sys.version)
    if binary.exists() and stamp.exists() and stamp.read_text() == wanted:
        return binary
    if sys.version_info < (3, 9):
        raise SetupError("python3 太旧。请安装 Python 3.11 或更新版本，再运行一次。")
    say("安装 uv（管理运行环境的工具）…")
    shutil.rmtree(home, ignore_errors=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(home)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise SetupError(
            "这个 python3 不能建立虚拟环境（缺 venv）。"
            "Debian/Ubuntu 请先运行 apt-get install python3-venv，再运行一次。"
        )
    _call(
        [home / "bin/python", "-m", "pip", "install", "-q", "--require-hashes", "-r", lock],
        "安装 uv 失败，请检查网络或 pip 的软件源设置",
    )
    stamp.write_text(wanted)
    return binary


def _ensure(uv: Path, runtime: Runtime, *, with_tests: bool) -> None:
    """Make the runtime match its lock; one that also holds the test tools is good for both."""
    interpreter = find_python(runtime)
    stamp = runtime.folder / ".stamp"
    plain = _digest([LOCKS / name for name in runtime.locks], str(interpreter))
    tests = _digest([LOCKS / name for name in runtime.test_locks], str(interpreter))
    have = stamp.read_text() if stamp.exists() and runtime.python.exists() else ""
    wanted, names = (tests, runtime.test_locks) if with_tests else (plain, runtime.locks)
    if have == wanted or (not with_tests and have == tests):
        return
    begun = time.monotonic()
    version = ".".join(map(str, version_of(interpreter) or ()))
    say(f"建立 {runtime.name} 运行环境（Python {version}）…")
    if not runtime.python.exists() or version_of(runtime.python) != version_of(interpreter):
        shutil.rmtree(runtime.folder, ignore_errors=True)
        _call([uv, "venv", "-q", "--python", interpreter, runtime.folder], "建立虚拟环境失败")
    stamp.unlink(missing_ok=True)
    _call(
        [
            uv,
            "pip",
            "sync",
            "-q",
            "--python",
            runtime.python,
            "--require-hashes",
            *(LOCKS / name for name in names),
        ],
        f"安装 {runtime.name} 的软件包失败，请检查网络或软件源设置",
    )
    stamp.write_text(wanted)
    say(f"{runtime.name} 运行环境好了（{time.monotonic() - begun:.0f} 秒）")


def find_python(runtime: Runtime) -> Path:
    """The first interpreter of a fitting version that really runs.

    A pyenv shim named python3.10 may exist and exit 127, so every candidate is executed.
    """
    for candidate in _candidates(runtime):
        version = version_of(candidate)
        if version and runtime.oldest <= version <= runtime.newest:
            return candidate
    wanted = ".".join(map(str, runtime.oldest))
    more = "" if runtime.oldest == runtime.newest else " 或更新版本"
    raise SetupError(
        f"没有找到 Python {wanted}{more}。请安装一个（例如 uv python install {wanted} 或 "
        f"pyenv install {wanted}），或把它的路径写进环境变量 {runtime.variable}，再运行一次。"
    )


def _candidates(runtime: Runtime) -> Iterator[Path]:
    named = os.environ.get(runtime.variable)
    if named:
        yield Path(named)
        return
    if runtime is APP:
        yield Path(sys.executable)
    minors = range(runtime.oldest[1], runtime.newest[1] + 1)
    names = [f"python3.{minor}" for minor in minors]
    for name in names:
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            if folder:
                yield Path(folder) / name
    user = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT") or user / ".pyenv") / "versions"
    uv_home = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or user / ".local/share/uv/python")
    for minor in minors:
        for home in sorted(pyenv.glob(f"3.{minor}.*"), reverse=True):
            yield home / "bin" / "python"
        for home in sorted(uv_home.glob(f"cpython-3.{minor}.*"), reverse=True):
            yield home / "bin" / f"python3.{minor}"
    for system in ("/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"):
        for name in names:
            yield Path(system) / name


def version_of(python: Path) -> tuple[int, int] | None:
    """(major, minor) by running it; None when it does not run."""
    code = "import sys, ssl, sqlite3; print(*sys.version_info[:2])"
    try:
        done = subprocess.run(
            [str(python), "-c", code], capture_output=True, text=True, timeout=20, check=False
        )
        major, minor = done.stdout.split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def _relock(uv: Path) -> None:
    for target, (source, python, flags) in SOURCES.items():
        say(f"{source} → {target}")
        _call(
            [uv, "pip", "compile", "-q", "--universal", "--python-version", python, *flags,
             "--generate-hashes", "--no-emit-index-url", "--upgrade",
             "--custom-compile-command", "make lock", source, "-o", target],
            f"{source} 不能解析",
            cwd=LOCKS,
        )  # fmt: skip


def _digest(files: list[Path], salt: str) -> str:
    total = hashlib.sha256(salt.encode())
    for file in files:
        if not file.exists():
            raise SetupError(f"缺少锁文件 {file.relative_to(ROOT)}，请运行 make lock。")
        total.update(file.read_bytes())
    return total.hexdigest()


def _call(command: list[Path | str], failure: str, cwd: Path | None = None) -> None:
    done = subprocess.run([str(part) for part in command], cwd=cwd, check=False)
    if done.returncode:
        raise SetupError(f"{failure}（退出码 {done.returncode}，原因见上）。")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
