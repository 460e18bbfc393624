"""An example of the other side: takes what 问法 passes on. Python 3.11, no other package.

    EXCHANGE_SECRET=whsec_… python3 receiver.py [port] [folder]

It verifies the signature over the bytes as they came, writes each case down once, and answers only
then. A real system does the same with its own database. Behind a proxy that speaks TLS.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LARGEST = 256 * 1024
TOLERANCE = 300  # seconds


def keys_of(secrets: str) -> list[bytes]:
    """One secret, or several with blanks between them while a new one replaces an old one."""
    return [base64.b64decode(secret.removeprefix("whsec_")) for secret in secrets.split()]


def is_signed(keys: list[bytes], delivery: str, timestamp: str, body: bytes, given: str) -> bool:
    """Whether one of our secrets signed exactly these bytes, within the last five minutes."""
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > TOLERANCE:
        return False
    if not delivery.replace("_", "").replace("-", "").isalnum():
        return False
    signed = f"{delivery}.{timestamp}.".encode() + body
    good = False
    for key in keys:
        own = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
        for one in given.split(" "):
            # compare_digest takes the same time wherever the first difference stands
            good |= hmac.compare_digest(one.encode("utf-8", "replace"), own)
    return good


class Receiver(BaseHTTPRequestHandler):
    """POST on any path."""

    keys: list[bytes]
    folder: Path
    timeout = 20  # seconds for a slow sender

    def do_POST(self) -> None:
        """201 written down, 200 written down before, 401 not signed, 422 not readable."""
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > LARGEST:
            self.close_connection = True
            return self._answer(413, "内容太大")
        body = self.rfile.read(int(length))
        delivery = self.headers.get("webhook-id", "")
        timestamp = self.headers.get("webhook-timestamp", "")
        signature = self.headers.get("webhook-signature", "")
        if not is_signed(self.keys, delivery, timestamp, body, signature):
            return self._answer(401, "签名或时间不对")
        try:
            case = json.loads(body)
        except ValueError:
            return self._answer(422, "不是 JSON")
        if not isinstance(case, dict) or case.get("version") != 1:
            return self._answer(422, "不认识的版本")
        new = self._keep(delivery, body)
        return self._answer(201 if new else 200, "收下了" if new else "以前收过")

    def _keep(self, delivery: str, body: bytes) -> bool:
        """Once for each id, whole or not at all: two of the same at a time make one file."""
        own = self.folder / f".{delivery}.{os.getpid()}.{id(self)}"
        own.write_bytes(body)
        try:
            os.link(own, self.folder / f"{delivery}.json")  # fails when it is there already
        except FileExistsError:
            return False
        finally:
            own.unlink()
        return True

    def _answer(self, status: int, text: str) -> None:
        said = json.dumps({"detail": text}, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json; charset=utf-8")
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)


def make_server(port: int, folder: Path, secrets: str) -> ThreadingHTTPServer:
    """Listens on this machine only; port 0 is any that is free."""
    handler = type("Own", (Receiver,), {"keys": keys_of(secrets), "folder": folder})
    return ThreadingHTTPServer(("127.0.0.1", port), handler)


if __name__ == "__main__":
    kept = Path(sys.argv[2] if len(sys.argv) > 2 else "received")
    kept.mkdir(exist_ok=True)
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9345
    with make_server(port, kept, os.environ["EXCHANGE_SECRET"]) as server:
        print(f"在 http://127.0.0.1:{server.server_port} 等着，收到的写进 {kept}/", flush=True)  # noqa: T201
        server.serve_forever()
