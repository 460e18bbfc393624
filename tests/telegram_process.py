"""The real Telegram process before a fake Bot API and a scripted engine, for tests and chaos."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bot.database import migrate
from knowledge.database import connect
from knowledge.edition import load
from tests.fake_telegram import FakeTelegram
from tests.stack import ROOT

TOKEN = "123456789:" + "e2e_" * 5


@dataclass
class ScriptedEngine:
    """Answers every message with its own words; while `go` is not set it thinks."""

    go: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    def answer(self, message: str) -> list[dict[str, Any]]:
        said = {"kind": "message", "text": f"答：{message}", "choices": [], "cards": []}
        return [{"custom": said}]


@contextmanager
def scripted_engine() -> Iterator[ScriptedEngine]:
    """An engine on loopback that answers at once."""
    engine = ScriptedEngine()
    engine.go.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            answer: Any = []
            if "message" in body:  # not the events that a conversation is told
                engine.asked.append(body["message"])
                engine.go.wait(30)
                answer = engine.answer(body["message"])
            content = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_arguments: Any) -> None:
            return  # a caller that was killed

    with Server(("127.0.0.1", 0), Handler) as server:
        engine.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield engine
        engine.go.set()
        server.shutdown()
        thread.join()


def prepared_home(home: Path) -> Path:
    """A home with content in its database, and no model."""
    database = connect(f"sqlite:///{home / 'wenfa.sqlite3'}")
    migrate(database)
    load(database)
    database.dispose()
    return home


@dataclass
class TelegramProcess:
    """`wenfa telegram` over a home; its words go to a file there."""

    home: Path
    telegram: str  # address of the Bot API
    engine_port: int
    environment: dict[str, str] = field(default_factory=dict)
    token: str = TOKEN
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.home / "telegram.log"

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot.cli", "telegram"],
                cwd=ROOT,
                env={
                    **os.environ,
                    "TELEGRAM_BOT_TOKEN": self.token,
                    "WENFA_TELEGRAM_API": self.telegram,
                    "WENFA_HOME": str(self.home),
                    "WENFA_ENGINE_PORT": str(self.engine_port),
                    **self.environment,
                },
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def wait(self) -> int:
        """It ends by itself; the exit code."""
        assert self.process is not None
        return self.process.wait(timeout=60)

    def words(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=20)


@contextmanager
def telegram_process(
    home: Path, telegram: FakeTelegram, engine: ScriptedEngine, **environment: str
) -> Iterator[TelegramProcess]:
    """Started, and stopped at the end; nobody's words and no token are in its log."""
    running = TelegramProcess(home, telegram.url, engine.port, environment)
    running.start()
    try:
        yield running
    finally:
        running.stop()
    said = running.words()
    assert TOKEN not in said
    assert "Traceback" not in said
    for call in telegram.ledger:
        assert not call.text or call.text[:20] not in said
    for message in engine.asked:
        assert message not in said
