"""What the gateway and the tickets refuse, as problems: said once, for every route."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from bot.api.problems import Problem, problem
from bot.gateway.gateway import UnknownSession
from bot.gateway.inbox import TooFast
from bot.gateway.store import StoreAway
from bot.tickets.desk import NoSuchTicket, Refused

_REFUSALS: dict[type[Exception], tuple[int, str]] = {
    StoreAway: (503, "store_away"),
    UnknownSession: (404, "unknown_session"),
    TooFast: (429, "too_fast"),
    NoSuchTicket: (404, "unknown_ticket"),
}


def install(app: FastAPI) -> None:
    """Every route may let these exceptions pass."""
    for refusal in _REFUSALS:
        app.add_exception_handler(refusal, _refusal)
    app.add_exception_handler(Refused, _refused)


async def _refusal(request: Request, error: Exception) -> JSONResponse:
    status, detail = _REFUSALS[type(error)]
    return problem(Problem(status, detail))


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return problem(Problem(409, error.reason, **error.values))
