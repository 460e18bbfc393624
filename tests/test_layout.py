"""The shape of the project: which room may know which, and what no file may hold."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("engine", "knowledge", "actions", "bot")
OURS = {*ROOMS, "tests", "bench", "runtimes"}
MAY_IMPORT = {
    "engine": {"engine"},
    "knowledge": {"knowledge"},
    "actions": {"actions", "knowledge"},
    "bot": {"bot", "knowledge"},
}


@cache
def tracked() -> tuple[Path, ...]:
    """What git keeps, and what is about to be added."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return tuple(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())


def sources(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imports(file: Path) -> list[tuple[int, str]]:
    """(line, module) of every import, wherever in the file it stands."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: a relative import hides its room"
            found.append((node.lineno, node.module or ""))
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_knows_only_the_rooms_it_may(room: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{line} {module}"
        for file in sources(room)
        for line, module in imports(file)
        if module.split(".")[0] in OURS - MAY_IMPORT[room]
    ]
    assert sources(room)
    assert not wrong


def test_the_engine_s_files_have_no_way_to_the_app_s_packages() -> None:
    apps = {"fastapi", "pydantic_settings", "alembic", "rasa_sdk", "psycopg", "typer"}
    for file in sources("engine"):
        assert not {module.split(".")[0] for _, module in imports(file)} & apps, file.name


def test_only_the_engine_knows_rasa() -> None:
    for room in ("knowledge", "actions", "bot"):
        for file in sources(room):
            assert "rasa" not in {module.split(".")[0] for _, module in imports(file)}, file.name


# Packages of others are imported first: only what our own modules do is watched.
IMPORTING = """
import importlib, os, sys
modules, packages, root = sys.argv[1].split(), sys.argv[2].split(), sys.argv[3]
for name in packages:
    importlib.import_module(name)
importlib.invalidate_caches()

def watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        writing = any(sign in (mode or "") for sign in "wax+") or (
            isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        )
        ours = isinstance(path, str) and os.path.abspath(path).startswith(root + os.sep)
        code = isinstance(path, str) and path.endswith((".py", ".pyc", ".so"))
        library = isinstance(path, str) and "site-packages" in path
        if writing or (ours and not code and not library):
            raise SystemExit(f"{current}: open {path} {mode}")
    elif event.startswith(("socket.", "subprocess.", "sqlite3.")) or event in (
        "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.mkdir", "os.remove", "os.rename",
    ):
        raise SystemExit(f"{current}: {event} {arguments}")

current = ""
sys.addaudithook(watch)
for current in modules:
    importlib.import_module(current)
print("imported", len(modules))
"""


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def importing(modules: list[str], packages: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", IMPORTING, " ".join(modules), " ".join(packages), str(ROOT)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_nothing_is_read_or_opened_at_import() -> None:
    files = [
        file
        for room in ("knowledge", "actions", "bot")
        for file in sources(room)
        if "migrations" not in file.parts  # Alembic runs those, nobody imports them
    ]
    modules = [module_name(file) for file in files]
    packages = sorted(
        {
            module
            for file in files
            for _, module in imports(file)
            if module.split(".")[0] not in OURS and module != "__future__"
        }
    )
    done = importing(modules, packages)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"imported {len(modules)}\n"
    assert done.stderr == ""


@pytest.mark.parametrize(
    "line",
    [
        "open('x.txt', 'w')",
        "open('README.md').read()",
        "import socket; socket.socket()",
        "import subprocess; subprocess.run(['true'])",
        "import sqlite3; sqlite3.connect(':memory:')",
    ],
)
def test_the_watch_would_notice(tmp_path: Path, line: str) -> None:
    """Otherwise the test above would prove nothing."""
    (tmp_path / "guilty.py").write_text(line, encoding="utf-8")
    (tmp_path / "README.md").write_text("x", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", IMPORTING, "guilty", "subprocess sqlite3", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("guilty: ")


def test_every_link_to_the_docs_leads_somewhere() -> None:
    """In README and in docs/ themselves: relative links only, to files that exist."""
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("还没有 README.md")
    broken = []
    for file in [readme, *sorted((ROOT / "docs").rglob("*.md"))]:
        text = re.sub(r"```.*?```", "", file.read_text(encoding="utf-8"), flags=re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:|#", target):
                continue
            if not (file.parent / unquote(target.split("#")[0])).exists():
                broken.append(f"{file.relative_to(ROOT)} → {target}")
        for name in re.findall(r"`(docs/[\w./-]+\.md)`", text):
            if not (ROOT / name).exists():
                broken.append(f"{file.relative_to(ROOT)} → {name}")
    assert not broken


# Written so that this file does not match itself.
FORBIDDEN = {
    "a registry's address": re.compile(
        r"(?i)pypi\.(?:org|tuna)|python[h]osted\.org|registry\.npm[j]s|npm[m]irror|mirrors\.[a-z]+\."
        r"|^\s*-{1,2}(?:i|index-url|extra-index-url|find-links)[ =]http",
        re.M,
    ),
    "a path of one machine": re.compile(r"(?<![\w./:~$})])/(?:root|work|home|Users)/[\w.]"),
    "a private key": re.compile(r"-{5}BEGIN [A-Z ]*PRIVATE KEY"),
    "a token": re.compile(
        r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|AKIA[0-9A-Z]{16}|sk-[A-Za-z0-9]{32,}"
        r"|\d{8,10}:AA[A-Za-z0-9_-]{33})"
    ),
    "a password": re.compile(
        r"(?i)\b(?:password|passwd|secret|api_key|token)[\"']?\s*[:=]\s*[\"'][A-Za-z0-9+/_-]{12,}[\"']"
    ),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_holds(what: str) -> None:
    found = []
    for file in tracked():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # an image or a font
        found += [
            f"{file.relative_to(ROOT)}: {match.group()[:60]}"
            for match in FORBIDDEN[what].finditer(text)
        ]
    assert not found


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a registry's address", "--index-url " + "http://127.0.0.1:3141/simple"),
        ("a registry's address", "https://files.python" + "hosted.org/packages/x.whl"),
        ("a path of one machine", '"' + "/home" + '/me/wenfa"'),
        ("a private key", "-----BEGIN RSA " + "PRIVATE KEY-----"),
        ("a token", "123456789:AA" + "x" * 33),
        ("a password", "password = " + "'correcthorsebattery'"),
    ],
)
def test_the_search_would_notice(what: str, text: str) -> None:
    assert FORBIDDEN[what].search(text)


def test_state_is_not_tracked() -> None:
    for file in tracked():
        name = file.relative_to(ROOT).as_posix()
        assert not name.startswith("var/"), name
        assert not name.endswith((".sqlite3", ".tar.gz", ".pyc", ".log", ".env")), name


def test_locks_are_hashed() -> None:
    locks = sorted((ROOT / "runtimes").glob("*.txt"))
    assert len(locks) >= 6
    for lock in locks:
        for block in re.split(r"\n(?=[A-Za-z0-9])", lock.read_text(encoding="utf-8")):
            if "==" in block.split("\n")[0]:
                assert "--hash=sha256:" in block, f"{lock.name}: {block[:60]}"


def test_the_test_rooms_mirror_the_tree() -> None:
    for room in (*ROOMS, "runtimes"):
        assert list((ROOT / "tests" / room).glob("test_*.py")), room
    for action in (ROOT / "actions").glob("action_*.py"):
        assert (ROOT / "tests" / "actions" / f"test_{action.name}").exists(), action.name
