"""The operators' API of duty, call-backs and tickets over a database of each kind, as an app."""

from __future__ import annotations

from fastapi import FastAPI
from sqlalchemy import Engine

from bot.accounts import door
from bot.accounts.logins import Accounts
from bot.api import callbacks, duty, login, problems, refusals, tickets
from bot.api.state import AppState
from bot.gateway.gateway import Gateway
from bot.settings import Settings
from tests.bot.accounts.people import QUICK


def office(database: Engine, gateway: Gateway) -> FastAPI:
    """Without pages, and without the clockwork."""
    app = FastAPI(docs_url=None, redoc_url=None)
    problems.install(app)
    refusals.install(app)
    door.install(app)
    app.state.accounts = Accounts(database, Settings(), passwords=QUICK)
    app.state.parts = AppState(Settings(), gateway._catalogue, gateway._engine, gateway)
    for module in (login, duty, callbacks, tickets):
        app.include_router(module.router, prefix="/api/v1")
    return app
