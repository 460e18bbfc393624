"""What residents get when something breaks, and what is left behind: an apology; nothing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bot.database import migrate
from knowledge.database import connect
from knowledge.edition import load
from tests.stack import ROOT, VAR, free_port, start_stack, stop_stack

pytestmark = pytest.mark.e2e
API = "/api/v1"
PROMISED = 5.0  # seconds until an apology or a 503, by the public contract
Answer = Callable[[socket.socket], None]


# ---------------------------------------------------------------- engines that are none


def says_nothing(call: socket.socket) -> None:
    call.recv(65536)
    time.sleep(30)


def hangs_up(call: socket.socket) -> None:
    call.recv(65536)


def says_garbage(call: socket.socket) -> None:
    call.recv(65536)
    call.sendall(b"\x00\xff\xfe no http at all\r\n\r\n")


def is_another_program(call: socket.socket) -> None:
    _reply(call, b"<html>hello</html>", b"text/html")


def answers_an_empty_list(call: socket.socket) -> None:
    """What Rasa's REST channel answers to any exception of its own."""
    _reply(call, b"[]")


def answers_other_json(call: socket.socket) -> None:
    _reply(call, b'{"intent_ranking": null, "text": 5}')


def drips(call: socket.socket) -> None:
    """Always something, never an end: no single read takes long."""
    call.recv(65536)
    call.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[")
    for _ in range(60):
        time.sleep(0.5)
        call.sendall(b" ")


def _reply(call: socket.socket, body: bytes, kind: bytes = b"application/json") -> None:
    call.recv(65536)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
    call.sendall(head % (kind, len(body)) + body)


BROKEN = [
    says_nothing,
    hangs_up,
    says_garbage,
    is_another_program,
    answers_an_empty_list,
    answers_other_json,
    drips,
]


@contextmanager
def listening(answer: Answer | None) -> Iterator[int]:
    """A port with such an engine behind it; None: nothing listens there."""
    if answer is None:
        yield free_port()
        return

    def serve(call: socket.socket) -> None:
        with call:
            try:
                answer(call)
            except OSError:
                return  # the other side has gone, which is what it should do

    def accept(door: socket.socket) -> None:
        while True:
            try:
                call, _ = door.accept()
            except OSError:
                return  # closed: the test is over
            threading.Thread(target=serve, args=(call,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=accept, args=(door,), daemon=True)
        thread.start()
        yield int(door.getsockname()[1])
        door.shutdown(socket.SHUT_RDWR)


# ---------------------------------------------------------------- the app alone


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with content in its database, as `wenfa prepare` leaves it, and no model."""
    folder = tmp_path_factory.mktemp("faults")
    database = connect(f"sqlite:///{folder / 'wenfa.sqlite3'}")
    migrate(database)
    load(database)
    database.dispose()
    return folder


@contextmanager
def app_alone(home: Path, engine_port: int) -> Iterator[httpx.Client]:
    """The app process against whatever listens at the engine's port."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "app"],
        cwd=ROOT,
        env={
            **os.environ,
            "WENFA_HOME": str(home),
            "WENFA_PORT": str(port),
            "WENFA_ENGINE_PORT": str(engine_port),
            "WENFA_ACTIONS_PORT": str(free_port()),
        },
    )
    try:
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=url, trust_env=False, timeout=40) as client:
            wait_for(client)
            yield client
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(client: httpx.Client) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if client.get("/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the app did not start")


@pytest.mark.parametrize(
    "engine", [None, *BROKEN], ids=lambda engine: engine.__name__ if engine else "nobody_there"
)
def test_an_engine_that_fails_is_apologised_for_in_time(home: Path, engine: Answer | None) -> None:
    with listening(engine) as port, app_alone(home, port) as client:
        assert client.get("/health").status_code == 200
        session = client.post(f"{API}/chat/sessions", json={}).json()["session"]

        begun = time.monotonic()
        body = {"session": session, "message": {"id": "1", "text": "老板拖欠工资"}}
        chat = client.post(f"{API}/chat", json=body)
        assert time.monotonic() - begun < PROMISED
        assert chat.status_code == 200
        assert chat.json()["state"] == "bot"
        assert [("12348" in message["text"]) for message in chat.json()["messages"]] == [True]

        for path, question in (
            ("triage", {"text": "老板拖欠工资"}),
            ("triage/batch", {"texts": ["老板拖欠工资"] * 9}),
        ):
            begun = time.monotonic()
            triage = client.post(f"{API}/{path}", json=question)
            assert time.monotonic() - begun < PROMISED, path
            assert triage.status_code == 503, path
            assert triage.headers["content-type"] == "application/problem+json"
            assert "12348" in triage.json()["detail"]

        ready = client.get("/ready")
        assert ready.status_code == 503
        assert ready.json()["ready"] is False
        assert ready.json()["checks"]["engine"]["ok"] is False
        assert ready.json()["checks"]["knowledge"]["ok"] is True

        places = client.get(f"{API}/places/nearest", params={"q": "小榄镇"})
        assert places.json()["places"]  # what needs no engine goes on
        assert "12348" in client.get("/").text


# ---------------------------------------------------------------- starting and stopping


def processes_of(home: Path) -> list[str]:
    """The command lines of all processes that run for this home."""
    mark = f"WENFA_HOME={home.resolve()}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                command = (folder / "cmdline").read_bytes()
                if command:  # a zombie has none
                    found.append(command.replace(b"\0", b" ").decode())
        except OSError:
            continue  # gone, or not ours to read
    return found


def wait_until_gone(home: Path) -> list[str]:
    until = time.monotonic() + 15
    while processes_of(home) and time.monotonic() < until:
        time.sleep(0.1)
    return processes_of(home)


def test_ctrl_c_ends_every_process(tmp_path: Path) -> None:
    own = start_stack(tmp_path / "home")
    assert len(processes_of(own.home)) >= 4  # supervisor, engine, actions, app
    assert stop_stack(own) == 0
    assert wait_until_gone(own.home) == []


def test_a_killed_supervisor_leaves_nobody_behind(tmp_path: Path) -> None:
    own = start_stack(tmp_path / "home")
    own.supervisor.kill()
    own.supervisor.wait(timeout=30)
    assert own.supervisor.stdout is not None
    own.supervisor.stdout.close()
    assert wait_until_gone(own.home) == []


@pytest.mark.parametrize("variable", ["WENFA_PORT", "WENFA_ACTIONS_PORT", "WENFA_ENGINE_PORT"])
def test_a_taken_port_is_said_in_one_clear_line(tmp_path: Path, variable: str) -> None:
    ports = {
        name: str(free_port()) for name in ("WENFA_PORT", "WENFA_ACTIONS_PORT", "WENFA_ENGINE_PORT")
    }
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports[variable] = str(taken.getsockname()[1])
        (tmp_path / "runtime").symlink_to(VAR / "runtime")
        ended = subprocess.run(
            [sys.executable, "-m", "bot.cli", "run"],
            cwd=ROOT,
            env={**os.environ, **ports, "WENFA_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 1
    lines = (ended.stdout + ended.stderr).splitlines()
    assert len(lines) == 1
    assert ports[variable] in lines[0]
    assert "已被占用" in lines[0]
    assert variable in lines[0]
