"""The app process: public API, residents' pages, health."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool

from bot.accounts import door
from bot.accounts.logins import Accounts
from bot.admin import refusals as admin_refusals
from bot.admin import routes, site
from bot.api import (
    assist,
    callbacks,
    calls,
    chat,
    closures,
    duty,
    follow_ups,
    health,
    hooks,
    knowledge,
    knowledge_deeds,
    legal_aid,
    login,
    places,
    problems,
    refusals,
    slips,
    tickets,
    triage,
)
from bot.api import (
    faq as faq_api,
)
from bot.api.state import AppState
from bot.console import call, pages
from bot.desk import pages as desk_pages
from bot.desk import refusals as desk_refusals
from bot.desk import site as desk_site
from bot.engine_client import EngineClient
from bot.gateway.process import running_gateway
from bot.hooks.sending import delivering
from bot.practice import pages as practice
from bot.settings import Settings
from bot.supervise import routes as supervise_routes
from bot.supervise import site as supervise_site
from bot.web import faq, law, page, summary
from bot.workbook.package import MOST_BYTES
from knowledge.boundaries import read_boundaries
from knowledge.catalogue import LiveCatalogue
from knowledge.database import connect
from knowledge.edition import city_codes
from knowledge.faq.live import warm
from knowledge.law.library import laws

KB = 1024
CHANNELS = frozenset({"web"})
BODY_LIMIT = 256 * KB
BATCH_LIMIT = 16 * KB * KB  # 1,000 texts of 2,000 characters, each written as escapes


class _App(FastAPI):
    """FastAPI that documents error answers as what they are."""

    def openapi(self) -> dict[str, Any]:
        return problems.name_problem_media(super().openapi())


def create_app(settings: Settings, loaded: Callable[[], None] = lambda: None) -> FastAPI:
    """The application. Nothing is opened before it starts; then `loaded` is called once."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = connect(settings.database_url, settings.database_patience)
        engine = EngineClient(settings.engine_url, settings.engine_timeout)
        live = LiveCatalogue(database, await run_in_threadpool(read_boundaries, city_codes()))
        await run_in_threadpool(live.current)
        await run_in_threadpool(laws)
        warm(live.current().faq, settings.vectors_file)
        app.state.accounts = Accounts(database, settings)
        async with (
            running_gateway(database, live, engine, settings, CHANNELS) as gateway,
            delivering(gateway, settings.exchange, live.current().atlas.cities),
        ):
            app.state.parts = AppState(settings, live, engine, gateway)
            loaded()
            yield
        await engine.close()
        database.dispose()

    app = _App(
        title="问法 Wenfa",
        description="公共法律服务指引：分流、就近服务点、对话。",
        version="0.1.0",
        lifespan=lifespan,
        # the interactive pages load scripts from elsewhere; the document itself stays
        docs_url=None,
        redoc_url=None,
    )
    problems.install(app)
    refusals.install(app)
    door.install(app)
    pages.install(app)
    admin_refusals.install(app)
    desk_refusals.install(app)
    app.add_middleware(
        problems.BodyLimit,
        limit=BODY_LIMIT,
        larger={"/api/v1/triage/batch": BATCH_LIMIT, "/admin/excel": MOST_BYTES},
        streamed=frozenset({"/admin/excel"}),
    )
    app.add_middleware(page.SecurityHeaders)
    for module in (triage, places, closures, legal_aid, faq_api, chat, login, tickets):
        app.include_router(module.router, prefix="/api/v1")
    app.include_router(hooks.router, prefix="/api/v1")
    app.include_router(follow_ups.router, prefix="/api/v1")
    if settings.exchange:
        app.include_router(hooks.incoming_router, prefix="/api/v1")
    app.include_router(slips.router, prefix="/api/v1")
    app.include_router(knowledge.router, prefix="/api/v1")
    app.include_router(knowledge_deeds.router, prefix="/api/v1")
    app.include_router(assist.router, prefix="/api/v1")
    app.include_router(calls.router, prefix="/api/v1")
    app.include_router(duty.router, prefix="/api/v1")
    app.include_router(callbacks.router, prefix="/api/v1")
    app.include_router(health.router)
    app.include_router(page.router)
    app.include_router(summary.router)
    app.include_router(law.router)
    app.include_router(faq.router)
    app.include_router(pages.router)
    app.include_router(call.router)
    app.include_router(practice.router)
    app.mount("/admin/static", StaticFiles(directory=site.HERE / "static"), name="admin-static")
    app.mount(
        "/supervise/static",
        StaticFiles(directory=supervise_site.HERE / "static"),
        name="supervise-static",
    )
    for router in (*routes.ROUTERS, *supervise_routes.ROUTERS):
        app.include_router(router)
    app.include_router(desk_pages.router)
    app.mount("/desk/static", StaticFiles(directory=desk_site.HERE / "static"), name="desk-static")
    app.mount(
        "/practice/static",
        StaticFiles(directory=practice.HERE / "static"),
        name="practice-static",
    )
    app.mount("/static", StaticFiles(directory=page.HERE / "static"), name="static")
    app.mount(
        "/console/static", StaticFiles(directory=pages.HERE / "static"), name="console-static"
    )
    return app
