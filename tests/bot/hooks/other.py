"""The other system, as a test needs it: answers as it is told to, and keeps what came."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bot.hooks.signing import PREFIX


def secret_of(seed: str) -> str:
    """A secret with 32 bytes of its own."""
    return PREFIX + base64.b64encode(seed.encode().ljust(32, b".")).decode()


@dataclass
class Came:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Other:
    """`answers`: statuses in turn, then the last one for ever; `before` runs before an answer."""

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [200])
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[], object] = lambda: None
    came: list[Came] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, came: Came) -> int:
        with self._lock:
            self.came.append(came)
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server on a free port of this machine, in a thread; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def other_system() -> Iterator[Other]:
    """Listens on this machine until the block ends."""
    other = Other()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = other.take(Came(self.path, headers, body))
            other.before()
            try:
                self.send_response(status)
                for name, value in other.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()
            except OSError:
                self.close_connection = True  # whoever asked is gone

        def do_GET(self) -> None:
            other.take(Came(f"GET {self.path}", {}, b""))
            self.send_error(404)

        def log_message(self, *_: Any) -> None:
            return None

    with listening(Handler) as url:
        other.url = f"{url}/cases"
        yield other
