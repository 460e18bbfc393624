"""What the desks' site cannot do, as a page in its own frame."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import Response

from bot.desk.site import HOME, PAGES, refused
from bot.gateway.store import StoreAway
from bot.slips.board import NoSuchSlip


def install(app: FastAPI) -> None:
    """What becomes of these exceptions below /desk; elsewhere they stay what they were."""
    elsewhere = app.exception_handlers.get(StoreAway)

    async def away(request: Request, error: Exception) -> Response:
        path = request.url.path
        if path == HOME or path.startswith(f"{HOME}/"):
            return refused(request.state.member, PAGES.words["refused"]["away"], 503)
        assert elsewhere is not None
        given: Response = await elsewhere(request, error)  # type: ignore[misc]
        return given

    app.add_exception_handler(NoSuchSlip, _not_there)
    app.add_exception_handler(StoreAway, away)


async def _not_there(request: Request, error: Exception) -> Response:
    return refused(request.state.member, PAGES.words["refused"]["not_there"], 404)
