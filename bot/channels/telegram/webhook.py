"""Updates by webhook: on loopback behind a proxy, with Telegram's secret, kept before the 200."""

from __future__ import annotations

import hmac
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.telegram.intake import Intake
from bot.gateway.store import StoreAway

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  (its name, not its value)
LARGEST = 1024 * 1024
HOST = "127.0.0.1"


def webhook_app(intake: Intake, secret: str) -> Starlette:
    """POST on any path: the proxy before it decides which one is public."""

    async def take(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            return Response(status_code=403)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST:
                return Response(status_code=413)
        try:
            update = json.loads(body)
        except ValueError:
            return Response(status_code=400)
        try:
            await intake.take([update])
        except StoreAway:
            return Response(status_code=503)  # Telegram sends it again
        return Response(status_code=200)

    return Starlette(routes=[Route("/{path:path}", take, methods=["POST"])])


class WebhookServer(uvicorn.Server):
    """A server that leaves the process's signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(port: int) -> socket.socket:
    """The door, on this machine only. Raises OSError when it is taken."""
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((HOST, port))
    except OSError:
        door.close()
        raise
    return door


def make_server(intake: Intake, secret: str) -> WebhookServer:
    """Not started yet: `await server.serve([door])`, and `should_exit` ends it."""
    return WebhookServer(
        uvicorn.Config(
            webhook_app(intake, secret),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
        )
    )
