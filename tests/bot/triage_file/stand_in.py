"""What the command meets in place of an engine:  python stand_in.py -m engine.serve MODEL PORT

It says that it serves this model, understands everything in the same way but for a few texts, and
notes in MODEL.served that it has been started.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

POISON = "这一句引擎受不了"
SILENCE = "这一句引擎不回答"

UNDERSTOOD: dict[str, Any] = {
    "intent_ranking": [
        {"name": "legal_aid", "confidence": 0.71234},
        {"name": "legal_consultation", "confidence": 0.2},
    ],
    "matters": [{"name": "labor", "confidence": 0.95}, {"name": "debt", "confidence": 0.02}],
    "urgency": {"kind": "violence", "flag": True, "confidence": 0.9, "evidence": ["他打我", "刀"]},
    "party": {"name": "child", "confidence": 0.9},
    "troubles": [],
    "entities": [],
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    model: str
    silent: threading.Event


class _Engine(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._answer(200, {"model_file": self.server.model})

    def do_POST(self) -> None:
        text = json.loads(self.rfile.read(int(self.headers["content-length"])))["text"]
        if SILENCE in text:
            print("silent", flush=True)
            self.server.silent.wait()
        self._answer(500 if POISON in text else 200, UNDERSTOOD)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def _answer(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _server(model: str, port: int) -> _Server:
    server = _Server(("127.0.0.1", port), _Engine)
    server.model, server.silent = model, threading.Event()
    return server


@contextmanager
def running(model: str) -> Iterator[int]:
    """An engine of this model (its file name) inside this process; its port."""
    server = _server(model, 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.silent.set()
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    file = Path(sys.argv[3])
    file.with_suffix(".served").write_text(" ".join(sys.argv[1:]))
    _server(file.name, int(sys.argv[4])).serve_forever()
