"""Serve one model on loopback:  python -m engine.serve MODEL_FILE PORT

The engine never listens beyond this machine, phones nobody, and stops when the model is missing
instead of serving another one.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path

from engine import without_tensorflow

without_tensorflow.install()  # before anything of Rasa is imported

from rasa.core.run import serve_application  # noqa: E402
from rasa.core.utils import AvailableEndpoints  # noqa: E402
from rasa.utils.log_utils import configure_structlog  # noqa: E402
from sanic import Sanic  # noqa: E402

from engine import fast_paths  # noqa: E402

WARM_TEXT = "老板拖欠工资怎么办"
LOOPBACK = "127.0.0.1"


def main(model: str, port: int) -> int:
    """Blocks until stopped. Returns 1 when there is no such model."""
    if not Path(model).is_file():
        print(f"no model at {model}", file=sys.stderr)
        return 1
    configure_structlog(logging.WARNING)
    logging.basicConfig(level=logging.WARNING)
    fast_paths.install()
    endpoints = AvailableEndpoints.read_endpoints("endpoints.yml")
    serve_application(
        model_path=model,
        interface=LOOPBACK,
        port=port,
        credentials="credentials.yml",
        enable_api=True,
        endpoints=endpoints,
        server_listeners=[(_warm, "after_server_start")],
    )
    return 0


async def _warm(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
    """The first parse loads dictionaries and the encoder: no resident shall wait for it."""
    agent = getattr(app.ctx, "agent", None)
    if agent is None or not agent.is_ready():
        os._exit(1)  # Rasa would go on without a model
    await agent.parse_message(WARM_TEXT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
