"""A server that only echoes, behind the same client: what this machine can do at most.

python -m bench.echo PORT
"""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def _echo(request: Request) -> JSONResponse:
    said = await request.json()
    return JSONResponse({"session": "x", "messages": [{"text": str(said)}]})


def main(port: int) -> None:
    """Blocks until stopped."""
    paths = ("/api/v1/chat/sessions", "/api/v1/chat")
    app = Starlette(routes=[Route(path, _echo, methods=["POST"]) for path in paths])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


if __name__ == "__main__":
    main(int(sys.argv[1]))
